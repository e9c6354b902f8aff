//! Looking at the rows and columns of a data set.

use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    client::{Client, id},
    data::ANIMALS,
    data_sets::{no_trace_of_data_sets, restoring_is_over},
    fixture::{Server, eventually, kill},
};

async fn heads(client: &Client, query: &str) -> Vec<String> {
    let path = format!("/datasets/animals/rows?{query}");
    let page = client.get(&path).await.ok();
    let items = page["items"].as_array().unwrap().iter();
    items
        .map(|row| format!("{} {}", row["head"].as_str().unwrap(), row["arms"]))
        .collect()
}

#[tokio::test]
async fn rows_come_in_the_order_of_a_column_and_under_conditions() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    assert_eq!(
        heads(&client, "order_by=arms&descending=true&limit=3").await,
        ["lion 8", "goat 4", "goat 4"]
    );
    assert_eq!(
        heads(&client, "order_by=arms&offset=1&limit=2").await,
        ["lion 2", "eagle 2"]
    );
    let filter = r#"[{"column":"arms","op":"ge","value":2},{"any":[{"column":"head","op":"eq","value":"goat"},{"column":"weight","op":"is_null"}]}]"#;
    assert_eq!(
        heads(&client, &format!("filter={filter}&order_by=weight")).await,
        ["goat 2", "goat 4", "goat 4", "eagle 2"]
    );
    assert_eq!(
        heads(&client, "order_by=head&where.wild=true&limit=9").await,
        ["lion 8", "lion 2", "snake 0"]
    );
}

#[tokio::test]
async fn pages_of_an_order_follow_one_another() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/datasets/animals/rows?order_by=born&descending=true&limit=2{cursor}");
        let page = client.get(&path).await.ok();
        all.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["born"].clone()),
        );
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(all.len(), 7);
    assert!(all.is_sorted_by(|a, b| a.as_str() >= b.as_str()), "{all:?}");
}

#[tokio::test]
async fn a_look_that_does_not_fit_is_refused_at_its_field() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    for (query, field) in [
        ("order_by=amrs", "order_by"),
        ("descending=true", "order_by"),
        ("order_by=arms&descending=perhaps", "descending"),
        ("offset=-1", "offset"),
        ("filter={", "filter"),
        (
            r#"filter=[{"column":"arms","op":"gt","value":"many"}]"#,
            "filter[0].value",
        ),
        (
            r#"filter=[{"column":"amrs","op":"is_null"}]"#,
            "filter[0].column",
        ),
        (
            r#"filter=[{"column":"arms","op":"above","value":1}]"#,
            "filter[0].op",
        ),
    ] {
        let problem = client
            .get(&format!("/datasets/animals/rows?{query}"))
            .await
            .problem(422);
        assert_eq!(problem["errors"][0]["field"], field, "{query}: {problem}");
    }
}

#[tokio::test]
async fn columns_are_counted_once_for_a_version_and_its_page_is_told() {
    let server = Server::start().await;
    let client = server.client();
    let dataset = client.load("animals", ANIMALS).await;
    let mut events = client.events("/events", None).await;
    let worker = server.freeze_worker().await;
    let first = client.get("/datasets/animals/profile").await;
    assert_eq!(first.status, 202, "{}", first.text());
    let second = client.get("/datasets/animals/profile").await;
    assert_eq!(
        id(&second.json()),
        id(&first.json()),
        "there are two of them"
    );
    kill(worker, Signal::CONT);

    loop {
        let event = events.next_event().await;
        if event.event == "dataset" && event.data["id"] == dataset["id"] {
            break;
        }
    }
    let profile = client.get("/datasets/animals/profile").await.ok();
    assert_eq!(profile["rows"], 7);
    assert_eq!(profile["source"], "rows");
    let columns = profile["columns"].as_array().unwrap();
    assert_eq!(
        columns[0],
        json!({"name": "head", "type": "text", "missing": 0, "distinct": 4, "min": "eagle", "max": "snake",
            "top": "goat", "top_count": 3, "distribution": {"values": ["goat", "lion", "eagle", "snake"], "counts": [3, 2, 1, 1]}})
    );
    assert_eq!(columns[2]["missing"], 1);
    assert_eq!(columns[2]["distribution"]["from"], 7.5);

    // Nobody's job stands in nobody's list, and is gone with its end.
    assert_eq!(
        client.get("/jobs").await.ok()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    client
        .get(&format!("/jobs/{}", id(&first.json())))
        .await
        .problem(404);
    assert_eq!(server.keys("*:profile").await.len(), 1);
    client.delete("/datasets/animals").await;
    assert_eq!(server.keys("*:profile").await.len(), 1, "it may come back");
    restoring_is_over(&server).await;
    no_trace_of_data_sets(&server).await;
}

#[tokio::test]
async fn counting_columns_keeps_nobody_from_deleting_them() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let worker = server.freeze_worker().await;
    assert_eq!(client.get("/datasets/animals/profile").await.status, 202);
    assert_eq!(client.delete("/datasets/animals").await.status, 204);
    kill(worker, Signal::CONT);
    eventually("nothing is left of the job", async || {
        let jobs = server.keys("{assay}:job:*").await;
        let names: Vec<_> = jobs
            .iter()
            .filter(|key| key.matches(':').count() == 2)
            .collect();
        (names.len() == 1).then_some(())
    })
    .await;
    assert_eq!(server.keys("*:profile").await, [""; 0]);
}

#[tokio::test]
async fn a_collection_says_what_its_last_scan_found() {
    let server = Server::start().await;
    let client = server.client();
    let loaded = client.post("/sample", &json!({})).await.json();
    for job in loaded["jobs"].as_array().unwrap() {
        client.finished(job).await;
    }
    let profile = client.get("/datasets/animals/profile").await.ok();
    assert_eq!(profile["source"], "last_scan");
    let columns = profile["columns"].as_array().unwrap();
    assert_eq!(columns[0]["name"], "_key");
    assert_eq!(columns[0]["missing"], 0);
    assert_eq!(columns[0]["distinct"], Value::Null);
}

#[tokio::test]
async fn the_page_shows_rows_as_its_address_says() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let page = client
        .page("/datasets/animals?sort=weight&dir=desc")
        .await
        .text();
    let at = |text: &str| {
        page.find(text)
            .unwrap_or_else(|| panic!("no {text} in {page}"))
    };
    assert!(at("190.5") < at("55.5"));
    assert!(page.contains(r#"aria-sort="descending""#));
    let filtered = "/datasets/animals?filter_column=arms&filter_op=gt&filter_value=2";
    let page = client.page(filtered).await.text();
    assert!(!page.contains("snake") || page.find("snake") > page.find("</table>"));
    assert!(page.contains("arms &gt; 2"), "{page}");
    let wrong = client
        .page("/datasets/animals?filter_column=arms&filter_op=gt&filter_value=x")
        .await;
    assert!(
        wrong.text().contains("“x” is not a number"),
        "{}",
        wrong.text()
    );
}

#[tokio::test]
async fn each_version_has_columns_at_a_glance_and_a_file_of_its_own() {
    let server = Server::start().await;
    let client = server.client();
    client
        .load("orders", "city,amount\nLyon,12.5\nOslo,9.75\n")
        .await;
    let glance = async || {
        eventually("the columns are counted", async || {
            let answer = client.get("/datasets/orders/profile").await;
            (answer.status == 200).then(|| answer.json())
        })
        .await
    };
    assert_eq!(glance().await["rows"], 2);
    let before = client.get("/datasets/orders/export").await;
    let more = client
        .api(Method::POST, "/datasets/orders/rows")
        .body("city,amount,who\nRome,3.5,Ann\n");
    let answer = client.send(more).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let now = glance().await;
    assert_eq!((&now["version"], &now["rows"]), (&json!(2), &json!(3)));
    assert_eq!(now["columns"][2]["missing"], 2);
    let after = client.get("/datasets/orders/export").await;
    assert_ne!(before.header("etag"), after.header("etag"));
    assert_eq!(
        after.text(),
        "city,amount,who\nLyon,12.5,\nOslo,9.75,\nRome,3.5,Ann\n"
    );
    // By a column that the parts before do not have.
    let sorted = client
        .get("/datasets/orders/rows?order_by=who&limit=2")
        .await
        .ok();
    assert_eq!(
        sorted["items"],
        json!([
            {"city": "Rome", "amount": 3.5, "who": "Ann"},
            {"city": "Lyon", "amount": 12.5, "who": null},
        ])
    );
}
