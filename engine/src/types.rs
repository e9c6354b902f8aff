//! The types that people meet, and the Arrow types that hold them.
//!
//! Parts that Assay writes hold one Arrow type for each [`ColumnType`], except that
//! decimals keep their precision and scale and times keep their unit and whether they
//! have a zone (always UTC). That keeps every other file free of 32-bit cases.

use std::sync::Arc;

use assay_model::{Column, ColumnType, Schema};
use datafusion::arrow::datatypes::{DataType, Field, Fields, Schema as ArrowSchema, TimeUnit};

/// The zone of points in time.
pub(crate) const UTC: &str = "UTC";

/// The Arrow type that a new column of this type gets.
pub(crate) fn storage_type(kind: ColumnType) -> DataType {
    match kind {
        // A value with parts is kept as JSON text.
        ColumnType::Text | ColumnType::List => DataType::Utf8,
        ColumnType::Integer => DataType::Int64,
        ColumnType::Number => DataType::Float64,
        ColumnType::Decimal => DataType::Decimal128(38, 10),
        ColumnType::Boolean => DataType::Boolean,
        ColumnType::Date => DataType::Date32,
        ColumnType::Time => DataType::Time64(TimeUnit::Microsecond),
        ColumnType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
        ColumnType::Binary => DataType::Binary,
    }
}

/// The type that people see for an Arrow type.
pub(crate) fn column_type(data_type: &DataType) -> ColumnType {
    match data_type {
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64 => ColumnType::Integer,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => ColumnType::Number,
        DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => ColumnType::Decimal,
        DataType::Boolean => ColumnType::Boolean,
        DataType::Date32 | DataType::Date64 => ColumnType::Date,
        DataType::Time32(_) | DataType::Time64(_) => ColumnType::Time,
        DataType::Timestamp(..) => ColumnType::Timestamp,
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => ColumnType::Binary,
        DataType::Dictionary(_, values) => column_type(values),
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::FixedSizeList(..)
        | DataType::Struct(_)
        | DataType::Map(..) => ColumnType::List,
        _ => ColumnType::Text,
    }
}

/// An Arrow schema for columns that have no file yet.
pub(crate) fn storage_schema(schema: &Schema) -> ArrowSchema {
    let fields: Vec<_> = schema
        .columns
        .iter()
        .map(|column| Field::new(&column.name, storage_type(column.kind), true))
        .collect();
    ArrowSchema::new(fields)
}

/// The columns of an Arrow schema, as people see them.
pub(crate) fn columns(fields: &Fields) -> Vec<Column> {
    fields
        .iter()
        .map(|field| Column::new(field.name(), column_type(field.data_type())))
        .collect()
}

/// The same schema with text and bytes as views, which the reader fills without
/// copying and which group faster.
pub(crate) fn with_views(schema: &ArrowSchema) -> ArrowSchema {
    map_types(schema, |data_type| match data_type {
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
        other => other.clone(),
    })
}

/// The inverse of [`with_views`]: what is written, since not every reader knows views.
pub(crate) fn without_views(schema: &ArrowSchema) -> ArrowSchema {
    map_types(schema, |data_type| match data_type {
        DataType::Utf8View => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        other => other.clone(),
    })
}

fn map_types(schema: &ArrowSchema, map: impl Fn(&DataType) -> DataType) -> ArrowSchema {
    let fields: Vec<_> = schema
        .fields()
        .iter()
        .map(|field| Arc::new(Field::new(field.name(), map(field.data_type()), true)))
        .collect();
    ArrowSchema::new(fields)
}
