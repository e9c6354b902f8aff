//! `assay bench`: measures, and prints ratios against a reference of the same run, since
//! times alone say as much about the machine as about the program.

mod collection;
mod g1;
mod groupby;
mod idle;
mod import;
mod look;
mod memory;
mod page;
mod push;
mod server;
mod upload;

use crate::cli::Bench;

/// Runs a benchmark and prints its table.
pub async fn run(what: Bench) -> anyhow::Result<()> {
    match what {
        Bench::Push { jobs } => push::run(jobs).await,
        Bench::Groupby { rows, runs } => groupby::run(rows, runs).await,
        Bench::Import { rows, runs } => import::run(rows, runs).await,
        Bench::Upload { megabytes } => upload::run(megabytes).await,
        Bench::Look { rows, runs } => look::run(rows, runs).await,
        Bench::Collection { rows, runs } => collection::run(rows, runs).await,
        Bench::Idle => idle::run().await,
        Bench::Page => page::run(),
    }
}
