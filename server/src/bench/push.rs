//! The way of one job through everything but the computation: HTTP submit, queue, claim,
//! finish, event, push. The reference is a bare request to the same server.

use std::time::Instant;

use anyhow::{Context, bail};
use assay_model::{Event, Job};
use eventsource_stream::Eventsource;
use futures::StreamExt;
use reqwest::Method;
use serde_json::json;

use super::server::{Server, quantile};
use crate::client::table;

/// Requests before the clock counts.
const WARM_UP: u32 = 200;

/// Measures `jobs` no-op jobs, one at a time.
pub async fn run(jobs: u32) -> anyhow::Result<()> {
    let server = Server::start(&["--bench"]).await?;
    let client = &server.client;
    let submit = async || -> anyhow::Result<Job> {
        let body = json!({"dataset": "", "analysis": {"kind": "noop"}});
        Ok(client
            .send(client.request(Method::POST, "/jobs")?.json(&body))
            .await?
            .json()
            .await?)
    };
    // The first submit makes the visitor whose events the stream then shows.
    submit().await?;
    let stream = client
        .send(client.request(Method::GET, "/events")?)
        .await?
        .bytes_stream()
        .eventsource();
    let mut stream = std::pin::pin!(stream);

    let mut bare = Vec::new();
    let mut whole = Vec::new();
    for n in 0..WARM_UP + jobs {
        let began = Instant::now();
        client
            .send(client.request(Method::GET, "/datasets?limit=1")?)
            .await?
            .bytes()
            .await?;
        let request = began.elapsed().as_secs_f64();

        let began = Instant::now();
        let job = submit().await?;
        loop {
            let event = stream.next().await.context("the stream has ended")??;
            match Event::parse(&event.event, &event.data)? {
                Some(Event::Job(done)) if done.id == job.id && done.state.is_terminal() => break,
                Some(Event::Reset(reason)) => bail!("the stream was reset: {reason:?}"),
                _ => {}
            }
        }
        if n >= WARM_UP {
            bare.push(request * 1e3);
            whole.push(began.elapsed().as_secs_f64() * 1e3);
        }
    }
    server.stop().await?;
    bare.sort_by(f64::total_cmp);
    whole.sort_by(f64::total_cmp);
    let row = |name: &str, sorted: &[f64]| {
        let median = quantile(sorted, 0.5);
        vec![
            name.to_owned(),
            format!("{median:.2}"),
            format!("{:.2}", quantile(sorted, 0.99)),
            format!("{:.1}", median / quantile(&bare, 0.5)),
        ]
    };
    let header = ["one at a time", "median ms", "99th % ms", "ratio"].map(str::to_owned);
    let rows = [row("submit to push", &whole), row("bare request", &bare)];
    println!(
        "{}",
        table::layout(&header, &rows, &[false, true, true, true])
    );
    Ok(())
}
