//! Looking at a file before anything is stored, and what becomes of a look that dies.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Client},
    data::{ANIMALS, large},
    fixture::{Role, Server, eventually, kill},
};

async fn look(client: &Client, query: &str, start: impl Into<reqwest::Body>) -> Answer {
    let request = client.api(Method::POST, &format!("/preview?{query}"));
    client.send(request.body(start)).await
}

#[tokio::test]
async fn a_look_says_how_a_file_reads_and_stores_nothing() {
    let server = Server::start().await;
    let client = server.client();
    let before = eventually("the worker has come", async || {
        let keys = server.keys("*").await;
        keys.iter()
            .any(|key| key.contains(":worker:"))
            .then_some(keys)
    })
    .await;
    let answer = look(&client, "source=animals.csv&whole=true", ANIMALS).await;
    let preview = answer.ok();
    assert_eq!(answer.header("set-cookie"), "", "nobody is made a visitor");
    assert_eq!(preview["options"]["format"], "csv");
    assert_eq!(preview["options"]["delimiter"], ",");
    assert_eq!(preview["options"]["header"], "first");
    assert_eq!(preview["is_whole"], true);
    let columns = preview["schema"]["columns"].as_array().unwrap();
    let types: Vec<_> = columns
        .iter()
        .map(|column| column["type"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["text", "integer", "number", "date", "boolean"]);
    assert_eq!(preview["rows"].as_array().unwrap().len(), 7);
    assert_eq!(preview["rows"][0][0], "lion");

    // What loads the whole file afterwards finds the same.
    assert_eq!(server.keys("*").await, before);
    let loaded = client.load("animals", ANIMALS).await;
    assert_eq!(loaded["schema"], preview["schema"]);
}

#[tokio::test]
async fn a_look_takes_the_options_of_an_upload() {
    let server = Server::start().await;
    let client = server.client();
    let codes = "01100;12,5\n75001;7\n";
    let preview = look(
        &client,
        "header=none&decimal=comma&type.column_1=text&whole=true",
        codes,
    )
    .await
    .ok();
    assert_eq!(preview["rows"], json!([["01100", 12.5], ["75001", 7.0]]));

    let misfit = look(&client, "type.arms=date&whole=true", ANIMALS).await;
    let problem = misfit.problem(422);
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("arms") && detail.contains("date"),
        "{detail}"
    );

    for (query, field) in [
        ("whole=yes", "whole"),
        ("delimiter=ab", "delimiter"),
        ("name=x", "name"),
    ] {
        let problem = look(&client, query, ANIMALS).await.problem(422);
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    look(&client, "whole=true", "").await.problem(422);
}

#[tokio::test]
async fn a_look_at_the_beginning_leaves_out_the_line_that_is_cut() {
    let server = Server::start().await;
    let client = server.client();
    let text = large(50_000);
    let start = text.as_bytes()[..1_000_000.min(text.len() - 5)].to_vec();
    let preview = look(&client, "source=large.csv", start).await.ok();
    assert_eq!(preview["is_whole"], false);
    assert_eq!(preview.get("bad_lines"), None, "{preview}");
    let longer = vec![b'x'; 1_000_001];
    let problem = look(&client, "", longer).await.problem(413);
    assert!(
        problem["detail"].as_str().unwrap().contains("1.0 MB"),
        "{problem}"
    );
}

#[tokio::test]
async fn a_look_without_memory_is_told_with_the_remedy_and_the_server_lives() {
    let server = Server::start_with(&["--preview-memory-mb", "3"]).await;
    let client = server.client();
    let text = large(30_000);
    let start = text.as_bytes()[..900_000.min(text.len())].to_vec();
    let problem = look(&client, "source=large.csv", start).await.problem(507);
    assert_eq!(problem["type"], "urn:assay:problem:out-of-memory");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("--preview-memory-mb"), "{detail}");
    assert_eq!(client.load("animals", ANIMALS).await["rows"], 7);
}

#[tokio::test]
async fn a_look_that_is_killed_is_a_plain_problem() {
    let server = Server::start().await;
    let client = server.client();
    let serve = server.processes(Role::Serve)[0];
    let is_over = Arc::new(AtomicBool::new(false));
    let killer = thread::spawn({
        let is_over = Arc::clone(&is_over);
        move || {
            while !is_over.load(Ordering::Relaxed) {
                for pid in looks_of(serve) {
                    kill(pid, Signal::KILL);
                }
            }
        }
    });
    let text = large(30_000);
    let start = text.as_bytes()[..900_000.min(text.len())].to_vec();
    let problem: Value = eventually("a look is killed", async || {
        let answer = look(&client, "source=large.csv", start.clone()).await;
        (answer.status != 200).then(|| answer.problem(500))
    })
    .await;
    is_over.store(true, Ordering::Relaxed);
    killer.join().unwrap();
    assert_eq!(problem["type"], "urn:assay:problem:crashed");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("It can be loaded all the same"), "{detail}");
    let answer = look(&client, "source=large.csv", start).await;
    assert_eq!(answer.status, 200, "the next one is answered");
}

/// The processes that look at a file for this server.
fn looks_of(serve: i32) -> Vec<i32> {
    let all = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    all.filter_map(|entry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let parent: i32 = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
        let is_look = line
            .split(|byte| *byte == 0)
            .any(|word| word == b"preview-file");
        (is_look && parent == serve).then_some(pid)
    })
    .collect()
}
