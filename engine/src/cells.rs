//! Cells of a batch as JSON and as text.
//!
//! JSON has no NaN and no exact integer past 2^53: the first become `"NaN"`,
//! `"Infinity"` and `"-Infinity"`, the second strings. Dates and times are ISO 8601,
//! bytes are hexadecimal.

use std::{fmt::Write, sync::Arc};

use datafusion::arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int32Array, Int64Array, StringArray,
    },
    compute::cast,
    datatypes::{DataType, Float64Type, Int64Type},
    error::ArrowError,
    record_batch::RecordBatch,
    util::display::{ArrayFormatter, FormatOptions},
};
use serde_json::{Number, Value};

use crate::export::Formulas;

/// The largest integer that every reader of JSON keeps exactly.
const EXACT: u64 = 1 << 53;

/// A batch, ready to give its cells.
pub(crate) struct Cells {
    columns: Vec<CellColumn>,
    rows: usize,
}

enum CellColumn {
    Integer(Int64Array),
    Number(Float64Array),
    Boolean(BooleanArray),
    Text(StringArray),
    /// Values of other types as they are shown.
    Shown(StringArray),
}

impl Cells {
    /// The cells of `batch`.
    pub(crate) fn new(batch: &RecordBatch) -> Result<Self, ArrowError> {
        Ok(Self {
            columns: batch
                .columns()
                .iter()
                .map(CellColumn::new)
                .collect::<Result<_, _>>()?,
            rows: batch.num_rows(),
        })
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// A row as JSON.
    pub(crate) fn row(&self, row: usize) -> Vec<Value> {
        self.columns
            .iter()
            .map(|column| column.value(row))
            .collect()
    }

    /// A cell as JSON.
    pub(crate) fn value(&self, column: usize, row: usize) -> Value {
        self.columns
            .get(column)
            .map_or(Value::Null, |column| column.value(row))
    }

    /// A row as a line of CSV. Null is an empty field, an empty text is `""`. A line with
    /// nothing on it would be no line to most readers, so there null is `""` too.
    pub(crate) fn csv_line(&self, row: usize, formulas: Formulas, out: &mut String) {
        let start = out.len();
        for (i, column) in self.columns.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            column.csv_field(row, formulas, out);
        }
        if out.len() == start {
            out.push_str("\"\"");
        }
        out.push('\n');
    }
}

/// A text as a field of CSV.
pub(crate) fn csv_text(text: &str, formulas: Formulas, out: &mut String) {
    if formulas == Formulas::Defused && text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        return csv_text(&format!("'{text}"), Formulas::Raw, out);
    }
    let plain = !text.is_empty()
        && !text.starts_with(char::is_whitespace)
        && !text.ends_with(char::is_whitespace)
        && !text.contains([',', '"', '\n', '\r']);
    if plain {
        out.push_str(text);
    } else {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    }
}

impl CellColumn {
    fn new(array: &ArrayRef) -> Result<Self, ArrowError> {
        Ok(match array.data_type() {
            DataType::Int64
            | DataType::Int32
            | DataType::Int16
            | DataType::Int8
            | DataType::UInt32
            | DataType::UInt16
            | DataType::UInt8 => Self::Integer(
                cast(array, &DataType::Int64)?
                    .as_primitive::<Int64Type>()
                    .clone(),
            ),
            DataType::Float64 | DataType::Float32 | DataType::Float16 => Self::Number(
                cast(array, &DataType::Float64)?
                    .as_primitive::<Float64Type>()
                    .clone(),
            ),
            DataType::Boolean => Self::Boolean(array.as_boolean().clone()),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                Self::Text(cast(array, &DataType::Utf8)?.as_string::<i32>().clone())
            }
            _ => Self::Shown(shown(array)?),
        })
    }

    fn value(&self, row: usize) -> Value {
        match self {
            Self::Integer(array) if array.is_valid(row) => integer(array.value(row)),
            Self::Number(array) if array.is_valid(row) => number(array.value(row)),
            Self::Boolean(array) if array.is_valid(row) => Value::Bool(array.value(row)),
            Self::Text(array) | Self::Shown(array) if array.is_valid(row) => {
                Value::String(array.value(row).to_owned())
            }
            _ => Value::Null,
        }
    }

    fn csv_field(&self, row: usize, formulas: Formulas, out: &mut String) {
        // Writing into a string cannot fail.
        let _ = match self {
            Self::Integer(array) if array.is_valid(row) => write!(out, "{}", array.value(row)),
            Self::Number(array) if array.is_valid(row) => {
                let x = array.value(row);
                match special(x) {
                    Some(word) => out.write_str(word),
                    None => write!(out, "{x:?}"),
                }
            }
            Self::Boolean(array) if array.is_valid(row) => write!(out, "{}", array.value(row)),
            Self::Text(array) if array.is_valid(row) => {
                csv_text(array.value(row), formulas, out);
                Ok(())
            }
            Self::Shown(array) if array.is_valid(row) => {
                csv_text(array.value(row), Formulas::Raw, out);
                Ok(())
            }
            _ => Ok(()),
        };
    }
}

/// A number as a cell.
pub(crate) fn number(x: f64) -> Value {
    match special(x) {
        Some(word) => Value::String(word.to_owned()),
        None => Number::from_f64(x).map_or(Value::Null, Value::Number),
    }
}

fn integer(n: i64) -> Value {
    if n.unsigned_abs() > EXACT {
        Value::String(n.to_string())
    } else {
        Value::from(n)
    }
}

fn special(x: f64) -> Option<&'static str> {
    if x.is_nan() {
        Some("NaN")
    } else if x == f64::INFINITY {
        Some("Infinity")
    } else if x == f64::NEG_INFINITY {
        Some("-Infinity")
    } else {
        None
    }
}

/// Values of a column as text, one at a time.
pub(crate) struct Shown<'a> {
    array: &'a ArrayRef,
    formatter: ArrayFormatter<'a>,
}

impl<'a> Shown<'a> {
    /// The values of `array`.
    pub(crate) fn new(array: &'a ArrayRef) -> Result<Self, ArrowError> {
        Ok(Self {
            array,
            formatter: ArrayFormatter::try_new(array, &OPTIONS)?,
        })
    }

    /// A value that is not null.
    pub(crate) fn text(&self, row: usize) -> Result<String, ArrowError> {
        if let Some(numbers) = self.array.as_primitive_opt::<Float64Type>() {
            let x = numbers.value(row);
            return Ok(special(x).map_or_else(|| x.to_string(), str::to_owned));
        }
        self.formatter.value(row).try_to_string()
    }
}

/// A day or point in time, given as its distance from 1970 in the type's unit.
pub(crate) fn instant(distance: f64, data_type: &DataType) -> Result<Value, ArrowError> {
    let distance: ArrayRef = match data_type {
        DataType::Date32 => Arc::new(Int32Array::from(vec![distance as i32])),
        _ => Arc::new(Int64Array::from(vec![distance as i64])),
    };
    let array = cast(&distance, data_type)?;
    Ok(Value::String(Shown::new(&array)?.text(0)?))
}

const OPTIONS: FormatOptions<'static> = FormatOptions::new();

fn shown(array: &ArrayRef) -> Result<StringArray, ArrowError> {
    let formatter = ArrayFormatter::try_new(array, &OPTIONS)?;
    (0..array.len())
        .map(|row| {
            array
                .is_valid(row)
                .then(|| formatter.value(row).try_to_string())
                .transpose()
        })
        .collect()
}
