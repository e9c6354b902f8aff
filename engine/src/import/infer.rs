//! The type of a column from its values.
//!
//! The narrowest type that keeps every value as it is. Where types meet, the wider
//! holds if nothing is lost by it (whole numbers among numbers, days among points in
//! time), else text; the column's note then says which value was the reason.

use std::{collections::BTreeMap, sync::Arc};

use assay_model::{Column, ColumnType, Schema, import::DecimalMark, schema::unknown_column, words};
use datafusion::arrow::{
    datatypes::{DataType, Field, Schema as ArrowSchema, SchemaRef, TimeUnit},
    record_batch::RecordBatch,
};

use super::{Cell, ImportError};
use crate::{parse, types};

/// What a value could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Empty,
    Integer,
    Number,
    /// NaN or an infinity: a number among numbers, text elsewhere.
    Special,
    Boolean,
    Date,
    Time,
    /// A point in time without a zone.
    Local,
    /// A point in time with one.
    Zoned,
    Text,
}

const CLASSES: usize = 10;

/// What the values of a column are read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    /// No value at all was seen.
    Nothing,
    Text,
    Integer,
    Number,
    /// Only where it was said.
    Decimal,
    Boolean,
    Date,
    Time,
    Local,
    Zoned,
}

impl Expect {
    /// The type that holds them.
    pub(super) fn data_type(self) -> DataType {
        match self {
            Self::Nothing | Self::Text => DataType::Utf8,
            Self::Integer => DataType::Int64,
            Self::Number => DataType::Float64,
            Self::Decimal => types::storage_type(ColumnType::Decimal),
            Self::Boolean => DataType::Boolean,
            Self::Date => DataType::Date32,
            Self::Time => DataType::Time64(TimeUnit::Microsecond),
            Self::Local => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Zoned => DataType::Timestamp(TimeUnit::Microsecond, Some(types::UTC.into())),
        }
    }
}

/// What has been seen of a column.
#[derive(Debug, Clone, Default)]
pub(super) struct Guess {
    counts: [u64; CLASSES],
    /// Where the first value of each class stands, and that value.
    firsts: [Option<(u64, String)>; CLASSES],
    /// A whole number that floating point does not hold exactly.
    has_long_integer: bool,
    /// Lists or objects stand in it as JSON text.
    has_json: bool,
}

impl Guess {
    /// Sees a value; `place` is its line or item.
    pub(super) fn see(&mut self, cell: &Cell<'_>, place: u64) {
        let class = match *cell {
            Cell::Null => Class::Empty,
            Cell::Written(text) => self.written(text.trim(), DecimalMark::Point),
            Cell::Text(text) => timely(text).unwrap_or(Class::Text),
            Cell::Integer(n) => self.integer(n),
            Cell::Number(_) => Class::Number,
            Cell::Boolean(_) => Class::Boolean,
        };
        self.count(class, || (place, shown(cell)));
    }

    /// Sees a field of a text file; `place` gives its line.
    pub(super) fn see_field(
        &mut self,
        text: Option<&str>,
        decimal: DecimalMark,
        place: impl FnOnce() -> u64,
    ) {
        let class = text.map_or(Class::Empty, |text| self.written(text.trim(), decimal));
        self.count(class, || {
            (place(), words::shorten(text.unwrap_or_default(), 30))
        });
    }

    /// Sees a list or an object, which is kept as JSON text.
    pub(super) fn see_json(&mut self, text: &str, place: u64) {
        self.has_json = true;
        self.count(Class::Text, || (place, words::shorten(text, 30)));
    }

    /// Sees so many missing values.
    pub(super) fn see_nothing(&mut self, times: u64) {
        self.counts[Class::Empty as usize] += times;
    }

    /// Takes in what was seen further on in the file.
    pub(super) fn go_on(&mut self, later: Self) {
        for (count, more) in self.counts.iter_mut().zip(later.counts) {
            *count += more;
        }
        for (first, other) in self.firsts.iter_mut().zip(later.firsts) {
            if first.is_none() {
                *first = other;
            }
        }
        self.has_long_integer |= later.has_long_integer;
        self.has_json |= later.has_json;
    }

    /// Values seen, missing ones too.
    pub(super) fn seen(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Whether a value was missing.
    pub(super) fn has_empty(&self) -> bool {
        self.counts[Class::Empty as usize] > 0
    }

    /// Whether what comes later may make it narrower than it is now.
    pub(super) fn is_open(&self) -> bool {
        let special = self.counts[Class::Special as usize];
        special > 0 && self.only(&[Class::Special])
    }

    fn count(&mut self, class: Class, first: impl FnOnce() -> (u64, String)) {
        self.counts[class as usize] += 1;
        let known = &mut self.firsts[class as usize];
        if known.is_none() && class != Class::Empty {
            *known = Some(first());
        }
    }

    fn written(&mut self, text: &str, decimal: DecimalMark) -> Class {
        match text.as_bytes() {
            [b'0'..=b'9' | b'-' | b'.' | b',', ..] => {
                if let Some(n) = parse::integer(text) {
                    return self.integer(n);
                }
                // Digits past 64 bits would lose some of them as floating point.
                if parse::is_whole(text) {
                    return Class::Text;
                }
                if marked_number(text, decimal).is_some() {
                    return Class::Number;
                }
                if parse::special(text).is_some() {
                    return Class::Special;
                }
                timely(text).unwrap_or(Class::Text)
            }
            [b't' | b'T' | b'f' | b'F', ..] if parse::boolean(text).is_some() => Class::Boolean,
            [b'N' | b'I', ..] if parse::special(text).is_some() => Class::Special,
            _ => Class::Text,
        }
    }

    fn integer(&mut self, n: i64) -> Class {
        self.has_long_integer |= !parse::is_exact(n);
        Class::Integer
    }

    fn only(&self, classes: &[Class]) -> bool {
        let all: u64 = self.counts.iter().skip(1).sum();
        let these: u64 = classes
            .iter()
            .map(|class| self.counts[*class as usize])
            .sum();
        all > 0 && all == these
    }

    /// What its values are to be read as, and what the reader of the column should know.
    pub(super) fn resolve(&self) -> (Expect, Option<String>) {
        let has = |class: Class| self.counts[class as usize] > 0;
        let only = |classes: &[Class]| self.only(classes);
        let expect = if self.counts.iter().skip(1).all(|count| *count == 0) {
            Expect::Nothing
        } else if only(&[Class::Integer]) {
            Expect::Integer
        } else if only(&[Class::Integer, Class::Number, Class::Special])
            && !only(&[Class::Special])
            && !(self.has_long_integer && has(Class::Integer))
        {
            Expect::Number
        } else if only(&[Class::Boolean]) {
            Expect::Boolean
        } else if only(&[Class::Date]) {
            Expect::Date
        } else if only(&[Class::Time]) {
            Expect::Time
        } else if only(&[Class::Date, Class::Local]) {
            Expect::Local
        } else if only(&[Class::Zoned]) {
            Expect::Zoned
        } else {
            return (Expect::Text, self.note());
        };
        (expect, None)
    }

    /// Why a column is text whose values mostly are not.
    fn note(&self) -> Option<String> {
        if self.has_json {
            return Some("Holds lists or objects, kept as JSON text.".to_owned());
        }
        let typed = || (1..CLASSES).filter(|class| *class != Class::Text as usize);
        let others: u64 = typed().map(|class| self.counts[class]).sum();
        if others == 0 || only_special(&self.counts) {
            return None;
        }
        let texts = self.counts[Class::Text as usize];
        if let Some((place, value)) = &self.firsts[Class::Text as usize] {
            // A text among many values is a finding, a number among many texts is not.
            return (others > texts)
                .then(|| format!("Kept as text because of “{value}” at line {place}."));
        }
        // No plain text, but types that do not meet: the two that came first.
        let mut firsts: Vec<_> = typed()
            .filter_map(|class| self.firsts[class].as_ref())
            .collect();
        firsts.sort_by_key(|(place, _)| *place);
        match firsts.as_slice() {
            [(_, one), (place, other), ..] => Some(format!(
                "Kept as text: it has values of several types, such as “{one}” and, at line {place}, “{other}”."
            )),
            _ => None,
        }
    }
}

/// A number whose fraction is parted by this mark.
pub(super) fn marked_number(text: &str, decimal: DecimalMark) -> Option<f64> {
    match decimal {
        DecimalMark::Point => parse::number(text),
        DecimalMark::Comma if text.contains('.') => None,
        DecimalMark::Comma => parse::number(&text.replacen(',', ".", 1)),
    }
}

/// A column as it is read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlanColumn {
    pub(super) name: String,
    pub(super) expect: Expect,
    pub(super) note: Option<String>,
    /// Whether a value was missing where it was looked.
    pub(super) has_empty: bool,
    /// The type that was said, of which a value may not be other.
    pub(super) said: Option<ColumnType>,
}

impl PlanColumn {
    /// A column of which this has been seen.
    pub(super) fn of(name: String, guess: &Guess) -> Self {
        let (expect, note) = guess.resolve();
        Self {
            name,
            expect,
            note,
            has_empty: guess.has_empty(),
            said: None,
        }
    }
}

/// How a text file's columns are read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    pub(super) columns: Vec<PlanColumn>,
}

impl Plan {
    /// A plan of these columns, if they are some and not too many.
    pub(super) fn new(columns: Vec<PlanColumn>) -> Result<Self, ImportError> {
        check_count(columns.len())?;
        Ok(Self { columns })
    }

    /// Takes up which columns have missing values.
    pub(super) fn note_empty(&mut self, batch: &RecordBatch) {
        for (column, array) in self.columns.iter_mut().zip(batch.columns()) {
            column.has_empty |= array.null_count() > 0;
        }
    }

    /// The columns as people see them.
    pub(super) fn schema(&self) -> Schema {
        let columns = self.columns.iter().map(|column| Column {
            note: column.note.clone(),
            nullable: column.has_empty,
            ..Column::new(&column.name, types::column_type(&column.expect.data_type()))
        });
        Schema::new(columns.collect())
    }

    /// The columns as they are held.
    pub(super) fn arrow(&self) -> SchemaRef {
        let fields: Vec<_> = self
            .columns
            .iter()
            .map(|column| Field::new(&column.name, column.expect.data_type(), true))
            .collect();
        Arc::new(ArrowSchema::new(fields))
    }
}

/// Gives columns the types that were said of them.
pub(super) fn said(
    columns: &mut [PlanColumn],
    types: &BTreeMap<String, ColumnType>,
) -> Result<(), ImportError> {
    for (name, kind) in types {
        let known = |columns: &[PlanColumn]| {
            let names = columns.iter().map(|column| column.name.as_str());
            unknown_column("types", name, names).message
        };
        let Some(at) = columns.iter().position(|column| column.name == *name) else {
            return Err(ImportError::Option {
                option: "types",
                message: known(columns),
            });
        };
        let column = &mut columns[at];
        column.expect = match kind {
            ColumnType::Text => Expect::Text,
            ColumnType::Integer => Expect::Integer,
            ColumnType::Number => Expect::Number,
            ColumnType::Decimal => Expect::Decimal,
            ColumnType::Boolean => Expect::Boolean,
            ColumnType::Date => Expect::Date,
            ColumnType::Time => Expect::Time,
            ColumnType::Timestamp if column.expect == Expect::Zoned => Expect::Zoned,
            ColumnType::Timestamp => Expect::Local,
            ColumnType::Binary | ColumnType::List => {
                return Err(ImportError::Option {
                    option: "types",
                    message: format!(
                        "Column “{name}” cannot be read as {}: there is text, integer, number, decimal, boolean, date, time and timestamp.",
                        kind.with_article()
                    ),
                });
            }
        };
        column.said = Some(*kind);
        column.note = None;
    }
    Ok(())
}

/// Refuses a file with no columns, or with too many.
pub(super) fn check_count(columns: usize) -> Result<(), ImportError> {
    if columns == 0 {
        return Err(ImportError::NoColumns);
    }
    if columns > assay_model::limits::COLUMNS {
        return Err(ImportError::TooManyColumns);
    }
    Ok(())
}

fn timely(text: &str) -> Option<Class> {
    // What names a time begins with a digit and has one of these at its third place or
    // its fifth.
    match text.as_bytes() {
        [b'0'..=b'9', _, b':', ..] => parse::time_of_day(text).map(|_| Class::Time),
        [b'0'..=b'9', _, _, _, b'-', ..] => {
            if parse::date(text).is_some() {
                return Some(Class::Date);
            }
            parse::moment(text).map(|moment| {
                if moment.zoned {
                    Class::Zoned
                } else {
                    Class::Local
                }
            })
        }
        _ => None,
    }
}

fn only_special(counts: &[u64; CLASSES]) -> bool {
    let typed: u64 = counts.iter().skip(1).sum();
    typed == counts[Class::Special as usize] + counts[Class::Text as usize]
}

/// A value as a note or an error shows it.
pub(super) fn shown(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Written(text) | Cell::Text(text) => words::shorten(text, 30),
        Cell::Integer(n) => n.to_string(),
        Cell::Number(x) => format!("{x:?}"),
        Cell::Boolean(b) => b.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> (Expect, Option<String>) {
        let mut guess = Guess::default();
        for (i, value) in values.iter().enumerate() {
            let text = (!value.is_empty()).then_some(*value);
            guess.see_field(text, DecimalMark::Point, || i as u64 + 2);
        }
        guess.resolve()
    }

    #[test]
    fn the_narrowest_type_that_keeps_every_value_holds() {
        for (values, expected) in [
            (&["1", "", "-2"][..], Expect::Integer),
            (&["1", "2.5"], Expect::Number),
            (&["1.5", "NaN"], Expect::Number),
            (&["007", "1"], Expect::Text),
            (&["9223372036854775808"], Expect::Text),
            (&["9007199254740993", "0.5"], Expect::Text),
            (&["9007199254740993"], Expect::Integer),
            (&["true", "False"], Expect::Boolean),
            (&["true", "1"], Expect::Text),
            (&["2024-02-29"], Expect::Date),
            (&["2024-02-29", "2024-02-29 10:00"], Expect::Local),
            (&["2024-02-29T10:00:00Z"], Expect::Zoned),
            (
                &["2024-02-29T10:00:00Z", "2024-02-29T10:00:00"],
                Expect::Text,
            ),
            (&["", ""], Expect::Nothing),
            (&["09:30:00", "23:59:59.5"], Expect::Time),
            (&["09:30:00", "24:00:00"], Expect::Text),
            (&["NaN"], Expect::Text),
            (&["NA", "1"], Expect::Text),
        ] {
            assert_eq!(of(values).0, expected, "{values:?}");
        }
    }

    #[test]
    fn the_value_that_made_a_column_text_is_named() {
        assert_eq!(
            of(&["1", "2", "n/a"]).1.as_deref(),
            Some("Kept as text because of “n/a” at line 4.")
        );
        assert_eq!(of(&["a", "b", "1"]).1, None);
        assert!(
            of(&["true", "1"])
                .1
                .is_some_and(|note| note.contains("“true” and, at line 3, “1”"))
        );
    }
}
