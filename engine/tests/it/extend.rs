//! Rows to the end of a table, and small parts into full ones.

use assay_engine::{Base, ExtendError, Extended, Input, Look, Part};
use assay_model::{Column, ColumnType, ImportOptions, Schema, analysis::OrderBy};
use serde_json::{Value, json};

use crate::support::{Bench, MemorySpool};

/// A table as its versions grow.
struct Table {
    bench: Bench,
    schema: Schema,
    parts: Vec<Part>,
}

impl Table {
    async fn of(csv: &str) -> Self {
        let bench = Bench::new();
        let imported = bench.import("table.csv", csv.to_owned()).await.unwrap();
        Self {
            bench,
            schema: imported.schema,
            parts: imported.parts,
        }
    }

    async fn try_add(&self, file_name: &str, text: &str) -> Result<Extended, ExtendError> {
        let base = Base {
            schema: &self.schema,
            parts: &self.parts,
        };
        let spool = MemorySpool {
            file_name: file_name.to_owned(),
            bytes: text.to_owned().into(),
        };
        let bench = &self.bench;
        bench
            .engine
            .extend(
                &spool,
                &ImportOptions::default(),
                base,
                &bench.sink(),
                &bench.progress,
                &bench.cancel,
            )
            .await
    }

    async fn add(&mut self, text: &str) {
        let added = self.try_add("more.csv", text).await.unwrap();
        self.schema = added.schema;
        self.parts.extend(added.imported.parts);
    }

    fn input(&self) -> Input {
        Input::Table {
            schema: self.schema.clone(),
            parts: self.parts.clone(),
        }
    }

    fn kinds(&self) -> Vec<(&str, ColumnType, bool)> {
        self.schema
            .columns
            .iter()
            .map(|column: &Column| (column.name.as_str(), column.kind, column.nullable))
            .collect()
    }

    /// The rows as a look shows them, as an analysis reads them and as an export says them:
    /// three ways to read parts, and one truth.
    async fn rows(&self) -> Vec<Vec<Value>> {
        let look = Look {
            limit: 1_000,
            ..Look::default()
        };
        let looked = self
            .bench
            .engine
            .look(&self.input(), &look)
            .await
            .unwrap()
            .rows;
        let analysed = self
            .bench
            .rows(&self.input(), json!({"kind": "rows", "limit": 1_000}))
            .await;
        assert_eq!(looked, analysed);
        let exported = self
            .bench
            .export(&self.input(), assay_engine::ExportFormat::Ndjson)
            .await;
        let exported = String::from_utf8(exported).unwrap();
        let names: Vec<&str> = self
            .schema
            .columns
            .iter()
            .map(|c| c.name.as_str())
            .collect();
        let exported: Vec<Vec<Value>> = exported
            .lines()
            .map(|line| {
                let row: Value = serde_json::from_str(line).unwrap();
                names.iter().map(|name| row[name].clone()).collect()
            })
            .collect();
        assert_eq!(looked, exported);
        self.holds_the_same_in_other_orders(&looked).await;
        looked
    }

    /// In the order of the last column, and drawn at random.
    async fn holds_the_same_in_other_orders(&self, looked: &[Vec<Value>]) {
        let Some(column) = self.schema.columns.last() else {
            return;
        };
        let look = Look {
            limit: 1_000,
            order: Some(OrderBy {
                column: column.name.clone(),
                descending: true,
            }),
            ..Look::default()
        };
        let engine = &self.bench.engine;
        let sorted = engine.look(&self.input(), &look).await.unwrap().rows;
        let drawn = engine.sample(&self.input(), &look, 7).await.unwrap().rows;
        let texts = |rows: &[Vec<Value>]| {
            let mut texts: Vec<String> = rows.iter().map(|row| json!(row).to_string()).collect();
            texts.sort();
            texts
        };
        assert_eq!(texts(&sorted), texts(looked));
        assert_eq!(texts(&drawn), texts(looked));
    }
}

#[tokio::test]
async fn new_rows_come_after_those_that_are_there() {
    let mut table = Table::of("city,n\nLyon,1\nOslo,2\n").await;
    let first = table.parts.clone();
    table.add("city,n\nRome,3\n").await;
    table.add("n,city\n4,Bern\n").await;
    assert_eq!(table.parts[..first.len()], first[..]);
    assert_eq!(
        json!(table.rows().await),
        json!([["Lyon", 1], ["Oslo", 2], ["Rome", 3], ["Bern", 4]])
    );
    assert_eq!(
        table.kinds(),
        [
            ("city", ColumnType::Text, false),
            ("n", ColumnType::Integer, false)
        ]
    );
}

#[tokio::test]
async fn what_a_file_lacks_is_null_and_what_it_has_more_is_null_before() {
    let mut table = Table::of("city,n\nLyon,1\n").await;
    table.add("city,mayor\nOslo,Ann\n").await;
    table.add("n\n3\n").await;
    assert_eq!(
        json!(table.rows().await),
        json!([["Lyon", 1, null], ["Oslo", null, "Ann"], [null, 3, null]])
    );
    assert_eq!(
        table.kinds(),
        [
            ("city", ColumnType::Text, true),
            ("n", ColumnType::Integer, true),
            ("mayor", ColumnType::Text, true)
        ]
    );
    // What is null in a part that lacks the column is found as such.
    let filtered =
        json!({"kind": "rows", "filter": [{"column": "mayor", "op": "is_null"}], "columns": ["n"]});
    assert_eq!(
        json!(table.bench.rows(&table.input(), filtered).await),
        json!([[1], [3]])
    );
}

#[tokio::test]
async fn whole_numbers_become_numbers_and_days_points_in_time() {
    let mut table = Table::of("n,day\n1,2026-01-01\n3,2026-01-02\n").await;
    table.add("n,day\n2.5,2026-01-01T12:00:00\n").await;
    table.add("n,day\n4,2026-01-03\n").await;
    assert_eq!(
        table.kinds(),
        [
            ("n", ColumnType::Number, false),
            ("day", ColumnType::Timestamp, false)
        ]
    );
    let rows = table.rows().await;
    assert_eq!(rows.len(), 4);
    assert_eq!((&rows[0][0], &rows[2][0]), (&json!(1.0), &json!(2.5)));
    assert_eq!(rows[0][1], json!("2026-01-01T00:00:00"));
    // Filters, which skip row groups by their statistics, and sums see the wider type.
    let filtered = json!({"kind": "rows", "filter": [{"column": "n", "op": "gt", "value": 2.2}], "columns": ["n"]});
    assert_eq!(
        json!(table.bench.rows(&table.input(), filtered).await),
        json!([[3.0], [2.5], [4.0]])
    );
    let late = json!({"kind": "rows", "filter": [{"column": "day", "op": "ge", "value": "2026-01-01T12:00:00"}], "columns": ["n"]});
    assert_eq!(
        json!(table.bench.rows(&table.input(), late).await),
        json!([[3.0], [2.5], [4.0]])
    );
    let sum =
        json!({"kind": "aggregate", "group_by": ["n"], "measures": [{"fn": "sum", "column": "n"}]});
    let sums = table.bench.rows(&table.input(), sum).await;
    let total: f64 = sums.iter().filter_map(|row| row[1].as_f64()).sum();
    assert!((total - 10.5).abs() < 1e-9, "{total}");
}

#[tokio::test]
async fn a_value_that_would_change_what_is_there_is_refused() {
    let table = Table::of("n,ok\n1,true\n").await;
    let error = table
        .try_add("more.csv", "n,ok\nmany,true\n")
        .await
        .unwrap_err();
    assert!(
        error.to_string().starts_with("Line 2, column “n”: “many”"),
        "{error}"
    );
    let error = table
        .try_add("more.csv", "n,ok\n1,true\n1,7\n")
        .await
        .unwrap_err();
    assert!(
        error.to_string().starts_with("Line 3, column “ok”: “7”"),
        "{error}"
    );
    // Whole numbers past what floating point holds would lose their last digits.
    let table = Table::of("n\n9007199254740993\n").await;
    let error = table.try_add("more.csv", "n\n0.5\n").await.unwrap_err();
    assert!(error.to_string().contains("“n”"), "{error}");
    assert_eq!(json!(table.rows().await), json!([["9007199254740993"]]));
}

#[tokio::test]
async fn text_stays_as_it_is_written() {
    let mut table = Table::of("zip\n01234\n").await;
    table.add("zip\n75001\n1.50\n").await;
    assert_eq!(
        json!(table.rows().await),
        json!([["01234"], ["75001"], ["1.50"]])
    );
}

#[tokio::test]
async fn a_table_without_rows_takes_the_types_of_the_first_that_come() {
    let mut table = Table::of("city,n\n").await;
    table.add("city,n\nLyon,1\n").await;
    assert_eq!(json!(table.rows().await), json!([["Lyon", 1]]));
    let kinds: Vec<_> = table.kinds().iter().map(|(_, kind, _)| *kind).collect();
    assert_eq!(kinds, [ColumnType::Text, ColumnType::Integer]);
}

#[tokio::test]
async fn gathered_parts_hold_the_same_rows_in_the_same_order() {
    let mut table = Table::of("city,n\nLyon,1\n").await;
    for i in 0..20 {
        table.add(&format!("city,n\nCity {i},{i}\n")).await;
    }
    table.add("n,extra\n0.5,x\n").await;
    let before = table.rows().await;
    let bench = &table.bench;
    let like = table.parts.last().unwrap();
    let gathered = bench
        .engine
        .gather(
            &table.parts,
            like,
            &bench.sink(),
            &bench.progress,
            &bench.cancel,
        )
        .await
        .unwrap();
    assert_eq!(gathered.len(), 1);
    table.parts = gathered;
    assert_eq!(table.rows().await, before);
    assert_eq!(before.len(), 22);
}
