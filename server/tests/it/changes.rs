//! Rows to the end of a table, a file in the place of all, the versions that this makes, and
//! deletions that are undone.

use std::collections::BTreeMap;

use futures::{StreamExt, stream};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{
    client::{Client, id},
    data::{ANIMALS, count_by_head},
    fixture::{Server, eventually},
};

const ORDERS: &str = "city,amount\nLyon,12.5\nOslo,9.75\n";

fn append(client: &Client, name: &str, body: &str) -> RequestBuilder {
    client
        .api(Method::POST, &format!("/datasets/{name}/rows"))
        .body(body.to_owned())
}

fn replace(client: &Client, name: &str, body: &str) -> RequestBuilder {
    client
        .api(Method::PUT, &format!("/datasets/{name}"))
        .body(body.to_owned())
}

async fn rows(client: &Client, name: &str) -> Value {
    client
        .get(&format!("/datasets/{name}/rows?limit=1000"))
        .await
        .ok()["items"]
        .clone()
}

#[tokio::test]
async fn rows_are_appended_by_the_columns_of_the_table() {
    let server = Server::start().await;
    let client = server.client();
    client.load("orders", ORDERS).await;
    let answer = client
        .send(append(&client, "orders", "amount,who\n7,Ann\n"))
        .await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let dataset = answer.json();
    assert_eq!(
        (&dataset["version"], &dataset["rows"], &dataset["parts"]),
        (&json!(2), &json!(3), &json!(2))
    );
    let lines = "{\"city\": \"Rome\", \"amount\": 1.5}\n{\"city\": \"Bern\"}\n";
    let answer = client.send(append(&client, "orders", lines)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(
        rows(&client, "orders").await,
        json!([
            {"city": "Lyon", "amount": 12.5, "who": null},
            {"city": "Oslo", "amount": 9.75, "who": null},
            {"city": null, "amount": 7.0, "who": "Ann"},
            {"city": "Rome", "amount": 1.5, "who": null},
            {"city": "Bern", "amount": null, "who": null},
        ])
    );
    let result = client
        .run(
            "orders",
            &json!({"kind": "aggregate", "group_by": ["who"], "measures": [{"fn": "sum", "column": "amount"}]}),
        )
        .await;
    assert_eq!(result["rows"], json!([["Ann", 7.0], [null, 23.75]]));
}

#[tokio::test]
async fn rows_are_read_by_the_options_that_a_file_takes() {
    let server = Server::start().await;
    let client = server.client();
    client.load("orders", ORDERS).await;
    let path = "/datasets/orders/rows?delimiter=semicolon&decimal=comma&source=more.csv";
    let request = client
        .api(Method::POST, path)
        .body("city;amount\nRome;1,5\n");
    let answer = client.send(request).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.json()["import"]["options"]["delimiter"], ";");
    assert_eq!(
        rows(&client, "orders").await[2],
        json!({"city": "Rome", "amount": 1.5})
    );
    for (query, field) in [("delimitre=;", "delimitre"), ("header=maybe", "header")] {
        let path = format!("/datasets/orders/rows?{query}");
        let request = client.api(Method::POST, &path).body(ORDERS);
        let problem = client.send(request).await.problem(422);
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    assert_eq!(client.get("/datasets/orders").await.ok()["version"], 2);
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_named_and_nothing_changes() {
    let server = Server::start().await;
    let client = server.client();
    client.load("orders", ORDERS).await;
    let refused = client
        .send(append(
            &client,
            "orders",
            "city,amount\nRome,1\nBern,much\n",
        ))
        .await
        .problem(422);
    let detail = refused["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("Line 3, column “amount”: “much”"),
        "{detail}"
    );
    let found = client.get("/datasets/orders").await.ok();
    assert_eq!((&found["version"], &found["rows"]), (&json!(1), &json!(2)));
    // What was read in for nothing is gone.
    eventually("the spool and the parts are gone", async || {
        let mut keys = server.keys("assay:upload:*").await;
        keys.extend(server.keys("assay:dataset:*").await);
        (keys.len() == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_collection_takes_records_and_no_files() {
    let server = Server::start().await;
    let client = server.client();
    let body = json!({"name": "beasts", "collection": {"pattern": "beast:*"}});
    assert_eq!(client.post("/datasets", &body).await.status, 201);
    for request in [
        append(&client, "beasts", ORDERS),
        replace(&client, "beasts", ORDERS),
    ] {
        let refused = client.send(request).await.problem(409);
        assert!(refused["detail"].as_str().unwrap().contains("/records/"));
    }
    client
        .send(append(&client, "nobody", ORDERS))
        .await
        .problem(404);
}

#[tokio::test]
async fn a_file_in_the_place_of_all_rows_is_a_version_and_jobs_say_that_the_data_changed() {
    let server = Server::start().await;
    let client = server.client();
    let animals = client.load("animals", ANIMALS).await;
    let job = client
        .finished(&client.submit("animals", &count_by_head()).await)
        .await;
    assert_eq!(job["newer_version"], Value::Null);
    let answer = client
        .send(replace(&client, "animals", "head,tail\nlion,long\n"))
        .await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let now = answer.json();
    assert_eq!(
        (id(&now), &now["name"], &now["version"], &now["rows"]),
        (id(&animals), &json!("animals"), &json!(2), &json!(1))
    );
    assert_eq!(
        rows(&client, "animals").await,
        json!([{"head": "lion", "tail": "long"}])
    );

    let read = client.get(&format!("/jobs/{}", id(&job))).await.ok();
    assert_eq!(
        (&read["inputs"][0]["version"], &read["newer_version"]),
        (&json!(1), &json!(2))
    );
    let again = client
        .send(client.api(Method::POST, &format!("/jobs/{}/retry", id(&job))))
        .await;
    assert_eq!(again.status, 202, "{}", again.text());
    let again = client.finished(&again.json()).await;
    assert_eq!(
        (&again["inputs"][0]["version"], &again["retry_read"]),
        (&json!(2), &json!(1))
    );

    let history = client.get("/datasets/animals/versions").await.ok();
    let lines: Vec<_> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            (
                line["version"].clone(),
                line["how"].clone(),
                line["rows"].clone(),
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            (json!(2), json!("replace"), json!(1)),
            (json!(1), json!("import"), json!(7))
        ]
    );
    let made = history["items"][0]["job"].as_str().unwrap();
    let made = client.get(&format!("/jobs/{made}")).await.ok();
    assert_eq!(made["dataset"]["version"], 2);
}

#[tokio::test]
async fn the_same_append_under_one_key_lands_once() {
    let server = Server::start().await;
    let client = server.client();
    client.load("orders", ORDERS).await;
    for _ in 0..3 {
        let request = append(&client, "orders", "city,amount\nRome,1\n");
        let answer = client.send(request.header("idempotency-key", "once")).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    let other = append(&client, "orders", "city,amount\nBern,1\n");
    let other = other.header("idempotency-key", "once");
    client.send(other).await.problem(409);
    assert_eq!(client.get("/datasets/orders").await.ok()["rows"], 3);
    eventually("no spool is left", async || {
        server.keys("assay:upload:*").await.is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_deletion_can_be_undone() {
    let server = Server::start().await;
    let client = server.client();
    let orders = client.load("orders", ORDERS).await;
    let path = format!("/datasets/{}/restore", id(&orders));
    client.get(&path).await.problem(404);
    assert_eq!(client.delete("/datasets/orders").await.status, 204);
    assert_eq!(client.get(&path).await.ok()["name"], "orders");
    let other = client.load("Orders", ORDERS).await;
    client.post(&path, &json!({})).await.problem(409);
    let other = format!("/datasets/{}", id(&other));
    assert_eq!(client.delete(&other).await.status, 204);
    assert_eq!(client.post(&path, &json!({})).await.ok()["rows"], 2);
    assert_eq!(rows(&client, "orders").await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_cannot_fit_is_refused_before_redis_is_full() {
    let server = Server::start_with(&["--limit-mb", "1"]).await;
    let client = server.client();
    let refused = client.upload("orders", ORDERS).await.problem(507);
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.contains("--limit-mb"), "{detail}");
    assert!(server.keys("assay:upload:*").await.is_empty());
    let status = client.get("/status").await.ok();
    assert_eq!(
        (&status["storage"]["limit"], &status["storage"]["left"]),
        (&json!(1_000_000), &json!(0))
    );
}

#[tokio::test]
async fn planted_orphans_are_healed_within_an_audit() {
    let server = Server::start_with(&["--audit-s", "1"]).await;
    let client = server.client();
    let orders = client.load("orders", ORDERS).await;
    let stray = "01890a5d-ac96-774b-bcce-b302099a8057";
    let mut redis = server.redis().await;
    for key in [
        format!("assay:dataset:{}:v1:part:9", id(&orders)),
        format!("assay:dataset:{stray}:v1:part:0"),
        format!("assay:result:{stray}:part:0"),
        format!("{{assay}}:dataset:{stray}:v1"),
    ] {
        redis::cmd("SET")
            .arg(&[key.as_str(), "planted"])
            .query_async::<()>(&mut redis)
            .await
            .unwrap();
    }
    eventually("the orphans are found", async || {
        let status = client.get("/status").await.ok();
        (status["audit"]["orphans"] == 4).then_some(())
    })
    .await;
    assert_eq!(server.keys("assay:*").await.len(), 1);
    assert_eq!(rows(&client, "orders").await.as_array().unwrap().len(), 2);
}

/// Rows of a client, in the order in which they are in the data set.
fn of_clients(rows: &[Value]) -> BTreeMap<i64, Vec<i64>> {
    let mut by_client: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for row in rows {
        let client = row["client"].as_i64().unwrap();
        by_client
            .entry(client)
            .or_default()
            .push(row["n"].as_i64().unwrap());
    }
    by_client
}

#[tokio::test]
async fn a_thousand_small_appends_end_in_few_parts_with_all_rows_in_order() {
    const CLIENTS: u32 = 10;
    const EACH: u32 = 100;
    let server = Server::start_with(&["--audit-s", "1"]).await;
    let client = server.client();
    client.load("log", "client,n\n0,0\n").await;
    let server = &server;
    let send = |who: u32| async move {
        let client = server.client();
        for n in 1..=EACH {
            let body = format!("client,n\n{who},{}\n{who},{}\n", 2 * n, 2 * n + 1);
            let answer = client.send(append(&client, "log", &body)).await;
            assert!(
                matches!(answer.status, 201 | 202),
                "{} {}",
                answer.status,
                answer.text()
            );
            if who == 1 && n == EACH / 2 {
                server.kill_worker().await;
            }
        }
    };
    stream::iter(1..=CLIENTS)
        .for_each_concurrent(None, send)
        .await;
    let all = u64::from(1 + 2 * CLIENTS * EACH);
    eventually("all rows are there", async || {
        let dataset = client.get("/datasets/log").await.ok();
        (dataset["rows"] == all).then_some(())
    })
    .await;
    eventually("the parts are few", async || {
        let dataset = client.get("/datasets/log").await.ok();
        (dataset["parts"].as_u64().unwrap() < 60).then_some(())
    })
    .await;
    let mut all_rows = Vec::new();
    let mut cursor = "0".to_owned();
    loop {
        let path = format!("/datasets/log/rows?limit=1000&cursor={cursor}");
        let page = client.get(&path).await.ok();
        all_rows.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    let by_client = of_clients(&all_rows);
    let expected: Vec<i64> = (2..=i64::from(2 * EACH + 1)).collect();
    for who in 1..=CLIENTS {
        assert_eq!(by_client[&i64::from(who)], expected, "client {who}");
    }
    let found = client.get("/datasets/log").await.ok();
    assert_eq!(
        found["version"].as_u64() > found["content_version"].as_u64(),
        {
            let history = client.get("/datasets/log/versions").await.ok();
            history["items"][0]["how"] == "compact"
        }
    );
    // Nothing was left behind that had to be found.
    let status = client.get("/status").await.ok();
    assert_eq!(status["audit"]["orphans"], 0, "{status}");
}
