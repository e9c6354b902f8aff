//! Sending a file: how long `serve` takes to spool it, against the same bytes packed and
//! set in the same Redis without it, and how much memory it takes meanwhile.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use assay_store::{Prefix, Store};
use bytes::Bytes;
use futures::{StreamExt, stream};
use reqwest::{Body, Method};

use super::{memory, server::Server};
use crate::client::table;

/// Bytes of a piece of the body.
const PIECE: usize = 1 << 20;
/// The bound on what an upload takes above what `serve` takes idle, in megabytes.
const ABOVE_IDLE: f64 = 64.0;

/// Measures one upload after one that warms up.
pub async fn run(megabytes: u64) -> anyhow::Result<()> {
    // No worker: the import would share the cores.
    let server = Server::start(&["--no-worker"]).await?;
    let serve = server.id().context("the server has ended")?;
    let pieces = usize::try_from(megabytes * 1_000_000 / PIECE as u64)?.max(16);
    send(&server, "warm", 16).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;

    let idle = memory::resident_mb(serve)?;
    memory::forget_peak(serve)?;
    let began = Instant::now();
    send(&server, "measured", pieces).await?;
    let took = began.elapsed().as_secs_f64();
    let above = memory::peak_mb(serve)? - idle;
    let reference = reference(&server, pieces).await?;
    server.stop().await?;

    let size = (pieces * PIECE) as f64 / 1e6;
    let rows = [
        vec![
            format!("{size:.0} MB by HTTP, s"),
            format!("{took:.2}"),
            format!("{reference:.2} without HTTP"),
            format!("{:.2}", took / reference),
        ],
        vec![
            "MB of memory above idle".to_owned(),
            format!("{above:.0}"),
            format!("{ABOVE_IDLE:.0} at most"),
            format!("{:.2}", above / ABOVE_IDLE),
        ],
    ];
    let header = ["upload", "measured", "reference", "ratio"].map(str::to_owned);
    println!(
        "{}",
        table::layout(&header, &rows, &[false, true, true, true])
    );
    Ok(())
}

async fn send(server: &Server, name: &str, pieces: usize) -> anyhow::Result<()> {
    let body = stream::iter(0..pieces).map(|n| Ok::<_, std::io::Error>(piece(n)));
    let request = server
        .client
        .request(Method::POST, &format!("/datasets?name={name}"))?
        .header("prefer", "wait=0")
        .body(Body::wrap_stream(body));
    let answer = server.client.send(request).await?;
    ensure!(answer.status() == 202, "the upload was not taken in");
    Ok(())
}

/// The same pieces, spooled by this process.
async fn reference(server: &Server, pieces: usize) -> anyhow::Result<f64> {
    let socket = server.folder().join("redis.sock");
    let prefix: Prefix = "assay".parse()?;
    let store = Store::connect(&format!("redis+unix://{}", socket.display()), prefix).await?;
    let began = Instant::now();
    let mut writer = store.new_upload();
    for n in 0..pieces {
        writer.push(piece(n)).await?;
    }
    writer.finish().await?;
    Ok(began.elapsed().as_secs_f64())
}

/// Lines of figures, which pack about as well as people's files do.
fn piece(n: usize) -> Bytes {
    use std::io::Write;
    let mut text = Vec::with_capacity(PIECE + 64);
    let mut random = n as u64 + 1;
    while text.len() < PIECE {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let (a, b) = (random >> 40, random >> 52);
        // Writing into memory does not fail.
        let _ = writeln!(text, "{a},{b},{:.3}", a as f64 / 1e3);
    }
    text.truncate(PIECE);
    Bytes::from(text)
}
