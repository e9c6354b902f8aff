//! Collections that change are told while somebody looks.

use redis::AsyncCommands;
use serde_json::json;

use crate::{
    fixture::{PATIENCE, Server, within},
    other_redis::OtherRedis,
    stream::Events,
};

async fn until_rows(events: &mut Events, name: &str, rows: u64) {
    within(PATIENCE, "the collection is told", async {
        loop {
            let told = events.next_event().await;
            if told.event == "dataset" && told.data["name"] == name && told.data["rows"] == rows {
                return;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_record_that_another_program_writes_is_told() {
    let server = Server::start().await;
    let client = server.client();
    let body = json!({"name": "animals", "collection": {"pattern": "animal:*"}});
    client.post("/datasets", &body).await.ok_with(201);
    let mut events = client.events("/events", None).await;
    let mut redis = server.redis().await;
    for n in 1..=3 {
        let () = redis.hset(format!("animal:{n}"), "arms", n).await.unwrap();
        until_rows(&mut events, "animals", n).await;
    }
    // A new field is a column of the data set that is told.
    let () = redis.hset("animal:1", "head", "lion").await.unwrap();
    within(PATIENCE, "the column is told", async {
        loop {
            let told = events.next_event().await;
            let columns = &told.data["schema"]["columns"];
            if columns.as_array().is_some_and(|columns| columns.len() == 3) {
                return;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_source_that_does_not_tell_is_looked_at_and_left_as_it_is() {
    let shop = OtherRedis::start().await;
    let source = format!("shop={}", shop.url(0));
    let server = Server::start_with(&["--source", &source]).await;
    let client = server.client();
    let body = json!({"name": "orders", "collection": {"source": "shop", "pattern": "order:*"}});
    client.post("/datasets", &body).await.ok_with(201);
    let mut events = client.events("/events", None).await;
    let mut redis = shop.connection(0).await;
    let () = redis.hset("order:1", "item", "tea").await.unwrap();
    until_rows(&mut events, "orders", 1).await;
    let (_, flags): (String, String) = redis::cmd("CONFIG")
        .arg(&["GET", "notify-keyspace-events"])
        .query_async(&mut redis)
        .await
        .unwrap();
    assert_eq!(flags, "", "another's settings are another's");
}
