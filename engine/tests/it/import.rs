//! Files of every sort: what they become, and what is said of those that are none.

use std::fmt::Write;

use assay_engine::ImportError;
use assay_model::ColumnType::{self, Boolean, Date, Integer, Number, Text, Timestamp};
use assay_model::{FileFormat, ImportOptions};
use serde_json::{Value, json};

use crate::support::{Bench, lines, table};

/// Imports a file and gives names, types and rows.
async fn read(file: &str, bytes: &[u8]) -> (Vec<(String, ColumnType)>, Value) {
    let bench = Bench::new();
    let imported = bench.import(file, bytes.to_vec()).await.unwrap();
    let columns = imported.schema.columns.iter();
    let columns = columns
        .map(|column| (column.name.clone(), column.kind))
        .collect();
    let rows = bench
        .rows(&table(imported), json!({"kind": "rows", "limit": 1_000}))
        .await;
    (columns, json!(rows))
}

fn names(columns: &[(&str, ColumnType)]) -> Vec<(String, ColumnType)> {
    columns
        .iter()
        .map(|(name, kind)| ((*name).to_owned(), *kind))
        .collect()
}

/// What is said of a file that cannot be imported.
async fn refusal(file: &str, bytes: &[u8]) -> String {
    Bench::new()
        .import(file, bytes.to_vec())
        .await
        .unwrap_err()
        .to_string()
}

#[tokio::test]
async fn csv_is_typed_by_all_of_its_values() {
    let (columns, rows) = read(
        "t.csv",
        "\u{feff}zip,n,x,b,d,t,s\r\n007,1,1,true,2024-01-01,2024-01-01 10:00,\"two\r\nlines\"\r\n123, 2 ,2.5,FALSE,1960-02-29,1960-01-01,NA\r\n,,,,,,\r\n".as_bytes(),
    )
    .await;
    assert_eq!(
        columns,
        names(&[
            ("zip", Text),
            ("n", Integer),
            ("x", Number),
            ("b", Boolean),
            ("d", Date),
            ("t", Timestamp),
            ("s", Text)
        ])
    );
    assert_eq!(
        rows,
        json!([
            [
                "007",
                1,
                1.0,
                true,
                "2024-01-01",
                "2024-01-01T10:00:00",
                "two\r\nlines"
            ],
            [
                "123",
                2,
                2.5,
                false,
                "1960-02-29",
                "1960-01-01T00:00:00",
                "NA"
            ],
            [null, null, null, null, null, null, null]
        ])
    );
}

#[tokio::test]
async fn other_separators_are_found() {
    for (file, text) in [
        ("t.csv", "a;b\n1;\"x,y\"\n"),
        ("t.csv", "a\tb\n1\tx,y\n"),
        ("t.tsv", "a\tb\n1\tx,y\n"),
        ("t.txt", "a|b\n1|x,y\n"),
        ("unnamed", "a,b\n1,\"x,y\"\n"),
    ] {
        let (columns, rows) = read(file, text.as_bytes()).await;
        assert_eq!(columns, names(&[("a", Integer), ("b", Text)]), "{text:?}");
        assert_eq!(rows, json!([[1, "x,y"]]));
    }
}

#[tokio::test]
async fn a_late_value_makes_the_column_text_and_the_note_names_it() {
    let bench = Bench::new();
    let lines = lines((0..20_000).map(|i| i.to_string()));
    let imported = bench
        .import("t.csv", format!("n\n{lines}unknown\n"))
        .await
        .unwrap();
    let column = &imported.schema.columns[0];
    assert_eq!(column.kind, Text);
    assert_eq!(
        column.note.as_deref(),
        Some("Kept as text because of “unknown” at line 20002.")
    );
    assert_eq!(imported.rows, 20_001);
}

#[tokio::test]
async fn json_objects_become_rows_whatever_members_they_have() {
    for (file, text) in [
        (
            "t.json",
            r#"[{"a": 1, "in": {"x": 1.5, "y": [1, "b"]}}, {"b": "2024-01-01", "a": null}, {"a": -2, "b": null}]"#,
        ),
        (
            "t.json",
            "{\"a\": 1, \"in\": {\"x\": 1.5, \"y\": [1, \"b\"]}}\n{\"b\": \"2024-01-01\", \"a\": null}\n{\"a\": -2, \"b\": null}\n",
        ),
        (
            "t.ndjson",
            "{\"a\": 1, \"in\": {\"x\": 1.5, \"y\": [1, \"b\"]}}\n\n{\"b\": \"2024-01-01\", \"a\": null}\n{\"a\": -2, \"b\": null}",
        ),
    ] {
        let (columns, rows) = read(file, text.as_bytes()).await;
        assert_eq!(
            columns,
            names(&[
                ("a", Integer),
                ("in.x", Number),
                ("in.y", Text),
                ("b", Date)
            ])
        );
        assert_eq!(
            rows,
            json!([
                [1, 1.5, "[1,\"b\"]", null],
                [null, null, null, "2024-01-01"],
                [-2, null, null, null]
            ])
        );
    }
}

#[tokio::test]
async fn json_numbers_keep_their_digits_and_texts_stay_texts() {
    let (columns, rows) = read(
        "t.json",
        br#"[{"big": 18446744073709551615, "zip": "007", "n": "5", "mix": 1}, {"big": 1, "zip": "1", "n": "6", "mix": "x"}]"#,
    )
    .await;
    assert_eq!(
        columns,
        names(&[("big", Text), ("zip", Text), ("n", Text), ("mix", Text)])
    );
    assert_eq!(
        rows,
        json!([
            ["18446744073709551615", "007", "5", "1"],
            ["1", "1", "6", "x"]
        ])
    );
}

#[tokio::test]
async fn parquet_of_others_becomes_ours() {
    use arrow::{
        array::{
            ArrayRef, DictionaryArray, Float32Array, Int16Array, ListArray, RecordBatch,
            TimestampSecondArray, UInt64Array,
        },
        datatypes::{Int8Type, Int32Type},
    };
    use std::sync::Arc;
    let text: DictionaryArray<Int8Type> = ["é", "b"].into_iter().collect();
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), None]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("small", Arc::new(Int16Array::from(vec![Some(-1), None]))),
        ("huge", Arc::new(UInt64Array::from(vec![u64::MAX, 0]))),
        ("float", Arc::new(Float32Array::from(vec![0.5, -0.0]))),
        (
            "time",
            Arc::new(TimestampSecondArray::from(vec![0, -1]).with_timezone("+02:00")),
        ),
        ("text", Arc::new(text)),
        ("list", Arc::new(list)),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let bytes = writer.into_inner().unwrap();
    let (columns, rows) = read("t.parquet", &bytes).await;
    let kinds: Vec<_> = columns.iter().map(|(_, kind)| *kind).collect();
    assert_eq!(
        kinds,
        [Integer, ColumnType::Decimal, Number, Timestamp, Text, Text]
    );
    assert_eq!(
        rows,
        json!([
            [
                -1,
                "18446744073709551615",
                0.5,
                "1970-01-01T00:00:00Z",
                "é",
                "[1,null]"
            ],
            [null, "0", 0.0, "1969-12-31T23:59:59Z", "b", null]
        ])
    );
    assert_eq!(
        refusal("t.parquet", &bytes[..bytes.len() - 10]).await,
        "The file is cut off: the Parquet file lacks its end. Send it again."
    );
}

#[tokio::test]
async fn a_nan_of_any_sign_is_the_greatest_value() {
    use arrow::array::{ArrayRef, Float32Array, Float64Array, RecordBatch};
    use std::sync::Arc;
    let columns: [(&str, ArrayRef); 2] = [
        (
            "x",
            Arc::new(Float64Array::from(vec![1.0, -f64::NAN, f64::NAN])),
        ),
        (
            "y",
            Arc::new(Float32Array::from(vec![1.0, f32::NAN, -f32::NAN])),
        ),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let bench = Bench::new();
    let bytes = writer.into_inner().unwrap();
    let input = table(bench.import("t.parquet", bytes).await.unwrap());
    for column in ["x", "y"] {
        let groups =
            json!({"kind": "aggregate", "group_by": [column], "measures": [{"fn": "count"}]});
        assert_eq!(
            json!(bench.rows(&input, groups).await),
            json!([[1.0, 1], ["NaN", 2]])
        );
        let more = json!([{"column": column, "op": "gt", "value": 1}]);
        let rows = json!({"kind": "rows", "columns": [column], "filter": more});
        assert_eq!(
            json!(bench.rows(&input, rows).await),
            json!([["NaN"], ["NaN"]])
        );
    }
}

#[tokio::test]
async fn arrow_of_others_becomes_ours() {
    use arrow::{
        array::{
            ArrayRef, Decimal128Array, DictionaryArray, RecordBatch, Time32SecondArray,
            TimestampNanosecondArray,
        },
        datatypes::Int32Type,
        ipc::{
            CompressionType,
            writer::{FileWriter, IpcWriteOptions, StreamWriter},
        },
    };
    use std::sync::Arc;
    let money = Decimal128Array::from(vec![Some(150), None])
        .with_precision_and_scale(10, 2)
        .unwrap();
    let text: DictionaryArray<Int32Type> = ["é", "é"].into_iter().collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("money", Arc::new(money)),
        ("clock", Arc::new(Time32SecondArray::from(vec![34_200, 0]))),
        ("at", Arc::new(TimestampNanosecondArray::from(vec![1, 0]))),
        ("text", Arc::new(text)),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut stream = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    stream.write(&batch).unwrap();
    stream.write(&batch.slice(0, 0)).unwrap();
    let stream = stream.into_inner().unwrap();
    let packed = IpcWriteOptions::default()
        .try_with_compression(Some(CompressionType::LZ4_FRAME))
        .unwrap();
    let mut file = FileWriter::try_new_with_options(Vec::new(), &batch.schema(), packed).unwrap();
    file.write(&batch).unwrap();
    let file = file.into_inner().unwrap();
    for (name, bytes) in [
        ("t.arrow", &file),
        ("t.feather", &stream),
        ("unnamed", &stream),
    ] {
        let (columns, rows) = read(name, bytes).await;
        let kinds: Vec<_> = columns.iter().map(|(_, kind)| *kind).collect();
        assert_eq!(
            kinds,
            [ColumnType::Decimal, ColumnType::Time, Timestamp, Text],
            "{name}"
        );
        assert_eq!(
            rows,
            json!([
                ["1.50", "09:30:00", "1970-01-01T00:00:00.000000001", "é"],
                [null, "00:00:00", "1970-01-01T00:00:00", "é"]
            ])
        );
    }
    for cut in [20, 200, file.len() - 20, file.len() - 1] {
        let message = refusal("t.arrow", &file[..cut]).await;
        assert!(
            message.starts_with("The file is cut off"),
            "{cut}: {message}"
        );
    }
    // A batch that claims to be larger than any memory.
    let mut bomb = file.clone();
    let begin = bomb
        .windows(4)
        .position(|bytes| bytes == [0xFF; 4])
        .unwrap();
    bomb[begin + 4..begin + 8].copy_from_slice(&0x7FFF_FFFF_u32.to_le_bytes());
    let message = refusal("t.arrow", &bomb).await;
    assert!(message.contains("write it in smaller batches"), "{message}");
}

#[tokio::test]
async fn a_bad_file_is_told_where_and_what_to_do() {
    for (file, bytes, expected) in [
        ("t.csv", &b""[..], "The file is empty."),
        ("t.csv", b" \n", "The file has no columns."),
        (
            "t.csv",
            b"a,b\n1,2\n\"x\ny\",3\n4\n",
            "Line 5 has 1 field, the header has 2.",
        ),
        (
            "t.csv",
            b"a,b\n1,2,3\n",
            "Line 2 has 3 fields, the header has 2.",
        ),
        (
            "t.csv",
            b"a,,c\n1,2,3\n",
            "Column 2 of the header has no name.",
        ),
        (
            "t.csv",
            b"a,b,a\n1,2,3\n",
            "Columns 1 and 3 are both called “a”.",
        ),
        (
            "t.csv",
            b"a,b\n1,2\n3,x\xff\n",
            "Line 3 is not UTF-8, near byte 11 of the file.",
        ),
        ("t.csv", b"PAR1xxxxxxxx", "The file is cut off"),
        (
            "t.csv",
            b"\x89PNG\0\0",
            "This looks like a binary file, not a CSV file.",
        ),
        (
            "t.csv",
            b"<!DOCTYPE html><html>",
            "This looks like a web page, not a CSV file.",
        ),
        (
            "t.csv",
            b"\x1f\x8b\x08",
            "The file is cut off: the gzip file ends in the middle.",
        ),
        (
            "t.parquet",
            b"a,b\n",
            "This looks like something else, not a Parquet file.",
        ),
        (
            "t.json",
            b"[{\"a\": 1},\n {\"a\": }]",
            "Line 2, column 8 is not JSON: expected value.",
        ),
        ("t.json", b"[{\"a\": 1}, 5]", "Item 2 is a number;"),
        (
            "t.json",
            b"[{\"a\": 1}, {\"a\"",
            "The file is cut off: the JSON ends in the middle, on line 1.",
        ),
        (
            "t.json",
            b"hello",
            "Line 1, column 1 is not JSON: expected value.",
        ),
        ("t.json", b"[]", "The file has no columns."),
    ] {
        let message = refusal(file, bytes).await;
        assert!(
            message.starts_with(expected),
            "{expected:?} expected, got {message:?}"
        );
    }
}

#[tokio::test]
async fn a_quote_that_is_not_closed_does_not_fill_the_memory() {
    let mut file = b"a,b\n1,2\n\"x,3\n".to_vec();
    file.resize(80 << 20, b'y');
    let message = refusal("t.csv", &file).await;
    assert!(
        message.starts_with("The record that begins on line 3 is longer than 64 MB."),
        "{message}"
    );
}

#[tokio::test]
async fn a_large_file_becomes_several_parts_of_bounded_size() {
    let bench = Bench::new();
    // Text that does not compress: about 100 MB as Parquet.
    let mut state = 1_u64;
    let mut file = String::from("noise\n");
    for _ in 0..1_300_000 {
        for _ in 0..8 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            write!(file, "{:016x}", (state >> 3) ^ (state << 20)).unwrap();
        }
        file.push('\n');
    }
    let imported = bench.import("t.csv", file).await.unwrap();
    assert_eq!(imported.rows, 1_300_000);
    assert!(imported.parts.len() > 1, "{}", imported.bytes);
    assert!(
        imported.parts.iter().all(|part| part.bytes <= 64 << 20),
        "{:?}",
        imported.parts
    );
    let progress = bench.progress.read();
    assert_eq!(
        (progress.stage.as_str(), progress.bytes),
        ("parse", progress.of_bytes)
    );
    let analysis = json!({"kind": "describe"});
    let outcome = bench.run(&table(imported), analysis).await.unwrap();
    assert_eq!(outcome.rows_read, 1_300_000);
}

#[tokio::test]
async fn a_cancelled_import_says_so() {
    let bench = Bench::new();
    bench.cancel.cancel();
    let error = bench.import("t.csv", "a\n1\n").await.unwrap_err();
    assert!(matches!(error, ImportError::Cancelled), "{error:?}");
}

#[tokio::test]
async fn the_format_that_was_asked_for_holds() {
    let bench = Bench::new();
    let options = ImportOptions {
        format: Some(FileFormat::Csv),
        ..ImportOptions::default()
    };
    let imported = bench
        .import_with("t.json", "[a]\n1\n", &options)
        .await
        .unwrap();
    assert_eq!(imported.report.options.format, Some(FileFormat::Csv));
    assert_eq!(imported.schema.columns[0].name, "[a]");
}
