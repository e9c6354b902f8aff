//! Tables of several parts, and stores, sinks and memory that fail.

use std::sync::Arc;

use assay_engine::{EngineError, Input, Part};
use assay_model::Schema;
use object_store::{ObjectStoreExt, local::LocalFileSystem, memory::InMemory};
use serde_json::json;

use crate::support::{Bench, lines};

/// One table of the parts of several.
async fn joined(bench: &Bench, texts: &[String]) -> Input {
    let mut all: Vec<Part> = Vec::new();
    let mut columns = Schema::default();
    for text in texts {
        let Input::Table { schema, parts } = bench.csv(text.clone()).await else {
            unreachable!()
        };
        columns = schema;
        all.extend(parts);
    }
    Input::Table {
        schema: columns,
        parts: all,
    }
}

fn numbers(range: std::ops::Range<u32>) -> String {
    format!("g,n\n{}", lines(range.map(|i| format!("{},{i}", i % 7))))
}

#[tokio::test]
async fn parts_are_one_table_in_their_order() {
    let bench = Bench::new();
    let input = joined(
        &bench,
        &[
            numbers(0..1_000),
            numbers(1_000..1_001),
            numbers(1_001..5_000),
        ],
    )
    .await;
    let rows = bench
        .rows(
            &input,
            json!({"kind": "rows", "offset": 999, "limit": 3, "columns": ["n"]}),
        )
        .await;
    assert_eq!(json!(rows), json!([[999], [1_000], [1_001]]));
    let analysis = json!({"kind": "aggregate", "group_by": ["g"], "limit": 1, "measures": [
        {"fn": "first", "column": "n"}, {"fn": "last", "column": "n"}, {"fn": "count"}
    ]});
    assert_eq!(
        json!(bench.rows(&input, analysis).await),
        json!([[0, 0, 4_998, 715]])
    );
    let page = bench
        .engine
        .look(
            &input,
            &assay_engine::Look {
                offset: 998,
                limit: 4,
                ..assay_engine::Look::default()
            },
        )
        .await
        .unwrap();
    let last: Vec<_> = page.rows.iter().map(|row| row[1].clone()).collect();
    assert_eq!(json!(last), json!([998, 999, 1_000, 1_001]));
}

#[tokio::test]
async fn a_manifest_reads_back_what_it_says() {
    let bench = Bench::new();
    let Input::Table { parts, .. } = bench.csv("a\n1\n").await else {
        unreachable!()
    };
    let text = serde_json::to_string(&parts).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Part>>(&text).unwrap(), parts);
    let bytes = bench
        .store
        .get(&parts[0].path)
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert_eq!(bytes.len() as u64, parts[0].bytes);
    assert!(parts[0].footer_bytes > 8 && parts[0].footer_bytes < parts[0].bytes);
}

#[tokio::test]
async fn a_part_that_is_gone_is_an_error_of_the_store() {
    let bench = Bench::new();
    let input = bench.csv("a\n1\n").await;
    let Input::Table { parts, .. } = &input else {
        unreachable!()
    };
    bench.store.delete(&parts[0].path).await.unwrap();
    let error = bench
        .run(&input, json!({"kind": "rows"}))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            EngineError::Store(object_store::Error::NotFound { .. })
        ),
        "{error:?}"
    );
    assert!(!error.is_passing());
}

#[tokio::test]
async fn a_cancelled_run_says_so() {
    let bench = Bench::new();
    let input = bench.csv("a\n1\n").await;
    bench.cancel.cancel();
    let error = bench
        .run(&input, json!({"kind": "describe"}))
        .await
        .unwrap_err();
    assert!(matches!(error, EngineError::Cancelled), "{error:?}");
}

#[tokio::test]
async fn groups_past_the_memory_spill_and_stay_right() {
    let bench = Bench::over(Arc::new(InMemory::new()), 32 << 20);
    let lines = lines((0..600_000).map(|i| format!("key number {i},1")));
    let input = bench.csv(format!("g,n\n{lines}")).await;
    let analysis = json!({"kind": "aggregate", "group_by": ["g"], "measures": [{"fn": "sum", "column": "n"}], "limit": 1_000_000});
    let outcome = bench.run(&input, analysis).await.unwrap();
    assert_eq!(outcome.rows, 600_000);
}

#[tokio::test]
async fn what_cannot_spill_is_out_of_memory_with_the_remedy() {
    let bench = Bench::over(Arc::new(InMemory::new()), 2 << 20);
    let lines = lines((0..600_000).map(|i| format!("1,{i}")));
    let input = bench.csv(format!("g,n\n{lines}")).await;
    let analysis = json!({"kind": "aggregate", "group_by": ["g"], "measures": [{"fn": "median", "column": "n"}]});
    let error = bench.run(&input, analysis).await.unwrap_err();
    assert!(matches!(error, EngineError::OutOfMemory(_)), "{error:?}");
    assert!(error.to_string().contains("give the worker more memory"));
}

#[tokio::test]
async fn local_files_serve_as_well_as_memory() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
    let bench = Bench::over(Arc::new(store), 64 << 20);
    let input = bench.csv(numbers(0..10_000)).await;
    let analysis = json!({"kind": "aggregate", "group_by": ["g"], "limit": 1, "measures": [{"fn": "max", "column": "n"}]});
    assert_eq!(
        json!(bench.rows(&input, analysis).await),
        json!([[0, 9_996]])
    );
}

#[tokio::test]
async fn a_nan_is_found_where_statistics_would_not_look_for_it() {
    let bench = Bench::new();
    let input = bench.csv("x\n-1.5\nNaN\n-2.5\n").await;
    let passing = async |op: &str, value: serde_json::Value| {
        let filter = json!([{"column": "x", "op": op, "value": value}]);
        json!(
            bench
                .rows(&input, json!({"kind": "rows", "filter": filter}))
                .await
        )
    };
    assert_eq!(passing("gt", json!(0)).await, json!([["NaN"]]));
    assert_eq!(passing("eq", json!("NaN")).await, json!([["NaN"]]));
    assert_eq!(passing("lt", json!(0)).await, json!([[-1.5], [-2.5]]));
}
