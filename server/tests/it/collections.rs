//! Collections: records that other programs keep in Redis.

use redis::AsyncCommands;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{client::Client, fixture::Server};

#[tokio::test]
async fn records_of_another_program_are_analysed_where_they_are() {
    let server = Server::start().await;
    let client = server.client();
    let mut redis = server.redis().await;
    for (key, head, arms) in [
        ("animal:1", "lion", "8"),
        ("animal:2", "goat", "4"),
        ("animal:3", "goat", "2"),
    ] {
        redis
            .hset_multiple::<_, _, _, ()>(key, &[("head", head), ("arms", arms)])
            .await
            .unwrap();
    }
    let made = declare(&client, "animals", "animal:*").await;
    assert_eq!(
        (&made["kind"], &made["version"]),
        (&json!("collection"), &json!(0))
    );
    assert_eq!(made["collection"]["pattern"], "animal:*");
    let mut columns: Vec<_> = made["schema"]["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(column)
        .collect();
    columns.sort_unstable();
    assert_eq!(columns, ["_key text", "arms integer", "head text"]);

    let analysis = json!({
        "kind": "aggregate", "group_by": ["head"], "measures": [{"fn": "sum", "column": "arms"}],
        "order_by": [{"column": "head"}],
    });
    let result = client.run("animals", &analysis).await;
    assert_eq!(result["rows"], json!([["goat", 6], ["lion", 8]]));
    let input = &result["inputs"][0];
    assert_eq!((&input["rows"], &input["vanished"]), (&json!(3), &json!(0)));
    assert!(
        input["scan_began"].is_string() && input["scan_ended"].is_string(),
        "{input}"
    );

    redis
        .hset_multiple::<_, _, _, ()>("animal:4", &[("head", "lion"), ("arms", "2")])
        .await
        .unwrap();
    let result = client.run("animals", &analysis).await;
    assert_eq!(
        result["rows"],
        json!([["goat", 6], ["lion", 10]]),
        "each run reads what is there then"
    );

    let rows = client
        .get("/datasets/animals/rows?head=lion&limit=10")
        .await
        .ok();
    let mut keys: Vec<_> = rows["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["_key"].as_str().unwrap())
        .collect();
    keys.sort_unstable();
    assert_eq!(keys, ["animal:1", "animal:4"]);
}

#[tokio::test]
async fn a_record_is_put_read_and_deleted_by_its_key() {
    let server = Server::start().await;
    let client = server.client();
    declare(&client, "animals", "animal:*").await;
    let path = "/datasets/animals/records/animal%3A7%2Fa%20b";
    client.get(path).await.problem(404);
    let put = client
        .api(Method::PUT, path)
        .json(&json!({"head": "lion", "arms": "8"}));
    assert_eq!(client.send(put).await.status, 204);
    assert_eq!(
        client.get(path).await.ok(),
        json!({"arms": "8", "head": "lion"})
    );
    let stored: Vec<(String, String)> = server.redis().await.hgetall("animal:7/a b").await.unwrap();
    assert_eq!(stored.len(), 2);

    let put = client.api(Method::PUT, path).json(&json!({"tail": "none"}));
    assert_eq!(client.send(put).await.status, 204);
    assert_eq!(
        client.get(path).await.ok(),
        json!({"tail": "none"}),
        "a record is put whole"
    );
    let empty = client.api(Method::PUT, path).json(&json!({}));
    client.send(empty).await.problem(422);

    assert_eq!(client.delete(path).await.status, 204);
    client.get(path).await.problem(404);
    client.delete(path).await.problem(404);
    let foreign = client
        .api(Method::PUT, "/datasets/animals/records/plant%3A1")
        .json(&json!({"a": "b"}));
    client.send(foreign).await.problem(404);
    assert_eq!(server.keys("plant:*").await, [""; 0]);
}

#[tokio::test]
async fn its_own_keys_are_never_part_of_a_collection() {
    let server = Server::start().await;
    let client = server.client();
    let mut redis = server.redis().await;
    redis
        .hset::<_, _, _, ()>("animal:1", "head", "lion")
        .await
        .unwrap();
    redis
        .hset::<_, _, _, ()>("assayer:1", "head", "goat")
        .await
        .unwrap();
    let own = server.keys("{assay}:queue").await;
    assert_eq!(
        own,
        ["{assay}:queue"],
        "a hash of its own is there to be found"
    );
    for (name, pattern, expected) in [
        ("all", "*", vec!["animal:1", "assayer:1"]),
        ("a", "a*", vec!["animal:1", "assayer:1"]),
        ("ssay", "?ssay:*", vec![]),
        ("brace", "\\{assay*", vec![]),
        ("class", "[a{]*", vec!["animal:1", "assayer:1"]),
    ] {
        declare(&client, name, pattern).await;
        let rows = client.get(&format!("/datasets/{name}/rows")).await.ok();
        let mut keys: Vec<_> = rows["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["_key"].as_str().unwrap())
            .collect();
        keys.sort_unstable();
        assert_eq!(keys, expected, "{pattern}");
        for key in ["%7Bassay%7D%3Aqueue", "assay%3Ax"] {
            let path = format!("/datasets/{name}/records/{key}");
            client.get(&path).await.problem(404);
            client.delete(&path).await.problem(404);
            client
                .send(client.api(Method::PUT, &path).json(&json!({"epoch": "x"})))
                .await
                .problem(404);
        }
    }
    assert_eq!(server.keys("assay:x").await, [""; 0]);
    assert_eq!(client.get("/status").await.status, 200);
}

#[tokio::test]
async fn records_that_lack_fields_have_nulls_and_a_conflict_makes_text() {
    let server = Server::start().await;
    let client = server.client();
    let mut redis = server.redis().await;
    redis
        .hset_multiple::<_, _, _, ()>("beast:1", &[("arms", "8"), ("legs", "2")])
        .await
        .unwrap();
    redis
        .hset_multiple::<_, _, _, ()>("beast:2", &[("legs", "many")])
        .await
        .unwrap();
    let made = declare(&client, "beasts", "beast:*").await;
    let columns = made["schema"]["columns"].as_array().unwrap();
    let legs = columns
        .iter()
        .find(|column| column["name"] == "legs")
        .unwrap();
    assert_eq!(legs["type"], "text");
    let result = client
        .run("beasts", &json!({"kind": "rows", "columns": ["_key", "arms", "legs"], "order_by": [{"column": "_key"}]}))
        .await;
    assert_eq!(
        result["rows"],
        json!([["beast:1", 8, "2"], ["beast:2", null, "many"]])
    );
}

#[tokio::test]
async fn deleting_a_collection_leaves_the_records_to_their_program() {
    let server = Server::start().await;
    let client = server.client();
    server
        .redis()
        .await
        .hset::<_, _, _, ()>("animal:1", "head", "lion")
        .await
        .unwrap();
    declare(&client, "animals", "animal:*").await;
    assert_eq!(client.delete("/datasets/animals").await.status, 204);
    assert_eq!(server.keys("animal:*").await, ["animal:1"]);
    assert_eq!(server.keys("{assay}:dataset:*").await, [""; 0]);
}

async fn declare(client: &Client, name: &str, pattern: &str) -> Value {
    let answer = client
        .post(
            "/datasets",
            &json!({"name": name, "collection": {"pattern": pattern}}),
        )
        .await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

fn column(column: &Value) -> String {
    format!(
        "{} {}",
        column["name"].as_str().unwrap(),
        column["type"].as_str().unwrap()
    )
}
