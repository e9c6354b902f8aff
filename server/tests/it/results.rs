//! Results: the answer with its chart and finding, in pages, and as files.

use serde_json::{Value, json};

use crate::{
    client::id,
    data::{ANIMALS, count_by_head},
    fixture::Server,
};

#[tokio::test]
async fn an_aggregate_answers_with_columns_rows_chart_and_finding() {
    let server = Server::start().await;
    let client = server.client();
    let dataset = client.load("animals", ANIMALS).await;
    let analysis = json!({
        "kind": "aggregate", "group_by": ["head"],
        "measures": [
            {"fn": "count"}, {"fn": "count", "column": "weight", "as": "weighed"},
            {"fn": "mean", "column": "weight"}, {"fn": "median", "column": "arms"},
        ],
        "filter": [{"column": "head", "op": "ne", "value": "snake"}],
        "order_by": [{"column": "count", "descending": true}, {"column": "head"}],
    });
    let result = client.run("animals", &analysis).await;
    assert_eq!(
        result["columns"],
        json!([
            {"name": "head", "type": "text"}, {"name": "count", "type": "integer"},
            {"name": "weighed", "type": "integer"}, {"name": "mean_weight", "type": "number"},
            {"name": "median_arms", "type": "number"},
        ])
    );
    assert_eq!(
        result["rows"],
        json!([
            ["goat", 3, 3, 55.166_666_666_666_664, 4.0],
            ["lion", 2, 2, 185.375, 5.0],
            ["eagle", 1, 0, null, 2.0]
        ])
    );
    assert_eq!(result["row_count"], 3);
    assert_eq!(
        result["inputs"],
        json!([{"id": dataset["id"], "name": "animals", "version": 1, "rows": 7}])
    );
    assert!(
        result["finding"].as_str().unwrap().contains("goat"),
        "{}",
        result["finding"]
    );
    let schema = result["chart"]["$schema"].as_str().unwrap();
    assert!(schema.contains("vega-lite"), "{schema}");
}

#[tokio::test]
async fn describe_answers_a_row_for_each_column() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let result = client.run("animals", &json!({"kind": "describe"})).await;
    let position = |name: &str| {
        let columns = result["columns"].as_array().unwrap();
        columns
            .iter()
            .position(|column| column["name"] == name)
            .unwrap_or_else(|| panic!("no {name}: {columns:?}"))
    };
    let rows = result["rows"].as_array().unwrap();
    let names: Vec<_> = rows
        .iter()
        .map(|row| row[position("column")].as_str().unwrap())
        .collect();
    assert_eq!(names, ["head", "arms", "weight", "born", "wild"]);
    assert_eq!(rows[2][position("count")], 6);
    assert_eq!(rows[2][position("missing")], 1);
    assert_eq!(rows[1][position("max")], "8");
}

#[tokio::test]
async fn rows_are_filtered_sorted_and_bounded() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let analysis = json!({
        "kind": "rows", "columns": ["head", "born"], "limit": 2, "offset": 1,
        "filter": [{"any": [{"column": "wild", "op": "eq", "value": false}, {"column": "arms", "op": "gt", "value": 7}]}],
        "order_by": [{"column": "born", "descending": true}],
    });
    let result = client.run("animals", &analysis).await;
    assert_eq!(
        result["rows"],
        json!([["goat", "2018-11-12"], ["goat", "2017-09-10"]])
    );
}

#[tokio::test]
async fn a_result_comes_in_pages() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let job = client
        .finished(&client.submit("animals", &count_by_head()).await)
        .await;
    let page = |offset: u32, limit: u32| {
        format!("/jobs/{}/result?offset={offset}&limit={limit}", id(&job))
    };
    let part = client.get(&page(1, 2)).await.ok();
    assert_eq!(part["rows"], json!([["lion", 2], ["eagle", 1]]));
    assert_eq!(part["row_count"], 4);
    assert_eq!(client.get(&page(4, 2)).await.ok()["rows"], json!([]));
    let refused = client.get(&page(0, 1_000_001)).await.problem(422);
    assert_eq!(refused["errors"][0]["field"], "limit");
}

#[tokio::test]
async fn the_page_of_a_job_says_that_its_result_is_gone() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let job = client
        .finished(&client.submit("animals", &count_by_head()).await)
        .await;
    for key in server.keys("{assay}:result:*").await {
        let () = redis::cmd("DEL")
            .arg(key)
            .query_async(&mut server.redis().await)
            .await
            .unwrap();
    }
    client
        .get(&format!("/jobs/{}/result", id(&job)))
        .await
        .problem(404);
    let page = client.page(&format!("/jobs/{}", id(&job))).await;
    assert_eq!(page.status, 200);
    assert!(
        page.text().contains("This job leaves no result."),
        "{}",
        page.text()
    );
    assert!(!page.text().contains("Fetching the result"));
}

#[tokio::test]
async fn a_result_goes_out_as_a_file() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let job = client
        .finished(&client.submit("animals", &count_by_head()).await)
        .await;
    let file = async |format: &str| {
        let answer = client
            .get(&format!("/jobs/{}/result?format={format}", id(&job)))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer
    };

    let csv = file("csv").await;
    assert_eq!(csv.text(), "head,count\ngoat,3\nlion,2\neagle,1\nsnake,1\n");
    assert_eq!(
        csv.header("content-disposition"),
        format!("attachment; filename=\"result-{}.csv\"", id(&job))
    );
    let lines: Vec<Value> = file("ndjson")
        .await
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0], json!({"head": "goat", "count": 3}));
    assert_eq!(file("json").await.json(), Value::Array(lines));

    let parquet = file("parquet").await.body;
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
    client.load("counts", parquet).await;
    let rows = client.get("/datasets/counts/rows").await.ok();
    assert_eq!(rows["items"][3], json!({"head": "snake", "count": 1}));

    let chart = file("vega-lite").await;
    assert!(
        chart
            .header("content-type")
            .starts_with("application/vnd.vegalite")
    );
    assert!(chart.json()["$schema"].is_string());
    client
        .get(&format!("/jobs/{}/result?format=pdf", id(&job)))
        .await
        .problem(422);
}

#[tokio::test]
async fn what_json_cannot_say_is_said_as_text() {
    let server = Server::start().await;
    let client = server.client();
    client
        .load("odd", "n,x\n9007199254740993,NaN\n1,Infinity\n2,1.5\n")
        .await;
    let rows = client.get("/datasets/odd/rows").await.ok();
    assert_eq!(
        rows["items"],
        json!([{"n": "9007199254740993", "x": "NaN"}, {"n": 1, "x": "Infinity"}, {"n": 2, "x": 1.5}])
    );
}
