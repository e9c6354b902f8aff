//! The type of a column from all of its values.
//!
//! The narrowest type that keeps every value as it is. Where types meet, the wider
//! holds if nothing is lost by it (whole numbers among numbers, days among points in
//! time), else text; the column's note then says which value was the reason.

use assay_model::{Column, Schema, words};
use datafusion::arrow::datatypes::{DataType, Field, Schema as ArrowSchema, TimeUnit};
use std::sync::Arc;

use super::{Cell, ImportError, Plan};
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
    /// A point in time without a zone.
    Local,
    /// A point in time with one.
    Zoned,
    Text,
}

const CLASSES: usize = 9;

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
            Cell::Written(text) => self.written(text.trim()),
            Cell::Text(text) => timely(text).unwrap_or(Class::Text),
            Cell::Integer(n) => self.integer(n),
            Cell::Number(_) => Class::Number,
            Cell::Boolean(_) => Class::Boolean,
        };
        self.counts[class as usize] += 1;
        let first = &mut self.firsts[class as usize];
        if first.is_none() && class != Class::Empty {
            *first = Some((place, shown(cell)));
        }
    }

    /// Sees a list or an object, which is kept as JSON text.
    pub(super) fn see_json(&mut self, text: &str, place: u64) {
        self.has_json = true;
        self.counts[Class::Text as usize] += 1;
        self.firsts[Class::Text as usize].get_or_insert_with(|| (place, words::shorten(text, 30)));
    }

    /// Sees so many missing values.
    pub(super) fn see_nothing(&mut self, times: u64) {
        self.counts[Class::Empty as usize] += times;
    }

    /// Values seen, missing ones too.
    pub(super) fn seen(&self) -> u64 {
        self.counts.iter().sum()
    }

    fn written(&mut self, text: &str) -> Class {
        match text.as_bytes() {
            [b'0'..=b'9' | b'-' | b'.', ..] => {
                if let Some(n) = parse::integer(text) {
                    return self.integer(n);
                }
                // Digits past 64 bits would lose some of them as floating point.
                if parse::is_whole(text) {
                    return Class::Text;
                }
                if parse::number(text).is_some() {
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
        self.has_long_integer |= n.unsigned_abs() > 1 << 53;
        Class::Integer
    }

    fn resolve(&self) -> (DataType, Option<String>) {
        let has = |class: Class| self.counts[class as usize] > 0;
        let only = |classes: &[Class]| {
            let all: u64 = self.counts.iter().skip(1).sum();
            let these: u64 = classes
                .iter()
                .map(|class| self.counts[*class as usize])
                .sum();
            all > 0 && all == these
        };
        let data_type = if only(&[Class::Integer]) {
            DataType::Int64
        } else if only(&[Class::Integer, Class::Number, Class::Special])
            && !only(&[Class::Special])
            && !(self.has_long_integer && has(Class::Integer))
        {
            DataType::Float64
        } else if only(&[Class::Boolean]) {
            DataType::Boolean
        } else if only(&[Class::Date]) {
            DataType::Date32
        } else if only(&[Class::Date, Class::Local]) {
            DataType::Timestamp(TimeUnit::Microsecond, None)
        } else if only(&[Class::Zoned]) {
            DataType::Timestamp(TimeUnit::Microsecond, Some(types::UTC.into()))
        } else {
            return (DataType::Utf8, self.note());
        };
        (data_type, None)
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

/// The plan for columns of which this has been seen.
pub(super) fn plan(columns: Vec<(String, Guess)>) -> Result<Plan, ImportError> {
    if columns.is_empty() {
        return Err(ImportError::NoColumns);
    }
    if columns.len() > assay_model::limits::COLUMNS {
        return Err(ImportError::TooManyColumns);
    }
    let mut fields = Vec::with_capacity(columns.len());
    let mut described = Vec::with_capacity(columns.len());
    for (name, guess) in columns {
        let (data_type, note) = guess.resolve();
        described.push(Column {
            note,
            nullable: guess.counts[Class::Empty as usize] > 0,
            ..Column::new(&name, types::column_type(&data_type))
        });
        fields.push(Field::new(name, data_type, true));
    }
    Ok(Plan {
        schema: Schema::new(described),
        arrow: Arc::new(ArrowSchema::new(fields)),
    })
}

fn timely(text: &str) -> Option<Class> {
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

fn only_special(counts: &[u64; CLASSES]) -> bool {
    let typed: u64 = counts.iter().skip(1).sum();
    typed == counts[Class::Special as usize] + counts[Class::Text as usize]
}

fn shown(cell: &Cell<'_>) -> String {
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

    fn of(values: &[&str]) -> (DataType, Option<String>) {
        let mut guess = Guess::default();
        for (i, value) in values.iter().enumerate() {
            let cell = if value.is_empty() {
                Cell::Null
            } else {
                Cell::Written(value)
            };
            guess.see(&cell, i as u64 + 2);
        }
        guess.resolve()
    }

    #[test]
    fn the_narrowest_type_that_keeps_every_value_holds() {
        let local = DataType::Timestamp(TimeUnit::Microsecond, None);
        let zoned = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        for (values, expected) in [
            (&["1", "", "-2"][..], DataType::Int64),
            (&["1", "2.5"], DataType::Float64),
            (&["1.5", "NaN"], DataType::Float64),
            (&["007", "1"], DataType::Utf8),
            (&["9223372036854775808"], DataType::Utf8),
            (&["9007199254740993", "0.5"], DataType::Utf8),
            (&["9007199254740993"], DataType::Int64),
            (&["true", "False"], DataType::Boolean),
            (&["true", "1"], DataType::Utf8),
            (&["2024-02-29"], DataType::Date32),
            (&["2024-02-29", "2024-02-29 10:00"], local),
            (&["2024-02-29T10:00:00Z"], zoned),
            (
                &["2024-02-29T10:00:00Z", "2024-02-29T10:00:00"],
                DataType::Utf8,
            ),
            (&["", ""], DataType::Utf8),
            (&["NaN"], DataType::Utf8),
            (&["NA", "1"], DataType::Utf8),
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
