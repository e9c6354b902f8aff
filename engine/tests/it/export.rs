//! What leaves is what came, in every format.

use assay_engine::{Export, ExportFormat, Formulas, Input};
use assay_model::Schema;
use serde_json::{Value, json};

use crate::support::{Bench, lines, table};

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

#[tokio::test]
async fn a_text_that_a_spreadsheet_would_run_is_defused_in_csv_alone() {
    let bench = Bench::new();
    let json = r#"[{"=n": -1, "s": "=1+1"}, {"=n": -2, "s": "-cmd"}, {"=n": null, "s": "\ta"}, {"=n": 4, "s": "a=b"}, {"=n": 5, "s": "@x,y"}]"#;
    let input = table(bench.import("formulas.json", json).await.unwrap());
    let text = bench.export(&input, ExportFormat::Csv).await;
    let text = String::from_utf8(text).unwrap();
    assert_eq!(
        text,
        "'=n,s\n-1,'=1+1\n-2,'-cmd\n,'\ta\n4,a=b\n5,\"'@x,y\"\n"
    );
    let raw = Export {
        format: ExportFormat::Csv,
        formulas: Formulas::Raw,
    };
    let raw = String::from_utf8(bench.export_from(&input, raw, 0).await).unwrap();
    assert_eq!(raw, "=n,s\n-1,=1+1\n-2,-cmd\n,\"\ta\"\n4,a=b\n5,\"@x,y\"\n");
    let lines = bench.export(&input, ExportFormat::Ndjson).await;
    assert!(
        String::from_utf8(lines)
            .unwrap()
            .starts_with("{\"=n\":-1,\"s\":\"=1+1\"}\n")
    );
    // What was defused comes back as it is written: nobody but its reader can tell.
    let again = bench.csv(text).await;
    assert_eq!(again.schema().columns[0].name, "'=n");
    let cells = bench
        .rows(&again, json!({"kind": "rows", "limit": 1}))
        .await;
    assert_eq!(json!(cells), json!([[-1, "'=1+1"]]));
}

#[tokio::test]
async fn every_format_comes_back_as_the_same_table() {
    let bench = Bench::new();
    let input = bench.csv(TABLE).await;
    let rows = json!({"kind": "rows"});
    let (schema, cells) = (
        input.schema().clone(),
        bench.rows(&input, rows.clone()).await,
    );
    for format in ExportFormat::ALL {
        if format == ExportFormat::Arrow {
            continue;
        }
        let bytes = bench.export(&input, format).await;
        let name = format!("again.{}", format.as_str());
        let again = table(bench.import(&name, bytes).await.unwrap());
        let typed = |schema: &Schema| -> Vec<_> {
            let columns = schema.columns.iter();
            columns.map(|one| (one.name.clone(), one.kind)).collect()
        };
        assert_eq!(typed(again.schema()), typed(&schema), "{format:?}");
        assert_eq!(bench.rows(&again, rows.clone()).await, cells, "{format:?}");
    }
}

#[tokio::test]
async fn a_column_alone_keeps_its_nulls_in_csv() {
    let bench = Bench::new();
    let json = r#"[{"a": 1}, {"a": null}, {"a": 3}]"#;
    let input = table(bench.import("one.json", json).await.unwrap());
    let text = bench.export(&input, ExportFormat::Csv).await;
    assert_eq!(text, b"a\n1\n\"\"\n3\n");
    let again = bench.csv(String::from_utf8(text).unwrap()).await;
    let cells = bench.rows(&again, json!({"kind": "rows"})).await;
    assert_eq!(json!(cells), json!([[1], [null], [3]]));
}

#[tokio::test]
async fn the_rest_of_a_file_is_the_rest_of_the_same_bytes() {
    let bench = Bench::new();
    let text = lines((0..50_000).map(|i| format!("{i},word {}", i % 97)));
    let one = bench.csv(format!("n,s\n{text}")).await;
    let Input::Table { schema, parts } = one.clone() else {
        unreachable!()
    };
    // Of several parts even Parquet has to be written anew.
    let two = Input::Table {
        schema,
        parts: [parts.clone(), parts].concat(),
    };
    for input in [one, two] {
        for format in ExportFormat::ALL {
            let whole = bench.export(&input, format).await;
            for from in [1, whole.len() / 3, whole.len() - 1, whole.len()] {
                let rest = bench.export_from(&input, format.into(), from as u64).await;
                assert!(rest == whole[from..], "{format:?} from {from}");
            }
        }
    }
}
