//! `aggregate`, case by case.

use assay_engine::EngineError;
use serde_json::{Value, json};

use crate::support::{Bench, lines};

/// Groups `csv` by column `g`, measures, and expects these rows.
async fn check(csv: &str, measures: Value, expected: Value) {
    let bench = Bench::new();
    let input = bench.csv(csv).await;
    let analysis = json!({"kind": "aggregate", "group_by": ["g"], "measures": measures});
    let rows = bench.rows(&input, analysis).await;
    assert_eq!(json!(rows), expected, "{csv}");
}

#[tokio::test]
async fn every_measure_has_its_defined_answer() {
    let csv = "g,x\na,1\na,2\nb,10\na,4\na,\nc,\n";
    let cases = [
        (json!({"fn": "count"}), json!([4, 1, 1])),
        (json!({"fn": "count", "column": "x"}), json!([3, 1, 0])),
        (json!({"fn": "sum", "column": "x"}), json!([7, 10, null])),
        (
            json!({"fn": "mean", "column": "x"}),
            json!([7.0 / 3.0, 10.0, null]),
        ),
        (json!({"fn": "min", "column": "x"}), json!([1, 10, null])),
        (json!({"fn": "max", "column": "x"}), json!([4, 10, null])),
        (
            json!({"fn": "median", "column": "x"}),
            json!([2.0, 10.0, null]),
        ),
        (
            json!({"fn": "quantile", "column": "x", "q": 0.25}),
            json!([1.5, 10.0, null]),
        ),
        (
            json!({"fn": "stddev", "column": "x"}),
            json!([1.527_525_231_651_946_5, null, null]),
        ),
        (json!({"fn": "distinct", "column": "x"}), json!([3, 1, 0])),
        (json!({"fn": "first", "column": "x"}), json!([1, 10, null])),
        (json!({"fn": "last", "column": "x"}), json!([4, 10, null])),
    ];
    for (measure, expected) in cases {
        let rows: Vec<_> = ["a", "b", "c"]
            .iter()
            .zip(expected.as_array().unwrap())
            .map(|(group, value)| json!([group, value]))
            .collect();
        check(csv, json!([measure]), json!(rows)).await;
    }
}

#[tokio::test]
async fn a_null_key_is_a_group_and_comes_last() {
    check(
        "g,x\n,1\na,2\n,3\n",
        json!([{"fn": "sum", "column": "x"}]),
        json!([["a", 2], [null, 4]]),
    )
    .await;
}

#[tokio::test]
async fn nan_is_a_value_the_greatest_and_one_group() {
    check(
        "g,x\n1,1.5\nNaN,2.5\nNaN,NaN\n1,NaN\n1,0.5\n",
        json!([
            {"fn": "count", "column": "x"}, {"fn": "min", "column": "x"},
            {"fn": "max", "column": "x"}, {"fn": "sum", "column": "x"},
            {"fn": "distinct", "column": "x"}, {"fn": "median", "column": "x"}
        ]),
        json!([
            [1.0, 3, 0.5, "NaN", "NaN", 3, 1.5],
            ["NaN", 2, 2.5, "NaN", "NaN", 2, "NaN"]
        ]),
    )
    .await;
}

#[tokio::test]
async fn measures_keep_the_type_of_their_column() {
    check(
        "g,d,t,b,s\na,1969-12-31,1969-12-31T23:59:59,true,é\na,2024-02-29,2024-02-29T12:00:00.5,false,漢字\n",
        json!([
            {"fn": "min", "column": "d"}, {"fn": "max", "column": "t"}, {"fn": "min", "column": "t"},
            {"fn": "max", "column": "b"}, {"fn": "max", "column": "s"}, {"fn": "last", "column": "s"},
            {"fn": "first", "column": "d"}, {"fn": "first", "column": "b"}
        ]),
        json!([[
            "a", "1969-12-31", "2024-02-29T12:00:00.500", "1969-12-31T23:59:59",
            true, "漢字", "漢字", "1969-12-31", true
        ]]),
    )
    .await;
}

#[tokio::test]
async fn a_sum_that_does_not_fit_is_an_error_that_names_the_column() {
    let bench = Bench::new();
    let input = bench.csv("g,x\na,9223372036854775807\na,1\n").await;
    let analysis =
        json!({"kind": "aggregate", "group_by": ["g"], "measures": [{"fn": "sum", "column": "x"}]});
    let error = bench.run(&input, analysis).await.unwrap_err();
    assert!(
        matches!(&error, EngineError::Overflow { column } if column == "x"),
        "{error:?}"
    );
    assert!(
        error.to_string().starts_with("The sum of “x” is past"),
        "{error}"
    );
}

#[tokio::test]
async fn having_order_and_limit_work_on_the_result() {
    let bench = Bench::new();
    let input = bench.csv("g,x\na,1\nb,5\nc,5\nd,9\ne,\nb,5\n").await;
    let rows = bench
        .rows(
            &input,
            json!({"kind": "aggregate", "group_by": ["g"],
                "measures": [{"fn": "count"}, {"fn": "mean", "column": "x", "as": "m e.a n"}],
                "having": [{"any": [{"column": "m e.a n", "op": "ge", "value": 5}, {"column": "m e.a n", "op": "is_null"}]}],
                "order_by": [{"column": "m e.a n", "descending": true}], "limit": 3}),
        )
        .await;
    // b and c tie: the group column decides. e is null and last, past the limit.
    assert_eq!(
        json!(rows),
        json!([["d", 1, 9.0], ["b", 2, 5.0], ["c", 1, 5.0]])
    );
}

#[tokio::test]
async fn names_are_taken_as_they_are_written() {
    let bench = Bench::new();
    let input = bench.csv("Major Genre,a.b,A.B\nx,1,2\nx,3,4\n").await;
    let rows = bench
        .rows(
            &input,
            json!({"kind": "aggregate", "group_by": ["Major Genre"],
                "measures": [{"fn": "sum", "column": "a.b"}, {"fn": "sum", "column": "A.B"}],
                "filter": [{"column": "a.b", "op": "gt", "value": 0}]}),
        )
        .await;
    assert_eq!(json!(rows), json!([["x", 4, 6]]));
}

#[tokio::test]
async fn ten_thousand_categories_are_ten_thousand_groups() {
    let bench = Bench::new();
    let lines = lines((0..30_000).map(|i| format!("k{:05},{i}", i % 10_000)));
    let input = bench
        .csv(format!(
            "g,x
{lines}"
        ))
        .await;
    let outcome = bench
        .run(
            &input,
            json!({"kind": "aggregate", "group_by": ["g"], "limit": 20_000,
                "measures": [{"fn": "count"}, {"fn": "sum", "column": "x"}, {"fn": "last", "column": "x"}]}),
        )
        .await
        .unwrap();
    assert_eq!((outcome.rows, outcome.rows_read), (10_000, 30_000));
    let rows = bench.cells(&outcome).await;
    assert_eq!(json!(rows[9_999]), json!(["k09999", 3, 59_997, 29_999]));
}

#[tokio::test]
async fn an_empty_table_has_no_groups_and_says_so() {
    let bench = Bench::new();
    let input = bench.csv("g,x\n").await;
    let analysis = json!({"kind": "aggregate", "group_by": ["g"], "measures": [{"fn": "count"}]});
    let outcome = bench.run(&input, analysis).await.unwrap();
    assert_eq!(bench.cells(&outcome).await, Vec::<Vec<Value>>::new());
    assert_eq!(
        outcome.finding.as_deref(),
        Some("**No group**: no row passes the conditions.")
    );
    assert_eq!(outcome.chart, None);
}

#[tokio::test]
async fn the_finding_is_what_a_person_would_say() {
    let bench = Bench::new();
    let input = bench
        .csv("carrier,month,delay\nF9,1,20\nF9,1,22\nUA,2,10\nUA,2,\n")
        .await;
    let finding = async |group: &str, measures: Value| {
        let analysis = json!({"kind": "aggregate", "group_by": [group], "measures": measures});
        bench.run(&input, analysis).await.unwrap().finding.unwrap()
    };
    assert_eq!(
        finding(
            "carrier",
            json!([{"fn": "count"}, {"fn": "mean", "column": "delay"}])
        )
        .await,
        "**F9** has the highest mean of delay: 21 over 2 rows, 5.5 more than the mean of all groups."
    );
    assert_eq!(
        finding("month", json!([{"fn": "count"}])).await,
        "**month 1** has the most rows: 2 of 4."
    );
}

#[tokio::test]
async fn the_finding_says_no_more_than_the_groups_shown_tell() {
    let bench = Bench::new();
    let input = bench.csv("g,x\na,1\nb,2\nb,4\nc,9\nd,5\nd,7\nd,9\n").await;
    let finding = async |measures: Value, order: Value, limit: u64| {
        let analysis = json!({"kind": "aggregate", "group_by": ["g"], "measures": measures,
            "order_by": order, "limit": limit});
        bench.run(&input, analysis).await.unwrap().finding.unwrap()
    };
    let mean = || json!([{"fn": "count"}, {"fn": "mean", "column": "x"}]);
    let count = || json!([{"fn": "count"}]);
    let by = |column: &str, descending: bool| json!([{"column": column, "descending": descending}]);
    for (measures, order, limit, expected) in [
        (
            mean(),
            json!([]),
            2,
            "Of the first 2 groups, **b** has the highest mean of x: 3 over 2 rows.",
        ),
        (
            mean(),
            json!([]),
            1,
            "**a**, the first group, has a mean of x of 1 over 1 row.",
        ),
        (
            mean(),
            by("mean_x", false),
            3,
            "Of the first 3 groups, **d** has the highest mean of x: 7 over 3 rows.",
        ),
        (
            mean(),
            by("mean_x", true),
            1,
            "**c** has the highest mean of x: 9 over 1 row.",
        ),
        (
            mean(),
            json!([]),
            4,
            "**c** has the highest mean of x: 9 over 1 row, 4 more than the mean of all groups.",
        ),
        (
            count(),
            json!([]),
            3,
            "Of the first 3 groups, **b** has the most rows: 2.",
        ),
        (count(), json!([]), 1, "**a**, the first group, has 1 row."),
        (count(), by("count", true), 1, "**d** has the most rows: 3."),
        (count(), json!([]), 4, "**d** has the most rows: 3 of 7."),
    ] {
        let found = finding(measures.clone(), order.clone(), limit).await;
        assert_eq!(found, expected, "{measures} by {order}, {limit} at most");
    }
    let one = bench.csv("g,x\na,1\n").await;
    let analysis = json!({"kind": "aggregate", "group_by": ["g"], "measures": count(), "limit": 1});
    assert_eq!(
        bench.run(&one, analysis).await.unwrap().finding.unwrap(),
        "**a** is the only group: 1 row."
    );
}

#[tokio::test]
async fn a_large_result_knows_whether_it_is_whole() {
    let bench = Bench::new();
    let lines = lines((0..10_002).map(|i| format!("{i},{}", i % 7)));
    let input = bench.csv(format!("g,x\n{lines}")).await;
    for (limit, rows, subtitle) in [
        (10_000, 10_000, "The first 30 groups"),
        (10_001, 10_001, "The first 30 groups"),
        (10_002, 10_002, "The first 30 of 10,002 groups"),
        (20_000, 10_002, "The first 30 of 10,002 groups"),
    ] {
        let analysis = json!({"kind": "aggregate", "group_by": ["g"], "limit": limit,
            "measures": [{"fn": "sum", "column": "x"}]});
        let outcome = bench.run(&input, analysis).await.unwrap();
        assert_eq!(outcome.rows, rows);
        assert_eq!(outcome.chart.unwrap()["title"]["subtitle"], subtitle);
        let of_all = outcome.finding.unwrap().starts_with("**g 6**");
        assert_eq!(of_all, rows == 10_002, "{limit}");
    }
}

#[tokio::test]
async fn bars_stand_in_the_order_of_the_result_and_dates_make_a_line() {
    let bench = Bench::new();
    let input = bench
        .csv("k,s,d,x\nb,u,2024-01-02,1\na,v,2024-01-01,3\nc,u,2024-01-03,2\n")
        .await;
    let chart = async |keys: Value| {
        let analysis = json!({"kind": "aggregate", "group_by": keys,
            "measures": [{"fn": "count"}, {"fn": "max", "column": "x"}],
            "order_by": [{"column": "max_x", "descending": true}]});
        bench.run(&input, analysis).await.unwrap().chart.unwrap()
    };
    let bars = chart(json!(["k"])).await;
    assert_eq!(bars["mark"]["type"], "bar");
    assert_eq!(bars["encoding"]["x"]["title"], "max of x");
    assert_eq!(
        bars["data"]["values"],
        json!([{"key": "a", "value": 3}, {"key": "c", "value": 2}, {"key": "b", "value": 1}])
    );
    let line = chart(json!(["d"])).await;
    assert_eq!(line["mark"]["type"], "line");
    assert_eq!(line["encoding"]["x"]["type"], "temporal");
    assert_eq!(
        line["data"]["values"][0],
        json!({"key": "2024-01-01", "value": 3})
    );
    let split = chart(json!(["k", "s"])).await;
    assert_eq!(split["encoding"]["color"]["title"], "s");
    assert_eq!(
        split["data"]["values"][0],
        json!({"key": "a", "value": 3, "split": "v"})
    );
}

#[tokio::test]
async fn an_analysis_that_does_not_fit_is_refused_with_its_field() {
    let bench = Bench::new();
    let input = bench.csv("g,x\na,1\n").await;
    let analysis = json!({"kind": "aggregate", "group_by": ["gg"], "measures": [{"fn": "count"}]});
    let Err(EngineError::Invalid(errors)) = bench.run(&input, analysis).await else {
        panic!("it was not refused");
    };
    assert_eq!(errors[0].field, "group_by[0]");
}
