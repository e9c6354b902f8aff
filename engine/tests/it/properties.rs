//! What holds for any data.

use std::{fmt::Write, sync::Arc};

use arrow::{
    array::{ArrayRef, Int64Array, RecordBatch},
    compute::cast,
    datatypes::{DataType, TimeUnit},
};
use assay_engine::{EngineError, ExportFormat, Input};
use assay_model::Analysis;
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

/// One row with a column of every type that conditions compare, named for it.
async fn every_type(bench: &Bench) -> Input {
    let one: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let types = [
        DataType::Int64,
        DataType::Float64,
        DataType::Utf8,
        DataType::Boolean,
        DataType::Decimal128(10, 2),
        DataType::Decimal128(38, 38),
        DataType::Date32,
        DataType::Time64(TimeUnit::Microsecond),
        DataType::Timestamp(TimeUnit::Microsecond, None),
        DataType::Timestamp(TimeUnit::Nanosecond, None),
        DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
    ];
    let columns = types.iter().map(|data_type| {
        let day = cast(&one, &DataType::Int32).unwrap();
        let from = match data_type {
            DataType::Date32 => &day,
            _ => &one,
        };
        (data_type.to_string(), cast(from, data_type).unwrap())
    });
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let bytes = writer.into_inner().unwrap();
    table(bench.import("types.parquet", bytes).await.unwrap())
}

/// Values of conditions: right ones of every type, and ones that are a little wrong.
fn values() -> impl Strategy<Value = Value> {
    let texts = [
        "[+-]?[0-9]{1,5}-[0-9]{1,2}-[0-9]{1,2}",
        "[0-9]{4}-[01][0-9]-[0-3][0-9]",
        "[0-9]{4}-[01][0-9]-[0-3][0-9][ T][0-2]?[0-9]:[0-5][0-9](:[0-6][0-9](\\.[0-9]{1,10})?)?(Z|[+-][01][0-9]:?[0-9]{2})?",
        "[+-]?[0-9]{5,6}-[0-9]{1,2}-[0-9]{1,2}T[0-9]{1,2}:[0-9]{2}:[0-9]{2}",
        "[0-2]?[0-9]:[0-5][0-9](:[0-6][0-9](\\.[0-9]{1,10})?)?",
        "[+-]?[0-9]{0,40}(\\.[0-9]{0,40})?([eE][+-]?[0-9]{1,3})?",
        "NaN|-?Infinity|inf|nan|true|[a-z ]{0,4}",
    ];
    let text = proptest::sample::select(texts.to_vec()).prop_flat_map(|regex| {
        proptest::string::string_regex(regex).expect("a regular expression")
    });
    prop_oneof![
        4 => text.prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
    ]
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
    fn every_value_that_the_model_lets_through_can_be_compared_with(
        values in proptest::collection::vec(values(), 1..10),
    ) {
        block_on(async {
            let bench = Bench::new();
            let input = every_type(&bench).await;
            for (value, column) in values.iter().flat_map(|value| {
                input.schema().columns.iter().map(move |column| (value, column))
            }) {
                for op in ["lt", "eq"] {
                    let filter = json!([{"column": column.name, "op": op, "value": value}]);
                    let json = json!({"kind": "rows", "filter": filter});
                    let passes = Analysis::parse(json.clone()).unwrap().validate(input.schema());
                    match (passes, bench.run(&input, json).await) {
                        (Ok(()), Ok(_)) => {}
                        (Err(errors), Err(EngineError::Invalid(said))) => prop_assert_eq!(errors, said),
                        (passes, run) => prop_assert!(false, "{filter}: {passes:?}, {run:?}"),
                    }
                }
            }
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
