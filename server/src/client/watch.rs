//! `assay watch`: events as they come, a line each.

use assay_model::{Event, Progress};

use super::{Client, out, stream, table};
use crate::cli::WatchArgs;

/// Prints events; with a job, until it ends.
pub async fn run(args: WatchArgs) -> anyhow::Result<()> {
    let client = Client::new(&args.client.server)?;
    let only = args.job;
    stream::follow(&client, only, |event| {
        out::line(table::printable(&line(&event)))?;
        let over =
            matches!(&event, Event::Job(job) if only == Some(job.id) && job.state.is_terminal());
        Ok(over.then_some(()))
    })
    .await
}

fn line(event: &Event) -> String {
    match event {
        Event::Job(job) => {
            let progress = job.progress.as_ref().and_then(Progress::fraction);
            let part = progress
                .map(|part| format!(" {:.0} %", part * 100.0))
                .unwrap_or_default();
            format!("job {} {}{part}  {}", job.id, job.state, job.title)
        }
        Event::JobDeleted(gone) => format!("job {} deleted", gone.id),
        Event::Dataset(dataset) => format!("data set {} version {}", dataset.name, dataset.version),
        Event::DatasetDeleted(gone) => format!("data set {} deleted", gone.id),
        Event::Worker(change) if change.slots == 0 => format!("worker {} left", change.id),
        Event::Worker(change) => format!("worker {} with {} slots", change.id, change.slots),
        Event::Reset(reason) => format!("reset: {reason:?}"),
    }
}
