//! The bench as a whole: probes, status, sample, pages, sessions.

use reqwest::{
    Method,
    header::{ACCEPT, CONTENT_TYPE},
};
use serde_json::{Value, json};

use crate::{
    client::id,
    data::{ANIMALS, count_by_head},
    fixture::{Server, assay_unread, eventually},
};

#[tokio::test]
async fn the_probes_and_the_status_say_that_all_is_well() {
    let server = Server::start_with(&["--slots", "3"]).await;
    let client = server.client();
    assert_eq!(client.page("/healthz").await.text(), "ok\n");
    assert_eq!(client.page("/readyz").await.text(), "ready\n");
    server.worker().await;
    let status = eventually("the worker has signed on", async || {
        Some(client.get("/status").await.ok()).filter(|status| status["workers"] == 1)
    })
    .await;
    assert_eq!(
        (&status["slots"], &status["running"], &status["queued"]),
        (&json!(3), &json!(0), &json!(0))
    );
    assert_eq!(status["redis"]["persistence"], "every second");
    assert_eq!(status["redis"]["warning"], Value::Null);
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));

    let durable = Server::start_with(&["--durable", "--no-worker"]).await;
    let status = durable.client().get("/status").await.ok();
    assert_eq!(
        (&status["redis"]["persistence"], &status["workers"]),
        (&json!("always"), &json!(0))
    );
}

#[tokio::test]
async fn the_sample_loads_and_its_first_analysis_finishes() {
    let server = Server::start().await;
    let client = server.client();
    let answer = client
        .send(client.api(Method::POST, "/sample?analyse=true"))
        .await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let loaded = answer.json();
    for job in loaded["jobs"].as_array().unwrap() {
        assert_eq!(client.finished(job).await["state"], "succeeded");
    }
    let first = client.finished(&loaded["job"]).await;
    assert_eq!(first["state"], "succeeded", "{first}");
    let result = client
        .get(&format!("/jobs/{}/result", id(&first)))
        .await
        .ok();
    assert_eq!(result["inputs"][0]["rows"], 336_776);

    let sets = client.get("/datasets").await.ok();
    let mut names: Vec<_> = sets["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|set| set["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "airlines", "airports", "animals", "flights", "planes", "weather"
        ]
    );
    let again = client
        .send(client.api(Method::POST, "/sample"))
        .await
        .json();
    assert_eq!(
        again,
        json!({"jobs": [], "job": null}),
        "what is there is not loaded twice"
    );
}

#[tokio::test]
async fn every_page_shows_its_data_without_a_script() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let job = client
        .finished(&client.submit("animals", &count_by_head()).await)
        .await;
    for (path, shows) in [
        ("/".to_owned(), "animals"),
        ("/datasets".to_owned(), "animals"),
        ("/datasets/animals".to_owned(), "weight"),
        ("/new?dataset=animals&kind=aggregate".to_owned(), "weight"),
        ("/jobs".to_owned(), id(&job)),
        (format!("/jobs/{}", id(&job)), "goat"),
    ] {
        let page = client.page(&path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(
            page.header("content-type").starts_with("text/html"),
            "{path}"
        );
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        assert!(
            page.header("content-security-policy")
                .contains("default-src 'none'"),
            "{path}"
        );
        assert!(page.text().contains(shows), "{path} does not show {shows}");
    }
    for path in [
        "/nothing",
        "/datasets/nothing",
        "/jobs/01900000-0000-7000-8000-000000000000",
    ] {
        let page = client.page(path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(
            page.header("content-type").starts_with("text/html"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_form_posts_without_a_script() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let post = async |form: &'static str| {
        let request = client
            .request(Method::POST, "/new")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        client.send(request.body(form)).await
    };
    let led =
        post("dataset=animals&kind=aggregate&group_by=head&measure_fn=count&measure_column=").await;
    assert_eq!(led.status, 303, "{}", led.text());
    let job = led.header("location").strip_prefix("/jobs/").unwrap();
    let over = client.finished(&json!({"id": job})).await;
    assert_eq!(over["state"], "succeeded", "{over}");

    let again =
        post("dataset=animals&kind=aggregate&group_by=haed&measure_fn=count&measure_column=").await;
    assert_eq!(again.status, 303);
    let page = client.page(again.header("location")).await;
    assert_eq!(page.status, 422);
    assert!(
        page.text().contains("Did you mean “head”?"),
        "the form shows itself again, with its errors"
    );
    let unknown = post("dataset=animal&kind=describe").await;
    let page = client.page(unknown.header("location")).await;
    assert_eq!(page.status, 404);
    assert!(page.text().contains("Did you mean"), "{}", page.text());
}

#[tokio::test]
async fn a_form_that_is_refused_for_another_reason_says_why() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let post = async |form: String| {
        let request = client
            .request(Method::POST, "/new")
            .header(ACCEPT, "text/html")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        client.send(request.body(form)).await
    };
    let long = "l".repeat(1_000);
    let conditions = "&filter_column=haed&filter_op=eq&filter_value=lion&filter_any=".repeat(200);
    for (form, status, words) in [
        (
            format!("dataset=animals&kind=describe&label={long}"),
            422,
            "A label has at most",
        ),
        (
            format!("dataset=animals&kind=describe{conditions}"),
            422,
            "conditions",
        ),
        (
            "dataset=animals&kind=pivot".to_owned(),
            422,
            "There is no analysis of kind “pivot”.",
        ),
        ("kind=describe".to_owned(), 422, "Choose a data set."),
    ] {
        let answer = post(form.clone()).await;
        assert_eq!(answer.status, status, "{form}: {}", answer.text());
        assert!(answer.text().contains(words), "{form}: {}", answer.text());
        assert!(
            answer.header("content-type").starts_with("text/html"),
            "{form}"
        );
    }
}

#[tokio::test]
async fn a_form_at_an_address_that_cannot_be_is_answered_with_a_page() {
    let server = Server::start().await;
    let client = server.client();
    for path in ["/jobs/x/cancel", "/jobs/x/retry", "/new"] {
        let request = client
            .request(Method::POST, path)
            .header(ACCEPT, "text/html")
            .header(CONTENT_TYPE, "text/plain");
        let answer = client.send(request.body("x")).await;
        assert!((400..500).contains(&answer.status), "{path}");
        assert!(
            answer.header("content-type").starts_with("text/html"),
            "{path}: {}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn a_shell_that_reads_no_further_is_no_failure() {
    let server = Server::start().await;
    for command in ["jobs", "doctor"] {
        let ended = assay_unread(&[command, "--server", &server.url]).await;
        assert!(ended.status.success(), "{command}: {ended:?}");
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "{command}");
    }
}

#[tokio::test]
async fn only_a_write_makes_a_session() {
    let server = Server::start_with(&["--bench"]).await;
    let client = server.client();
    for path in ["/", "/jobs", "/datasets"] {
        assert_eq!(client.page(path).await.header("set-cookie"), "", "{path}");
    }
    assert_eq!(client.get("/jobs").await.header("set-cookie"), "");
    assert_eq!(server.keys("{assay}:session:*").await, [""; 0]);

    let written = client.post("/jobs", &crate::jobs::noop()).await;
    let cookie = written.header("set-cookie");
    for part in ["assay=", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(server.keys("{assay}:session:*").await.len(), 1);
    assert_eq!(
        client.get("/jobs").await.ok()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
