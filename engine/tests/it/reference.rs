//! Figures of the flights sample against pandas, to 1e-9 relative.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Bench, table};

#[tokio::test]
async fn figures_agree_with_pandas() {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let sample = std::fs::read(here.join("../server/sample/flights.parquet")).unwrap();
    let reference = std::fs::read(here.join("tests/reference/flights.json")).unwrap();
    let reference: Value = serde_json::from_slice(&reference).unwrap();
    let bench = Bench::new();
    let input = table(bench.import("flights.parquet", sample).await.unwrap());
    for (name, case) in reference.as_object().unwrap() {
        let outcome = bench.run(&input, case["analysis"].clone()).await.unwrap();
        let rows = bench.cells(&outcome).await;
        let expected = case["rows"].as_array().unwrap();
        assert_eq!(rows.len(), expected.len(), "{name}");
        let at = |column: &str| {
            outcome
                .columns
                .iter()
                .position(|c| c.name == column)
                .unwrap()
        };
        let chosen: Vec<usize> = match case.get("columns") {
            Some(names) => names
                .as_array()
                .unwrap()
                .iter()
                .map(|c| at(c.as_str().unwrap()))
                .collect(),
            None => (0..outcome.columns.len()).collect(),
        };
        for (n, (row, expected)) in rows.iter().zip(expected).enumerate() {
            for (i, expected) in chosen.iter().zip(expected.as_array().unwrap()) {
                let column = &outcome.columns[*i].name;
                assert!(
                    agree(&row[*i], expected),
                    "{name}, row {n}, {column}: {} is not {expected}",
                    row[*i]
                );
            }
        }
    }
}

fn agree(found: &Value, expected: &Value) -> bool {
    match (found.as_f64(), expected.as_f64()) {
        (Some(found), Some(expected)) => {
            (found - expected).abs() <= 1e-9 * expected.abs().max(f64::MIN_POSITIVE)
        }
        _ => found == expected,
    }
}
