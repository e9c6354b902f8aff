//! Uploads: what can be said of a file, in an address and in a form; what is left of one
//! that does not arrive.

use reqwest::{
    Method,
    header::CONTENT_ENCODING,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::{
    client::{Answer, Client, id},
    data::ANIMALS,
    data_sets::{no_trace_of_data_sets, restoring_is_over},
    fixture::Server,
};

/// As a spreadsheet in much of Europe writes it: Latin-1, semicolons, decimal commas, codes
/// with leading zeros, and a line that is too long.
const ORDERS: &[u8] =
    b"01100;Orl\xe9ans;12,50\n75001;Paris;-\n69001;Lyon;31,00;what\n13001;Marseille;7\n";

const GZIP: [u8; 49] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x4b, 0xce, 0x2c, 0xa9, 0xd4, 0x49,
    0xcc, 0xcd, 0x2f, 0xcd, 0x2b, 0xe1, 0xf2, 0xa9, 0xcc, 0xcf, 0xd3, 0x31, 0x34, 0xd2, 0x33, 0xe5,
    0xf2, 0x2f, 0xce, 0xc9, 0xd7, 0xb1, 0xe4, 0x02, 0x00, 0x64, 0xca, 0xce, 0x31, 0x1d, 0x00, 0x00,
    0x00,
];
const ZSTD: [u8; 42] = [
    0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0xe9, 0x00, 0x00, 0x63, 0x69, 0x74, 0x79, 0x2c, 0x61, 0x6d,
    0x6f, 0x75, 0x6e, 0x74, 0x0a, 0x4c, 0x79, 0x6f, 0x6e, 0x2c, 0x31, 0x32, 0x2e, 0x35, 0x0a, 0x4f,
    0x73, 0x6c, 0x6f, 0x2c, 0x39, 0x0a, 0x33, 0x27, 0xaf, 0x78,
];

async fn post(client: &Client, query: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = client.api(Method::POST, &format!("/datasets?{query}"));
    client.send(request.body(body)).await
}

#[tokio::test]
async fn what_is_said_of_a_file_is_how_it_is_read_and_stands_with_its_data_set() {
    let server = Server::start().await;
    let client = server.client();
    let query = "name=orders&source=orders.csv&delimiter=semicolon&header=none&encoding=latin-1\
                 &decimal=comma&null=-&type.column_1=text&bad_lines=skip";
    let answer = post(&client, query, ORDERS).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let made = answer.json();
    assert_eq!(made["rows"], 3);
    let types: Vec<_> = made["schema"]["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["type"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["text", "text", "number"]);
    let rows = client.get("/datasets/orders/rows").await.ok();
    assert_eq!(
        rows["items"],
        json!([
            {"column_1": "01100", "column_2": "Orléans", "column_3": 12.5},
            {"column_1": "75001", "column_2": "Paris", "column_3": null},
            {"column_1": "13001", "column_2": "Marseille", "column_3": 7.0},
        ])
    );

    let one = client.get("/datasets/orders").await.ok();
    assert_eq!(one, made);
    let options = &one["import"]["options"];
    for (option, value) in [
        ("format", json!("csv")),
        ("delimiter", json!(";")),
        ("header", json!("none")),
        ("encoding", json!("latin-1")),
        ("decimal", json!("comma")),
        ("nulls", json!(["-"])),
        ("types", json!({"column_1": "text"})),
        ("bad_lines", json!("skip")),
    ] {
        assert_eq!(options[option], value, "{option} in {options}");
    }
    assert_eq!(one["import"]["skipped"], 1);
    assert_eq!(one["import"]["bad_lines"][0]["line"], 3);
    let page = client.page("/datasets/orders").await.text();
    for said in ["How the file was read", "semicolon", "1 line did not fit"] {
        assert!(page.contains(said), "{said}");
    }
}

#[tokio::test]
async fn every_mistake_in_an_address_names_its_field() {
    let server = Server::start().await;
    let client = server.client();
    for (query, field, says) in [
        ("name=1", "name", "A name starts with a letter"),
        ("name=x&format=xml", "format", "takes csv, tsv, json"),
        ("name=x&delimiter=ab", "delimiter", "one ASCII character"),
        ("name=x&quote=", "", ""),
        ("name=x&header=yes", "header", "takes first or none"),
        ("name=x&encoding=ebcdic", "encoding", "takes utf-8"),
        ("name=x&decimal=dot", "decimal", "takes point or comma"),
        ("name=x&bad_lines=drop", "bad_lines", "takes refuse or skip"),
        ("name=x&type.zip=txt", "type.zip", "takes text, integer"),
        (
            "name=x&delimeter=;",
            "delimeter",
            "Did you mean “delimiter”?",
        ),
    ] {
        let request = client
            .api(Method::POST, &format!("/datasets?{query}"))
            .body(ANIMALS);
        let answer = client.send(request).await;
        if field.is_empty() {
            assert_eq!(answer.status, 201, "an empty field says nothing");
            client.delete("/datasets/x").await;
            continue;
        }
        let problem = answer.problem(422);
        let error = &problem["errors"][0];
        assert_eq!(error["field"], field, "{problem}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(says), "{message}");
    }
    let both = post(&client, "name=x&header=yes&decimal=dot", ANIMALS).await;
    assert_eq!(both.problem(422)["errors"].as_array().unwrap().len(), 2);
    restoring_is_over(&server).await;
    no_trace_of_data_sets(&server).await;
}

#[tokio::test]
async fn a_form_says_the_same_in_its_fields_before_and_after_the_file() {
    let server = Server::start().await;
    let client = server.client();
    let file = || Part::bytes(ORDERS.to_vec()).file_name("orders.csv");
    let good = Form::new()
        .text("header", "none")
        .text("bad_lines", "skip")
        .text("encoding", "latin-1")
        .part("file", file())
        .text("decimal", "comma")
        .text("delimiter", ";")
        .text("sheet", "");
    let form = |form: Form| client.api(Method::POST, "/datasets").multipart(form);
    let answer = client.send(form(good)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.json()["rows"], 3);
    assert_eq!(answer.json()["source"], "orders.csv");

    for (bad, field) in [
        (
            Form::new()
                .text("name", "y")
                .part("file", file())
                .text("header", "yes"),
            "header",
        ),
        (Form::new().text("nmae", "y").part("file", file()), "nmae"),
        (
            Form::new()
                .text("name", "y")
                .part("file", file())
                .part("file", file()),
            "file",
        ),
        (Form::new().text("name", "y"), "file"),
        (
            Form::new()
                .text("null", "x".repeat(1_100_000))
                .part("file", file()),
            "null",
        ),
    ] {
        let problem = client.send(form(bad)).await.problem(422);
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    client.delete("/datasets/orders").await;
    restoring_is_over(&server).await;
    no_trace_of_data_sets(&server).await;
}

#[tokio::test]
async fn a_packed_body_is_unpacked_whatever_its_header_says() {
    let server = Server::start().await;
    let client = server.client();
    for (name, encoding, body) in [
        ("gzip", Some("gzip"), &GZIP[..]),
        ("zstd", Some("zstd"), &ZSTD[..]),
        ("unsaid", None, &GZIP[..]),
    ] {
        let mut request = client.api(Method::POST, &format!("/datasets?name={name}"));
        if let Some(encoding) = encoding {
            request = request.header(CONTENT_ENCODING, encoding);
        }
        let answer = client.send(request.body(body.to_vec())).await;
        assert_eq!(answer.status, 201, "{name}: {}", answer.text());
        let rows = client.get(&format!("/datasets/{name}/rows")).await.ok();
        let expected = json!([{"city": "Lyon", "amount": 12.5}, {"city": "Oslo", "amount": 9.0}]);
        assert_eq!(rows["items"], expected, "{name}");
    }
    let strange = client
        .api(Method::POST, "/datasets?name=strange")
        .header(CONTENT_ENCODING, "br")
        .body("x");
    let problem = client.send(strange).await.problem(400);
    assert!(
        problem["detail"].as_str().unwrap().contains("gzip"),
        "{problem}"
    );
}

#[tokio::test]
async fn whoever_does_not_want_to_wait_gets_the_job() {
    let server = Server::start().await;
    let client = server.client();
    let request = client
        .api(Method::POST, "/datasets?name=animals")
        .header("prefer", "wait=0")
        .body(ANIMALS);
    let answer = client.send(request).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let job = client.finished(&answer.json()).await;
    assert_eq!(job["dataset"]["name"], "animals");
}

#[tokio::test]
async fn a_full_redis_is_told_with_the_remedy_and_keeps_nothing_of_the_file() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    client.delete("/datasets/animals").await;
    let mut redis = server.redis().await;
    let room = used(&mut redis).await + 20_000_000;
    limit(&mut redis, room).await;
    let mut random = 1_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (random >> 56) as u8
    })
    .take(40_000_000)
    .collect();
    let problem = client.upload("noise", noise).await.problem(507);
    assert_eq!(problem["type"], "urn:assay:problem:full");
    assert!(
        problem["detail"].as_str().unwrap().contains("maxmemory"),
        "{problem}"
    );
    restoring_is_over(&server).await;
    no_trace_of_data_sets(&server).await;

    // One who is new would become a visitor first, for which there is no room either.
    limit(&mut redis, 1_000_000).await;
    let stranger = server.client();
    let problem = stranger.upload("small", ANIMALS).await.problem(507);
    assert_eq!(problem["type"], "urn:assay:problem:full");

    limit(&mut redis, 0).await;
    assert_eq!(client.load("noise", ANIMALS).await["rows"], 7);
}

async fn used(redis: &mut redis::aio::MultiplexedConnection) -> u64 {
    let info: String = redis::cmd("INFO")
        .arg("memory")
        .query_async(redis)
        .await
        .unwrap();
    info.lines()
        .find_map(|line| line.strip_prefix("used_memory:"))
        .and_then(|figure| figure.trim().parse().ok())
        .unwrap()
}

async fn limit(redis: &mut redis::aio::MultiplexedConnection, most: u64) {
    let _: () = redis::cmd("CONFIG")
        .arg(&["SET", "maxmemory"])
        .arg(most)
        .query_async(redis)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_data_set_that_no_file_made_has_no_import() {
    let server = Server::start().await;
    let client = server.client();
    let body = json!({"name": "creatures", "collection": {"pattern": "animal:*"}});
    let made = client.post("/datasets", &body).await.json();
    let one = client.get(&format!("/datasets/{}", id(&made))).await.ok();
    assert_eq!(one["import"], Value::Null);
}
