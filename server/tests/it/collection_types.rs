//! Collections of each type, over HTTP: declared, previewed, looked at, drawn from,
//! analysed; and their records by key.

use redis::Value as Redis;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{client::Client, fixture::Server};

async fn fill(server: &Server) {
    let mut redis = server.redis().await;
    for words in [
        &["SET", "doc:1", r#"{"head": "lion", "size": {"arms": 8}}"#][..],
        &["SET", "doc:2", r#"{"head": "goat", "size": {"arms": 2}}"#],
        &["SET", "note:1", "hello"],
        &["XADD", "log:a", "1-1", "level", "info", "ms", "12"],
        &["XADD", "log:a", "2-1", "level", "warn"],
        &["RPUSH", "numbers", "3", "1", "2"],
        &["SADD", "heads", "lion", "goat"],
        &["ZADD", "scores", "1.5", "ann", "7", "bob"],
    ] {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query_async::<Redis>(&mut redis).await.unwrap();
    }
}

async fn declare(client: &Client, name: &str, collection: &Value) -> Value {
    let body = json!({"name": name, "collection": collection});
    let answer = client.post("/datasets", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn every_type_is_declared_looked_at_and_analysed() {
    let server = Server::start().await;
    fill(&server).await;
    let client = server.client();
    for (name, collection, rows) in [
        (
            "docs",
            json!({"pattern": "doc:*", "type": "json"}),
            json!([{"_key": "doc:1", "head": "lion", "size.arms": 8}, {"_key": "doc:2", "head": "goat", "size.arms": 2}]),
        ),
        (
            "notes",
            json!({"pattern": "note:*", "type": "string"}),
            json!([{"_key": "note:1", "value": "hello"}]),
        ),
        (
            "log",
            json!({"pattern": "log:*", "type": "stream"}),
            json!([{"_key": "log:a", "_id": "1-1", "level": "info", "ms": 12}, {"_key": "log:a", "_id": "2-1", "level": "warn", "ms": null}]),
        ),
        (
            "numbers",
            json!({"pattern": "numbers", "type": "list"}),
            json!([{"_key": "numbers", "_index": 0, "value": 3}, {"_key": "numbers", "_index": 1, "value": 1}, {"_key": "numbers", "_index": 2, "value": 2}]),
        ),
        (
            "heads",
            json!({"pattern": "heads", "type": "set"}),
            json!([{"_key": "heads", "value": "goat"}, {"_key": "heads", "value": "lion"}]),
        ),
        (
            "scores",
            json!({"pattern": "scores", "type": "zset"}),
            json!([{"_key": "scores", "value": "ann", "score": 1.5}, {"_key": "scores", "value": "bob", "score": 7.0}]),
        ),
    ] {
        let made = declare(&client, name, &collection).await;
        assert_eq!(made["collection"], collection, "it reads as it was written");
        let expected = rows.as_array().unwrap();
        assert_eq!(made["rows"], expected.len(), "{name}");
        let found = client.get(&format!("/datasets/{name}/rows")).await.ok();
        let mut items = found["items"].as_array().unwrap().clone();
        items.sort_by_key(ToString::to_string);
        let mut expected = expected.clone();
        expected.sort_by_key(ToString::to_string);
        assert_eq!(items, expected, "{name}");
        let counted =
            json!({"kind": "aggregate", "group_by": ["_key"], "measures": [{"fn": "count"}]});
        let result = client.run(name, &counted).await;
        let counts = result["rows"].as_array().unwrap().iter();
        let count: u64 = counts.map(|row| row[1].as_u64().unwrap()).sum();
        assert_eq!(count, expected.len() as u64, "{name}");
        let preview = client
            .get(&format!(
                "/collections/preview?pattern={}&type={}",
                collection["pattern"].as_str().unwrap(),
                collection["type"].as_str().unwrap()
            ))
            .await
            .ok();
        assert_eq!(preview["rows"], expected.len(), "{name}");
        assert_eq!(preview["is_whole"], true);
        assert_eq!(preview["items"].as_array().unwrap().len(), expected.len());
    }
    let sum = json!({"kind": "aggregate", "group_by": ["value"], "measures": [{"fn": "sum", "column": "score"}], "order_by": [{"column": "value"}]});
    assert_eq!(
        client.run("scores", &sum).await["rows"],
        json!([["ann", 1.5], ["bob", 7.0]])
    );
}

#[tokio::test]
async fn a_declaration_that_cannot_be_says_which_field_and_why() {
    let server = Server::start().await;
    fill(&server).await;
    let client = server.client();
    for (collection, field, says) in [
        (
            json!({"pattern": ""}),
            "collection.pattern",
            "A pattern has 1 to 1,000 characters",
        ),
        (
            json!({"pattern": "heads", "type": "list"}),
            "collection.type",
            "“heads” holds a set, not a list.",
        ),
        (
            json!({"pattern": "*", "source": "shop"}),
            "collection.source",
            "There is no source “shop”. None is configured",
        ),
    ] {
        let body = json!({"name": "x", "collection": collection});
        let problem = client.post("/datasets", &body).await.problem(422);
        assert_eq!(problem["errors"][0]["field"], field);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with(says), "{detail}");
    }
    for body in [
        json!({"name": "x", "collection": {"pattern": "*", "type": "tree"}}),
        json!({"name": "x", "collection": {"pattern": "*", "source": "a b"}}),
    ] {
        client.post("/datasets", &body).await.problem(400);
    }
    client
        .get("/collections/preview?pattern=*&type=tree")
        .await
        .problem(422);
    assert_eq!(client.get("/datasets").await.ok()["items"], json!([]));
}

#[tokio::test]
async fn records_of_json_and_strings_have_bodies_of_their_own() {
    let server = Server::start().await;
    fill(&server).await;
    let client = server.client();
    declare(
        &client,
        "docs",
        &json!({"pattern": "doc:*", "type": "json"}),
    )
    .await;
    declare(
        &client,
        "notes",
        &json!({"pattern": "note:*", "type": "string"}),
    )
    .await;
    declare(
        &client,
        "scores",
        &json!({"pattern": "scores", "type": "zset"}),
    )
    .await;
    let put = async |path: &str, body: &Value| {
        let request = client.api(Method::PUT, path).json(body);
        client.send(request).await
    };
    let doc = json!({"head": "owl", "size": {"arms": 0}});
    assert_eq!(put("/datasets/docs/records/doc:3", &doc).await.status, 204);
    let read = client.get("/datasets/docs/records/doc:3").await.ok();
    assert_eq!(read, doc);
    put("/datasets/docs/records/doc:3", &json!([1]))
        .await
        .problem(400);
    let note = json!({"value": "bye"});
    assert_eq!(
        put("/datasets/notes/records/note:1", &note).await.status,
        204
    );
    let read = client.get("/datasets/notes/records/note:1").await.ok();
    assert_eq!(read, note);
    put("/datasets/notes/records/note:1", &json!({"text": "x"}))
        .await
        .problem(400);
    let missing = client
        .get("/datasets/docs/records/doc:9")
        .await
        .problem(404);
    assert_eq!(
        missing["detail"],
        "There is no record “doc:9” in this collection."
    );
    let parts = client
        .get("/datasets/scores/records/scores")
        .await
        .problem(404);
    assert!(
        parts["detail"].as_str().unwrap().contains("zset"),
        "{parts}"
    );
}

#[tokio::test]
async fn random_rows_are_the_same_for_the_same_seed() {
    let server = Server::start().await;
    let client = server.client();
    let mut csv = "n,parity\n".to_owned();
    let mut redis = server.redis().await;
    let mut pipe = redis::pipe();
    for n in 0..500 {
        let parity = if n % 2 == 0 { "even" } else { "odd" };
        csv.extend([&n.to_string(), ",", parity, "\n"]);
        pipe.cmd("HSET").arg(format!("number:{n}"));
        pipe.arg("n").arg(n).arg("parity").arg(parity).ignore();
    }
    pipe.query_async::<()>(&mut redis).await.unwrap();
    client.load("table", csv).await;
    declare(&client, "records", &json!({"pattern": "number:*"})).await;
    for name in ["table", "records"] {
        for filter in ["", "&parity=odd"] {
            let draw = async |query: &str| {
                let path = format!("/datasets/{name}/rows?{query}{filter}");
                let found = client.get(&path).await.ok();
                assert_eq!(found["next"], Value::Null);
                found["items"].as_array().unwrap().clone()
            };
            let one = draw("sample=5&seed=1").await;
            assert_eq!(one.len(), 5);
            assert_eq!(one, draw("sample=5&seed=1").await, "{name} {filter}");
            assert_ne!(one, draw("sample=5&seed=2").await, "{name} {filter}");
            if !filter.is_empty() {
                assert!(one.iter().all(|row| row["parity"] == "odd"), "{one:?}");
            }
            let all = draw("sample=1000").await;
            let mut numbers: Vec<_> = all.iter().map(|row| row["n"].as_u64()).collect();
            numbers.sort_unstable();
            numbers.dedup();
            let expected = if filter.is_empty() { 500 } else { 250 };
            assert_eq!(
                (all.len(), numbers.len()),
                (expected, expected),
                "{name} {filter}"
            );
        }
        for bad in ["sample=many", "sample=1001", "sample=5&seed=x"] {
            client
                .get(&format!("/datasets/{name}/rows?{bad}"))
                .await
                .problem(422);
        }
    }
}

#[tokio::test]
async fn values_that_other_records_did_not_foresee_are_not_lost() {
    let server = Server::start().await;
    let client = server.client();
    let mut redis = server.redis().await;
    redis::cmd("HSET")
        .arg(&["animal:1", "arms", "8"])
        .query_async::<Redis>(&mut redis)
        .await
        .unwrap();
    declare(&client, "animals", &json!({"pattern": "animal:*"})).await;
    redis::cmd("HSET")
        .arg(&["animal:2", "arms", "many", "hat", "top"])
        .query_async::<Redis>(&mut redis)
        .await
        .unwrap();
    // Known as a number when it was submitted; read as the text that it has become.
    let analysis = json!({"kind": "rows", "columns": ["arms"], "order_by": [{"column": "arms"}]});
    let result = client.run("animals", &analysis).await;
    assert_eq!(result["rows"], json!([["8"], ["many"]]));
    assert_eq!(result["inputs"][0]["misfits"], Value::Null);
    let arms = client.get("/datasets/animals").await.ok();
    let arms = &arms["schema"]["columns"][1];
    assert_eq!(
        arms["note"],
        "Text, because it has values of several types: integer and text."
    );
    // A field that came later is a column too.
    redis::cmd("HSET")
        .arg(&["animal:3", "wings", "2"])
        .query_async::<Redis>(&mut redis)
        .await
        .unwrap();
    let wings = json!({"kind": "rows", "columns": ["wings"], "filter": [{"column": "wings", "op": "not_null"}]});
    assert_eq!(client.run("animals", &wings).await["rows"], json!([[2]]));
}
