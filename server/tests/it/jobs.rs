//! Jobs: submitting, waiting, listing, changing, cancelling, running again.

use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    client::{Client, id},
    data::{ANIMALS, count_by_head, heavy, large},
    fixture::{Server, kill},
};

#[tokio::test]
async fn a_submitted_job_is_accepted_and_found_where_it_says() {
    let server = Server::start().await;
    let client = server.client();
    let dataset = client.load("animals", ANIMALS).await;

    let body = json!({"dataset": "animals", "analysis": count_by_head(), "label": "By head"});
    let answer = client.post("/jobs", &body).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let job = answer.json();
    assert_eq!(
        answer.header("location"),
        format!("/api/v1/jobs/{}", id(&job))
    );
    assert_eq!(job["kind"], "analysis");
    assert_eq!(job["label"], "By head");
    assert_eq!(job["analysis"], count_by_head());
    assert_eq!(
        job["dataset"],
        json!({"id": dataset["id"], "name": "animals", "version": 1})
    );
    assert_eq!(job["inputs"], json!([job["dataset"]]));

    let over = client.finished(&job).await;
    assert_eq!(over["state"], "succeeded", "{over}");
    let found = client.page(answer.header("location")).await.ok();
    assert_eq!(
        found, over,
        "the event carries the job as the answer has it"
    );
    assert_eq!(found["attempts"].as_array().unwrap().len(), 1);
    assert_eq!(found["attempts"][0]["outcome"], "succeeded");
    assert_eq!(found["result"]["rows"], 4);
    assert_eq!(
        (&found["waiting"], &found["error"]),
        (&Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn prefer_wait_answers_with_the_finished_job() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let body = json!({"dataset": "animals", "analysis": {"kind": "rows"}});
    let request = client
        .api(Method::POST, "/jobs")
        .header("prefer", "wait=30")
        .json(&body);
    let answer = client.send(request).await;
    assert_eq!(answer.json()["state"], "succeeded");
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("location"),
        format!("/api/v1/jobs/{}", id(&answer.json()))
    );

    let job = client.submit("animals", &count_by_head()).await;
    let request = client
        .api(Method::GET, &format!("/jobs/{}", id(&job)))
        .header("prefer", "wait=30");
    assert_eq!(client.send(request).await.ok()["state"], "succeeded");
}

#[tokio::test]
async fn a_wait_that_is_too_short_answers_with_the_job_as_it_stands() {
    let server = Server::start_with(&["--no-worker", "--bench"]).await;
    let client = server.client();
    let request = client
        .api(Method::POST, "/jobs")
        .header("prefer", "wait=1")
        .json(&noop());
    let answer = client.send(request).await;
    assert_eq!(
        (answer.status, &answer.json()["state"]),
        (202, &json!("queued"))
    );
}

#[tokio::test]
async fn jobs_are_listed_filtered_and_paged() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    client.load("others", ANIMALS).await;
    let mut ids = Vec::new();
    for (dataset, label) in [
        ("animals", "Lions first"),
        ("others", "Goats"),
        ("animals", "Lions again"),
    ] {
        let body = json!({"dataset": dataset, "analysis": {"kind": "rows"}, "label": label});
        let job = client
            .finished(&client.post("/jobs", &body).await.json())
            .await;
        ids.push(id(&job).to_owned());
    }
    let listed = async |query: &str| -> Vec<String> {
        let page = client.get(&format!("/jobs?{query}")).await.ok();
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|job| id(job).to_owned())
            .collect()
    };
    let [first, second, third] = <[String; 3]>::try_from(ids).unwrap();
    assert_eq!(listed("limit=3").await, [third.as_str(), &second, &first]);
    assert_eq!(listed("").await.len(), 5, "the imports are jobs too");
    assert_eq!(listed("q=lions").await, [third.as_str(), &first]);
    assert_eq!(listed("dataset=others&q=goats").await, [second.as_str()]);
    assert_eq!(listed("state=failed,cancelled").await, [""; 0]);
    assert_eq!(listed("state=succeeded&limit=1").await, [third.as_str()]);

    let page = client.get("/jobs?limit=2").await.ok();
    let next = page["next"].as_str().unwrap();
    assert_eq!(
        listed(&format!("limit=1&cursor={next}")).await,
        [first.as_str()]
    );

    let stranger = server.client();
    assert_eq!(
        stranger.get("/jobs").await.ok(),
        json!({"items": [], "next": null})
    );
}

#[tokio::test]
async fn a_job_takes_a_label_and_a_pin_and_gives_them_back() {
    let server = Server::start_with(&["--no-worker", "--bench"]).await;
    let client = server.client();
    let job = client.post("/jobs", &noop()).await.json();
    let path = format!("/jobs/{}", id(&job));

    let changed = client
        .patch(&path, &json!({"label": " For Monday ", "pinned": true}))
        .await
        .ok();
    assert_eq!(
        (&changed["label"], &changed["pinned"]),
        (&json!("For Monday"), &json!(true))
    );
    let kept = client.patch(&path, &json!({"pinned": false})).await.ok();
    assert_eq!(
        (&kept["label"], &kept["pinned"]),
        (&json!("For Monday"), &json!(false))
    );
    let bare = client.patch(&path, &json!({"label": null})).await.ok();
    assert_eq!(bare["label"], Value::Null);
    assert_eq!(client.get(&path).await.ok(), bare);
}

#[tokio::test]
async fn a_queued_job_says_why_it_waits_and_can_be_cancelled() {
    let server = Server::start_with(&["--no-worker", "--bench"]).await;
    let client = server.client();
    let job = client.post("/jobs", &noop()).await.json();
    let path = format!("/jobs/{}", id(&job));
    assert_eq!(
        client.get(&path).await.ok()["waiting"],
        json!({"reason": "no_worker"})
    );
    client.delete(&path).await.problem(409);
    client
        .send(client.api(Method::POST, &format!("{path}/retry")))
        .await
        .problem(409);

    let cancelled = cancel(&client, &job).await.ok();
    assert_eq!(cancelled["state"], "cancelled");
    assert!(cancelled["finished"].is_string());
    assert_eq!(client.get("/status").await.ok()["queued"], 0);
    client.get(&format!("{path}/result")).await.problem(409);

    assert_eq!(client.delete(&path).await.status, 204);
    client.get(&path).await.problem(404);
    client.delete(&path).await.problem(404);
    assert_eq!(client.get("/jobs").await.ok()["items"], json!([]));
}

#[tokio::test]
async fn a_running_job_is_cancelled_at_once_and_its_slot_is_free_soon() {
    let server = Server::start_with(&["--slots", "1"]).await;
    let client = server.client();
    client.load("large", large(300_000)).await;
    let job = client.submit("large", &heavy()).await;
    client.until(&job, |job| job["state"] != "queued").await;
    let answer = cancel(&client, &job).await;
    assert_eq!(answer.json()["state"], "cancelled", "{}", answer.text());

    let next = client
        .run("large", &json!({"kind": "rows", "limit": 1}))
        .await;
    assert_eq!(next["row_count"], 1);
    let found = client.get(&format!("/jobs/{}", id(&job))).await.ok();
    assert_eq!(found["state"], "cancelled", "what is over stays as it is");
    assert_eq!(found["attempts"][0]["outcome"], "cancelled");
}

#[tokio::test]
async fn a_retry_is_a_new_job_that_names_the_old_one() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let first = client
        .finished(&client.submit("animals", &count_by_head()).await)
        .await;
    let answer = client
        .send(client.api(Method::POST, &format!("/jobs/{}/retry", id(&first))))
        .await;
    assert_eq!(answer.status, 202);
    let again = client.finished(&answer.json()).await;
    assert_ne!(id(&again), id(&first));
    assert_eq!(again["retry_of"], first["id"]);
    assert_eq!(
        (&again["state"], &again["analysis"]),
        (&json!("succeeded"), &first["analysis"])
    );

    let import = client.get("/jobs?q=import").await.ok()["items"][0].clone();
    let refused = client
        .send(client.api(Method::POST, &format!("/jobs/{}/retry", id(&import))))
        .await;
    refused.problem(409);
}

#[tokio::test]
async fn an_idempotency_key_makes_one_job_of_many_requests() {
    let server = Server::start_with(&["--no-worker", "--bench"]).await;
    let client = server.client();
    let with_key = |body: Value| {
        client
            .api(Method::POST, "/jobs")
            .header("idempotency-key", "monday")
            .json(&body)
    };

    let first = client.send(with_key(noop())).await;
    let again = client.send(with_key(noop())).await;
    assert_eq!((first.status, again.status), (202, 202));
    assert_eq!(id(&first.json()), id(&again.json()));
    let mut other = noop();
    other["label"] = json!("other");
    let conflict = client.send(with_key(other)).await.problem(409);
    assert!(
        conflict["detail"]
            .as_str()
            .unwrap()
            .contains("Idempotency-Key")
    );
    assert_eq!(
        client.get("/jobs").await.ok()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    // The key is the visitor's own.
    let stranger = server.client();
    let theirs = stranger
        .api(Method::POST, "/jobs")
        .header("idempotency-key", "monday")
        .json(&noop());
    assert_ne!(id(&stranger.send(theirs).await.json()), id(&first.json()));
}

#[tokio::test]
async fn a_stranger_may_look_at_a_job_but_not_change_it() {
    let server = Server::start_with(&["--no-worker", "--bench"]).await;
    let (owner, stranger) = (server.client(), server.client());
    let job = owner.post("/jobs", &noop()).await.json();
    let path = format!("/jobs/{}", id(&job));
    assert_eq!(stranger.get(&path).await.ok()["id"], job["id"]);
    stranger
        .patch(&path, &json!({"label": "mine"}))
        .await
        .problem(403);
    cancel(&stranger, &job).await.problem(403);
    stranger.delete(&path).await.problem(403);
    assert_eq!(owner.get(&path).await.ok()["state"], "queued");
}

#[tokio::test]
async fn a_queued_job_knows_its_place_and_jobs_begin_in_the_order_of_their_submission() {
    let server = Server::start_with(&["--bench", "--slots", "1"]).await;
    let client = server.client();
    // Signed on, but taking nothing for the moment.
    let ready = client.post("/jobs", &noop()).await.json();
    client.finished(&ready).await;
    let worker = server.freeze_worker().await;
    let mut jobs = Vec::new();
    for _ in 0..3 {
        jobs.push(client.post("/jobs", &noop()).await.json());
    }
    for (job, place) in jobs.iter().zip(1..) {
        let found = client.get(&format!("/jobs/{}", id(job))).await.ok();
        assert_eq!(found["waiting"]["reason"], "in_line", "{found}");
        assert_eq!(found["waiting"]["position"], place, "{found}");
    }
    assert_eq!(client.get("/status").await.ok()["queued"], 3);
    kill(worker, Signal::CONT);
    let mut begun = Vec::new();
    for job in &jobs {
        begun.push(
            client.finished(job).await["started"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    assert!(begun.is_sorted(), "{begun:?}");
}

#[tokio::test]
async fn no_ops_are_taken_by_a_benchmark_server_only() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let body = json!({"dataset": "animals", "analysis": {"kind": "noop"}});
    let refused = client.post("/jobs", &body).await.problem(422);
    assert_eq!(refused["errors"][0]["field"], "kind");

    let bench = Server::start_with(&["--bench"]).await;
    let client = bench.client();
    let job = client
        .finished(&client.post("/jobs", &noop()).await.json())
        .await;
    assert_eq!(
        (&job["kind"], &job["state"]),
        (&json!("noop"), &json!("succeeded"))
    );
    client
        .get(&format!("/jobs/{}/result", id(&job)))
        .await
        .problem(404);
}

async fn cancel(client: &Client, job: &Value) -> crate::client::Answer {
    client
        .send(client.api(Method::POST, &format!("/jobs/{}/cancel", id(job))))
        .await
}

/// A job that does nothing, for servers started with `--bench`.
pub fn noop() -> Value {
    json!({"dataset": "", "analysis": {"kind": "noop"}})
}
