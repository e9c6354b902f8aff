//! A gigabyte of CSV from the first byte sent to the committed version, against `DuckDB`
//! turning the same file into Parquet, with the size of what is stored and the memory
//! that it took.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, bail};
use assay_model::{Dataset, Job, JobState};
use futures::TryStreamExt;
use reqwest::{Body, Method, StatusCode};
use tokio::{fs::File, io::AsyncWriteExt, process::Command};
use tokio_util::io::ReaderStream;

use super::{g1, memory, server::Server};
use crate::client::{Client, stream, table};

/// What `DuckDB` is asked. It prints its version and the seconds that the copy took.
const SCRIPT: &str = "\
import duckdb, sys, time
begin = time.time()
duckdb.sql(f\"COPY (FROM '{sys.argv[1]}') TO '{sys.argv[2]}' (COMPRESSION zstd)\")
print(duckdb.__version__, time.time() - begin)
";

/// The best of some runs.
struct Best {
    seconds: f64,
    bytes: u64,
}

/// Loads G1 and has `DuckDB` copy it, `runs` times turn by turn, and prints the best.
pub async fn run(rows: u64, runs: u32) -> anyhow::Result<()> {
    let server = Server::start(&[]).await?;
    server.client.get::<serde_json::Value>("/status").await?;
    let file = server.folder().join("g1.csv");
    write(&file, rows).await?;
    let size = tokio::fs::metadata(&file).await?.len();
    println!(
        "G1 of {} rows, {} of CSV\n",
        assay_model::words::count(rows),
        assay_model::words::bytes(size)
    );
    let serve = server.id().context("the server has ended")?;
    let processes = [("serve", serve), ("worker", memory::worker_of(serve)?)];
    let idle = processes
        .iter()
        .map(|(_, process)| {
            memory::forget_peak(*process)?;
            memory::resident_mb(*process)
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let duckdb = DuckDb::find();
    let (mut ours, mut theirs, mut version) = (Best::none(), Best::none(), None);
    for _ in 0..runs {
        // Turn by turn, so that whatever else the machine does falls on both.
        if let Some(duckdb) = &duckdb {
            let (found, best) = duckdb.copy(&file).await?;
            version = Some(found);
            theirs.take(best);
        }
        ours.take(load(&server.client, &file).await?);
    }
    let row = |name: String, best: &Best| {
        vec![
            name,
            format!("{:.2}", best.seconds),
            format!("{:.0}", size as f64 / best.seconds / 1e6),
            format!("{:.1}", best.bytes as f64 / 1e6),
        ]
    };
    let mut lines = vec![row("load".to_owned(), &ours)];
    if let Some(version) = version {
        lines.push(row(format!("DuckDB {version}"), &theirs));
        lines.push(vec![
            "ratio".to_owned(),
            format!("{:.2}", ours.seconds / theirs.seconds),
            String::new(),
            format!("{:.2}", ours.bytes as f64 / theirs.bytes as f64),
        ]);
    }
    let header = ["import", "seconds", "MB of CSV a second", "stored MB"].map(str::to_owned);
    println!(
        "{}",
        table::layout(&header, &lines, &[false, true, true, true])
    );
    if duckdb.is_none() {
        println!(
            "DuckDB is not there to compare with: neither the program nor the Python package.\n"
        );
    }
    let mut lines = Vec::new();
    for ((name, process), idle) in processes.into_iter().zip(idle) {
        let peak = memory::peak_mb(process)?;
        lines.push(vec![
            name.to_owned(),
            format!("{idle:.0}"),
            format!("{peak:.0}"),
            format!("{:.0}", peak - idle),
        ]);
    }
    server.stop().await?;
    let header = ["memory", "idle MB", "peak MB", "above idle MB"].map(str::to_owned);
    println!(
        "{}",
        table::layout(&header, &lines, &[false, true, true, true])
    );
    Ok(())
}

impl Best {
    fn none() -> Self {
        Self {
            seconds: f64::INFINITY,
            bytes: 0,
        }
    }

    fn take(&mut self, other: Self) {
        if other.seconds < self.seconds {
            *self = other;
        }
    }
}

async fn write(path: &Path, rows: u64) -> anyhow::Result<()> {
    let mut file = File::create(path).await?;
    let mut pieces = std::pin::pin!(g1::csv(rows));
    while let Some(piece) = pieces.try_next().await? {
        file.write_all(&piece).await?;
    }
    file.flush().await?;
    Ok(())
}

/// Loads the file, and deletes the data set again.
async fn load(client: &Client, file: &Path) -> anyhow::Result<Best> {
    let body = ReaderStream::with_capacity(File::open(file).await?, 1 << 20);
    let began = Instant::now();
    let response = client
        .send(
            client
                .request(Method::POST, "/datasets?name=g1&format=csv")?
                .header(reqwest::header::CONTENT_TYPE, "text/csv")
                .body(Body::wrap_stream(body)),
        )
        .await?;
    if response.status() == StatusCode::ACCEPTED {
        let job: Job = response.json().await?;
        let job = stream::until_over(client, job.id, |_| {}).await?;
        if job.state != JobState::Succeeded {
            bail!("G1 was not loaded: {:?}", job.error);
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let dataset: Dataset = client.get("/datasets/g1").await?;
    client
        .send(client.request(Method::DELETE, "/datasets/g1")?)
        .await?;
    Ok(Best {
        seconds,
        bytes: dataset.bytes,
    })
}

/// `DuckDB`, as it is there.
enum DuckDb {
    Program,
    Python(PathBuf),
}

impl DuckDb {
    fn find() -> Option<Self> {
        let python = std::env::var_os("ASSAY_TEST_PYTHON").map(PathBuf::from);
        let pythons = python.into_iter().chain([".venv/bin/python".into()]);
        for python in pythons {
            let imports = std::process::Command::new(&python)
                .args(["-c", "import duckdb"])
                .stderr(std::process::Stdio::null())
                .status();
            if imports.is_ok_and(|status| status.success()) {
                return Some(Self::Python(python));
            }
        }
        let program = std::process::Command::new("duckdb")
            .arg("--version")
            .stdout(std::process::Stdio::null())
            .status();
        program
            .is_ok_and(|status| status.success())
            .then_some(Self::Program)
    }

    /// Its version, and how long it took for how many bytes.
    async fn copy(&self, file: &Path) -> anyhow::Result<(String, Best)> {
        let target = file.with_extension("parquet");
        let began = Instant::now();
        let mut command = match self {
            Self::Python(python) => {
                let mut command = Command::new(python);
                command.args(["-c", SCRIPT]).arg(file).arg(&target);
                command
            }
            Self::Program => {
                let mut command = Command::new("duckdb");
                command.arg("-c").arg(format!(
                    "COPY (FROM '{}') TO '{}' (COMPRESSION zstd)",
                    file.display(),
                    target.display()
                ));
                command
            }
        };
        let output = command.output().await?;
        if !output.status.success() {
            bail!("DuckDB failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        let mut seconds = began.elapsed().as_secs_f64();
        let mut version = String::new();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        // A bar of progress may stand before what the script prints.
        let mut words = said.split_whitespace().rev();
        if let (Self::Python(_), Some(took), Some(found)) = (self, words.next(), words.next()) {
            found.clone_into(&mut version);
            // Without the start of Python.
            seconds = took.parse()?;
        }
        let bytes = tokio::fs::metadata(&target).await?.len();
        tokio::fs::remove_file(&target).await?;
        Ok((version, Best { seconds, bytes }))
    }
}
