//! `rows` and looking at rows.

use assay_engine::Look;
use serde_json::json;

use crate::support::{Bench, lines};

#[tokio::test]
async fn rows_come_in_the_order_of_the_data() {
    let bench = Bench::new();
    let input = bench.csv("a,b\n3,x\n1,y\n2,z\n").await;
    let rows = bench.rows(&input, json!({"kind": "rows"})).await;
    assert_eq!(json!(rows), json!([[3, "x"], [1, "y"], [2, "z"]]));
    let rows = bench
        .rows(
            &input,
            json!({"kind": "rows", "columns": ["b"], "offset": 1, "limit": 1}),
        )
        .await;
    assert_eq!(json!(rows), json!([["y"]]));
}

#[tokio::test]
async fn nulls_come_last_either_way_and_ties_keep_the_order_of_the_data() {
    let bench = Bench::new();
    let input = bench.csv("id,k\n1,\n2,5\n3,7\n4,5\n5,NaN\n6,1.5\n").await;
    for (descending, expected) in [
        (false, json!([[6], [2], [4], [3], [5], [1]])),
        (true, json!([[5], [3], [2], [4], [6], [1]])),
    ] {
        let rows = bench
            .rows(
                &input,
                json!({"kind": "rows", "columns": ["id"], "order_by": [{"column": "k", "descending": descending}]}),
            )
            .await;
        assert_eq!(json!(rows), expected);
    }
}

#[tokio::test]
async fn a_limit_without_an_order_reads_no_more_than_it_needs() {
    let bench = Bench::new();
    let lines = lines((0..1_100_000).map(|i| i.to_string()));
    let input = bench.csv(format!("n\n{lines}")).await;
    let outcome = bench
        .run(&input, json!({"kind": "rows", "limit": 5}))
        .await
        .unwrap();
    assert_eq!((outcome.rows, outcome.rows_read), (5, 1_000_000));
    // Statistics say that the first row group has nothing of it.
    let analysis =
        json!({"kind": "rows", "filter": [{"column": "n", "op": "ge", "value": 1_099_999}]});
    let outcome = bench.run(&input, analysis).await.unwrap();
    assert_eq!((outcome.rows, outcome.rows_read), (1, 100_000));
    // In order, over both row groups and both cores.
    let analysis = json!({"kind": "rows", "order_by": [{"column": "n", "descending": true}], "offset": 1, "limit": 2});
    assert_eq!(
        json!(bench.rows(&input, analysis).await),
        json!([[1_099_998], [1_099_997]])
    );
}

#[tokio::test]
async fn looking_takes_offset_limit_and_values() {
    let bench = Bench::new();
    let input = bench.csv("a,b\n1,x\n2,y\n3,x\n4,\n").await;
    let look = async |offset, limit, equals: &[(&str, &str)]| {
        let equals = equals
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()));
        let look = Look {
            offset,
            limit,
            equals: equals.collect(),
            ..Look::default()
        };
        json!(bench.engine.look(&input, &look).await.unwrap().rows)
    };
    assert_eq!(look(1, 2, &[]).await, json!([[2, "y"], [3, "x"]]));
    assert_eq!(look(9, 2, &[]).await, json!([]));
    assert_eq!(look(0, 9, &[("b", "x")]).await, json!([[1, "x"], [3, "x"]]));
    assert_eq!(look(1, 9, &[("b", "x"), ("a", "3")]).await, json!([]));
    assert_eq!(look(0, 9, &[("a", "not a number")]).await, json!([]));
}
