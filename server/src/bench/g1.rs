//! The table G1 of the db-benchmark (<https://github.com/duckdblabs/db-benchmark>) as a
//! stream of CSV: `G1_1e7_1e2_0_0` for 10,000,000 rows, k = 100, no nulls, unsorted.

use std::{fmt::Write, path::Path};

use anyhow::bail;
use assay_engine::Part;
use assay_model::{Dataset, Job, JobState};
use assay_store::Store;
use bytes::Bytes;
use futures::stream::{self, Stream};
use object_store::{ObjectStoreExt, local::LocalFileSystem};
use reqwest::{Body, Method};

use super::server::Server;
use crate::{
    client::{Client, stream as events},
    data,
    sample::SplitMix,
};

/// Groups of the columns of low cardinality.
const K: usize = 100;
/// Rows made at a time.
const BATCH: u64 = 20_000;

/// The table's text, piece by piece.
pub fn csv(rows: u64) -> impl Stream<Item = std::io::Result<Bytes>> {
    let mut random = SplitMix(108);
    let many = usize::try_from(rows)
        .unwrap_or(usize::MAX)
        .div_ceil(K)
        .max(1);
    let header = std::iter::once(Bytes::from_static(b"id1,id2,id3,id4,id5,id6,v1,v2,v3\n"));
    let batches = (0..rows.div_ceil(BATCH)).map(move |batch| {
        let count = BATCH.min(rows - batch * BATCH);
        let mut text = String::with_capacity(64 * BATCH as usize);
        for _ in 0..count {
            let mut below = |n: usize| random.below(n) + 1;
            let (id1, id2, id3) = (below(K), below(K), below(many));
            let (id4, id5, id6) = (below(K), below(K), below(many));
            let (v1, v2, v3) = (below(5), below(15), below(100_000_000) - 1);
            let (whole, part) = (v3 / 1_000_000, v3 % 1_000_000);
            // Writing to a `String` cannot fail.
            let _ = writeln!(
                text,
                "id{id1:03},id{id2:03},id{id3:010},{id4},{id5},{id6},{v1},{v2},{whole}.{part:06}"
            );
        }
        Bytes::from(text)
    });
    stream::iter(header.chain(batches).map(Ok))
}

/// Loads the table as `g1`.
pub async fn load(client: &Client, rows: u64) -> anyhow::Result<Dataset> {
    let request = client
        .request(Method::POST, "/datasets?name=g1&format=csv")?
        .header(reqwest::header::CONTENT_TYPE, "text/csv")
        .body(Body::wrap_stream(csv(rows)));
    let response = client.send(request).await?;
    if response.status() == reqwest::StatusCode::ACCEPTED {
        let job: Job = response.json().await?;
        let job = events::until_over(client, job.id, |_| {}).await?;
        if job.state != JobState::Succeeded {
            bail!("G1 was not loaded: {:?}", job.error);
        }
    }
    client.get("/datasets/g1").await
}

/// Copies the parts of a data set to files in a folder, under their paths.
pub async fn copy_parts(
    server: &Server,
    dataset: &Dataset,
    folder: &Path,
) -> anyhow::Result<Vec<Part>> {
    let url = format!(
        "redis+unix://{}",
        server.folder().join("redis.sock").display()
    );
    let store = Store::connect(&url, "assay".parse()?).await?;
    let parts = data::manifest(&store, dataset, dataset.version)
        .await?
        .parts;
    std::fs::create_dir_all(folder)?;
    let files = LocalFileSystem::new_with_prefix(folder)?;
    let blobs = store.blobs();
    for part in &parts {
        let bytes = blobs.get(&part.path).await?.bytes().await?;
        files.put(&part.path, bytes.into()).await?;
    }
    Ok(parts)
}
