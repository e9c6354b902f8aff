//! Objects: an array of them, or one after the other.
//!
//! A member is a column. Members of a member are columns of their own, with the names
//! joined by dots; lists are kept as JSON text. Objects need not have the same members:
//! what one lacks is null there. Read object by object, so memory holds one; the file is
//! read twice, for the types and for good.

use std::{
    cell::Cell as Shared,
    collections::HashMap,
    fmt,
    io::{self, BufReader, Read},
    rc::Rc,
};

use assay_model::{FileFormat, ImportOptions, ImportReport, Preview, import::Encoding, words};
use datafusion::arrow::record_batch::RecordBatch;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_json::{Map, Value, error::Category};

use super::{
    BATCH_ROWS, Cell, ColumnBuilder, Import, ImportError, Imported, Place, imported,
    infer::{Guess, Plan, PlanColumn, said},
    spool::with_reader,
    text,
};
use crate::progress::Stage;

/// How a file is read.
#[derive(Debug, Clone)]
struct Setup {
    options: ImportOptions,
    format: FileFormat,
    encoding: Encoding,
    mark: u64,
}

/// The longest that one object may be: as a tree it takes many times as much.
const MOST_OBJECT: u64 = 16_000_000;

/// Imports a file of objects.
pub(super) async fn import(
    import: &Import<'_>,
    format: FileFormat,
    options: &ImportOptions,
    start: &[u8],
) -> Result<Imported, ImportError> {
    let setup = Setup::new(format, options, start)?;
    let twice = import.source.bytes() * 2;
    import.progress.begin(Stage::Read, 1, 0, twice);
    let learning = setup.clone();
    let plan = with_reader(import, move |reader| {
        learn(reader, &learning)?.plan(&learning)
    })
    .await?;
    import.progress.enter(Stage::Parse);
    let report = ImportReport {
        options: setup.options.clone(),
        ..ImportReport::default()
    };
    let schema = plan.schema();
    let (mut output, parts) = import.output(plan.arrow());
    let fill = with_reader(import, move |reader| {
        fill(reader, &setup, &plan, &mut |batch| output.write(batch))?;
        output.finish()
    });
    let ((), parts) = import.fill(fill, parts).await?;
    Ok(imported(report, schema, parts))
}

/// Looks at the beginning of a file of objects.
pub(super) fn preview(
    seen: &[u8],
    is_whole: bool,
    format: FileFormat,
    options: &ImportOptions,
) -> Result<Preview, ImportError> {
    let setup = Setup::new(format, options, seen)?;
    let mut learned = Learned::default();
    let mut whole_objects = 0;
    let read = objects(Box::new(seen), &setup, &mut |object| {
        learned.see(&object, &setup)?;
        whole_objects += 1;
        Ok(())
    });
    // The beginning may end within an object.
    let cut = |read| match read {
        Err(ImportError::CutOff { .. }) if !is_whole && whole_objects > 0 => Ok(()),
        other => other,
    };
    cut(read)?;
    let plan = learned.plan(&setup)?;
    let mut rows = Vec::new();
    let filled = fill(Box::new(seen), &setup, &plan, &mut |batch| {
        super::preview::add_rows(&mut rows, &batch)
    });
    cut(filled)?;
    let schema = plan.schema();
    Ok(super::preview::shown(setup.options, schema, rows, is_whole))
}

impl Setup {
    fn new(format: FileFormat, options: &ImportOptions, start: &[u8]) -> Result<Self, ImportError> {
        let encoding = text::encoding(start, options.encoding)?;
        Ok(Self {
            options: ImportOptions {
                format: Some(format),
                encoding: Some(encoding),
                ..options.clone()
            },
            format,
            encoding,
            mark: text::mark_bytes(start) as u64,
        })
    }

    fn is_null(&self, value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::String(text) => self.options.nulls.iter().any(|null| null == text),
            _ => false,
        }
    }
}

/// What has been seen of the objects of a file.
#[derive(Default)]
struct Learned {
    index: HashMap<String, usize>,
    columns: Vec<(String, Guess)>,
    items: u64,
}

impl Learned {
    fn see(&mut self, object: &Map<String, Value>, setup: &Setup) -> Result<(), ImportError> {
        self.items += 1;
        flatten(object, &mut String::new(), &mut |name, value| {
            let at = self.index.get(name).copied().unwrap_or_else(|| {
                self.index.insert(name.to_owned(), self.columns.len());
                self.columns.push((name.to_owned(), Guess::default()));
                self.columns.len() - 1
            });
            let guess = &mut self.columns[at].1;
            // Earlier objects lacked it.
            guess.see_nothing((self.items - 1).saturating_sub(guess.seen()));
            match value {
                value if setup.is_null(value) => guess.see(&Cell::Null, self.items),
                Value::Array(_) => guess.see_json(&value.to_string(), self.items),
                scalar => with_cell(scalar, |cell| guess.see(&cell, self.items)),
            }
        });
        if self.columns.len() > assay_model::limits::COLUMNS {
            return Err(ImportError::TooManyColumns);
        }
        Ok(())
    }

    fn plan(mut self, setup: &Setup) -> Result<Plan, ImportError> {
        for (_, guess) in &mut self.columns {
            guess.see_nothing(self.items - guess.seen());
        }
        let mut columns: Vec<_> = self
            .columns
            .into_iter()
            .map(|(name, guess)| PlanColumn::of(name, &guess))
            .collect();
        said(&mut columns, &setup.options.types)?;
        Plan::new(columns)
    }
}

/// Finds the columns and their types.
fn learn(reader: Box<dyn Read + Send + '_>, setup: &Setup) -> Result<Learned, ImportError> {
    let mut learned = Learned::default();
    objects(reader, setup, &mut |object| learned.see(&object, setup))?;
    Ok(learned)
}

/// Fills the columns. What was filled before a failure is handed on too.
fn fill(
    reader: Box<dyn Read + Send + '_>,
    setup: &Setup,
    plan: &Plan,
    take: &mut dyn FnMut(RecordBatch) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let arrow = plan.arrow();
    let index: HashMap<&str, usize> = plan
        .columns
        .iter()
        .enumerate()
        .map(|(i, column)| (column.name.as_str(), i))
        .collect();
    let mut builders: Vec<_> = arrow
        .fields()
        .iter()
        .map(|field| ColumnBuilder::new(field.data_type()))
        .collect();
    let (mut rows, mut item) = (0, 0);
    let mut flush = |builders: &mut Vec<ColumnBuilder>| {
        let columns = builders.iter_mut().map(ColumnBuilder::finish).collect();
        take(RecordBatch::try_new(arrow.clone(), columns).map_err(ImportError::internal)?)
    };
    let read = objects(reader, setup, &mut |object| {
        item += 1;
        let mut misfit = None;
        flatten(&object, &mut String::new(), &mut |name, value| {
            let Some(&at) = index.get(name) else { return };
            let builder = &mut builders[at];
            // A name twice in one object: the first holds.
            if builder.len() > rows {
                return;
            }
            let fits = match value {
                value if setup.is_null(value) => builder.append(&Cell::Null),
                Value::Array(_) => builder.append(&Cell::Text(&value.to_string())),
                scalar => with_cell(scalar, |cell| builder.append(&cell)),
            };
            if let (false, Some(kind)) = (fits, plan.columns[at].said) {
                misfit.get_or_insert_with(|| ImportError::Misfit {
                    place: Place::Item,
                    number: item,
                    column: name.to_owned(),
                    value: words::shorten(value.as_str().unwrap_or(&value.to_string()), 40),
                    kind,
                });
            }
        });
        if let Some(misfit) = misfit {
            return Err(misfit);
        }
        rows += 1;
        for builder in builders.iter_mut().filter(|builder| builder.len() < rows) {
            builder.append(&Cell::Null);
        }
        if rows == BATCH_ROWS {
            rows = 0;
            flush(&mut builders)?;
        }
        Ok(())
    });
    if rows > 0 {
        flush(&mut builders)?;
    }
    read
}

type Each<'a> = &'a mut dyn FnMut(Map<String, Value>) -> Result<(), ImportError>;

/// Calls `each` with every object of the file.
fn objects(
    reader: Box<dyn Read + Send + '_>,
    setup: &Setup,
    each: Each<'_>,
) -> Result<(), ImportError> {
    let mut text = text::decode(reader, setup.encoding).map_err(ImportError::of_read)?;
    if setup.encoding == Encoding::Utf8 {
        text = text::check(text, setup.mark);
    }
    let since = Rc::new(Shared::new(0));
    let reader = BufReader::with_capacity(
        64 << 10,
        Bounded {
            inner: text,
            since: Rc::clone(&since),
        },
    );
    let mut items = Items {
        each,
        item: 0,
        since,
        error: None,
    };
    let result = if setup.format == FileFormat::Json {
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
    /// Bytes read since the last.
    since: Rc<Shared<u64>>,
    /// Why it stopped, which a parser's error cannot carry.
    error: Option<ImportError>,
}

impl Items<'_> {
    fn take(&mut self, value: Value) -> Result<(), ()> {
        self.item += 1;
        self.since.set(0);
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
        Category::Io => match ImportError::of_read(error.into()) {
            ImportError::Endless { most, .. } => ImportError::Endless {
                line: line as u64,
                most,
            },
            other => other,
        },
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

/// Reads no more than one object may have.
struct Bounded<'a> {
    inner: Box<dyn Read + Send + 'a>,
    since: Rc<Shared<u64>>,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.since.set(self.since.get() + n as u64);
        if self.since.get() > MOST_OBJECT {
            let (line, most) = (0, MOST_OBJECT);
            return Err(ImportError::Endless { line, most }.into_read());
        }
        Ok(n)
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

fn with_cell<T>(value: &Value, take: impl FnOnce(Cell<'_>) -> T) -> T {
    match value {
        Value::Bool(b) => take(Cell::Boolean(*b)),
        Value::String(text) => take(if is_figure(text) {
            Cell::Written(text)
        } else {
            Cell::Text(text)
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

/// Whether a text is a figure for which JSON has no number that every reader keeps: NaN,
/// an infinity, or a whole number past 2^53, as exports write them.
fn is_figure(text: &str) -> bool {
    let is_large = || {
        text.parse::<i64>()
            .is_ok_and(|n| n.unsigned_abs() > 1 << 53 && n.to_string() == text)
    };
    crate::parse::special(text).is_some() || is_large()
}
