//! Looks at pages of G1, over HTTP: in the order of the data, sorted, filtered. The
//! reference is DuckDB's `LIMIT … OFFSET …` on the same Parquet as local files, in the same
//! run, when the program `python3` has the package `duckdb`.
//!
//! Two times are told of each look: of the first, for which nothing is remembered, and of
//! the best that follows.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Instant,
};

use anyhow::Context;
use assay_model::words;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, process::Command};

use super::{g1, server::Server};
use crate::client::{Client, table};

/// Rows of a page.
const PAGE: u64 = 50;

/// A look: its name, its address and the same in SQL.
struct Question {
    name: &'static str,
    query: String,
    sql: String,
}

fn questions(rows: u64) -> Vec<Question> {
    let last = rows.saturating_sub(PAGE);
    let deep = (4_999 * PAGE).min(last);
    let page = |name, offset: u64| Question {
        name,
        query: format!("offset={offset}"),
        sql: format!(" LIMIT {PAGE} OFFSET {offset}"),
    };
    let sorted = |name, column: &str, offset: u64| Question {
        name,
        query: format!("order_by={column}&offset={offset}"),
        sql: format!(" ORDER BY {column} LIMIT {PAGE} OFFSET {offset}"),
    };
    let filtered = |name, offset: u64| Question {
        name,
        query: format!("where.id1=id016&offset={offset}"),
        sql: format!(" WHERE id1 = 'id016' LIMIT {PAGE} OFFSET {offset}"),
    };
    vec![
        page("first page", 0),
        page("page 5,000", deep),
        page("last page", last),
        sorted("by v3, first page", "v3", 0),
        sorted("by v3, last page", "v3", last),
        sorted("by v3, page 5,000", "v3", deep),
        sorted("by id3 (text), first page", "id3", 0),
        sorted("by id3 (text), page 5,000", "id3", deep),
        filtered("id1 = id016, first page", 0),
        filtered("id1 = id016, page 1,000", (999 * PAGE).min(rows / 200)),
    ]
}

/// Loads G1 and looks.
pub async fn run(rows: u64, runs: u32) -> anyhow::Result<()> {
    let server = Server::start(&[]).await?;
    let dataset = g1::load(&server.client, rows).await?;
    let folder = server.folder().join("local");
    let parts = g1::copy_parts(&server, &dataset, &folder).await?;
    let files: Vec<PathBuf> = parts
        .iter()
        .map(|part| folder.join(part.path.as_ref()))
        .collect();
    let questions = questions(rows);
    let reference = duckdb(&files, &questions, runs).await?;
    let mut lines = Vec::new();
    for (i, question) in questions.iter().enumerate() {
        let path = format!("/datasets/g1/rows?limit={PAGE}&{}", question.query);
        let first = look(&server.client, &path).await?;
        let mut best = f64::INFINITY;
        for _ in 0..runs {
            best = best.min(look(&server.client, &path).await?);
        }
        let other = reference.as_ref().and_then(|times| times.get(i).copied());
        let figure = |figure: Option<f64>, digits: usize| {
            figure.map_or_else(|| "–".to_owned(), |figure| format!("{figure:.digits$}"))
        };
        lines.push(vec![
            question.name.to_owned(),
            format!("{first:.1}"),
            format!("{best:.1}"),
            figure(other, 1),
            figure(other.map(|other| first / other), 2),
            figure(other.map(|other| best / other), 2),
        ]);
    }
    server.stop().await?;
    let header = [
        "look",
        "first ms",
        "again ms",
        "DuckDB ms",
        "first ratio",
        "again ratio",
    ]
    .map(str::to_owned);
    println!(
        "G1 of {} rows in {} parts, pages of {PAGE}\n",
        words::count(rows),
        dataset.parts
    );
    println!(
        "{}",
        table::layout(&header, &lines, &[false, true, true, true, true, true])
    );
    Ok(())
}

/// Milliseconds from the request to the last byte of its answer.
async fn look(client: &Client, path: &str) -> anyhow::Result<f64> {
    let began = Instant::now();
    let page: Value = client.get(path).await?;
    let took = began.elapsed().as_secs_f64() * 1e3;
    let rows = page["items"].as_array().map_or(0, Vec::len);
    anyhow::ensure!(rows as u64 == PAGE, "{path} has {rows} rows");
    Ok(took)
}

/// Milliseconds that DuckDB takes for each, the best of so many; `None` without DuckDB.
async fn duckdb(
    files: &[PathBuf],
    questions: &[Question],
    runs: u32,
) -> anyhow::Result<Option<Vec<f64>>> {
    let files: Vec<&Path> = files.iter().map(AsRef::as_ref).collect();
    let tails: Vec<_> = questions.iter().map(|question| &question.sql).collect();
    let asked = json!({"files": files, "tails": tails, "runs": runs}).to_string();
    let spawned = Command::new("python3")
        .args(["-c", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = spawned else {
        return Ok(None);
    };
    let mut input = child.stdin.take().context("Python takes no input")?;
    // Without the package it ends before it has read anything.
    input.write_all(asked.as_bytes()).await.ok();
    drop(input);
    let output = child.wait_with_output().await?;
    if !output.status.success() {
        println!("python3 has no package duckdb, so there is no reference.\n");
        return Ok(None);
    }
    Ok(Some(serde_json::from_slice(&output.stdout)?))
}

const PROGRAM: &str = r#"
import json, sys, time
import duckdb

asked = json.load(sys.stdin)
duck = duckdb.connect()
duck.execute("SET enable_progress_bar = false")
times = []
for tail in asked["tails"]:
    best = float("inf")
    for _ in range(asked["runs"]):
        began = time.perf_counter()
        rows = duck.execute("SELECT * FROM read_parquet(?)" + tail, [asked["files"]]).fetchall()
        best = min(best, (time.perf_counter() - began) * 1e3)
    times.append(best)
print(json.dumps(times))
"#;
