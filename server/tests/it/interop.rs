//! Assay among other programs: what it keeps in Redis is read by others, what others
//! keep there is read by it, and a program in another language is a client like any.

use serde_json::json;

use crate::{
    client::id,
    fixture::Server,
    program::{printed, python, python_program, redis_cli},
};

fn api(server: &Server) -> String {
    format!("{}/api/v1", server.url)
}

#[tokio::test]
async fn pandas_reads_the_parts_of_a_table_from_redis() {
    let server = Server::start().await;
    let file = "\
name,whole,number,flag,day,at,code
Ada,9007199254740993,0.1,true,1969-07-20,2026-11-24T09:00:00Z,007
Bôb,-1,-2.5,false,2026-11-24,2000-02-29T23:59:59Z,010
\"a, \"\"b\"\"\",,,,,,
";
    server.client().load("all-types", file).await;
    let mut command = python_program("read_table.py");
    command.arg(server.folder().join("redis.sock"));
    command.arg(api(&server)).arg("all-types");
    // pandas turns an integer column with a missing value into floating point unless it
    // is told not to, so the large one loses its last digit there, and only there.
    let text = printed(command).await;
    assert_eq!(
        text,
        "\
name,whole,number,flag,day,at,code
Ada,9007199254740992.0,0.1,True,1969-07-20,2026-11-24 09:00:00+00:00,007
Bôb,-1.0,-2.5,False,2026-11-24,2000-02-29 23:59:59+00:00,010
\"a, \"\"b\"\"\",,,,,,
"
    );
}

#[tokio::test]
async fn figures_agree_with_those_of_pandas_on_the_same_parts() {
    let server = Server::start().await;
    let client = server.client();
    let loaded = client.post("/sample?analyse=true", &json!({})).await;
    client.finished(&loaded.json()["job"]).await;
    let mut command = python_program("compare_figures.py");
    command.arg(server.folder().join("redis.sock"));
    command.arg(api(&server));
    assert_eq!(printed(command).await, "16 groups agree\n");
}

#[tokio::test]
async fn a_program_in_python_submits_follows_and_fetches() {
    let server = Server::start().await;
    let mut command = python_program("follow.py");
    command.arg(api(&server));
    assert_eq!(
        printed(command).await,
        "\
sum queued running succeeded [[\"goat\", 0], [\"lion\", 6]]
min queued running succeeded [[\"goat\", 0], [\"lion\", 2]]
max queued running succeeded [[\"goat\", 0], [\"lion\", 4]]
"
    );
}

#[tokio::test]
async fn the_snippets_of_a_data_sets_page_work_as_they_are_pasted() {
    let server = Server::start().await;
    let file = "name,whole,number\nAda,1,0.5\n\"=Bôb, \"\"b\"\"\",-2,NaN\n";
    server.client().load("all-Types", file).await;
    let page = server.client().page("/datasets/all-Types").await.text();
    let snippets: Vec<String> = page
        .split("<pre class=\"snippet\"")
        .skip(1)
        .map(|text| {
            let (_, text) = text.split_once('>').unwrap();
            let (text, _) = text.split_once("</pre>").unwrap();
            text.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&amp;", "&")
        })
        .collect();
    assert_eq!(snippets.len(), 2, "{page}");
    for snippet in snippets {
        let mut command = python();
        command.arg("-c").arg(format!(
            "{snippet}\nprint(table.to_dict('list'))\nprint(table.dtypes.to_dict())"
        ));
        let text = printed(command).await;
        assert!(
            text.contains(
                r#"{'name': ['Ada', '=Bôb, "b"'], 'whole': [1, -2], 'number': [0.5, nan]}"#
            ),
            "{snippet}\n{text}"
        );
        assert!(
            text.contains("'whole': dtype('int64'), 'number': dtype('float64')"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn records_of_another_program_are_analysed_where_they_are() {
    let server = Server::start().await;
    let mut producer = python_program("producer.py");
    producer.arg(server.folder().join("redis.sock"));
    printed(producer).await;

    let client = server.client();
    let declaration = json!({"name": "sensors", "collection": {"pattern": "sensor:*"}});
    let declared = client.post("/datasets", &declaration).await;
    assert_eq!(declared.status, 201, "{}", declared.text());
    let declared = declared.json();
    assert_eq!(declared["rows"], 1000);
    let columns = declared["schema"]["columns"].as_array().unwrap();
    let mut types: Vec<_> = columns
        .iter()
        .map(|column| format!("{} {}", column["name"], column["type"]).replace('"', ""))
        .collect();
    types.sort();
    assert_eq!(
        types,
        [
            "_key text",
            "celsius number",
            "note text",
            "on date",
            "room text"
        ]
    );

    let analysis = json!({
        "kind": "aggregate", "group_by": ["room"],
        "measures": [{"fn": "count"}, {"fn": "count", "column": "note"}, {"fn": "sum", "column": "celsius"}],
    });
    let result = client.run("sensors", &analysis).await;
    assert_eq!(
        result["rows"],
        json!([
            ["room 0", 250, 0, 15_562.5],
            ["room 1", 250, 250, 15_593.75],
            ["room 2", 250, 0, 15_625.0],
            ["room 3", 250, 250, 15_656.25],
        ])
    );
    assert_eq!(result["inputs"][0]["rows"], 1000);
    assert_eq!(result["inputs"][0]["vanished"], 0);

    let record = client.get("/datasets/sensors/records/sensor:1").await.ok();
    assert_eq!(record["note"], "Größe, “quoted”\nand more");
}

#[tokio::test]
async fn a_data_frame_comes_back_as_it_was_sent() {
    let server = Server::start().await;
    let mut command = python_program("send_frame.py");
    command.arg(api(&server));
    assert_eq!(
        printed(command).await,
        "name text\nwhole integer\nnumber number\nflag boolean\nat timestamp\nthe same came back\n"
    );
}

#[tokio::test]
async fn redis_cli_shows_keys_that_a_person_can_read() {
    let server = Server::start().await;
    let client = server.client();
    let dataset = client.load("heads", "head,arms\nlion,2\ngoat,0\n").await;
    let job = client.submit("heads", &json!({"kind": "describe"})).await;
    let job = client.finished(&job).await;
    let ask = async |arguments: &[&str]| {
        let mut command = redis_cli(server.folder());
        command.args(arguments);
        printed(command).await
    };

    let (dataset_id, job_id) = (id(&dataset), id(&job));
    let result_id = id(&job["result"]);
    let keys = ask(&["--scan"]).await;
    let keys: Vec<_> = keys.lines().collect();
    for key in [
        format!("{{assay}}:dataset:{dataset_id}"),
        format!("{{assay}}:dataset:{dataset_id}:v1"),
        format!("{{assay}}:job:{job_id}"),
        format!("{{assay}}:job:{job_id}:spec"),
        format!("{{assay}}:job:{job_id}:attempts"),
        format!("{{assay}}:result:{result_id}"),
        format!("assay:dataset:{dataset_id}:v1:part:0"),
        format!("assay:result:{result_id}:part:0"),
        "{assay}:names".to_owned(),
        "{assay}:events".to_owned(),
    ] {
        assert!(keys.contains(&key.as_str()), "{key} is not among {keys:?}");
    }
    for key in &keys {
        assert!(
            key.starts_with("{assay}:") || key.starts_with("assay:"),
            "{key}"
        );
    }

    let named = ask(&["HGET", "{assay}:names", "heads"]).await;
    assert_eq!(named.trim_end(), dataset_id);
    let state = ask(&["HGET", &format!("{{assay}}:job:{job_id}"), "state"]).await;
    assert_eq!(state, "succeeded\n");
    let rows = ask(&["HGET", &format!("{{assay}}:dataset:{dataset_id}"), "rows"]).await;
    assert_eq!(rows, "2\n");
    let part = format!("assay:dataset:{dataset_id}:v1:part:0");
    assert_eq!(ask(&["GETRANGE", &part, "0", "3"]).await, "PAR1\n");
    assert_eq!(ask(&["TTL", &part]).await, "-1\n");
}
