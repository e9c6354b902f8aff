//! The columns of a table whose parts differ.
//!
//! A version keeps the parts of those before it. Each part has all columns that the table
//! had when it was written, so the last one has them all, of the types that hold now. What
//! an earlier part lacks is null, and what it holds in a narrower type is cast as it is
//! read: whole numbers as numbers, days as points in time.

use std::sync::Arc;

use datafusion::arrow::{
    array::new_null_array,
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, Schema as ArrowSchema, SchemaRef},
    error::ArrowError,
    record_batch::{RecordBatch, RecordBatchOptions},
    util::display::FormatOptions,
};

/// The same rows with the columns of `schema`. A value that its column's type cannot hold
/// is an error.
pub(crate) fn fit(batch: RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    if same_columns(batch.schema_ref(), schema) {
        return Ok(batch);
    }
    let strict = CastOptions {
        safe: false,
        format_options: FormatOptions::default(),
    };
    let columns = schema
        .fields()
        .iter()
        .map(|field| match batch.column_by_name(field.name()) {
            None => Ok(new_null_array(field.data_type(), batch.num_rows())),
            Some(column) if column.data_type() == field.data_type() => Ok(Arc::clone(column)),
            Some(column) => cast_with_options(column, field.data_type(), &strict),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
}

/// Whether two schemas have the same columns of the same types in the same order.
pub(crate) fn same_columns(one: &ArrowSchema, other: &ArrowSchema) -> bool {
    one.fields().len() == other.fields().len()
        && one
            .fields()
            .iter()
            .zip(other.fields())
            .all(|(a, b)| a.name() == b.name() && a.data_type() == b.data_type())
}

/// The type that a column of a table gets to which values of another type are added: its
/// own where that holds them too, else a wider one that can be read out of both without
/// loss; `None` where there is none.
pub(crate) fn joined(column: &DataType, added: &DataType) -> Option<DataType> {
    use DataType::{Date32, Decimal128, Float64, Int64, Time64, Timestamp, Utf8};
    match (column, added) {
        (one, other) if one == other => Some(one.clone()),
        (Int64, Float64) | (Float64, Int64) => Some(Float64),
        (Date32, Timestamp(unit, None)) | (Timestamp(unit, None), Date32) => {
            Some(Timestamp(*unit, None))
        }
        // The unit of the column stays: a value that it cannot hold is refused.
        (Timestamp(unit, zone), Timestamp(_, other)) if zone == other => {
            Some(Timestamp(*unit, zone.clone()))
        }
        (Time64(unit), Time64(_)) => Some(Time64(*unit)),
        (Decimal128(precision, scale), Int64) => decimal((*precision, *scale), (19, 0)),
        (Decimal128(precision, scale), Decimal128(other, its_scale)) => {
            decimal((*precision, *scale), (*other, *its_scale))
        }
        // What is written as text can always be kept as it is written.
        (Utf8, Int64 | Date32 | DataType::Boolean | Decimal128(..)) => Some(Utf8),
        _ => None,
    }
}

/// A decimal that holds the digits of two others on either side of the mark.
fn decimal(one: (u8, i8), other: (u8, i8)) -> Option<DataType> {
    let before = |(precision, scale): (u8, i8)| i16::from(precision) - i16::from(scale);
    let scale = one.1.max(other.1);
    let precision = before(one).max(before(other)) + i16::from(scale);
    let precision = u8::try_from(precision)
        .ok()
        .filter(|precision| *precision <= 38)?;
    Some(DataType::Decimal128(precision, scale))
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::{
        array::{AsArray, Float64Array, Int64Array},
        datatypes::{Field, Float64Type, TimeUnit},
    };

    use super::*;

    #[test]
    fn a_batch_gets_the_columns_that_it_lacks_and_the_wider_types() {
        let narrow = ArrowSchema::new(vec![Field::new("n", DataType::Int64, true)]);
        let batch = RecordBatch::try_new(
            Arc::new(narrow),
            vec![Arc::new(Int64Array::from(vec![1, 2]))],
        )
        .unwrap();
        let wide: SchemaRef = Arc::new(ArrowSchema::new(vec![
            Field::new("later", DataType::Utf8, true),
            Field::new("n", DataType::Float64, true),
        ]));
        let fitted = fit(batch, &wide).unwrap();
        assert_eq!(fitted.column(0).null_count(), 2);
        assert_eq!(
            fitted.column(1).as_primitive::<Float64Type>(),
            &Float64Array::from(vec![1.0, 2.0])
        );
    }

    #[test]
    fn types_meet_where_nothing_is_lost() {
        let local = DataType::Timestamp(TimeUnit::Microsecond, None);
        for (column, added, both) in [
            (DataType::Int64, DataType::Float64, Some(DataType::Float64)),
            (DataType::Float64, DataType::Int64, Some(DataType::Float64)),
            (DataType::Date32, local.clone(), Some(local)),
            (DataType::Utf8, DataType::Int64, Some(DataType::Utf8)),
            (DataType::Int64, DataType::Utf8, None),
            (
                DataType::Decimal128(10, 2),
                DataType::Decimal128(38, 10),
                Some(DataType::Decimal128(38, 10)),
            ),
            (
                DataType::Decimal128(38, 0),
                DataType::Decimal128(10, 2),
                None,
            ),
            (DataType::Boolean, DataType::Int64, None),
        ] {
            assert_eq!(joined(&column, &added), both, "{column} and {added}");
        }
    }
}
