//! What holds for any data.

use std::fmt::Write;

use assay_engine::{ExportFormat, Input};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Bench, block_on, table};

type Row = (Option<u8>, Option<i32>, Option<i16>);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let group = proptest::option::weighted(0.9, 0..4_u8);
    let whole = proptest::option::weighted(0.8, any::<i32>());
    let quarter = proptest::option::weighted(0.8, any::<i16>());
    proptest::collection::vec((group, whole, quarter), 1..60)
}

/// Quarters add up without rounding, so that sums can be compared exactly.
fn csv(rows: &[Row]) -> String {
    let mut text = String::from("g,n,x\n");
    for (g, n, x) in rows {
        let g = g.map(|g| format!("g{g}")).unwrap_or_default();
        let n = n.map(|n| n.to_string()).unwrap_or_default();
        let x = x
            .map(|x| format!("{:?}", f64::from(x) / 4.0))
            .unwrap_or_default();
        writeln!(text, "{g},{n},{x}").unwrap();
    }
    text
}

/// A table whose types do not hang on the rows at hand: the first row says them.
async fn typed(bench: &Bench, rows: &[Row]) -> Input {
    let all = [&[(Some(0), Some(0), Some(1))], rows].concat();
    bench.csv(csv(&all)).await
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn measures_of_parts_are_measures_of_the_whole(rows in rows(), cut in 0..60_usize) {
        block_on(async {
            let bench = Bench::new();
            let (a, b) = rows.split_at(cut.min(rows.len()));
            let lead = (Some(0), Some(0), Some(1));
            let whole = bench.csv(csv(&[&[lead], a, &[lead], b].concat())).await;
            let mut parts = Vec::new();
            for half in [a, b] {
                let Input::Table { parts: more, .. } = typed(&bench, half).await else { unreachable!() };
                parts.extend(more);
            }
            let split = Input::Table { schema: whole.schema().clone(), parts };
            let analysis = json!({"kind": "aggregate", "group_by": ["g"], "measures": [
                {"fn": "count"}, {"fn": "count", "column": "x"}, {"fn": "sum", "column": "n"},
                {"fn": "sum", "column": "x"}, {"fn": "min", "column": "x"}, {"fn": "max", "column": "n"},
                {"fn": "median", "column": "x"}, {"fn": "quantile", "column": "n", "q": 0.9},
                {"fn": "distinct", "column": "x"}, {"fn": "first", "column": "n"}, {"fn": "last", "column": "x"}
            ]});
            let one = bench.rows(&whole, analysis.clone()).await;
            let other = bench.rows(&split, analysis).await;
            prop_assert_eq!(one, other);
            Ok(())
        })?;
    }

    #[test]
    fn rows_that_pass_are_as_many_as_are_counted(rows in rows(), bound in any::<i32>()) {
        block_on(async {
            let bench = Bench::new();
            let input = typed(&bench, &rows).await;
            let filter = json!([{"any": [{"column": "n", "op": "lt", "value": bound}, {"column": "x", "op": "is_null"}]}]);
            let kept = bench.rows(&input, json!({"kind": "rows", "filter": filter.clone(), "limit": 1_000})).await;
            let groups = bench.rows(&input, json!({"kind": "aggregate", "group_by": ["g"], "measures": [{"fn": "count"}], "filter": filter})).await;
            let counted: u64 = groups.iter().map(|row| row[1].as_u64().unwrap()).sum();
            let expected = rows.iter().filter(|(_, n, x)| x.is_none() || n.is_some_and(|n| n < bound)).count()
                + usize::from(0 < bound);
            prop_assert_eq!((kept.len(), counted), (expected, expected as u64));
            Ok(())
        })?;
    }

    #[test]
    fn csv_written_and_read_keeps_every_value(
        texts in proptest::collection::vec(proptest::option::of("[ -~äß漢\n\"]{1,12}"), 1..20),
        numbers in proptest::collection::vec(any::<f64>(), 1..20),
    ) {
        block_on(async {
            let bench = Bench::new();
            let rows: Vec<Value> = texts.iter().zip(numbers.iter().cycle())
                .map(|(text, x)| {
                    let x = if x.is_finite() { json!(x) } else { json!(0.25) };
                    // The first letter keeps the text from being taken for another type.
                    json!({"t": text.as_ref().map(|text| format!("t{text}")), "x": x})
                })
                .collect();
            let imported = bench.import("t.json", json!(rows).to_string()).await.unwrap();
            let before = table(imported);
            let text = bench.export(&before, ExportFormat::Csv).await;
            let after = table(bench.import("t.csv", text).await.unwrap());
            let all = json!({"kind": "rows", "limit": 1_000});
            prop_assert_eq!(bench.rows(&before, all.clone()).await, bench.rows(&after, all).await);
            Ok(())
        })?;
    }
}
