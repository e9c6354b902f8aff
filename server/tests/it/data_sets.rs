//! Data sets: loading, looking, renaming, deleting.

use reqwest::{
    Method,
    header::CONTENT_TYPE,
    multipart::{Form, Part},
};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    client::id,
    data::{ANIMALS, count_by_head},
    fixture::{Server, eventually, kill},
};

#[tokio::test]
async fn a_file_becomes_a_data_set_with_typed_columns() {
    let server = Server::start().await;
    let client = server.client();

    let answer = client.upload("animals", ANIMALS).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let made = answer.json();
    assert_eq!(made["name"], "animals");
    assert_eq!(made["kind"], "table");
    assert_eq!(made["rows"], 7);
    assert_eq!(made["version"], 1);
    assert_eq!(made["parts"], 1);
    let columns: Vec<_> = made["schema"]["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| {
            (
                column["name"].as_str().unwrap(),
                column["type"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        columns,
        [
            ("head", "text"),
            ("arms", "integer"),
            ("weight", "number"),
            ("born", "date"),
            ("wild", "boolean")
        ]
    );

    for path in [
        "/datasets/animals".to_owned(),
        "/datasets/ANIMALS".to_owned(),
        format!("/datasets/{}", id(&made)),
    ] {
        assert_eq!(client.get(&path).await.ok(), made, "{path}");
    }
    // Lists leave out how the file was read.
    let mut listed = made;
    listed.as_object_mut().unwrap().remove("import").unwrap();
    assert_eq!(
        client.get("/datasets").await.ok(),
        json!({"items": [listed], "next": null})
    );
}

#[tokio::test]
async fn a_form_uploads_too_and_the_file_names_the_data_set() {
    let server = Server::start().await;
    let client = server.client();
    let file = Part::text(ANIMALS).file_name("My animals.csv");
    let request = client
        .api(Method::POST, "/datasets")
        .multipart(Form::new().part("file", file));
    let answer = client.send(request).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.json()["name"], "My_animals");
    assert_eq!(answer.json()["source"], "My animals.csv");
}

#[tokio::test]
async fn json_lines_and_tab_separated_values_are_known_by_their_content() {
    let server = Server::start().await;
    let client = server.client();
    let lines = "{\"head\": \"lion\", \"arms\": 8}\n{\"head\": \"goat\", \"arms\": 4}\n";
    let array = "[{\"head\": \"lion\", \"arms\": 8}, {\"head\": \"goat\", \"arms\": 4}]";
    let tabs = "head\tarms\nlion\t8\ngoat\t4\n";
    for (name, body) in [("lines", lines), ("array", array), ("tabs", tabs)] {
        client.load(name, body).await;
        let rows = client.get(&format!("/datasets/{name}/rows")).await.ok();
        let expected = json!([{"head": "lion", "arms": 8}, {"head": "goat", "arms": 4}]);
        assert_eq!(rows["items"], expected, "{name}");
    }
}

#[tokio::test]
async fn rows_come_in_pages_and_by_value() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let heads = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|row| row["head"].as_str().unwrap().to_owned())
            .collect()
    };

    let mut all = Vec::new();
    let mut path = "/datasets/animals/rows?limit=3".to_owned();
    let mut sizes = Vec::new();
    loop {
        let page = client.get(&path).await.ok();
        sizes.push(heads(&page).len());
        all.extend(heads(&page));
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/datasets/animals/rows?limit=3&cursor={next}");
    }
    assert_eq!(sizes, [3, 3, 1]);
    assert_eq!(
        all,
        ["lion", "lion", "snake", "eagle", "goat", "goat", "goat"]
    );

    let first = client.get("/datasets/animals/rows?limit=1").await.ok();
    assert_eq!(
        first["items"],
        json!([{"head": "lion", "arms": 8, "weight": 190.5, "born": "2013-01-02", "wild": true}])
    );
    let goats = client
        .get("/datasets/animals/rows?where.head=goat&arms=4")
        .await
        .ok();
    assert_eq!(heads(&goats), ["goat", "goat"]);
    assert_eq!(goats["next"], Value::Null);
    let wild = client
        .get("/datasets/animals/rows?wild=true&born=2015-05-06")
        .await
        .ok();
    assert_eq!(heads(&wild), ["snake"]);
}

#[tokio::test]
async fn a_data_set_can_be_renamed_and_keeps_its_id() {
    let server = Server::start().await;
    let client = server.client();
    let made = client.load("animals", ANIMALS).await;
    client.load("other", ANIMALS).await;

    let renamed = client
        .patch("/datasets/animals", &json!({"name": "beasts"}))
        .await
        .ok();
    assert_eq!(
        (&renamed["id"], &renamed["name"]),
        (&made["id"], &json!("beasts"))
    );
    client.get("/datasets/animals").await.problem(404);
    assert_eq!(client.get("/datasets/beasts").await.ok()["rows"], 7);
    client.load("animals", ANIMALS).await;

    let taken = client
        .patch("/datasets/beasts", &json!({"name": "Other"}))
        .await
        .problem(409);
    assert_eq!(taken["type"], "urn:assay:problem:name-taken");
    let case = client
        .patch("/datasets/beasts", &json!({"name": "Beasts"}))
        .await
        .ok();
    assert_eq!(case["name"], "Beasts", "a name may change its case");
}

#[tokio::test]
async fn a_deleted_data_set_leaves_nothing_and_its_results_stay() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let job = client
        .finished(&client.submit("animals", &count_by_head()).await)
        .await;

    assert_eq!(client.delete("/datasets/animals").await.status, 204);
    client.get("/datasets/animals").await.problem(404);
    assert_eq!(client.get("/datasets").await.ok()["items"], json!([]));
    restoring_is_over(&server).await;
    no_trace_of_data_sets(&server).await;

    let result = client.get(&format!("/jobs/{}/result", id(&job))).await.ok();
    assert_eq!(result["row_count"], 4);
    client.load("animals", ANIMALS).await;
}

#[tokio::test]
async fn a_data_set_that_is_read_is_not_deleted_without_force() {
    let server = Server::start_with(&["--no-worker", "--redis-port", "0"]).await;
    let client = server.client();
    let body = json!({"name": "beasts", "collection": {"pattern": "beast:*"}});
    assert_eq!(client.post("/datasets", &body).await.status, 201);
    let put = client
        .api(Method::PUT, "/datasets/beasts/records/beast:1")
        .json(&json!({"head": "lion"}));
    assert_eq!(client.send(put).await.status, 204);
    assert_eq!(client.delete("/datasets/beasts").await.status, 204);
    assert_eq!(client.post("/datasets", &body).await.status, 201);

    let job = client.submit("beasts", &json!({"kind": "rows"})).await;
    let refused = client.delete("/datasets/beasts").await.problem(409);
    let detail = refused["detail"].as_str().unwrap();
    assert!(
        detail.contains(id(&job)) && detail.contains("?force=true"),
        "{detail}"
    );
    assert_eq!(
        client.delete("/datasets/beasts?force=true").await.status,
        204
    );
}

#[tokio::test]
async fn data_sets_come_in_pages_the_newest_first() {
    let server = Server::start().await;
    let client = server.client();
    for name in ["one", "two", "three"] {
        client.load(name, ANIMALS).await;
    }
    let first = client.get("/datasets?limit=2").await.ok();
    let names = |page: &Value| -> Vec<Value> {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["name"].clone())
            .collect()
    };
    assert_eq!(names(&first), ["three", "two"]);
    let next = first["next"].as_str().unwrap();
    let second = client
        .get(&format!("/datasets?limit=2&cursor={next}"))
        .await
        .ok();
    assert_eq!(names(&second), ["one"]);
    assert_eq!(second["next"], Value::Null);
    let refused = client.get("/datasets?cursor=x").await.problem(422);
    assert_eq!(refused["errors"][0]["field"], "cursor");
    client.delete("/datasets/two").await;
    let second = client
        .get(&format!("/datasets?limit=2&cursor={next}"))
        .await
        .ok();
    assert_eq!(names(&second), ["one"], "the last one seen is gone");
}

#[tokio::test]
async fn a_data_set_goes_out_as_a_file_and_comes_back_the_same() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let rows = client.get("/datasets/animals/rows").await.ok();

    for (format, media_type) in [
        ("csv", "text/csv"),
        ("ndjson", "application/x-ndjson"),
        ("json", "application/json"),
        ("parquet", "application/vnd.apache.parquet"),
    ] {
        let file = client
            .get(&format!("/datasets/animals/export?format={format}"))
            .await;
        assert_eq!(file.status, 200, "{}", file.text());
        assert!(
            file.header("content-type").starts_with(media_type),
            "{}",
            file.header("content-type")
        );
        assert_eq!(
            file.header("content-disposition"),
            format!("attachment; filename=\"animals.{format}\"")
        );
        let copy = format!("from_{format}");
        client.load(&copy, file.body).await;
        let again = client.get(&format!("/datasets/{copy}/rows")).await.ok();
        assert_eq!(again["items"], rows["items"], "{format}");
    }
}

#[tokio::test]
async fn a_large_upload_is_answered_with_its_job() {
    let server = Server::start_with(&["--no-worker"]).await;
    let client = server.client();
    let request = client
        .api(Method::POST, "/datasets?name=animals&source=beasts.csv")
        .header(CONTENT_TYPE, "text/csv")
        .body(ANIMALS);
    let answer = client.send(request).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let job = answer.json();
    assert_eq!(
        (&job["kind"], &job["state"], &job["dataset"]),
        (&json!("import"), &json!("queued"), &Value::Null)
    );
    assert_eq!(job["source"], "beasts.csv");
    assert_eq!(job["waiting"]["reason"], "no_worker");
    client.get("/datasets/animals").await.problem(404);
}

#[tokio::test]
async fn of_two_files_of_one_name_that_wait_together_the_first_becomes_the_data_set() {
    let server = Server::start_with(&["--slots", "1"]).await;
    let client = server.client();
    let worker = server.freeze_worker().await;
    let mut jobs = Vec::new();
    for (name, body) in [("animals", ANIMALS), ("Animals", "head\nlion\n")] {
        let answer = client.upload(name, body).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        jobs.push(answer.json());
    }
    kill(worker, Signal::CONT);
    assert_eq!(client.finished(&jobs[0]).await["state"], "succeeded");
    let second = client.finished(&jobs[1]).await;
    assert_eq!(second["state"], "failed");
    assert_eq!(second["error"]["type"], "urn:assay:problem:name-taken");
    let sets = client.get("/datasets").await.ok();
    assert_eq!(sets["items"].as_array().unwrap().len(), 1);
    assert_eq!(sets["items"][0]["rows"], 7);
    eventually("nothing of the second is left", async || {
        (server.keys("assay:*").await.len() == 1).then_some(())
    })
    .await;
}

/// Waits until no key of a data set or an upload is left.
pub async fn no_trace_of_data_sets(server: &Server) {
    eventually("no key of a data set is left", async || {
        let mut keys = server.keys("assay:dataset:*").await;
        keys.extend(server.keys("assay:upload:*").await);
        keys.extend(server.keys("{assay}:dataset:*").await);
        keys.is_empty().then_some(())
    })
    .await;
    assert_eq!(server.keys("{assay}:names").await, Vec::<String>::new());
}

/// Ages all deletions past the time for which they can be undone.
pub async fn restoring_is_over(server: &Server) {
    let mut redis = server.redis().await;
    let deleted: Vec<String> = redis::cmd("ZRANGE")
        .arg(&["{assay}:deleted", "0", "-1"])
        .query_async(&mut redis)
        .await
        .unwrap();
    for id in deleted {
        redis::cmd("ZINCRBY")
            .arg(&["{assay}:deleted", "-31000", &id])
            .query_async::<()>(&mut redis)
            .await
            .unwrap();
    }
}
