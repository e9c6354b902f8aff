//! `assay load`: files into data sets.

use std::io::IsTerminal;
use std::path::Path;

use anyhow::{Context, bail};
use assay_model::{Dataset, DatasetName, Job, JobState, words};
use futures::StreamExt;
use reqwest::{Body, Method, StatusCode};
use serde::Deserialize;
use tokio_util::io::ReaderStream;

use super::{Client, stream};
use crate::cli::LoadArgs;

/// What `POST /sample` answers.
#[derive(Debug, Deserialize)]
struct Sample {
    jobs: Vec<Job>,
}

/// Loads the files, one after the other; the first that fails ends it.
pub async fn run(args: LoadArgs) -> anyhow::Result<()> {
    let client = Client::new(&args.client.server)?;
    if args.sample {
        return sample(&client).await;
    }
    if args.name.is_some() && args.files.len() > 1 {
        bail!("--name names one data set; load the files one by one");
    }
    for file in &args.files {
        let dataset = load(&client, file, args.name.as_deref(), args.format.as_deref())
            .await
            .with_context(|| format!("{} was not loaded", file.display()))?;
        println!(
            "{}: {}, {}, {}",
            dataset.name,
            words::counted(dataset.rows, "row", "rows"),
            words::counted(dataset.schema.columns.len() as u64, "column", "columns"),
            words::bytes(dataset.bytes)
        );
    }
    Ok(())
}

async fn sample(client: &Client) -> anyhow::Result<()> {
    let answer: Sample = client
        .send(client.request(Method::POST, "/sample")?)
        .await?
        .json()
        .await?;
    for job in answer.jobs {
        let title = job.title.clone();
        over(stream::until_over(client, job.id, |_| {}).await?)?;
        println!("{title}: done");
    }
    Ok(())
}

async fn load(
    client: &Client,
    file: &Path,
    name: Option<&str>,
    format: Option<&str>,
) -> anyhow::Result<Dataset> {
    let from_stdin = file == Path::new("-");
    let file_name = file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let name = match name {
        Some(name) => name.parse::<DatasetName>(),
        None if from_stdin => bail!("Name the data set with --name"),
        None => DatasetName::from_file_name(&file_name)
            .ok_or_else(|| assay_model::FieldError::new("name", "Name the data set with --name.")),
    }
    .map_err(|error| anyhow::anyhow!(error.message))?;
    let mut query = vec![("name", name.as_str().to_owned())];
    if let Some(format) = format {
        query.push(("format", format.to_owned()));
    }
    if !from_stdin {
        query.push(("source", file_name));
    }
    let body = if from_stdin {
        Body::wrap_stream(ReaderStream::new(tokio::io::stdin()))
    } else {
        let file = tokio::fs::File::open(file).await?;
        let total = file.metadata().await?.len();
        let mut sent = 0;
        Body::wrap_stream(
            ReaderStream::with_capacity(file, 1 << 20).map(move |chunk| {
                sent += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
                say(&format!(
                    "sent {} of {}",
                    words::bytes(sent),
                    words::bytes(total)
                ));
                chunk
            }),
        )
    };
    let request = client
        .request(Method::POST, "/datasets")?
        .query(&query)
        .header(reqwest::header::CONTENT_TYPE, "application/octet-stream")
        .body(body);
    let response = client.send(request).await?;
    if response.status() == StatusCode::CREATED {
        say("");
        return Ok(response.json().await?);
    }
    let job: Job = response.json().await?;
    let job = stream::until_over(client, job.id, |job| {
        if let Some(part) = job
            .progress
            .as_ref()
            .and_then(assay_model::Progress::fraction)
        {
            say(&format!("imported {:.0} %", part * 100.0));
        }
    })
    .await?;
    say("");
    over(job)?;
    client.get(&format!("/datasets/{name}")).await
}

/// The error of a job that did not succeed.
fn over(job: Job) -> anyhow::Result<Job> {
    match (job.state, job.error) {
        (JobState::Succeeded, _) => Ok(Job { error: None, ..job }),
        (_, Some(problem)) => Err(super::Refused(problem).into()),
        (state, None) => bail!("The import was {state}"),
    }
}

/// A line that the next one replaces; only where a person looks.
fn say(text: &str) {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K{text}");
    }
}
