//! The event stream as the command line reads it: it comes back by itself with the id
//! of the last event, as a browser does.

use std::time::{Duration, Instant};

use assay_model::{Event, Job, JobId};
use eventsource_stream::Eventsource;
use futures::StreamExt;
use reqwest::{Method, StatusCode};

use super::Client;

/// How long to wait before coming back.
const PAUSE: Duration = Duration::from_secs(2);
/// How long a server that was there may be away.
const PATIENCE: Duration = Duration::from_mins(1);

/// Follows the events; `each` says when enough has been seen.
///
/// With a job the stream opens with the job as it stands and ends after its terminal
/// event.
pub async fn follow<T>(
    client: &Client,
    job: Option<JobId>,
    mut each: impl FnMut(Event) -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let path = job.map_or_else(|| "/events".to_owned(), |id| format!("/events?job={id}"));
    let mut last_id = String::new();
    let mut heard = None;
    loop {
        let mut request = client.request(Method::GET, &path)?;
        if !last_id.is_empty() {
            request = request.header("last-event-id", &last_id);
        }
        let response = match client.send(request).await {
            Ok(response) => response,
            // A server that was there comes back: it is being started again, say.
            Err(error) if heard.is_some_and(|at: Instant| at.elapsed() < PATIENCE) => {
                tracing::debug!(
                    error = format!("{error:#}"),
                    "the stream is asked for again"
                );
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            Err(error) => return Err(error),
        };
        heard = Some(Instant::now());
        if response.status() == StatusCode::NO_CONTENT {
            anyhow::bail!("The stream has ended");
        }
        let mut events = response.bytes_stream().eventsource();
        while let Some(Ok(event)) = events.next().await {
            if !event.id.is_empty() {
                last_id.clone_from(&event.id);
            }
            heard = Some(Instant::now());
            if let Some(event) = Event::parse(&event.event, &event.data)?
                && let Some(seen) = each(event)?
            {
                return Ok(seen);
            }
        }
        // Cut off: the server says in `retry:` to come back after two seconds.
        tokio::time::sleep(PAUSE).await;
    }
}

/// Waits until a job has ended.
pub async fn until_over(
    client: &Client,
    id: JobId,
    mut progress: impl FnMut(&Job),
) -> anyhow::Result<Job> {
    follow(client, Some(id), |event| {
        Ok(match event {
            Event::Job(job) if job.id == id && job.state.is_terminal() => Some(*job),
            Event::Job(job) if job.id == id => {
                progress(&job);
                None
            }
            Event::JobDeleted(gone) if gone.id == id.0 => anyhow::bail!("The job was deleted"),
            _ => None,
        })
    })
    .await
}
