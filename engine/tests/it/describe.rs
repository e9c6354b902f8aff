//! `describe`, on columns of every sort.

use serde_json::{Value, json};

use crate::support::Bench;

/// The figures of one column, by name.
async fn describe(values: &[&str]) -> Value {
    let bench = Bench::new();
    let lines: Vec<_> = values
        .iter()
        .enumerate()
        .map(|(i, value)| format!("{i},{value}\n"))
        .collect();
    let input = bench.csv(format!("id,v\n{}", lines.concat())).await;
    let outcome = bench
        .run(&input, json!({"kind": "describe", "columns": ["v"]}))
        .await
        .unwrap();
    let rows = bench.cells(&outcome).await;
    let named = outcome.columns.iter().zip(&rows[0]).skip(1);
    let mut figures: serde_json::Map<_, _> = named
        .map(|(column, value)| (column.name.clone(), value.clone()))
        .collect();
    if let Some(text) = figures["histogram"].as_str() {
        figures["histogram"] = serde_json::from_str(text).unwrap();
    }
    Value::Object(figures)
}

#[tokio::test]
async fn numbers_have_every_figure() {
    let found = describe(&["1", "2", "2", "4", "", "11"]).await;
    let mut counts = vec![0; 20];
    (counts[0], counts[2], counts[6], counts[19]) = (1, 2, 1, 1);
    assert_eq!(
        found,
        json!({
            "type": "integer", "count": 5, "missing": 1, "distinct": 4, "min": "1", "max": "11",
            "mean": 4.0, "stddev": 4.062_019_202_317_98, "q25": 2.0, "median": 2.0, "q75": 4.0,
            "top": "2", "top_count": 2, "histogram": {"from": 1.0, "to": 11.0, "counts": counts}
        })
    );
}

#[tokio::test]
async fn text_lists_its_most_frequent_values() {
    let found = describe(&["b", "a", "b", "", "c", "a"]).await;
    assert_eq!(
        found,
        json!({
            "type": "text", "count": 5, "missing": 1, "distinct": 3, "min": "a", "max": "c",
            "mean": null, "stddev": null, "q25": null, "median": null, "q75": null,
            "top": "a", "top_count": 2, "histogram": {"values": ["a", "b", "c"], "counts": [2, 2, 1]}
        })
    );
}

#[tokio::test]
async fn dates_have_ends_and_a_histogram_but_no_mean() {
    let found = describe(&["1969-12-31", "1970-01-20", "1970-01-20"]).await;
    assert_eq!(found["min"], "1969-12-31");
    assert_eq!(found["top"], "1970-01-20");
    assert_eq!(found["mean"], Value::Null);
    assert_eq!(found["histogram"]["from"], "1969-12-31");
    assert_eq!(found["histogram"]["counts"][19], 2);
}

#[tokio::test]
async fn one_row_all_nulls_and_nan_have_defined_answers() {
    let one = describe(&["7"]).await;
    assert_eq!(
        (&one["stddev"], &one["median"], &one["histogram"]),
        (
            &Value::Null,
            &json!(7.0),
            &json!({"from": 7.0, "to": 7.0, "counts": [1]})
        )
    );
    let nulls = describe(&["", ""]).await;
    assert_eq!(
        (
            &nulls["count"],
            &nulls["missing"],
            &nulls["distinct"],
            &nulls["min"],
            &nulls["histogram"]
        ),
        (&json!(0), &json!(2), &json!(0), &Value::Null, &Value::Null)
    );
    let nan = describe(&["1.5", "NaN", "0.5"]).await;
    assert_eq!(
        (
            &nan["count"],
            &nan["max"],
            &nan["mean"],
            &nan["median"],
            &nan["histogram"]["to"]
        ),
        (
            &json!(3),
            &json!("NaN"),
            &json!("NaN"),
            &json!(1.5),
            &json!(1.5)
        )
    );
}

#[tokio::test]
async fn the_finding_says_what_misses_most() {
    let bench = Bench::new();
    let input = bench.csv("a,b,c\n1,,x\n2,,\n3,5,z\n").await;
    let outcome = bench
        .run(&input, json!({"kind": "describe"}))
        .await
        .unwrap();
    assert_eq!(
        outcome.finding.as_deref(),
        Some("3 rows, 3 columns; **b** misses most: 2 values (66.7 %).")
    );
    assert_eq!((outcome.rows, outcome.rows_read), (3, 3));
    let filter = json!([{"column": "a", "op": "gt", "value": 9}]);
    let outcome = bench
        .run(&input, json!({"kind": "describe", "filter": filter}))
        .await
        .unwrap();
    assert_eq!(
        outcome.finding.as_deref(),
        Some("**No rows** pass the conditions.")
    );
}
