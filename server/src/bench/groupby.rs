//! Group-by questions of the db-benchmark through the whole path, from HTTP submit to
//! pushed completion, against two references on the same Parquet as local files: bare
//! DataFusion, and this engine, which adds its own definitions of sum, least and greatest
//! value, an order, and a result written as Parquet.

use std::{sync::Arc, time::Instant};

use anyhow::{Context, bail};
use assay_engine::{BoxError, Engine, EngineConfig, Input, PartSink, ProgressCounter};
use assay_model::{Analysis, Dataset, JobRequest, JobState, analysis::MeasureFn};
use async_trait::async_trait;
use bytes::Bytes;
use datafusion::{
    functions_aggregate::expr_fn::{avg, max, min, sum},
    prelude::{DataFrame, ParquetReadOptions, SessionConfig, SessionContext, ident},
};
use object_store::{ObjectStoreExt, local::LocalFileSystem, memory::InMemory, path::Path};
use reqwest::Method;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{g1, server::Server};
use crate::{
    client::{Client, stream, table},
    machine,
};

/// A question: its name and its analysis.
struct Question {
    name: &'static str,
    analysis: Value,
}

fn questions() -> Vec<Question> {
    let aggregate = |keys: &[&str], measures: Value| json!({"kind": "aggregate", "group_by": keys, "measures": measures, "limit": 1_000_000});
    let of = |function: &str, column: &str| json!({"fn": function, "column": column});
    vec![
        Question {
            name: "sum(v1) by id1",
            analysis: aggregate(&["id1"], json!([of("sum", "v1")])),
        },
        Question {
            name: "sum(v1), mean(v3) by id3",
            analysis: aggregate(&["id3"], json!([of("sum", "v1"), of("mean", "v3")])),
        },
        Question {
            name: "max(v1), min(v2) by id6",
            analysis: aggregate(&["id6"], json!([of("max", "v1"), of("min", "v2")])),
        },
    ]
}

/// Loads G1, asks each question `runs` times both ways, prints the best of each.
pub async fn run(rows: u64, runs: u32) -> anyhow::Result<()> {
    let server = Server::start(&[]).await?;
    let began = Instant::now();
    let dataset = g1::load(&server.client, rows).await?;
    println!(
        "G1 of {} rows loaded in {:.1} s, {} stored in {} parts\n",
        assay_model::words::count(rows),
        began.elapsed().as_secs_f64(),
        assay_model::words::bytes(dataset.bytes),
        dataset.parts
    );
    let local = Local::copy(&server, &dataset).await?;
    let mut lines = Vec::new();
    for question in questions() {
        let analysis = Analysis::parse(question.analysis.clone())
            .map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
        let [mut whole, mut engine, mut bare] = [f64::INFINITY; 3];
        // Turn by turn, so that whatever else the machine does falls on all.
        for _ in 0..runs {
            bare = bare.min(local.ask_bare(&analysis).await?);
            engine = engine.min(local.ask(&analysis).await?);
            whole = whole.min(ask(&server.client, &question.analysis).await?);
        }
        lines.push(vec![
            question.name.to_owned(),
            format!("{whole:.3}"),
            format!("{bare:.3}"),
            format!("{:.2}", whole / bare),
            format!("{engine:.3}"),
            format!("{:.2}", whole / engine),
        ]);
    }
    server.stop().await?;
    let header = [
        "question",
        "submit to push s",
        "bare DataFusion s",
        "ratio",
        "engine s",
        "ratio",
    ]
    .map(str::to_owned);
    println!(
        "{}",
        table::layout(&header, &lines, &[false, true, true, true, true, true])
    );
    Ok(())
}

/// Seconds from submit to push.
async fn ask(client: &Client, analysis: &Value) -> anyhow::Result<f64> {
    let request = JobRequest {
        dataset: "g1".to_owned(),
        analysis: analysis.clone(),
        label: None,
        priority: 0,
        timeout_s: None,
        fresh: true,
    };
    let began = Instant::now();
    let job: assay_model::Job = client
        .send(client.request(Method::POST, "/jobs")?.json(&request))
        .await?
        .json()
        .await?;
    let job = stream::until_over(client, job.id, |_| {}).await?;
    let took = began.elapsed().as_secs_f64();
    if job.state != JobState::Succeeded {
        bail!("The job did not succeed: {:?}", job.error);
    }
    Ok(took)
}

/// The same engine on the same Parquet as local files.
struct Local {
    engine: Engine,
    input: Input,
    /// The session and the table of bare DataFusion.
    bare: DataFrame,
}

impl Local {
    async fn copy(server: &Server, dataset: &Dataset) -> anyhow::Result<Self> {
        let folder = server.folder().join("local");
        let parts = g1::copy_parts(server, dataset, &folder).await?;
        let files = LocalFileSystem::new_with_prefix(&folder)?;
        let config = EngineConfig {
            memory_bytes: usize::try_from(machine::memory_bytes() / 4)?,
            spill_dir: server.folder().join("local-spill"),
            threads: machine::cores() as usize,
        };
        std::fs::create_dir_all(&config.spill_dir)?;
        let engine = Engine::new(config, Arc::new(files))?;
        let session = SessionContext::new_with_config(
            SessionConfig::new().with_target_partitions(machine::cores() as usize),
        );
        // Parts have no ending in their names.
        let options = ParquetReadOptions::new().file_extension("");
        let paths: Vec<String> = parts
            .iter()
            .map(|part| folder.join(part.path.as_ref()).display().to_string())
            .collect();
        let bare = session.read_parquet(paths, options).await?;
        Ok(Self {
            bare,
            engine,
            input: Input::Table {
                schema: dataset.schema.clone(),
                parts,
            },
        })
    }

    /// Seconds that bare DataFusion takes until it has all groups.
    async fn ask_bare(&self, analysis: &Analysis) -> anyhow::Result<f64> {
        let Analysis::Aggregate(aggregate) = analysis else {
            bail!("Only group-by questions are asked")
        };
        let keys = aggregate.group_by.iter().map(ident).collect();
        let mut measures = Vec::new();
        for measure in &aggregate.measures {
            let column = ident(
                measure
                    .column
                    .as_deref()
                    .context("a measure without a column")?,
            );
            measures.push(match measure.function {
                MeasureFn::Sum => sum(column),
                MeasureFn::Mean => avg(column),
                MeasureFn::Min => min(column),
                MeasureFn::Max => max(column),
                other => bail!("“{}” is not asked", other.as_str()),
            });
        }
        let frame = self.bare.clone().aggregate(keys, measures)?;
        let began = Instant::now();
        tokio::spawn(frame.collect()).await??;
        Ok(began.elapsed().as_secs_f64())
    }

    /// Seconds that the engine takes, its result written to memory.
    async fn ask(&self, analysis: &Analysis) -> anyhow::Result<f64> {
        let (engine, input, analysis) = (self.engine.clone(), self.input.clone(), analysis.clone());
        let began = Instant::now();
        tokio::spawn(async move {
            let (progress, cancel) = (Arc::new(ProgressCounter::new()), CancellationToken::new());
            engine
                .run(
                    &analysis,
                    &input,
                    &Memory(InMemory::new()),
                    &progress,
                    &cancel,
                )
                .await
        })
        .await??;
        Ok(began.elapsed().as_secs_f64())
    }
}

/// Keeps the parts of a result in memory.
struct Memory(InMemory);

#[async_trait]
impl PartSink for Memory {
    async fn put(&self, n: u32, bytes: Bytes) -> Result<Path, BoxError> {
        let path = Path::from(format!("part{n}"));
        self.0.put(&path, bytes.into()).await?;
        Ok(path)
    }
}
