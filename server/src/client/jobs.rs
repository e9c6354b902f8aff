//! `assay jobs`: the list.

use assay_model::{Job, Page, words};

use super::{Client, out, table};
use crate::cli::JobsArgs;

/// Prints the jobs, the newest first.
pub async fn run(args: JobsArgs) -> anyhow::Result<()> {
    let client = Client::new(&args.client.server)?;
    let state = args
        .state
        .map(|state| format!("&state={state}"))
        .unwrap_or_default();
    let page: Page<Job> = client
        .get(&format!("/jobs?limit={}{state}", args.limit))
        .await?;
    let header = ["id", "state", "took", "title"].map(str::to_owned);
    let rows: Vec<Vec<String>> = page.items.iter().map(row).collect();
    out::line(table::layout(&header, &rows, &[false, false, true, false]))
}

fn row(job: &Job) -> Vec<String> {
    let took = match (job.started, job.finished) {
        (Some(started), Some(finished)) => words::duration(finished.millis_since(started)),
        _ => String::new(),
    };
    vec![
        job.id.to_string(),
        job.state.to_string(),
        took,
        job.title.clone(),
    ]
}
