//! Kills: whatever is killed when, what was acknowledged is there, and what was cut off
//! runs again.

use std::{path::Path, time::Duration};

use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    client::{Client, id},
    data::{ANIMALS, count_by_head, heavy, large},
    fixture::{Role, Server, assay, eventually, kill, new_folder, site},
    jobs::noop,
};

#[tokio::test]
async fn a_killed_serve_comes_back_to_its_redis_and_loses_nothing() {
    let mut server = Server::start_with(&["--slots", "1", "--bench"]).await;
    let client = server.client();
    let animals = client.load("animals", ANIMALS).await;
    client.load("large", large(200_000)).await;
    let done = client
        .finished(&client.submit("animals", &count_by_head()).await)
        .await;
    let (cut_off, worker) = frozen_job(&server, &client).await;
    let mut waiting = vec![client.submit("animals", &json!({"kind": "describe"})).await];
    for _ in 0..5 {
        waiting.push(client.post("/jobs", &noop()).await.json());
    }
    let redis = server.redis_pid().await;

    server.kill_serve();
    assert_eq!(server.processes(Role::Redis), [redis], "Redis lives on");
    server.restart().await;
    assert_eq!(
        server.processes(Role::Redis),
        [redis],
        "it is adopted, not started twice"
    );

    assert_eq!(client.get("/datasets/animals").await.ok(), animals);
    assert_eq!(client.get(&format!("/jobs/{}", id(&done))).await.ok(), done);
    let over = client.finished(&cut_off).await;
    assert_eq!(outcomes(&over), ["lost", "succeeded"], "{over}");
    for job in &waiting {
        let over = client.finished(job).await;
        assert_eq!(outcomes(&over), ["succeeded"], "{over}");
    }

    // The old worker wakes up to find that nothing is its any more.
    kill(worker, Signal::CONT);
    eventually("one worker is left", async || {
        let workers = server.processes(Role::Worker);
        (workers.len() == 1 && workers[0] != worker).then_some(())
    })
    .await;
    assert_eq!(client.get(&format!("/jobs/{}", id(&over))).await.ok(), over);
    let result = client
        .get(&format!("/jobs/{}/result", id(&over)))
        .await
        .ok();
    assert_eq!(result["row_count"], 10);
}

#[tokio::test]
async fn a_job_whose_worker_is_killed_finishes_on_the_next() {
    let server = Server::start_with(&["--slots", "1"]).await;
    let client = server.client();
    client.load("large", large(200_000)).await;
    let mut stream = client.events("/events", None).await;
    let (job, worker) = frozen_job(&server, &client).await;
    assert_eq!(server.kill_worker().await, worker);

    let over = client.finished(&job).await;
    assert_eq!(outcomes(&over), ["lost", "succeeded"], "{over}");
    assert_ne!(over["attempts"][0]["worker"], over["attempts"][1]["worker"]);
    let mut states = Vec::new();
    while states.last() != Some(&json!("succeeded")) {
        let event = stream.next_kept().await;
        if event.event == "job" {
            states.push(event.data["state"].clone());
        }
    }
    assert_eq!(
        states,
        ["queued", "running", "queued", "running", "succeeded"]
    );
}

#[tokio::test]
async fn a_worker_that_is_told_to_stop_is_followed_by_another() {
    let server = Server::start_with(&["--bench"]).await;
    let client = server.client();
    let worker = server.worker().await;
    kill(worker, Signal::TERM);
    eventually("another worker stands in its place", async || {
        let workers = server.processes(Role::Worker);
        (workers.len() == 1 && workers[0] != worker).then_some(())
    })
    .await;
    let over = client
        .finished(&client.post("/jobs", &noop()).await.json())
        .await;
    assert_eq!(over["state"], "succeeded", "{over}");
}

#[tokio::test]
async fn a_redis_that_cannot_be_reached_is_not_started_twice() {
    let server = Server::start_with(&["--bench"]).await;
    let client = server.client();
    let redis = server.redis_pid().await;
    // As a cleaner of temporary files would.
    std::fs::remove_file(server.folder().join("redis.sock")).unwrap();
    eventually("the server says that Redis still works there", async || {
        let log = server.log();
        log.contains("does not answer at its socket").then_some(())
    })
    .await;
    assert_eq!(server.processes(Role::Redis), [redis]);
    // Connections that are open already go on.
    assert_eq!(client.post("/jobs", &noop()).await.status, 202);
}

#[tokio::test]
async fn an_import_whose_worker_is_killed_makes_one_data_set() {
    let server = Server::start_with(&["--slots", "1"]).await;
    let client = server.client();
    let worker = server.freeze_worker().await;
    let answer = client.upload("large", large(300_000)).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let job = answer.json();
    kill(worker, Signal::CONT);
    client.until(&job, |job| job["state"] != "queued").await;
    server.kill_worker().await;

    let over = client.finished(&job).await;
    assert_eq!(over["state"], "succeeded", "{over}");
    let sets = client.get("/datasets").await.ok();
    assert_eq!(sets["items"].as_array().unwrap().len(), 1);
    assert_eq!(sets["items"][0]["rows"], 300_000);
    let parts = sets["items"][0]["parts"].as_u64().unwrap();
    eventually("only the parts of the data set are left", async || {
        let left = server.keys("assay:*").await.len() as u64;
        (left == parts).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill_of_redis() {
    let server = Server::start_with(&["--durable", "--bench", "--slots", "1"]).await;
    let client = server.client();
    let animals = client.load("animals", ANIMALS).await;
    let mut stream = client.events("/events", None).await;
    let mut place = stream.next().await.unwrap().id;
    let mut jobs = vec![client.submit("animals", &count_by_head()).await];
    for _ in 0..20 {
        jobs.push(client.post("/jobs", &noop()).await.json());
    }
    let killed = server.kill_redis().await;

    // The stream is cut; whoever comes back with the last place hears all the rest.
    let mut told = Vec::new();
    let mut heard = |block: crate::stream::Block| {
        if let Some(id) = block.id {
            place = Some(id);
        }
        if block.event == "job" && block.data["state"] == "succeeded" {
            told.push(id(&block.data).to_owned());
        }
        assert_ne!(block.event, "reset");
        told.len()
    };
    let mut count = 0;
    while let Some(block) = stream.next().await {
        count = heard(block);
    }
    ready(&client).await;
    assert_ne!(server.redis_pid().await, killed);
    assert_eq!(client.get("/datasets/animals").await.ok(), animals);
    for job in &jobs {
        let over = client.finished(job).await;
        assert_eq!(over["state"], "succeeded", "{over}");
    }
    let last = place.clone();
    let mut stream = client.events("/events", last.as_deref()).await;
    while count < jobs.len() {
        let block = stream.next_event().await;
        if block.event == "job" && block.data["state"] == "succeeded" {
            count += 1;
            told.push(id(&block.data).to_owned());
        }
    }
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), jobs.len(), "each end is told once");
}

#[tokio::test]
async fn while_redis_is_away_nothing_is_taken_in_and_pages_say_so() {
    let server = Server::start_with(&["--bench"]).await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    server.hide_redis();
    server.kill_redis().await;

    let refused = client.post("/jobs", &noop()).await;
    let problem = refused.problem(503);
    assert_eq!(problem["type"], "urn:assay:problem:unavailable");
    assert_eq!(refused.header("retry-after"), "2");
    client.upload("others", ANIMALS).await.problem(503);
    client.get("/datasets").await.problem(503);
    client
        .send(client.api(Method::GET, "/events"))
        .await
        .problem(503);
    assert_eq!(client.page("/healthz").await.status, 200);
    client.page("/readyz").await.problem(503);
    for path in ["/", "/datasets", "/jobs"] {
        let page = client.page(path).await;
        assert!([200, 503].contains(&page.status), "{path}: {}", page.status);
        assert!(
            page.header("content-type").starts_with("text/html"),
            "{path}"
        );
        assert!(
            page.text().contains("Redis cannot be reached"),
            "{path}: {}",
            page.text()
        );
    }

    server.show_redis();
    ready(&client).await;
    assert_eq!(client.get("/datasets/animals").await.ok()["rows"], 7);
    let over = client
        .finished(&client.post("/jobs", &noop()).await.json())
        .await;
    assert_eq!(over["state"], "succeeded", "{over}");
    client.run("animals", &count_by_head()).await;
}

#[tokio::test]
async fn a_stopped_server_lets_what_runs_end_and_keeps_what_waits() {
    let mut server = Server::start_with(&["--slots", "1", "--bench"]).await;
    let client = server.client();
    client.load("large", large(200_000)).await;
    let running = client.submit("large", &heavy()).await;
    client.until(&running, |job| job["state"] != "queued").await;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        waiting.push(client.submit("large", &heavy()).await);
    }
    let status = server.stop().await;
    assert_eq!(status.code(), Some(0));
    for role in [Role::Serve, Role::Worker, Role::Redis] {
        assert_eq!(server.processes(role), [0; 0], "{role:?} is left");
    }

    server.restart().await;
    for job in std::iter::once(&running).chain(&waiting) {
        let over = client.finished(job).await;
        assert_eq!(outcomes(&over), ["succeeded"], "{over}");
    }
}

#[tokio::test]
async fn a_stopped_server_hands_back_what_takes_too_long() {
    let mut server = Server::start_with(&["--slots", "64"]).await;
    let client = server.client();
    client.load("large", large(1_000_000)).await;
    let mut jobs = Vec::new();
    for _ in 0..64 {
        jobs.push(client.submit("large", &heavy()).await);
    }
    for job in &jobs {
        client.until(job, |job| job["state"] != "queued").await;
    }
    let asked = std::time::Instant::now();
    let status = server.stop().await;
    assert_eq!(status.code(), Some(0));
    assert!(
        asked.elapsed() < Duration::from_secs(25),
        "{:?}",
        asked.elapsed()
    );

    server.restart().await;
    let mut handed_back = 0;
    for job in &jobs {
        let job = client.get(&format!("/jobs/{}", id(job))).await.ok();
        match outcomes(&job).first() {
            Some(&"handed_back") => handed_back += 1,
            Some(&"succeeded") => {}
            other => panic!("{other:?}: {job}"),
        }
    }
    assert!(handed_back > 0, "all ended in time: the test is too easy");
}

#[tokio::test]
async fn a_second_serve_on_a_folder_is_told_who_has_it() {
    let server = Server::start().await;
    let out = serve(server.folder(), &["--addr", "127.0.0.1:0"]).await;
    let [holder] = server.processes(Role::Serve)[..] else {
        panic!("one serve runs")
    };
    assert!(
        out.contains(&format!("Another `assay serve` (process {holder}) uses")),
        "{out}"
    );
    assert!(out.contains("--data"), "{out}");
    assert_eq!(
        server.client().page("/readyz").await.status,
        200,
        "the first serves on"
    );
    assert_eq!(server.processes(Role::Redis).len(), 1);
}

#[tokio::test]
async fn a_serve_that_cannot_start_says_what_to_do() {
    let server = Server::start_with(&["--no-worker"]).await;
    let taken = server.url.strip_prefix("http://").unwrap();
    let folder = new_folder();
    let out = serve(folder.path(), &["--addr", taken]).await;
    assert!(
        out.contains(&format!("listens on {taken}")) && out.contains("--addr"),
        "{out}"
    );

    let deep = folder.path().join("d".repeat(110));
    let out = serve(&deep, &["--addr", "127.0.0.1:0"]).await;
    assert!(
        out.contains("over 107 bytes") && out.contains("shorter path with --data"),
        "{out}"
    );

    let out = serve(folder.path(), &["--addr", "0.0.0.0:0"]).await;
    assert!(out.contains("--insecure"), "{out}");
    let nowhere = folder.path().join("nothing");
    let out = assay(&[
        "serve",
        "--data",
        folder.path().to_str().unwrap(),
        "--site",
        nowhere.to_str().unwrap(),
    ])
    .await;
    assert!(
        String::from_utf8_lossy(&out.stderr).contains("make build"),
        "{out:?}"
    );
}

/// Starts a `serve` that must refuse; gives what it says.
async fn serve(data: &Path, arguments: &[&str]) -> String {
    let site = site();
    let paths = [
        "--data",
        data.to_str().unwrap(),
        "--site",
        site.to_str().unwrap(),
    ];
    let out = assay(&[&["serve"], &paths[..], arguments].concat()).await;
    assert_eq!(out.status.code(), Some(1), "{out:?}");
    assert!(out.stdout.is_empty(), "{out:?}");
    let text = String::from_utf8(out.stderr).unwrap();
    let said = text.trim_end();
    assert!(
        said.starts_with("assay: ") && said.lines().count() == 1,
        "one plain line: {said}"
    );
    said.to_owned()
}

/// Submits a heavy job and halts the worker in the midst of it.
async fn frozen_job(server: &Server, client: &Client) -> (Value, i32) {
    let job = client.submit("large", &heavy()).await;
    client.until(&job, |job| job["state"] != "queued").await;
    let worker = server.freeze_worker().await;
    let found = client.get(&format!("/jobs/{}", id(&job))).await.ok();
    assert_eq!(found["state"], "running", "it was over too soon: {found}");
    (job, worker)
}

async fn ready(client: &Client) {
    eventually("the server is ready again", async || {
        (client.page("/readyz").await.status == 200).then_some(())
    })
    .await;
}

fn outcomes(job: &Value) -> Vec<&str> {
    let attempts = job["attempts"].as_array().unwrap();
    attempts
        .iter()
        .map(|attempt| attempt["outcome"].as_str().unwrap_or("none"))
        .collect()
}
