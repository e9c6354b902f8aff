//! Conditions, one by one, on a table of every type.

use assay_engine::EngineError;
use serde_json::{Value, json};

use crate::support::Bench;

const TABLE: &str = "\
id,n,x,s,b,d,t,z
1,1,0.5,apple,true,2024-01-01,2024-01-01T00:00:00,2024-01-01T00:00:00Z
2,2,NaN,Äpfel,false,2024-01-02,2024-01-02T12:30:00,2024-01-02T12:30:00+02:00
3,3,-1.5,100%_x,,1960-05-05,1960-05-05T05:05:05,1960-05-05T05:05:05Z
4,,,,true,,,
5,9007199254740993,1e300,漢字,false,2024-12-31,2024-12-31T23:59:59.999999,2024-12-31T23:59:59Z
";

async fn ids(bench: &Bench, filter: Value) -> Result<Vec<i64>, EngineError> {
    let input = bench.csv(TABLE).await;
    let analysis = json!({"kind": "rows", "columns": ["id"], "filter": filter});
    let outcome = bench.run(&input, analysis).await?;
    let rows = bench.cells(&outcome).await;
    Ok(rows.iter().map(|row| row[0].as_i64().unwrap()).collect())
}

#[tokio::test]
async fn every_comparison_keeps_the_rows_it_says() {
    let bench = Bench::new();
    for (column, op, value, expected) in [
        ("n", "eq", json!(2), &[2][..]),
        ("n", "eq", json!(9_007_199_254_740_993_i64), &[5]),
        ("n", "ne", json!(2), &[1, 3, 5]),
        ("n", "lt", json!(2.5), &[1, 2]),
        ("n", "le", json!(2), &[1, 2]),
        ("n", "gt", json!(2), &[3, 5]),
        ("n", "ge", json!(3), &[3, 5]),
        ("n", "between", json!([2, 3]), &[2, 3]),
        ("n", "in", json!([1, 3, 99]), &[1, 3]),
        ("n", "is_null", Value::Null, &[4]),
        ("n", "not_null", Value::Null, &[1, 2, 3, 5]),
        ("x", "eq", json!("NaN"), &[2]),
        ("x", "gt", json!(0), &[1, 2, 5]),
        ("x", "lt", json!("Infinity"), &[1, 3, 5]),
        ("s", "eq", json!("漢字"), &[5]),
        ("s", "in", json!(["apple", "Äpfel"]), &[1, 2]),
        ("s", "contains", json!("pf"), &[2]),
        ("s", "contains", json!("%_"), &[3]),
        ("s", "starts_with", json!("Ä"), &[2]),
        ("s", "starts_with", json!("100%"), &[3]),
        ("s", "matches", json!("^[a-z]+$"), &[1]),
        ("s", "ge", json!("a"), &[1, 2, 5]),
        ("b", "eq", json!(true), &[1, 4]),
        ("b", "ne", json!(true), &[2, 5]),
        ("d", "lt", json!("1970-01-01"), &[3]),
        ("d", "between", json!(["2024-01-01", "2024-01-02"]), &[1, 2]),
        ("t", "eq", json!("2024-01-02 12:30:00"), &[2]),
        ("t", "ge", json!("2024-01-02"), &[2, 5]),
        ("z", "eq", json!("2024-01-02T10:30:00Z"), &[2]),
        ("z", "lt", json!("2024-01-01T00:00:00+01:00"), &[3]),
        ("d", "last", json!("30 days"), &[]),
        ("t", "last", json!("5000 years"), &[1, 2, 3, 5]),
    ] {
        let mut condition = json!({"column": column, "op": op});
        if !value.is_null() {
            condition["value"] = value;
        }
        let found = ids(&bench, json!([condition.clone()])).await.unwrap();
        assert_eq!(found, expected, "{condition}");
    }
}

#[tokio::test]
async fn clauses_must_all_hold_and_an_any_clause_needs_one() {
    let bench = Bench::new();
    let filter = json!([
        {"any": [{"column": "n", "op": "eq", "value": 1}, {"column": "s", "op": "is_null"}]},
        {"column": "b", "op": "eq", "value": true}
    ]);
    assert_eq!(ids(&bench, filter).await.unwrap(), [1, 4]);
}

#[tokio::test]
async fn a_bad_regular_expression_is_named_with_its_field() {
    let bench = Bench::new();
    let filter = json!([{"any": [{"column": "s", "op": "matches", "value": "("}]}]);
    let Err(EngineError::Invalid(errors)) = ids(&bench, filter).await else {
        panic!("it was not refused");
    };
    assert_eq!(errors[0].field, "filter[0].any[0].value");
    assert_eq!(errors[0].message, "“(” is not a regular expression.");
}
