//! Collections: records typed by a schema that was inferred before.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use assay_engine::{EngineError, ExportFormat, Input, Look, RecordSource, RecordStream};
use assay_model::{Column, ColumnType, Record, Records, Schema, Written};
use futures::{StreamExt, stream};
use serde_json::json;

use crate::support::Bench;

/// Records in two streams, and what was asked of them.
struct Fixed {
    records: Vec<Records>,
    asked: Mutex<Vec<Vec<String>>>,
}

impl RecordSource for Fixed {
    fn scan(&self, fields: &[String], streams: usize) -> Vec<RecordStream> {
        self.asked.lock().unwrap().push(fields.to_vec());
        let share = self.records.len().div_ceil(streams.min(2));
        let streams = self.records.chunks(share).map(|share| {
            let share: Vec<_> = share.iter().cloned().map(Ok).collect();
            stream::iter(share).boxed()
        });
        streams.collect()
    }
}

struct Broken;

impl RecordSource for Broken {
    fn scan(&self, _: &[String], _: usize) -> Vec<RecordStream> {
        vec![stream::iter([Err("the line is down".into())]).boxed()]
    }
}

fn plain(text: &str) -> Written {
    Written::Plain(text.to_owned())
}

fn records(rows: &[(&str, &[(&str, &str)])]) -> Records {
    let mut names: Vec<String> = Vec::new();
    let rows = rows.iter().map(|(key, fields)| Record {
        key: plain(key),
        values: fields
            .iter()
            .map(|(name, value)| {
                let known = names.iter().position(|known| known == name);
                let at = known.unwrap_or_else(|| {
                    names.push((*name).to_owned());
                    names.len() - 1
                });
                (at, plain(value))
            })
            .collect(),
    });
    let rows = rows.collect();
    Records { names, rows }
}

fn fixed() -> Arc<Fixed> {
    Arc::new(Fixed {
        records: vec![
            records(&[
                ("animal:1", &[("head", "lion"), ("arms", "8")]),
                (
                    "animal:2",
                    &[("arms", "2"), ("head", "lion"), ("hat", "top")],
                ),
            ]),
            records(&[
                ("animal:3", &[("head", "owl"), ("arms", "many")]),
                ("animal:4", &[("head", ""), ("arms", "")]),
            ]),
            records(&[("animal:5", &[])]),
        ],
        asked: Mutex::default(),
    })
}

fn animals() -> Input {
    Input::Records {
        schema: schema(),
        source: fixed(),
    }
}

fn schema() -> Schema {
    Schema::new(vec![
        Column::new("_key", ColumnType::Text),
        Column::new("head", ColumnType::Text),
        Column::new("arms", ColumnType::Integer),
    ])
}

#[tokio::test]
async fn records_are_analysed_like_rows_and_misfits_are_counted() {
    let bench = Bench::new();
    let analysis = json!({"kind": "aggregate", "group_by": ["head"], "measures": [
        {"fn": "count"}, {"fn": "sum", "column": "arms"}, {"fn": "first", "column": "_key"}, {"fn": "last", "column": "_key"}
    ]});
    let outcome = bench.run(&animals(), analysis).await.unwrap();
    assert_eq!((outcome.rows_read, outcome.misfits), (5, 1));
    assert_eq!(
        json!(bench.cells(&outcome).await),
        json!([
            ["", 1, null, "animal:4", "animal:4"],
            ["lion", 2, 10, "animal:1", "animal:2"],
            ["owl", 1, null, "animal:3", "animal:3"],
            [null, 1, null, "animal:5", "animal:5"]
        ])
    );
}

#[tokio::test]
async fn records_can_be_looked_at_described_sorted_and_exported() {
    let bench = Bench::new();
    let look = Look {
        offset: 1,
        limit: 1,
        equals: vec![("head".to_owned(), "lion".to_owned())],
        ..Look::default()
    };
    let found = bench.engine.look(&animals(), &look).await.unwrap();
    assert_eq!(json!(found.rows), json!([["animal:2", "lion", 2]]));
    let names: Vec<_> = found
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(names, ["_key", "head", "arms"]);
    let outcome = bench
        .run(&animals(), json!({"kind": "describe"}))
        .await
        .unwrap();
    assert_eq!(
        (outcome.rows, outcome.rows_read, outcome.misfits),
        (3, 5, 1)
    );
    let sorted = bench
        .rows(&animals(), json!({"kind": "rows", "columns": ["_key"], "order_by": [{"column": "arms"}], "limit": 3}))
        .await;
    assert_eq!(
        json!(sorted),
        json!([["animal:2"], ["animal:1"], ["animal:3"]])
    );
    let csv = bench.export(&animals(), ExportFormat::Csv).await;
    assert_eq!(
        String::from_utf8(csv).unwrap(),
        "_key,head,arms\nanimal:1,lion,8\nanimal:2,lion,2\nanimal:3,owl,\nanimal:4,\"\",\nanimal:5,,\n"
    );
}

#[tokio::test]
async fn a_source_that_fails_is_worth_another_try() {
    let bench = Bench::new();
    let input = Input::Records {
        schema: schema(),
        source: Arc::new(Broken),
    };
    for analysis in [
        json!({"kind": "rows"}),
        json!({"kind": "describe"}),
        json!({"kind": "aggregate", "group_by": ["head"], "measures": [{"fn": "count"}]}),
    ] {
        let error = bench.run(&input, analysis).await.unwrap_err();
        assert!(
            matches!(error, EngineError::Source(_)) && error.is_passing(),
            "{error:?}"
        );
    }
}

/// A record more at each scan.
#[derive(Default)]
struct Growing(AtomicUsize);

impl RecordSource for Growing {
    fn scan(&self, _: &[String], _: usize) -> Vec<RecordStream> {
        let rows = (0..=self.0.fetch_add(1, Ordering::Relaxed)).map(|n| Record {
            key: plain(&format!("animal:{n}")),
            values: vec![(0, plain(&n.to_string()))],
        });
        let records = Records {
            names: vec!["arms".to_owned()],
            rows: rows.collect(),
        };
        vec![stream::iter([Ok(records)]).boxed()]
    }
}

#[tokio::test]
async fn a_description_is_of_one_scan() {
    let bench = Bench::new();
    let input = Input::Records {
        schema: schema(),
        source: Arc::new(Growing::default()),
    };
    let outcome = bench
        .run(&input, json!({"kind": "describe"}))
        .await
        .unwrap();
    assert_eq!((outcome.rows_read, outcome.misfits), (1, 0));
    let rows = bench.cells(&outcome).await;
    let counted: Vec<_> = rows
        .iter()
        .map(|row| json!([row[2], row[3], row[4]]))
        .collect();
    // Count, missing, distinct: of `_key`, `head`, `arms`.
    assert_eq!(json!(counted), json!([[1, 0, 1], [0, 1, 0], [1, 0, 1]]));
}

#[tokio::test]
async fn only_the_columns_that_are_read_are_asked_for() {
    let bench = Bench::new();
    for (analysis, fields) in [
        (
            json!({"kind": "aggregate", "group_by": ["head"], "measures": [{"fn": "count"}]}),
            vec!["head"],
        ),
        (
            json!({"kind": "aggregate", "group_by": ["_key"], "measures": [{"fn": "count"}]}),
            vec![],
        ),
        (
            json!({"kind": "rows", "columns": ["_key"], "filter": [{"column": "arms", "op": "gt", "value": 1}]}),
            vec!["arms"],
        ),
    ] {
        let source = fixed();
        let input = Input::Records {
            schema: schema(),
            source: source.clone(),
        };
        let outcome = bench.run(&input, analysis.clone()).await.unwrap();
        assert_eq!(outcome.rows_read, 5, "{analysis}");
        assert_eq!(*source.asked.lock().unwrap(), [fields], "{analysis}");
    }
}
