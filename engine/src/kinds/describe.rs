//! `describe`: each column at a glance.
//!
//! Cost: one pass over all columns for counts and ends, then one for each column that
//! counts its different values; those are sorted where a column has an order, so that
//! quartiles and histogram come exactly from a single walk along them. Memory holds a
//! column's different values and spills when it must; a collection is scanned once and
//! held in memory, which does not spill. Nulls are `missing` and in no
//! other figure; NaN is a value, the greatest, and in no histogram.

use std::sync::Arc;

use assay_model::{
    ColumnProfile, ColumnType, ResultColumn,
    analysis::{Describe, Filter},
    words,
};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, StringArray},
        compute::cast,
        datatypes::{DataType, Float64Type, Int64Type},
        record_batch::RecordBatch,
    },
    functions_aggregate::expr_fn::{count, max, min},
    logical_expr::{Expr, ExprFunctionExt, ident, lit},
    prelude::DataFrame,
};
use futures::TryStreamExt;

use super::{ResultWriter, Run, key, passes::Passes};
use crate::{EngineError, Outcome, PartSink, types};

mod profile;

use profile::{Profile, Walk};

/// The name of the count of a value beside the column itself, which may have any name.
const TIMES: &str = "\0times";

pub(super) async fn run(
    describe: &Describe,
    run: &Run<'_>,
    sink: &dyn PartSink,
) -> Result<Outcome, EngineError> {
    let columns: Vec<String> = if describe.columns.is_empty() {
        let all = run.input.schema().columns.iter();
        all.map(|column| column.name.clone()).collect()
    } else {
        describe.columns.clone()
    };
    let (count, profiles) = profiles(run, &describe.filter, &columns).await?;
    let batch = table(&columns, &profiles)?;
    let mut writer = ResultWriter::new(&batch.schema(), sink);
    writer.write(&batch).await?;
    let result_columns = Describe::result_columns();
    let result_columns = result_columns.iter().map(ResultColumn::from).collect();
    Ok(Outcome {
        finding: Some(finding(count, &columns, &profiles)),
        ..run.outcome(result_columns, writer.finish().await?)
    })
}

/// Every column at a glance, for those who look at the data set itself.
pub(super) async fn glance(run: &Run<'_>) -> Result<(u64, Vec<ColumnProfile>), EngineError> {
    let columns = &run.input.schema().columns;
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let (count, profiles) = profiles(run, &Filter::default(), &names).await?;
    let profiles = columns.iter().zip(profiles);
    Ok((
        count,
        profiles
            .map(|(column, profile)| ColumnProfile {
                kind: column.kind,
                ..profile.glance(&column.name)
            })
            .collect(),
    ))
}

/// How many rows pass, and what there is to say of each column of theirs.
async fn profiles(
    run: &Run<'_>,
    filter: &Filter,
    columns: &[String],
) -> Result<(u64, Vec<Profile>), EngineError> {
    let passes = Passes::over(run, filter, columns, columns.len() as u64 + 1).await?;
    let ends = ends(passes.frame().await?, columns).await?;
    let mut profiles = Vec::with_capacity(columns.len());
    for (i, name) in columns.iter().enumerate() {
        profiles.push(profile(passes.frame().await?, name, &ends, i).await?);
    }
    Ok((ends.rows, profiles))
}

/// What the first pass finds.
struct Ends {
    rows: u64,
    /// For each column: its values that are not null, the least and the greatest that
    /// are finite.
    columns: Vec<(u64, f64, f64)>,
}

async fn ends(frame: DataFrame, columns: &[String]) -> Result<Ends, EngineError> {
    let mut figures = vec![count(lit(1_i64)).alias("rows")];
    for (i, name) in columns.iter().enumerate() {
        let column = ident(name);
        figures.push(count(column.clone()).alias(format!("count {i}")));
        let data_type = data_type(&frame, name)?;
        let (least, greatest) = match Scale::of(&data_type) {
            // No other type has values that are not finite, or compares with them.
            Scale::Number if data_type.is_floating() => (
                finite(min(column.clone()), &column)?,
                finite(max(column.clone()), &column)?,
            ),
            Scale::Number | Scale::Time => (min(column.clone()), max(column)),
            Scale::Words => continue,
        };
        figures.push(least.alias(format!("least {i}")));
        figures.push(greatest.alias(format!("greatest {i}")));
    }
    let batches = frame.aggregate(Vec::new(), figures)?.collect().await?;
    let figure = |name: &str| -> Result<Option<f64>, EngineError> {
        let Some(array) = batches.first().and_then(|batch| batch.column_by_name(name)) else {
            return Ok(None);
        };
        let number = numbers(array)?;
        Ok(number.is_valid(0).then(|| number.value(0)))
    };
    let mut ends = Ends {
        rows: figure("rows")?.unwrap_or(0.0) as u64,
        columns: Vec::with_capacity(columns.len()),
    };
    for i in 0..columns.len() {
        ends.columns.push((
            figure(&format!("count {i}"))?.unwrap_or(0.0) as u64,
            figure(&format!("least {i}"))?.unwrap_or(f64::NAN),
            figure(&format!("greatest {i}"))?.unwrap_or(f64::NAN),
        ));
    }
    Ok(ends)
}

/// The aggregate over the finite values only.
fn finite(aggregate: Expr, column: &Expr) -> Result<Expr, EngineError> {
    let inside = column
        .clone()
        .gt(lit(f64::NEG_INFINITY))
        .and(column.clone().lt(lit(f64::INFINITY)));
    Ok(aggregate.filter(inside).build()?)
}

/// Walks along the different values of one column.
async fn profile(
    frame: DataFrame,
    name: &str,
    ends: &Ends,
    i: usize,
) -> Result<Profile, EngineError> {
    let data_type = data_type(&frame, name)?;
    let scale = Scale::of(&data_type);
    let (count, least, greatest) = ends.columns[i];
    let mut frame = frame.aggregate(
        vec![ident(name)],
        vec![datafusion::functions_aggregate::expr_fn::count(lit(1_i64)).alias(TIMES)],
    )?;
    if scale != Scale::Words {
        frame = frame.sort(vec![key(name, false)])?;
    }
    let mut walk = Walk::new(scale, count, least, greatest);
    let mut stream = frame.execute_stream().await?;
    while let Some(batch) = stream.try_next().await? {
        walk.along(batch.column(0), batch.column(1).as_primitive::<Int64Type>())?;
    }
    let mut profile = walk.finish(&data_type)?;
    profile.missing = ends.rows - count;
    Ok(profile)
}

/// How a column's values lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    /// They can be calculated with.
    Number,
    /// They have distances: days and points in time.
    Time,
    /// They can only be told apart.
    Words,
}

impl Scale {
    fn of(data_type: &DataType) -> Self {
        match types::column_type(data_type) {
            ColumnType::Integer | ColumnType::Number | ColumnType::Decimal => Self::Number,
            ColumnType::Date | ColumnType::Timestamp => Self::Time,
            _ => Self::Words,
        }
    }
}

fn data_type(frame: &DataFrame, name: &str) -> Result<DataType, EngineError> {
    let field = frame.schema().field_with_unqualified_name(name)?;
    Ok(field.data_type().clone())
}

/// Values as floating point; days and points in time by their distance from 1970.
fn numbers(array: &ArrayRef) -> Result<Float64Array, EngineError> {
    let array = match array.data_type() {
        DataType::Date32 => cast(array, &DataType::Int32)?,
        DataType::Date64 | DataType::Timestamp(..) => cast(array, &DataType::Int64)?,
        _ => Arc::clone(array),
    };
    let array = cast(&array, &DataType::Float64)?;
    Ok(array.as_primitive::<Float64Type>().clone())
}

/// The result: a row for each column, under the columns of
/// [`Describe::result_columns`].
fn table(names: &[String], profiles: &[Profile]) -> Result<RecordBatch, EngineError> {
    let text = |of: &dyn Fn(&Profile) -> Option<String>| -> ArrayRef {
        Arc::new(profiles.iter().map(of).collect::<StringArray>())
    };
    let whole = |of: &dyn Fn(&Profile) -> u64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(
            profiles.iter().map(|profile| of(profile).cast_signed()),
        ))
    };
    let number = |of: &dyn Fn(&Profile) -> Option<f64>| -> ArrayRef {
        Arc::new(profiles.iter().map(of).collect::<Float64Array>())
    };
    let columns = vec![
        Arc::new(StringArray::from_iter_values(names)) as ArrayRef,
        text(&|profile| Some(profile.kind.word().to_owned())),
        whole(&|profile| profile.count),
        whole(&|profile| profile.missing),
        whole(&|profile| profile.distinct),
        text(&|profile| profile.min.clone()),
        text(&|profile| profile.max.clone()),
        number(&|profile| profile.mean),
        number(&|profile| profile.stddev),
        number(&|profile| profile.quartiles[0]),
        number(&|profile| profile.quartiles[1]),
        number(&|profile| profile.quartiles[2]),
        text(&|profile| profile.top.as_ref().map(|(value, _)| value.clone())),
        Arc::new(
            profiles
                .iter()
                .map(|profile| profile.top.as_ref().map(|(_, times)| times.cast_signed()))
                .collect::<Int64Array>(),
        ),
        text(&|profile| {
            let histogram = profile.histogram.as_ref()?;
            serde_json::to_string(histogram).ok()
        }),
    ];
    let schema = types::storage_schema(&assay_model::Schema::new(Describe::result_columns()));
    Ok(RecordBatch::try_new(Arc::new(schema), columns)?)
}

/// `336,776 rows, 19 columns; **dep_delay** misses most: 8,255 values (2.5 %).`
fn finding(rows: u64, names: &[String], profiles: &[Profile]) -> String {
    let size = format!(
        "{}, {}",
        words::counted(rows, "row", "rows"),
        words::counted(names.len() as u64, "column", "columns")
    );
    // The first of those that miss most.
    let most = names
        .iter()
        .zip(profiles)
        .rev()
        .max_by_key(|(_, profile)| profile.missing);
    match most {
        Some((name, profile)) if profile.missing > 0 => format!(
            "{size}; **{name}** misses most: {} ({} %).",
            words::counted(profile.missing, "value", "values"),
            words::number((profile.missing as f64 / rows as f64 * 1_000.0).round() / 10.0)
        ),
        _ if rows == 0 => "**No rows** pass the conditions.".to_owned(),
        _ => format!("**{size}**; no value is missing."),
    }
}
