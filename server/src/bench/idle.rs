//! Resident memory when nothing happens.

use std::time::Duration;

use anyhow::Context;

use super::server::Server;
use crate::client::table;

/// The bounds that idle processes are measured against, in megabytes.
const BOUNDS: [(&str, f64); 2] = [("serve", 80.0), ("worker", 120.0)];

/// Measures `serve` and its worker after a page was shown and some seconds of quiet.
pub async fn run() -> anyhow::Result<()> {
    let server = Server::start(&[]).await?;
    server.client.get::<serde_json::Value>("/status").await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let serve = server.id().context("the server has ended")?;
    let worker = worker_of(serve)?;
    let rows: Vec<Vec<String>> = [serve, worker]
        .into_iter()
        .zip(BOUNDS)
        .map(|(process, (name, bound))| {
            let megabytes = resident_kb(process)? / 1_000.0;
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

fn resident_kb(process: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .context("no VmRSS")?;
    Ok(line
        .split_whitespace()
        .nth(1)
        .context("no figure")?
        .parse::<f64>()?
        * 1.024)
}

/// The child of `serve` that runs this very program.
fn worker_of(serve: u32) -> anyhow::Result<u32> {
    let all = std::fs::read_dir("/proc")?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_worker = |process: &u32| {
        let line = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let parent = status
            .lines()
            .find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok());
        parent == Some(serve) && line.split(|byte| *byte == 0).any(|word| word == b"worker")
    };
    all.into_iter()
        .find(is_worker)
        .context("the server has no worker")
}
