//! Resident memory when nothing happens.

use std::time::Duration;

use anyhow::Context;

use super::{memory, server::Server};
use crate::client::table;

/// The bounds that idle processes are measured against, in megabytes.
const BOUNDS: [(&str, f64); 2] = [("serve", 80.0), ("worker", 120.0)];

/// Measures `serve` and its worker after a page was shown and some seconds of quiet.
pub async fn run() -> anyhow::Result<()> {
    let server = Server::start(&[]).await?;
    server.client.get::<serde_json::Value>("/status").await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let serve = server.id().context("the server has ended")?;
    let worker = memory::worker_of(serve)?;
    let rows: Vec<Vec<String>> = [serve, worker]
        .into_iter()
        .zip(BOUNDS)
        .map(|(process, (name, bound))| {
            let megabytes = memory::resident_mb(process)?;
            Ok(vec![
                name.to_owned(),
                format!("{megabytes:.0}"),
                format!("{bound:.0}"),
                format!("{:.2}", megabytes / bound),
            ])
        })
        .collect::<anyhow::Result<_>>()?;
    server.stop().await?;
    let header = ["idle", "MB resident", "bound", "ratio"].map(str::to_owned);
    println!(
        "{}",
        table::layout(&header, &rows, &[false, true, true, true])
    );
    Ok(())
}
