//! What leaves is what came, in every format.

use assay_engine::ExportFormat;
use serde_json::{Value, json};

use crate::support::{Bench, table};

const TABLE: &str = "\
n,x,s,b,d,z
1,0.5,\"a, \"\"b\"\"\",true,1969-12-31,2024-01-01T00:00:00Z
-9007199254740993,NaN,漢字,false,,
,-Infinity,,,2024-02-29,1960-01-01T12:00:00.250Z
";

#[tokio::test]
async fn csv_comes_back_as_it_was() {
    let bench = Bench::new();
    let input = bench.csv(TABLE).await;
    let text = bench.export(&input, ExportFormat::Csv).await;
    assert_eq!(String::from_utf8(text).unwrap(), TABLE);
}

#[tokio::test]
async fn json_has_strings_where_json_has_no_numbers() {
    let bench = Bench::new();
    let input = bench.csv(TABLE).await;
    let json: Value =
        serde_json::from_slice(&bench.export(&input, ExportFormat::Json).await).unwrap();
    let expected = json!([
        {"n": 1, "x": 0.5, "s": "a, \"b\"", "b": true, "d": "1969-12-31", "z": "2024-01-01T00:00:00Z"},
        {"n": "-9007199254740993", "x": "NaN", "s": "漢字", "b": false, "d": null, "z": null},
        {"n": null, "x": "-Infinity", "s": null, "b": null, "d": "2024-02-29", "z": "1960-01-01T12:00:00.250Z"}
    ]);
    assert_eq!(json, expected);
    let lines = bench.export(&input, ExportFormat::Ndjson).await;
    let lines: Vec<Value> = String::from_utf8(lines)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(json!(lines), expected);
}

#[tokio::test]
async fn parquet_and_arrow_hold_the_same_rows() {
    let bench = Bench::new();
    let input = bench.csv(TABLE).await;
    let parquet = bench.export(&input, ExportFormat::Parquet).await;
    let again = table(bench.import("again.parquet", parquet).await.unwrap());
    let text = bench.export(&again, ExportFormat::Csv).await;
    assert_eq!(String::from_utf8(text).unwrap(), TABLE);
    let arrow = bench.export(&input, ExportFormat::Arrow).await;
    let reader = arrow::ipc::reader::StreamReader::try_new(arrow.as_slice(), None).unwrap();
    let rows: usize = reader.map(|batch| batch.unwrap().num_rows()).sum();
    assert_eq!(rows, 3);
}

#[tokio::test]
async fn an_empty_table_leaves_as_a_whole_file() {
    let bench = Bench::new();
    let input = bench.csv("a,b\n").await;
    assert_eq!(bench.export(&input, ExportFormat::Csv).await, b"a,b\n");
    assert_eq!(bench.export(&input, ExportFormat::Json).await, b"[\n]\n");
    let parquet = bench.export(&input, ExportFormat::Parquet).await;
    let again = bench.import("again.parquet", parquet).await.unwrap();
    assert_eq!((again.rows, again.schema.columns.len()), (0, 2));
}
