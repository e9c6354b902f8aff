//! Collections of another Redis, by configuration alone.

use redis::AsyncCommands;
use reqwest::Method;
use serde_json::json;

use crate::{
    fixture::{Role, Server},
    other_redis::{OtherRedis, PASSWORD},
};

#[tokio::test]
async fn a_source_with_port_database_and_password_is_read_by_server_and_worker() {
    let mut shop = OtherRedis::start().await;
    let source = format!("shop={}", shop.url(3));
    let till = format!("till:write={}", shop.url(4));
    let server = Server::start_with(&["--source", &source, "--source", &till]).await;
    let client = server.client();
    let mut redis = shop.connection(3).await;
    for (key, item, amount) in [("order:1", "tea", "12"), ("order:2", "cups", "30")] {
        let fields = [("item", item), ("amount", amount)];
        let () = redis.hset_multiple(key, &fields).await.unwrap();
    }
    let declare = async |name: &str, source: &str| {
        let body = json!({"name": name, "collection": {"source": source, "pattern": "order:*"}});
        client.post("/datasets", &body).await
    };
    let made = declare("orders", "shop").await.ok_with(201);
    assert_eq!(made["collection"]["source"], "shop");
    assert_eq!(made["rows"], 2);
    let sum = json!({"kind": "aggregate", "group_by": ["item"], "measures": [{"fn": "sum", "column": "amount"}]});
    assert_eq!(
        client.run("orders", &sum).await["rows"],
        json!([["cups", 30], ["tea", 12]])
    );
    let status = client.get("/status").await.ok();
    assert_eq!(status["sources"], json!(["shop", "till"]));

    // Read only, unless it was said.
    let record = "/datasets/orders/records/order:1";
    assert_eq!(client.get(record).await.ok()["item"], "tea");
    let put = client.api(Method::PUT, record).json(&json!({"item": "x"}));
    let refused = client.send(put).await.problem(403);
    assert!(
        refused["detail"]
            .as_str()
            .unwrap()
            .contains("“shop” is only read")
    );
    client.delete(record).await.problem(403);
    declare("receipts", "till").await.ok_with(201);
    let record = "/datasets/receipts/records/order:9";
    let put = client.api(Method::PUT, record).json(&json!({"item": "x"}));
    assert_eq!(client.send(put).await.status, 204);
    assert_eq!(client.get(record).await.ok(), json!({"item": "x"}));

    // Nobody sees the password: not in processes, logs, answers.
    for role in [Role::Serve, Role::Worker] {
        for pid in server.processes(role) {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap();
            let line = String::from_utf8_lossy(&line);
            let is_ours = role == Role::Serve;
            assert_eq!(
                line.contains(PASSWORD),
                is_ours,
                "only where the test put it"
            );
        }
    }
    shop.kill();
    let away = client.get("/datasets/orders/rows").await.problem(424);
    let detail = away["detail"].as_str().unwrap();
    assert!(
        detail.contains("The source “shop” cannot be reached"),
        "{detail}"
    );
    let other = declare("others", "shop").await.problem(424);
    assert_eq!(other["type"], "urn:assay:problem:source-away");
    let log = std::fs::read_to_string(server.folder().join("serve.log")).unwrap();
    assert!(!log.contains(PASSWORD), "{log}");
    assert!(!format!("{away}{other}{status}").contains(PASSWORD));
}

#[tokio::test]
async fn sources_stand_in_the_configuration_file_and_a_wrong_password_is_said() {
    let shop = OtherRedis::start().await;
    let folder = crate::fixture::new_folder();
    let file = folder.path().join("assay.toml");
    let wrong = shop.url(0).replace(PASSWORD, "wrong-word");
    let text = format!(
        "[sources.shop]\nurl = \"{}\"\n[sources.closed]\nurl = \"{wrong}\"\n",
        shop.url(0)
    );
    std::fs::write(&file, text).unwrap();
    let server = Server::start_with(&["--config", file.to_str().unwrap()]).await;
    let client = server.client();
    let names = client.get("/status").await.ok();
    assert_eq!(names["sources"], json!(["closed", "shop"]));
    let preview = client
        .get("/collections/preview?pattern=*&source=shop")
        .await
        .ok();
    assert_eq!(preview["rows"], 0);
    let closed = client
        .get("/collections/preview?pattern=*&source=closed")
        .await
        .problem(409);
    let detail = closed["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("The source “closed” refused"),
        "{detail}"
    );
    assert!(!detail.contains("wrong-word"), "{detail}");
}
