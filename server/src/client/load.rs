//! `assay load`: files into data sets.
//!
//! Files go one after the other; one that fails does not keep the others from being
//! loaded. Ctrl-C cancels the one that is under way, at the server too.

use std::{task::Poll, time::Duration};

use anyhow::{Context, anyhow, bail};
use assay_model::{
    DatasetDetail, DatasetName, FieldError, ImportOptions, Job, JobId, JobState, Preview, words,
};
use futures::{StreamExt, stream};
use indicatif::ProgressBar;
use reqwest::{Body, Method, header};
use serde::Deserialize;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    sync::watch,
};
use tokio_util::io::ReaderStream;

use super::{
    Client, Refused, bar,
    files::{self, Input},
    out, preview, stream as events,
};
use crate::{
    cli::{ImportArgs, LoadArgs},
    preview::BYTES_MOST,
};

/// Bytes that are read from a file at once.
const CHUNK: usize = 1 << 20;
/// How long an interrupt waits for the answer to a file that has been sent.
const ANSWER_MOST: Duration = Duration::from_secs(2);

/// Loads the files, or shows how they read.
pub async fn run(args: LoadArgs) -> anyhow::Result<()> {
    let client = Client::new(&args.client.server)?;
    if args.sample {
        return sample(&client).await;
    }
    let inputs = files::inputs(&args.files)?;
    if args.name.is_some() && inputs.len() > 1 {
        bail!("--name names one data set; load the files one by one");
    }
    let name = args.name.as_deref().map(str::parse::<DatasetName>);
    let name = name.transpose().map_err(|error| anyhow!(error.message))?;
    let load = Load {
        client,
        options: options(&args.options)?,
        name,
        way: watch::Sender::new(Way::Sending),
    };
    let mut failed = 0;
    for input in &inputs {
        let mut loading = std::pin::pin!(load.one(input, args.preview));
        let done = tokio::select! {
            done = &mut loading => done,
            _ = tokio::signal::ctrl_c() => {
                // All of it is there, so a job comes of it: the answer says which.
                if *load.way.borrow() == Way::Sent {
                    let mut way = load.way.subscribe();
                    tokio::select! {
                        _ = &mut loading => {}
                        _ = way.wait_for(|way| matches!(way, Way::Importing(_))) => {}
                        () = tokio::time::sleep(ANSWER_MOST) => {}
                    }
                }
                return load.cancel(input).await;
            }
        };
        match done {
            Ok(said) => out::line(said)?,
            Err(error) if inputs.len() == 1 => return Err(error),
            Err(error) => {
                failed += 1;
                eprintln!("assay: {error:#}");
            }
        }
    }
    if failed > 0 {
        bail!("{failed} of {} files were not loaded", inputs.len());
    }
    Ok(())
}

/// What `POST /sample` answers.
#[derive(Debug, Deserialize)]
struct Sample {
    jobs: Vec<Job>,
}

async fn sample(client: &Client) -> anyhow::Result<()> {
    let answer: Sample = client
        .send(client.request(Method::POST, "/sample")?)
        .await?
        .json()
        .await?;
    for job in answer.jobs {
        let title = job.title.clone();
        over(events::until_over(client, job.id, |_| {}).await?)?;
        out::line(format!("{title}: done"))?;
    }
    Ok(())
}

/// The options that the flags say; the same mistakes are told as over HTTP.
fn options(args: &ImportArgs) -> anyhow::Result<ImportOptions> {
    let header = match (args.header, args.no_header) {
        (true, _) => Some("first"),
        (_, true) => Some("none"),
        _ => None,
    };
    let single = [
        ("format", args.format.as_deref()),
        ("delimiter", args.delimiter.as_deref()),
        ("quote", args.quote.as_deref()),
        ("header", header),
        ("encoding", args.encoding.as_deref()),
        ("decimal", args.decimal.as_deref()),
        ("sheet", args.sheet.as_deref()),
        ("bad_lines", args.bad_lines.as_deref()),
    ];
    let mut fields: Vec<(String, &str)> = single
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect();
    fields.extend(
        args.null
            .iter()
            .map(|null| ("null".to_owned(), null.as_str())),
    );
    for given in &args.types {
        let (column, kind) = given
            .rsplit_once('=')
            .with_context(|| format!("--type {given} has no type; write it as zip=text"))?;
        fields.push((format!("type.{column}"), kind));
    }
    let pairs = fields.iter().map(|(name, value)| (name.as_str(), *value));
    ImportOptions::from_fields(pairs).map_err(|errors| {
        let said: Vec<String> = errors.into_iter().map(|error| error.message).collect();
        anyhow!(said.join("\n"))
    })
}

/// What all files of a call share.
struct Load {
    client: Client,
    options: ImportOptions,
    name: Option<DatasetName>,
    /// Where the file of the moment is.
    way: watch::Sender<Way>,
}

/// Where a file is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Sending,
    Sent,
    Importing(JobId),
}

impl Load {
    /// Loads a file, or looks at it; gives what to say of it.
    async fn one(&self, input: &Input, is_look: bool) -> anyhow::Result<String> {
        let title = input.title();
        if is_look {
            let preview = self.look(input).await;
            let preview = preview.with_context(|| format!("{title} cannot be looked at"))?;
            return Ok(preview::text(&title, &preview));
        }
        let loaded = self.load(input).await;
        let DatasetDetail { dataset, import } =
            loaded.with_context(|| format!("{title} was not loaded"))?;
        let mut facts = vec![
            words::counted(dataset.rows, "row", "rows"),
            words::counted(dataset.schema.columns.len() as u64, "column", "columns"),
            words::bytes(dataset.bytes),
        ];
        let skipped = import.map_or(0, |report| report.skipped);
        if skipped > 0 {
            let lines = words::counted(skipped, "line", "lines");
            facts.push(format!("{lines} left out"));
        }
        Ok(format!("{}: {}", dataset.name, facts.join(", ")))
    }

    async fn look(&self, input: &Input) -> anyhow::Result<Preview> {
        let (reader, _) = open(input).await?;
        // One byte more tells whether there is more.
        let mut start = Vec::new();
        reader
            .take(BYTES_MOST as u64 + 1)
            .read_to_end(&mut start)
            .await?;
        let is_whole = start.len() <= BYTES_MOST;
        start.truncate(BYTES_MOST);
        let mut query = self.options.to_fields();
        query.extend(input.file_name().map(|name| ("source".to_owned(), name)));
        query.push(("whole".to_owned(), is_whole.to_string()));
        let request = self
            .client
            .request(Method::POST, "/preview")?
            .query(&query)
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .body(start);
        Ok(self.client.send(request).await?.json().await?)
    }

    async fn load(&self, input: &Input) -> anyhow::Result<DatasetDetail> {
        let name = self.name_for(input)?;
        let title = input.title();
        let (reader, total) = open(input).await?;
        let sending = bar::bytes(&title, total);
        self.way.send_replace(Way::Sending);
        let body = self.counted(reader, &sending);
        let mut query = self.options.to_fields();
        query.push(("name".to_owned(), name.to_string()));
        query.extend(input.file_name().map(|name| ("source".to_owned(), name)));
        let request = self
            .client
            .request(Method::POST, "/datasets")?
            .query(&query)
            // The job at once, so that it can be followed and cancelled.
            .header("prefer", "wait=0")
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .body(body);
        let sent = self.client.send(request).await;
        sending.finish_and_clear();
        let job: Job = sent?.json().await?;
        self.way.send_replace(Way::Importing(job.id));
        let importing = bar::import(&title);
        let job =
            events::until_over(&self.client, job.id, |job| bar::follow(&importing, job)).await;
        importing.finish_and_clear();
        over(job?)?;
        self.client.get(&format!("/datasets/{name}")).await
    }

    fn name_for(&self, input: &Input) -> anyhow::Result<DatasetName> {
        let unnamed = || FieldError::new("name", "Name the data set with --name.");
        let name = match (&self.name, input.file_name()) {
            (Some(name), _) => Some(name.clone()),
            (None, Some(file)) => DatasetName::from_file_name(&file),
            (None, None) => None,
        };
        name.ok_or_else(|| anyhow!(unnamed().message))
    }

    /// A body that moves a bar as it goes.
    fn counted(&self, reader: Reader, bar: &ProgressBar) -> Body {
        let (bar, way) = (bar.clone(), self.way.clone());
        let chunks = ReaderStream::with_capacity(reader, CHUNK).inspect(move |chunk| {
            bar.inc(chunk.as_ref().map_or(0, |chunk| chunk.len() as u64));
        });
        let end = stream::poll_fn(move |_| {
            way.send_replace(Way::Sent);
            Poll::Ready(None)
        });
        Body::wrap_stream(chunks.chain(end))
    }

    /// Cancels what is under way. What was being sent has broken off, which leaves nothing.
    async fn cancel(&self, input: &Input) -> anyhow::Result<()> {
        let way = *self.way.borrow();
        if let Way::Importing(id) = way {
            let path = format!("/jobs/{id}/cancel");
            self.client
                .send(self.client.request(Method::POST, &path)?)
                .await
                .with_context(|| format!("The import of {} goes on", input.title()))?;
        }
        bail!("Cancelled; {} was not loaded", input.title())
    }
}

type Reader = Box<dyn AsyncRead + Send + Unpin>;

/// The bytes of an input, and how many where that is known.
async fn open(input: &Input) -> anyhow::Result<(Reader, Option<u64>)> {
    Ok(match input {
        Input::Stdin => (Box::new(tokio::io::stdin()), None),
        Input::File(path) => {
            let file = tokio::fs::File::open(path).await?;
            let facts = file.metadata().await?;
            if facts.is_dir() {
                bail!(
                    "It is a folder; name its files, such as '{}/*.csv'",
                    path.display()
                );
            }
            // A pipe has no length.
            let total = facts.is_file().then_some(facts.len());
            (Box::new(file), total)
        }
    })
}

/// The error of a job that did not succeed.
fn over(job: Job) -> anyhow::Result<()> {
    match (job.state, job.error) {
        (JobState::Succeeded, _) => Ok(()),
        (_, Some(problem)) => Err(Refused(problem).into()),
        (state, None) => bail!("The import was {state}"),
    }
}

#[cfg(test)]
mod tests {
    use assay_model::{ColumnType, import::Header};
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn read(line: &str) -> anyhow::Result<ImportOptions> {
        match Cli::parse_from(line.split(' ')).command {
            Command::Load(args) => options(&args.options),
            other => panic!("not load: {other:?}"),
        }
    }

    #[test]
    fn flags_say_what_the_address_says() {
        let said = read("assay load a.csv --delimiter ; --no-header --null NA --null - --type zip=text --type a=b=date --bad-lines skip").unwrap();
        assert_eq!(said.delimiter, Some(';'));
        assert_eq!(said.header, Some(Header::None));
        assert_eq!(said.nulls, ["NA", "-"]);
        assert_eq!(said.types["zip"], ColumnType::Text);
        assert_eq!(said.types["a=b"], ColumnType::Date);
    }

    #[test]
    fn a_flag_that_is_wrong_is_told_before_anything_is_sent() {
        let told = |line| read(line).unwrap_err().to_string();
        assert!(told("assay load a --type zip").contains("zip=text"));
        assert!(told("assay load a --encoding ebcdic").contains("takes utf-8"));
    }
}
