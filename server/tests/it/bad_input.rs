//! What does not fit is refused, in words that help, and leaves nothing behind.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::stream;
use reqwest::{Body, Method};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    client::Client,
    data::ANIMALS,
    data_sets::no_trace_of_data_sets,
    fixture::{PATIENCE, Server, eventually, within},
};

#[tokio::test]
async fn an_analysis_that_does_not_fit_names_the_field_and_helps() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let count = json!([{"fn": "count"}]);
    for (analysis, field, message) in [
        (
            json!({"kind": "aggregate", "group_by": ["haed"], "measures": count}),
            "group_by[0]",
            "There is no column “haed”. Did you mean “head”?",
        ),
        (
            json!({"kind": "aggregate", "group_by": ["head"], "measures": [{"fn": "mean", "column": "born"}]}),
            "measures[0].fn",
            "“mean” does not work on “born”, which is a date column.",
        ),
        (
            json!({"kind": "aggregate", "group_by": [], "measures": count}),
            "group_by",
            "Choose at least one column to group by.",
        ),
        (
            json!({"kind": "rows", "limit": 1_000_001}),
            "limit",
            "The limit is at most 1,000,000; 1,000,001 is over it.",
        ),
        (
            json!({"kind": "rows", "filter": [{"column": "arms", "op": "gt", "value": "many"}]}),
            "filter[0].value",
            "“many” is not a number; “arms” is an integer column.",
        ),
        (
            json!({"kind": "describe", "columns": ["Head"]}),
            "columns[0]",
            "There is no column “Head”. Did you mean “head”?",
        ),
    ] {
        let body = json!({"dataset": "animals", "analysis": analysis});
        let problem = client.post("/jobs", &body).await.problem(422);
        let error = &problem["errors"][0];
        assert_eq!(
            (&error["field"], &error["message"]),
            (&json!(field), &json!(message))
        );
    }
    let misspelt = json!({"dataset": "animal", "analysis": {"kind": "rows"}});
    let problem = client.post("/jobs", &misspelt).await.problem(404);
    assert_eq!(
        problem["detail"],
        "There is no data set “animal”. Did you mean “animals”?"
    );
    let jobs = client.get("/jobs?q=rows").await.ok();
    assert_eq!(jobs["items"], json!([]), "what is refused makes no job");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_refused_in_place_and_leaves_nothing() {
    let server = Server::start().await;
    let client = server.client();
    let parquet = include_bytes!("../../sample/weather.parquet");
    let half = &parquet[..parquet.len() / 2];
    let cases: [(&str, &[u8], &str); 9] = [
        ("", b"", "The file is empty."),
        ("&format=parquet", ANIMALS.as_bytes(), "not "),
        ("&format=json", ANIMALS.as_bytes(), "JSON"),
        ("&format=csv", parquet, "Parquet"),
        (
            "",
            b"a,b\n1,2\n3,4,5\n6,7\n",
            "Line 3 has 3 fields, the header has 2.",
        ),
        ("", b"a,b\n1,2\n\xff\xfe,4\n", "Line 3 is not UTF-8"),
        ("", b"{\"a\": 1}\n{\"a\": \n", "cut off"),
        ("", half, "cut off"),
        ("", b"a,a\n1,2\n", "name of its own"),
    ];
    for (options, body, says) in cases {
        let request = client
            .api(Method::POST, &format!("/datasets?name=bad{options}"))
            .body(body.to_vec());
        let answer = client.send(request).await;
        let problem = answer.problem(422);
        assert_eq!(problem["type"], "urn:assay:problem:bad-file", "{problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(says), "{detail:?} does not say {says:?}");
    }
    assert_eq!(client.get("/datasets").await.ok()["items"], json!([]));
    client.get("/datasets/bad").await.problem(404);
    no_trace_of_data_sets(&server).await;
    assert_eq!(
        client.load("bad", ANIMALS).await["rows"],
        7,
        "the name is free again"
    );
}

#[tokio::test]
async fn a_bad_file_that_is_found_out_late_fails_its_job_with_the_same_words() {
    let server = Server::start().await;
    let client = server.client();
    let mut csv = crate::data::large(200_000);
    csv.push_str("one,too,many,fields\n");
    let answer = client.upload("late", csv).await;
    let problem = if answer.status == 202 {
        client.finished(&answer.json()).await["error"].clone()
    } else {
        answer.problem(422)
    };
    assert_eq!(problem["type"], "urn:assay:problem:bad-file");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .starts_with("Line 200002 has 4 fields"),
        "{problem}"
    );
    no_trace_of_data_sets(&server).await;
}

#[tokio::test]
async fn a_name_belongs_to_one_data_set_whatever_its_case() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let taken = client.upload("ANIMALS", ANIMALS).await.problem(409);
    assert_eq!(taken["errors"][0]["field"], "name");
    let collection = json!({"name": "Animals", "collection": {"pattern": "animal:*"}});
    client.post("/datasets", &collection).await.problem(409);
    assert_eq!(
        client.get("/datasets").await.ok()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_file_over_the_limit_is_refused_while_it_streams() {
    let server = Server::start_with(&["--max-upload-mb", "1"]).await;
    let client = server.client();
    let told = client
        .upload("told", vec![b'x'; 2_000_000])
        .await
        .problem(413);
    assert!(
        told["detail"].as_str().unwrap().contains("--max-upload-mb"),
        "{told}"
    );

    // Without a length the server must count. It answers long before all has been sent.
    let sent = Arc::new(AtomicU64::new(0));
    let answer = stream_until_answered(&server, &sent).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
    assert!(
        sent.load(Ordering::Relaxed) < 64 << 20,
        "the whole body was taken in"
    );

    assert_eq!(client.get("/datasets").await.ok()["items"], json!([]));
    no_trace_of_data_sets(&server).await;
    client.load("counted", ANIMALS).await;
}

/// Streams 64 MB in chunks, without a length, until the server answers; gives the answer.
async fn stream_until_answered(server: &Server, sent: &AtomicU64) -> String {
    let host = server.url.strip_prefix("http://").unwrap();
    let (mut from, mut to) = TcpStream::connect(host).await.unwrap().into_split();
    let head = format!(
        "POST /api/v1/datasets?name=counted HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    to.write_all(head.as_bytes()).await.unwrap();
    let mut chunk = b"10000\r\n".to_vec();
    chunk.extend(std::iter::repeat_n(b'x', 0x10000));
    chunk.extend(b"\r\n");
    let mut answer = vec![0; 64 << 10];
    let exchange = async {
        let write = async {
            while sent.load(Ordering::Relaxed) < 64 << 20 && to.write_all(&chunk).await.is_ok() {
                sent.fetch_add(0x10000, Ordering::Relaxed);
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            read = from.read(&mut answer) => read.unwrap(),
            () = write => 0,
        }
    };
    let length = within(PATIENCE, "the server answers", exchange).await;
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test]
async fn a_connection_that_breaks_in_mid_upload_leaves_nothing() {
    let server = Server::start().await;
    let client = server.client();
    let chunk = Bytes::from(vec![b'x'; 1 << 20]);
    let part = stream::iter((0..20).map(move |_| Ok::<_, std::io::Error>(chunk.clone())));
    let endless = futures::StreamExt::chain(part, stream::pending());
    let upload = client
        .api(Method::POST, "/datasets?name=half")
        .body(Body::wrap_stream(endless));
    let upload = tokio::spawn(upload.send());
    eventually("some of it has arrived", async || {
        (!server.keys("assay:upload:*").await.is_empty()).then_some(())
    })
    .await;
    upload.abort();
    no_trace_of_data_sets(&server).await;
    assert_eq!(client.get("/datasets").await.ok()["items"], json!([]));
    client.load("half", ANIMALS).await;
}

#[tokio::test]
async fn a_request_for_another_host_is_not_answered() {
    let server = Server::start().await;
    let client = server.client();
    for path in ["/", "/api/v1/datasets", "/api/v1/events", "/assets/x.js"] {
        let foreign = client
            .request(Method::GET, path)
            .header("host", "evil.example");
        client.send(foreign).await.problem(421);
    }
    let public = Server::start_with(&["--public-url", "http://assay.example.org"]).await;
    let client = public.client();
    let named = client
        .api(Method::GET, "/datasets")
        .header("host", "assay.example.org");
    assert_eq!(client.send(named).await.status, 200);
}

#[tokio::test]
async fn a_write_from_another_sites_page_is_refused() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    for (name, value) in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        for (method, path) in [
            (Method::DELETE, "/api/v1/datasets/animals"),
            (Method::POST, "/api/v1/jobs"),
            (Method::POST, "/sample"),
            (Method::POST, "/datasets/animals/delete"),
        ] {
            let forged = client.request(method, path).header(name, value);
            client.send(forged).await.problem(403);
        }
        let read = client
            .api(Method::GET, "/datasets/animals")
            .header(name, value);
        assert_eq!(client.send(read).await.status, 200);
    }
    let own = client
        .api(Method::DELETE, "/datasets/animals")
        .header("origin", &server.url);
    assert_eq!(client.send(own).await.status, 204);
}

#[tokio::test]
async fn a_body_that_is_not_json_is_a_bad_request() {
    let server = Server::start().await;
    let client = server.client();
    for body in ["", "{", "nonsense", "{\"dataset\": \"x\"}", "[1]"] {
        let problem = post_text(&client, body).await;
        assert_eq!(
            problem["type"], "urn:assay:problem:bad-request",
            "{body}: {problem}"
        );
    }
    let deep = format!(
        "{{\"dataset\": \"x\", \"analysis\": {}1{}}}",
        "[".repeat(5_000),
        "]".repeat(5_000)
    );
    post_text(&client, &deep).await;
    let long = client.api(Method::POST, "/jobs").body(vec![b' '; 5 << 20]);
    let answer = client.send(long.timeout(Duration::from_secs(20))).await;
    answer.problem(413);
}

async fn post_text(client: &Client, body: &str) -> Value {
    let request = client
        .api(Method::POST, "/jobs")
        .header("content-type", "application/json");
    client
        .send(request.body(body.to_owned()))
        .await
        .problem(400)
}
