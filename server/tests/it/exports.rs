//! Data sets and results as files: whole, in part, and as the page's twins.

use bytes::Bytes;
use futures::StreamExt;
use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::{
    client::{Client, id},
    data::{ANIMALS, count_by_head, large},
    fixture::Server,
};

const FORMATS: [&str; 5] = ["csv", "json", "ndjson", "parquet", "arrow"];

/// Reads some of a file and breaks off; gives what came and the file's tag.
async fn begin(client: &Client, path: &str, most: usize) -> (Vec<u8>, String) {
    let response = client.api(Method::GET, path).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let tag = response.headers()[header::ETAG]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(tag.starts_with('"'), "{tag} is not a strong tag");
    assert_eq!(response.headers()[header::ACCEPT_RANGES], "bytes");
    let mut pieces = response.bytes_stream();
    let mut begun = Vec::new();
    while begun.len() < most {
        begun.extend_from_slice(&pieces.next().await.unwrap().unwrap());
    }
    begun.truncate(most);
    (begun, tag)
}

/// Reads the rest of a file of which one has so much.
async fn rest(client: &Client, path: &str, from: usize, tag: &str) -> (u16, String, Bytes) {
    let request = client
        .api(Method::GET, path)
        .header(header::RANGE, format!("bytes={from}-"))
        .header(header::IF_RANGE, tag);
    let answer = client.send(request).await;
    let range = answer.header("content-range").to_owned();
    (answer.status, range, answer.body)
}

#[tokio::test]
async fn a_download_that_broke_off_is_resumed_to_the_same_bytes() {
    let server = Server::start().await;
    let client = server.client();
    client.load("large", large(200_000)).await;
    for format in FORMATS {
        let path = format!("/datasets/large/export?format={format}");
        let (mut file, tag) = begin(&client, &path, 100_001).await;
        let (status, range, more) = rest(&client, &path, file.len(), &tag).await;
        assert_eq!(status, 206, "{format}");
        file.extend_from_slice(&more);
        let size = file.len();
        assert_eq!(
            range,
            format!("bytes 100001-{}/{size}", size - 1),
            "{format}"
        );
        let whole = client.get(&path).await;
        assert!(whole.body == file, "{format} differs");
        assert_eq!(whole.header("etag"), tag);
    }
}

#[tokio::test]
async fn who_has_the_beginning_of_another_file_gets_the_whole() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let path = "/datasets/animals/export";
    let whole = client.get(path).await;
    let (status, _, body) = rest(&client, path, 5, "\"another\"").await;
    assert_eq!((status, &body), (200, &whole.body));

    let ask = async |name, value: &str| {
        client
            .send(client.api(Method::GET, path).header(name, value))
            .await
    };
    let part = ask(header::RANGE, "bytes=0-3").await;
    assert_eq!((part.status, part.text().as_str()), (206, "head"));
    assert_eq!(part.header("content-length"), "4");
    let end = ask(header::RANGE, "bytes=-6").await;
    assert_eq!((end.status, end.text().as_str()), (206, "false\n"));
    let beyond = ask(header::RANGE, "bytes=99999-").await;
    assert_eq!(beyond.status, 416);
    assert_eq!(
        beyond.header("content-range"),
        format!("bytes */{}", whole.body.len())
    );
    let known = ask(header::IF_NONE_MATCH, whole.header("etag")).await;
    assert_eq!((known.status, known.body.len()), (304, 0));
}

#[tokio::test]
async fn parquet_of_one_part_is_the_part_itself() {
    let server = Server::start().await;
    let client = server.client();
    let dataset = client.load("animals", ANIMALS).await;
    let file = client.get("/datasets/animals/export?format=parquet").await;
    let part: Vec<u8> = redis::cmd("GET")
        .arg(format!("assay:dataset:{}:v1:part:0", id(&dataset)))
        .query_async(&mut server.redis().await)
        .await
        .unwrap();
    assert!(file.body == part);
    assert_eq!(file.header("content-length"), part.len().to_string());
}

#[tokio::test]
async fn what_leaves_comes_back_as_the_same_table() {
    let server = Server::start().await;
    let client = server.client();
    let values = "\
n,x,s,b,d
1,0.5,\"a, \"\"b\"\"\",true,1969-12-31
-9007199254740993,NaN,=1+1,false,
,-Infinity,,,2024-02-29
";
    let made = client.load("values", values).await;
    let rows = client.get("/datasets/values/rows").await.ok();
    for format in ["csv", "json", "ndjson", "parquet"] {
        let path = format!("/datasets/values/export?format={format}&raw=true");
        let file = client.get(&path).await;
        assert_eq!(file.status, 200, "{}", file.text());
        let again = client.load(&format!("again-{format}"), file.body).await;
        assert_eq!(columns(&again), columns(&made), "{format}");
        let path = format!("/datasets/again-{format}/rows");
        assert_eq!(client.get(&path).await.ok(), rows, "{format}");
    }
    // For a spreadsheet a formula is text, and stays so when it comes back.
    let csv = client.get("/datasets/values/export").await.text();
    assert!(csv.contains(",'=1+1,"), "{csv}");
    client.load("defused", csv).await;
    let rows = client.get("/datasets/defused/rows").await.ok();
    assert_eq!(rows["items"][1]["s"], "'=1+1");
}

/// Names and types.
fn columns(dataset: &Value) -> Vec<String> {
    let columns = dataset["schema"]["columns"].as_array().unwrap().iter();
    columns
        .map(|column| format!("{} {}", column["name"], column["type"]))
        .collect()
}

#[tokio::test]
async fn a_result_is_resumed_too_and_a_collection_never() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let job = client
        .finished(&client.submit("animals", &count_by_head()).await)
        .await;
    let path = format!("/jobs/{}/result?format=csv", id(&job));
    let whole = client.get(&path).await;
    assert_eq!(
        whole.text(),
        "head,count\ngoat,3\nlion,2\neagle,1\nsnake,1\n"
    );
    let (status, _, body) = rest(&client, &path, 11, whole.header("etag")).await;
    assert_eq!((status, body), (206, whole.body.slice(11..)));

    let declare = async |name: &str| {
        let declaration = json!({"name": name, "collection": {"pattern": "record:*"}});
        let declared = client.post("/datasets", &declaration).await;
        assert_eq!(declared.status, 201, "{}", declared.text());
    };
    declare("records").await;
    client
        .send(
            client
                .api(Method::PUT, "/datasets/records/records/record:1")
                .json(&json!({"a": "1"})),
        )
        .await;
    // A declaration finds out which columns there are by now.
    declare("again").await;
    let request = client
        .api(Method::GET, "/datasets/again/export")
        .header(header::RANGE, "bytes=3-");
    let answer = client.send(request).await;
    assert_eq!(
        (
            answer.status,
            answer.header("accept-ranges"),
            answer.header("etag")
        ),
        (200, "none", "")
    );
    assert_eq!(answer.text(), "_key,a\nrecord:1,1\n");
}

#[tokio::test]
async fn a_page_has_twins_at_its_address() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    for format in ["csv", "json", "parquet"] {
        let twin = client.page(&format!("/datasets/animals.{format}")).await;
        let export = client
            .get(&format!("/datasets/animals/export?format={format}"))
            .await;
        assert_eq!(twin.status, 200);
        assert!(twin.body == export.body, "{format}");
        assert_eq!(twin.header("content-type"), export.header("content-type"));
    }
    assert_eq!(client.page("/datasets/animals.txt").await.status, 404);
    client.page("/datasets/nothing.csv").await.problem(404);
}
