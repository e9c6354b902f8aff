//! What the documents show runs as they show it, against a real server: the sessions of
//! README.md, the calls of docs/api.md and docs/events.md, the analyses of
//! docs/analyses.md, the walk of docs/tutorial.md.

use std::path::Path;

use serde_json::{Deserializer, Value, json};

use crate::{
    client::id,
    document::Document,
    fixture::{Server, assay, new_folder},
    other_redis::OtherRedis,
    program::{printed, python, shell},
};

/// The blocks of README.md with this mark, for a test's own server instead of the usual.
fn blocks(mark: &str, server: &Server) -> Vec<String> {
    let socket = server.folder().join("redis.sock");
    let blocks = Document::read("README.md").marked(mark);
    assert!(!blocks.is_empty(), "README.md has no “{mark}”");
    let adapted = blocks.into_iter().map(|block| {
        block
            .replace("http://127.0.0.1:3000", &server.url)
            .replace("~/.local/share/assay/redis.sock", socket.to_str().unwrap())
    });
    adapted.collect()
}

async fn load_sample(server: &Server) {
    let client = server.client();
    let loaded = client.post("/sample", &json!({})).await;
    assert_eq!(loaded.status, 202, "{}", loaded.text());
    for job in loaded.json()["jobs"].as_array().unwrap() {
        let job = client.finished(job).await;
        assert_eq!(job["state"], "succeeded", "{job}");
    }
}

#[tokio::test]
async fn the_session_with_curl_prints_what_it_should() {
    let server = Server::start().await;
    let folder = new_folder();
    // One shell for all, so that what an earlier block sets is there in the later ones.
    let script = blocks("run: curl", &server).join("\nprintf '\\n---\\n'\n");
    let text = printed(shell(&script, folder.path())).await;
    let [
        loaded,
        added,
        submitted,
        followed,
        result,
        described,
        produced,
    ] = text.split("\n---\n").collect::<Vec<_>>()[..]
    else {
        panic!("not seven blocks: {text}")
    };

    let loaded: Value = serde_json::from_str(loaded).unwrap();
    assert_eq!(loaded["name"], "orders");
    assert_eq!(loaded["rows"], 4);
    let columns = loaded["schema"]["columns"].as_array().unwrap();
    let types: Vec<_> = columns.iter().map(|column| &column["type"]).collect();
    assert_eq!(types, ["text", "text", "number"]);
    let added: Result<Vec<Value>, _> = Deserializer::from_str(added).into_iter().collect();
    let [added, history] = &added.unwrap()[..] else {
        panic!("not two answers: {text}")
    };
    assert_eq!((&added["version"], &added["rows"]), (&json!(2), &json!(5)));
    assert_eq!(history["items"][0]["how"], "append");
    assert!(submitted.starts_with("/api/v1/jobs/"), "{submitted}");
    assert!(followed.contains("event: job\n"), "{followed}");
    assert!(followed.contains(r#""state":"succeeded""#), "{followed}");
    assert_eq!(
        result.trim_end(),
        "city,count,sum_amount\nLyon,3,43.5\nOslo,2,37.75"
    );
    let described: Value = serde_json::from_str(described).unwrap();
    assert_eq!(described["state"], "succeeded");
    assert_eq!(described["result"]["rows"], 3);
    let (counts, answers) = produced.split_at(produced.find('{').unwrap());
    assert_eq!(counts, "5\n2\n");
    let answers: Result<Vec<Value>, _> = Deserializer::from_str(answers).into_iter().collect();
    let [creatures, lion] = &answers.unwrap()[..] else {
        panic!("not two answers: {produced}")
    };
    assert_eq!(creatures["rows"], 2);
    assert_eq!(
        *lion,
        json!({"head": "lion", "body": "goat", "arms": "8", "legs": "4", "tail": "snake"})
    );
}

#[tokio::test]
async fn the_programs_in_python_print_what_they_should() {
    let server = Server::start().await;
    load_sample(&server).await;
    let mut outputs = Vec::new();
    for program in blocks("run: python", &server) {
        let mut command = python();
        command.arg("-c").arg(program);
        outputs.push(printed(command).await);
    }
    let [submitted, read] = &outputs[..] else {
        panic!("not two programs: {outputs:?}")
    };

    let lines: Vec<_> = submitted.lines().collect();
    let [.., last, finding, first, second, third] = lines[..] else {
        panic!("too little: {submitted}")
    };
    assert_eq!(last, "succeeded");
    assert!(
        finding.starts_with("**F9** has the highest mean of dep_delay: 20.22 over 685 rows"),
        "{finding}"
    );
    assert!(first.starts_with("['F9', 685, 20.2"), "{first}");
    assert!(second.starts_with("['EV', 54173, 19.9"), "{second}");
    assert!(third.starts_with("['YV', 601, 18.9"), "{third}");

    let figures: Vec<Vec<_>> = read
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        figures[1..4],
        [["F9", "20.22"], ["EV", "19.96"], ["YV", "19.00"]]
    );
}

#[tokio::test]
async fn the_command_line_prints_what_it_should() {
    let server = Server::start().await;
    let home = new_folder();
    let program = Path::new(env!("CARGO_BIN_EXE_assay"));
    let path = std::env::var("PATH").unwrap();
    let mut command = shell(&blocks("run: shell", &server).concat(), home.path());
    command
        .env(
            "PATH",
            format!("{}:{path}", program.parent().unwrap().display()),
        )
        .env("HOME", home.path())
        .env("ASSAY_SERVER", &server.url)
        .env_remove("XDG_STATE_HOME");
    let text = printed(command).await;
    for expected in [
        "Load flights: done",
        "origin   count  median_dep_delay",
        "EWR     120835                −1",
        "tailnum,model,seats",
    ] {
        assert!(text.contains(expected), "{expected} is not in:\n{text}");
    }
}

#[tokio::test]
async fn every_analysis_of_the_documentation_runs_on_the_sample() {
    let server = Server::start().await;
    load_sample(&server).await;
    let client = server.client();
    let blocks = Document::read("docs/analyses.md").marked("run: analysis");
    assert!(blocks.len() >= 5, "only {} analyses", blocks.len());
    for block in blocks {
        let analysis: Value = serde_json::from_str(&block).unwrap();
        let job = client
            .finished(&client.submit("flights", &analysis).await)
            .await;
        assert_eq!(job["state"], "succeeded", "{analysis}: {job}");
        let result = client.get(&format!("/jobs/{}/result", id(&job))).await.ok();
        assert_ne!(result["row_count"], 0, "{analysis}");
    }
}

/// What the tutorial's blocks print, run one after the other as a reader runs them.
#[tokio::test]
async fn the_tutorial_goes_as_it_says() {
    let tutorial = Document::read("docs/tutorial.md");
    let zoo = OtherRedis::start().await;
    let folder = new_folder();
    let section = tutorial.marked("is: source").concat();
    let section = section.replace("redis://:secret@127.0.0.1:6390/3", &zoo.url(3));
    let file = folder.path().join("assay.toml");
    std::fs::write(&file, section).unwrap();
    let server = Server::start_with(&["--config", file.to_str().unwrap()]).await;
    let socket = server.folder().join("redis.sock");
    let socket = socket.to_str().unwrap();

    let mut printed_by = Vec::new();
    let mut settings = String::new();
    for (mark, block) in tutorial.all_marked("run: ") {
        let block = block
            .replace("http://127.0.0.1:3000", &server.url)
            .replace("$HOME/.local/share/assay/redis.sock", socket)
            .replace("~/.local/share/assay/redis.sock", socket);
        let command = if mark == "python" {
            let mut command = python();
            command.arg("-c").arg(&block).env("ZOO", zoo.url(3));
            command
        } else {
            // Each goes on from the first, which sets what the others use.
            if settings.is_empty() {
                settings.clone_from(&block);
            }
            shell(
                &format!("{{\n{settings}}} >/dev/null\n{block}"),
                folder.path(),
            )
        };
        printed_by.push(printed(command).await);
    }
    let [
        pong,
        ten,
        numbers,
        produced,
        creatures,
        sample,
        lions,
        counted,
        zoo_keys,
        zoo_sample,
        killed,
        missing,
    ] = &printed_by[..]
    else {
        panic!("other blocks: {printed_by:?}")
    };
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(pong, "PONG\n");
    assert!(ten.ends_with("keys\n"), "{ten}");
    let rows = json(numbers)["items"].as_array().unwrap().clone();
    assert_eq!(rows.len(), 10, "only the numbers: {numbers}");
    assert_eq!(produced, "five animals written\n");
    assert_eq!(json(creatures)["rows"], 5);
    assert_eq!(sample.lines().count(), 5);
    assert_eq!(json(lions)["items"][0]["head"], "lion");
    assert_eq!(json(counted)["result"]["rows"], 5);
    assert_eq!(zoo_keys, "5 keys in the zoo\n");
    let rows = json(zoo_sample)["items"].as_array().unwrap().clone();
    assert_eq!(rows.len(), 5);
    assert!(killed.ends_with("after: 5 animals\n"), "{killed}");
    let missing = json(missing);
    assert_eq!(
        (&missing["status"], &missing["detail"]),
        (
            &json!(404),
            &json!("There is no record “creature:0” in this collection.")
        )
    );
}

#[tokio::test]
async fn a_redis_that_keeps_nothing_is_warned_of_as_the_tutorial_says() {
    let forgetful = OtherRedis::start().await;
    let server = Server::start_with(&["--redis", &forgetful.url(0)]).await;
    let client = server.client();
    let status = client.get("/status").await.ok();
    let tutorial = Document::read("docs/tutorial.md");
    let said = tutorial.marked("is: doctor").concat();
    assert_eq!(status["redis"]["warning"], said.trim_end());
    assert_eq!(status["redis"]["persistence"], "off");
    let doctor = assay(&["doctor", "--server", &server.url]).await;
    assert!(!doctor.status.success());
    let error = String::from_utf8(doctor.stderr).unwrap();
    assert!(error.contains(said.trim_end()), "{error}");
    if crate::fixture::site().ends_with("release/site") {
        let page = client.page("/").await.text();
        assert!(page.contains("keeps nothing on disk"), "{page}");
    }
}

/// The job of the examples.
const EXAMPLE_JOB: &str = "019ab46e-6f10-7b44-8a55-2f5f6b7c8d90";

#[tokio::test]
async fn every_call_of_the_documentation_is_answered() {
    let server = Server::start().await;
    load_sample(&server).await;
    let client = server.client();
    let analysis = json!({"kind": "describe"});
    let job = client
        .finished(&client.submit("planes", &analysis).await)
        .await;
    let folder = new_folder();
    std::fs::write(folder.path().join("orders.csv"), "city,amount\nLyon,3\n").unwrap();
    let mut calls = 0;
    for path in ["docs/api.md", "docs/events.md"] {
        for block in Document::read(path).blocks("sh") {
            let call = block
                .replace("http://127.0.0.1:3000", &server.url)
                .replace(EXAMPLE_JOB, id(&job))
                .replace("curl ", "curl -sS --fail-with-body ");
            assert_ne!(printed(shell(&call, folder.path())).await, "", "{call}");
            calls += 1;
        }
    }
    assert!(calls >= 6, "only {calls} calls");
}
