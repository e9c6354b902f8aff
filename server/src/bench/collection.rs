//! Hashes that other programs keep, aggregated from cold through the whole path, from HTTP
//! submit to pushed completion, against programs in Python on the same Redis: one that
//! merely fetches them in pipelines, and one that goes on to the same figures with pandas.
//!
//! Meanwhile Redis must stay quick for others: the longest of its calls is told.

use std::{path::PathBuf, time::Instant};

use anyhow::{Context, bail};
use redis::aio::MultiplexedConnection;
use reqwest::Method;
use serde_json::{Value, json};

use super::server::Server;
use crate::{
    client::{Client, stream, table},
    sample::SplitMix,
};

/// The programs to compare with.
const PROGRAM: &str = include_str!("../../../end2end/python/fetch_hashes.py");
/// Hashes written in one pipeline.
const AT_ONCE: u64 = 1_000;
/// Calls of Redis that are noted, in microseconds.
const NOTED: u32 = 500;

/// Fills `rows` hashes and asks each question `runs` times; the best of each counts.
pub async fn run(rows: u64, runs: u32) -> anyhow::Result<()> {
    let python = python()?;
    let server = Server::start(&[]).await?;
    let socket = server.folder().join("redis.sock");
    let client = redis::Client::open(format!("redis+unix://{}", socket.display()))?;
    let mut redis = client.get_multiplexed_async_connection().await?;
    fill(&mut redis, rows).await?;
    let declaration = json!({"name": "animals", "collection": {"pattern": "animal:*"}});
    let began = Instant::now();
    let request = server.client.request(Method::POST, "/datasets")?;
    server.client.send(request.json(&declaration)).await?;
    println!(
        "{} hashes of five fields, declared in {:.2} s\n",
        assay_model::words::count(rows),
        began.elapsed().as_secs_f64()
    );

    let mut best = [f64::INFINITY; 4];
    let mut longest = (0, String::new());
    // Turn by turn, so that whatever else the machine does falls on all.
    for _ in 0..runs {
        let socket = socket.display().to_string();
        best[0] = best[0].min(ask_python(&python, &socket, "fetch", rows).await?);
        best[1] = best[1].min(ask_python(&python, &socket, "pandas", rows).await?);
        note_slow(&mut redis).await?;
        best[2] = best[2].min(ask(&server.client, three_fields(), rows).await?);
        best[3] = best[3].min(ask(&server.client, all_fields(), rows).await?);
        longest = longest.max(slowest(&mut redis).await?);
    }
    server.stop().await?;
    let [fetch, pandas, three, all] = best;
    let line = |name: &str, seconds: f64| {
        vec![
            name.to_owned(),
            format!("{seconds:.2}"),
            format!("{:.2}", seconds / fetch),
            format!("{:.2}", seconds / pandas),
        ]
    };
    let header = ["", "s", "to redis-py", "to pandas"].map(str::to_owned);
    let lines = [
        line("redis-py, fetched only", fetch),
        line("redis-py and pandas", pandas),
        line("Assay, three of five fields", three),
        line("Assay, all fields", all),
    ];
    println!(
        "{}",
        table::layout(&header, &lines, &[false, true, true, true])
    );
    println!(
        "\nThe longest call of Redis meanwhile, {}, took {:.2} ms.",
        longest.1,
        f64::from(longest.0) / 1_000.0
    );
    Ok(())
}

/// What `pandas` is asked too.
fn three_fields() -> Value {
    json!({"kind": "aggregate", "group_by": ["head"],
        "measures": [{"fn": "mean", "column": "weight"}, {"fn": "sum", "column": "arms"}]})
}

fn all_fields() -> Value {
    json!({"kind": "aggregate", "group_by": ["head", "body"],
        "measures": [{"fn": "mean", "column": "weight"}, {"fn": "sum", "column": "arms"}, {"fn": "max", "column": "legs"}]})
}

async fn fill(redis: &mut MultiplexedConnection, rows: u64) -> anyhow::Result<()> {
    const HEADS: [&str; 6] = ["lion", "goat", "owl", "crocodile", "horse", "eagle"];
    let mut random = SplitMix(1);
    for first in (0..rows).step_by(usize::try_from(AT_ONCE)?) {
        let mut pipe = redis::pipe();
        for n in first..rows.min(first + AT_ONCE) {
            pipe.cmd("HSET").arg(format!("animal:{n}"));
            pipe.arg("head").arg(HEADS[random.below(6)]);
            pipe.arg("body").arg(HEADS[random.below(6)]);
            pipe.arg("arms").arg(random.below(10));
            pipe.arg("legs").arg(random.below(10));
            let weight = random.below(100_000) as f64 / 1_000.0;
            pipe.arg("weight").arg(weight.to_string()).ignore();
        }
        pipe.query_async::<()>(redis).await?;
    }
    Ok(())
}

/// Seconds from submit to push.
async fn ask(client: &Client, analysis: Value, rows: u64) -> anyhow::Result<f64> {
    let began = Instant::now();
    let request = client.request(Method::POST, "/jobs")?;
    let body = json!({"dataset": "animals", "analysis": analysis, "fresh": true});
    let job: assay_model::Job = client.send(request.json(&body)).await?.json().await?;
    let job = stream::until_over(client, job.id, |_| {}).await?;
    let took = began.elapsed().as_secs_f64();
    if job.state != assay_model::JobState::Succeeded {
        bail!("The job did not succeed: {:?}", job.error);
    }
    let result: Value = client
        .get(&format!("/jobs/{}/result?limit=1", job.id))
        .await?;
    if result["inputs"][0]["rows"] != rows {
        bail!("Not all records were read: {}", result["inputs"]);
    }
    Ok(took)
}

/// The Python with the packages of the tests.
fn python() -> anyhow::Result<PathBuf> {
    let python = std::env::var_os("ASSAY_TEST_PYTHON")
        .map_or_else(|| PathBuf::from(".venv/bin/python"), PathBuf::from);
    if python.is_file() {
        return Ok(python);
    }
    bail!(
        "There is no Python at {}. `make test` puts one there; ASSAY_TEST_PYTHON names another",
        python.display()
    )
}

/// Seconds that the program took, as it says.
async fn ask_python(python: &PathBuf, socket: &str, what: &str, rows: u64) -> anyhow::Result<f64> {
    let output = tokio::process::Command::new(python)
        .args(["-c", PROGRAM, socket, "animal:*", what])
        .output()
        .await?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    let (seconds, read) = text
        .trim()
        .split_once(' ')
        .context("the program says something else")?;
    if read.parse() != Ok(rows) {
        bail!("The program has read {read} records");
    }
    Ok(seconds.parse()?)
}

async fn note_slow(redis: &mut MultiplexedConnection) -> anyhow::Result<()> {
    redis::cmd("CONFIG")
        .arg(&["SET", "slowlog-log-slower-than", &NOTED.to_string()])
        .query_async::<()>(redis)
        .await?;
    redis::cmd("SLOWLOG")
        .arg("RESET")
        .query_async::<()>(redis)
        .await?;
    Ok(())
}

/// Microseconds of the longest call that was noted, and what it was.
async fn slowest(redis: &mut MultiplexedConnection) -> anyhow::Result<(u32, String)> {
    let noted: Vec<(i64, i64, u32, Vec<String>, redis::Value, redis::Value)> =
        redis::cmd("SLOWLOG")
            .arg("GET")
            .arg(100)
            .query_async(redis)
            .await?;
    let calls = noted
        .into_iter()
        .map(|(_, _, micros, words, ..)| (micros, words.into_iter().next().unwrap_or_default()));
    Ok(calls.max().unwrap_or_default())
}
