//! Cells into columns.

use std::sync::Arc;

use datafusion::arrow::{
    array::{
        ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int64Builder,
        StringBuilder, Time64MicrosecondBuilder, TimestampMicrosecondBuilder,
    },
    datatypes::{DataType, TimeUnit},
};

use crate::parse;

/// A value on its way into a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    /// Nothing.
    Null,
    /// Text that stands for a value of any type.
    Written(&'a str),
    /// Text that is text; it may still name a day or a point in time.
    Text(&'a str),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// True or false.
    Boolean(bool),
}

/// A column while it is filled.
pub(crate) enum ColumnBuilder {
    Text(StringBuilder),
    Integer(Int64Builder),
    Number(Float64Builder),
    Boolean(BooleanBuilder),
    Date(Date32Builder),
    Time(Time64MicrosecondBuilder),
    Timestamp(TimestampMicrosecondBuilder),
    Decimal(Decimal128Builder),
}

/// A value of the wrong type.
struct Misfit;

impl ColumnBuilder {
    /// A builder for one of the types that text is read as; text for all others.
    pub(crate) fn new(data_type: &DataType) -> Self {
        match data_type {
            DataType::Int64 => Self::Integer(Int64Builder::new()),
            DataType::Float64 => Self::Number(Float64Builder::new()),
            DataType::Boolean => Self::Boolean(BooleanBuilder::new()),
            DataType::Date32 => Self::Date(Date32Builder::new()),
            DataType::Time64(TimeUnit::Microsecond) => Self::Time(Time64MicrosecondBuilder::new()),
            DataType::Decimal128(..) => {
                Self::Decimal(Decimal128Builder::new().with_data_type(data_type.clone()))
            }
            DataType::Timestamp(TimeUnit::Microsecond, zone) => {
                Self::Timestamp(TimestampMicrosecondBuilder::new().with_timezone_opt(zone.clone()))
            }
            _ => Self::Text(StringBuilder::new()),
        }
    }

    /// Adds a value; false when it does not fit the type, and a null stands for it.
    pub(crate) fn append(&mut self, cell: &Cell<'_>) -> bool {
        let written = match *cell {
            Cell::Written(text) | Cell::Text(text) => Some(text.trim()),
            _ => None,
        };
        let is_blank = written.is_some_and(str::is_empty);
        let value = match self {
            Self::Text(builder) => {
                text(builder, cell);
                return true;
            }
            Self::Integer(builder) => put(integer(cell, written), |n| builder.append_option(n)),
            Self::Number(builder) => put(number(cell, written), |x| builder.append_option(x)),
            Self::Boolean(builder) => put(boolean(cell, written), |b| builder.append_option(b)),
            Self::Date(builder) => {
                let date = only_text(cell, written.and_then(parse::date));
                put(date, |days| builder.append_option(days))
            }
            Self::Time(builder) => {
                let time = only_text(cell, written.and_then(parse::time_of_day));
                put(time, |micros| builder.append_option(micros))
            }
            Self::Decimal(builder) => {
                put(decimal(cell, written), |value| builder.append_option(value))
            }
            Self::Timestamp(builder) => {
                let moment = written.and_then(|text| {
                    let day = || Some(i64::from(parse::date(text)?) * 86_400_000_000);
                    parse::moment(text).map(|moment| moment.micros).or_else(day)
                });
                put(only_text(cell, moment), |micros| {
                    builder.append_option(micros);
                })
            }
        };
        value.is_ok() || is_blank
    }

    /// Values so far.
    pub(crate) fn len(&self) -> usize {
        use datafusion::arrow::array::ArrayBuilder;
        match self {
            Self::Text(builder) => builder.len(),
            Self::Integer(builder) => builder.len(),
            Self::Number(builder) => builder.len(),
            Self::Boolean(builder) => builder.len(),
            Self::Date(builder) => builder.len(),
            Self::Time(builder) => builder.len(),
            Self::Timestamp(builder) => builder.len(),
            Self::Decimal(builder) => builder.len(),
        }
    }

    /// The column; the builder is empty again.
    pub(crate) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Number(builder) => Arc::new(builder.finish()),
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Time(builder) => Arc::new(builder.finish()),
            Self::Timestamp(builder) => Arc::new(builder.finish()),
            Self::Decimal(builder) => Arc::new(builder.finish()),
        }
    }
}

/// Adds a value, or a null where there is none or it does not fit.
fn put<T>(value: Result<Option<T>, Misfit>, append: impl FnOnce(Option<T>)) -> Result<(), Misfit> {
    match value {
        Ok(value) => {
            append(value);
            Ok(())
        }
        Err(misfit) => {
            append(None);
            Err(misfit)
        }
    }
}

fn text(builder: &mut StringBuilder, cell: &Cell<'_>) {
    match cell {
        Cell::Null => builder.append_null(),
        Cell::Written(text) | Cell::Text(text) => builder.append_value(text),
        Cell::Integer(n) => builder.append_value(n.to_string()),
        Cell::Number(x) => builder.append_value(format!("{x:?}")),
        Cell::Boolean(b) => builder.append_value(if *b { "true" } else { "false" }),
    }
}

fn integer(cell: &Cell<'_>, written: Option<&str>) -> Result<Option<i64>, Misfit> {
    match cell {
        Cell::Null => Ok(None),
        Cell::Integer(n) => Ok(Some(*n)),
        _ => written.and_then(parse::integer).map(Some).ok_or(Misfit),
    }
}

fn number(cell: &Cell<'_>, written: Option<&str>) -> Result<Option<f64>, Misfit> {
    match cell {
        Cell::Null => Ok(None),
        Cell::Integer(n) => Ok(Some(*n as f64)),
        Cell::Number(x) => Ok(Some(parse::canonical(*x))),
        _ => written
            .and_then(|text| parse::number(text).or_else(|| parse::special(text)))
            .map(Some)
            .ok_or(Misfit),
    }
}

fn boolean(cell: &Cell<'_>, written: Option<&str>) -> Result<Option<bool>, Misfit> {
    match cell {
        Cell::Null => Ok(None),
        Cell::Boolean(b) => Ok(Some(*b)),
        _ => written.and_then(parse::boolean).map(Some).ok_or(Misfit),
    }
}

fn decimal(cell: &Cell<'_>, written: Option<&str>) -> Result<Option<i128>, Misfit> {
    let shown = match cell {
        Cell::Null => return Ok(None),
        Cell::Integer(n) => n.to_string(),
        Cell::Number(x) => x.to_string(),
        _ => written.unwrap_or_default().to_owned(),
    };
    parse::decimal(&shown).map(Some).ok_or(Misfit)
}

fn only_text<T>(cell: &Cell<'_>, read: Option<T>) -> Result<Option<T>, Misfit> {
    match cell {
        Cell::Null => Ok(None),
        _ => read.map(Some).ok_or(Misfit),
    }
}
