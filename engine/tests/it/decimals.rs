//! Decimals: exact in conditions, numbers in figures and charts.

use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, RecordBatch, StringArray};
use assay_engine::{EngineError, Input, Look};
use serde_json::{Value, json};

use crate::support::{Bench, table};

/// Prices as `DECIMAL(10,2)`: 10.00, 2.50, null, −3.75 and 2.50.
async fn prices(bench: &Bench) -> Input {
    let prices: Decimal128Array = [Some(1_000), Some(250), None, Some(-375), Some(250)]
        .into_iter()
        .collect();
    let columns: [(&str, ArrayRef); 2] = [
        (
            "name",
            Arc::new(StringArray::from(vec!["a", "b", "c", "d", "e"])),
        ),
        (
            "price",
            Arc::new(prices.with_precision_and_scale(10, 2).unwrap()),
        ),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let bytes = writer.into_inner().unwrap();
    table(bench.import("prices.parquet", bytes).await.unwrap())
}

#[tokio::test]
async fn a_column_is_described_as_numbers_are() {
    let bench = Bench::new();
    let input = prices(&bench).await;
    let outcome = bench
        .run(&input, json!({"kind": "describe", "columns": ["price"]}))
        .await
        .unwrap();
    let rows = bench.cells(&outcome).await;
    let figure = |name: &str| {
        let at = outcome
            .columns
            .iter()
            .position(|column| column.name == name);
        rows[0][at.unwrap()].clone()
    };
    let found = [
        "type",
        "count",
        "missing",
        "distinct",
        "min",
        "max",
        "mean",
        "median",
        "top",
        "top_count",
    ]
    .map(figure);
    assert_eq!(
        json!(found),
        json!(["decimal", 4, 1, 3, "-3.75", "10.00", 2.8125, 2.5, "2.50", 2])
    );
    let histogram: Value = serde_json::from_str(figure("histogram").as_str().unwrap()).unwrap();
    assert_eq!(
        (&histogram["from"], &histogram["to"]),
        (&json!(-3.75), &json!(10.0))
    );
}

#[tokio::test]
async fn conditions_compare_exactly_however_a_number_is_written() {
    let bench = Bench::new();
    let input = prices(&bench).await;
    for (op, value, expected) in [
        ("eq", json!("2.5"), json!(["b", "e"])),
        (
            "eq",
            json!("2.50000000000000000000000000000000000000"),
            json!(["b", "e"]),
        ),
        ("eq", json!("25e-1"), json!(["b", "e"])),
        ("eq", json!("+.25E1"), json!(["b", "e"])),
        ("ge", json!(10), json!(["a"])),
        (
            "lt",
            json!("2.5000000000000000000000000000000000001"),
            json!(["b", "d", "e"]),
        ),
        ("gt", json!("1e-38"), json!(["a", "b", "e"])),
        ("lt", json!(1e25), json!(["a", "b", "d", "e"])),
        ("lt", json!("1e37"), json!(["a", "b", "d", "e"])),
        (
            "gt",
            json!("-99999999999999999999999999999999999999"),
            json!(["a", "b", "d", "e"]),
        ),
        ("between", json!([-4, "0"]), json!(["d"])),
        ("in", json!(["-3.75", 10]), json!(["a", "d"])),
        ("ne", json!("2.50"), json!(["a", "d"])),
    ] {
        let filter = json!([{"column": "price", "op": op, "value": value}]);
        let analysis = json!({"kind": "rows", "columns": ["name"], "filter": filter});
        let rows = bench.rows(&input, analysis).await;
        let names: Vec<_> = rows.iter().map(|row| &row[0]).collect();
        assert_eq!(json!(names), expected, "{filter}");
    }
}

#[tokio::test]
async fn what_no_decimal_can_be_is_refused_or_equals_nothing() {
    let bench = Bench::new();
    let input = prices(&bench).await;
    for text in [
        "inf", "nan", "Infinity", "1e400", "1e38", "1e-39", "ten", "", "1e", "0x1",
    ] {
        let filter = json!([{"column": "price", "op": "lt", "value": text}]);
        let refused = bench
            .run(&input, json!({"kind": "rows", "filter": filter}))
            .await;
        let Err(EngineError::Invalid(errors)) = refused else {
            panic!("{text} was not refused");
        };
        assert_eq!(errors[0].field, "filter[0].value", "{text}");
        let look = Look {
            offset: 0,
            limit: 10,
            equals: vec![("price".to_owned(), text.to_owned())],
            ..Look::default()
        };
        let found = bench.engine.look(&input, &look).await.unwrap();
        assert!(found.rows.is_empty(), "{text}");
    }
}

#[tokio::test]
async fn a_measure_is_drawn() {
    let bench = Bench::new();
    let input = prices(&bench).await;
    let analysis = json!({"kind": "aggregate", "group_by": ["name"], "measures": [{"fn": "max", "column": "price"}]});
    let chart = bench.run(&input, analysis).await.unwrap().chart.unwrap();
    assert_eq!(
        chart["data"]["values"],
        json!([
            {"key": "a", "value": 10.0}, {"key": "b", "value": 2.5}, {"key": "c", "value": null},
            {"key": "d", "value": -3.75}, {"key": "e", "value": 2.5}
        ])
    );
}
