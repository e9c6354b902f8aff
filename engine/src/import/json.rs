//! Objects: an array of them, or one after the other.
//!
//! A member is a column. Members of a member are columns of their own, with the names
//! joined by dots; lists are kept as JSON text. Objects need not have the same members:
//! what one lacks is null there. Read object by object, so memory holds one.

use std::{collections::HashMap, fmt, io::BufReader, mem};

use datafusion::arrow::record_batch::RecordBatch;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_json::{Map, Value, error::Category};

use super::{
    BATCH_ROWS, Cell, ColumnBuilder, Format, ImportError, Output, Plan, SpoolReader,
    infer::{self, Guess},
};

/// Finds the columns and their types.
pub(super) fn learn(reader: SpoolReader, format: Format) -> Result<Plan, ImportError> {
    let mut index: HashMap<String, usize> = HashMap::new();
    let mut columns: Vec<(String, Guess)> = Vec::new();
    let mut items: u64 = 0;
    objects(reader, format, &mut |object| {
        items += 1;
        flatten(&object, &mut String::new(), &mut |name, value| {
            let at = index.get(name).copied().unwrap_or_else(|| {
                index.insert(name.to_owned(), columns.len());
                columns.push((name.to_owned(), Guess::default()));
                columns.len() - 1
            });
            let guess = &mut columns[at].1;
            // Earlier objects lacked it.
            guess.see_nothing((items - 1).saturating_sub(guess.seen()));
            match value {
                Value::Array(_) => guess.see_json(&value.to_string(), items),
                scalar => with_cell(scalar, |cell| guess.see(&cell, items)),
            }
        });
        if columns.len() > assay_model::limits::COLUMNS {
            return Err(ImportError::TooManyColumns);
        }
        Ok(())
    })?;
    for (_, guess) in &mut columns {
        guess.see_nothing(items - guess.seen());
    }
    infer::plan(columns)
}

/// Fills the columns.
pub(super) fn fill(
    reader: SpoolReader,
    format: Format,
    plan: &Plan,
    output: &mut Output,
) -> Result<(), ImportError> {
    let fields = plan.arrow.fields();
    let index: HashMap<&str, usize> = fields
        .iter()
        .enumerate()
        .map(|(i, field)| (field.name().as_str(), i))
        .collect();
    let new = || -> Vec<ColumnBuilder> {
        let builders = fields
            .iter()
            .map(|field| ColumnBuilder::new(field.data_type()));
        builders.collect()
    };
    let mut builders = new();
    let mut rows = 0;
    let mut flush = |builders: &mut Vec<ColumnBuilder>| {
        let columns = mem::replace(builders, new());
        let columns = columns
            .into_iter()
            .map(|mut builder| builder.finish())
            .collect();
        let batch =
            RecordBatch::try_new(plan.arrow.clone(), columns).map_err(ImportError::internal)?;
        output.write(&batch)
    };
    objects(reader, format, &mut |object| {
        flatten(&object, &mut String::new(), &mut |name, value| {
            let builder = index.get(name).and_then(|i| builders.get_mut(*i));
            // A name twice in one object: the first holds.
            if let Some(builder) = builder.filter(|builder| builder.len() == rows) {
                match value {
                    Value::Array(_) => {
                        builder.append(&Cell::Text(&value.to_string()));
                    }
                    scalar => with_cell(scalar, |cell| {
                        builder.append(&cell);
                    }),
                }
            }
        });
        rows += 1;
        for builder in builders.iter_mut().filter(|builder| builder.len() < rows) {
            builder.append(&Cell::Null);
        }
        if rows == BATCH_ROWS {
            rows = 0;
            flush(&mut builders)?;
        }
        Ok(())
    })?;
    if rows > 0 {
        flush(&mut builders)?;
    }
    Ok(())
}

type Each<'a> = &'a mut dyn FnMut(Map<String, Value>) -> Result<(), ImportError>;

/// Calls `each` with every object of the file.
fn objects(reader: SpoolReader, format: Format, each: Each<'_>) -> Result<(), ImportError> {
    let reader = BufReader::with_capacity(64 << 10, reader);
    let mut items = Items {
        each,
        item: 0,
        error: None,
    };
    let result = if format == Format::Json {
        let mut json = serde_json::Deserializer::from_reader(reader);
        json.deserialize_seq(&mut items).and_then(|()| json.end())
    } else {
        let mut values = serde_json::Deserializer::from_reader(reader).into_iter::<Value>();
        values.try_for_each(|value| {
            let value = value?;
            items
                .take(value)
                .map_err(|()| serde::de::Error::custom("stopped"))
        })
    };
    match (items.error, result) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => Ok(()),
        (None, Err(error)) => Err(failure(error)),
    }
}

/// Takes the elements of an array one at a time.
struct Items<'a> {
    each: Each<'a>,
    item: u64,
    /// Why it stopped, which a parser's error cannot carry.
    error: Option<ImportError>,
}

impl Items<'_> {
    fn take(&mut self, value: Value) -> Result<(), ()> {
        self.item += 1;
        let result = match value {
            Value::Object(object) => (self.each)(object),
            other => Err(ImportError::NotAnObject {
                item: self.item,
                found: match other {
                    Value::Array(_) => "a list",
                    Value::Null => "null",
                    Value::Bool(_) => "true or false",
                    Value::Number(_) => "a number",
                    _ => "a text",
                },
            }),
        };
        result.map_err(|error| self.error = Some(error))
    }
}

impl<'de> Visitor<'de> for &mut Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        while sequence.next_element_seed(Element(&mut *self))?.is_some() {}
        Ok(())
    }
}

struct Element<'a, 'b>(&'a mut Items<'b>);

impl<'de> DeserializeSeed<'de> for Element<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let value = serde::Deserialize::deserialize(deserializer)?;
        self.0
            .take(value)
            .map_err(|()| serde::de::Error::custom("stopped"))
    }
}

fn failure(error: serde_json::Error) -> ImportError {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Io => SpoolReader::failure(error.into(), line as u64),
        Category::Eof => ImportError::CutOff {
            what: format!("the JSON ends in the middle, on line {line}"),
        },
        Category::Syntax | Category::Data => {
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or(&message);
            ImportError::NotJson {
                line,
                column,
                message: message.to_owned(),
            }
        }
    }
}

/// Calls `each` with every member that is no object, under its full name.
fn flatten(object: &Map<String, Value>, path: &mut String, each: &mut impl FnMut(&str, &Value)) {
    for (name, value) in object {
        let length = path.len();
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
        match value {
            Value::Object(inner) => flatten(inner, path, each),
            other => each(path, other),
        }
        path.truncate(length);
    }
}

fn with_cell(value: &Value, take: impl FnOnce(Cell<'_>)) {
    match value {
        Value::Bool(b) => take(Cell::Boolean(*b)),
        Value::String(text) => take(match crate::parse::special(text) {
            Some(_) => Cell::Written(text),
            None => Cell::Text(text),
        }),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(n), ..) => take(Cell::Integer(n)),
            // Past 63 bits: kept digit by digit.
            (None, Some(n), _) => take(Cell::Written(&n.to_string())),
            (None, None, Some(x)) => take(Cell::Number(x)),
            _ => take(Cell::Null),
        },
        _ => take(Cell::Null),
    }
}
