//! The type of a column from the text of its values.
//!
//! A type is chosen only if every value can be written in it without loss. Values of
//! several types widen where that loses nothing (whole numbers among numbers, days among
//! points in time), else the column is text and says so. Leading zeros mean something to
//! whoever wrote them: `007` is text. An empty value says nothing about the type.

use std::collections::HashMap;

use assay_model::{Column, ColumnType, Schema, limits};
use chrono::{DateTime, NaiveDate, NaiveDateTime};

use crate::collection::Record;

/// The name of the column that holds the key.
pub const KEY_COLUMN: &str = "_key";
/// Whole numbers beyond this lose digits as floating point.
const EXACT: u64 = 1 << 53;

/// Looks at records and says what columns they have.
#[derive(Debug, Default)]
pub struct Inference {
    columns: Vec<Guess>,
    by_name: HashMap<String, usize>,
    records: u64,
    /// Fields of columns beyond the limit were seen.
    overflow: bool,
}

#[derive(Debug)]
struct Guess {
    name: String,
    values: u64,
    kind: Option<Kind>,
    /// The first two kinds that did not go together.
    conflict: Option<(Kind, Kind)>,
}

/// What a text looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A whole number; inexact when floating point would bend it.
    Integer {
        exact: bool,
    },
    Number,
    Boolean,
    Date,
    Timestamp,
    Text,
}

impl Inference {
    /// Takes a record into account.
    pub fn push(&mut self, record: &Record) {
        self.records += 1;
        for (name, value) in &record.fields {
            if name == KEY_COLUMN {
                continue;
            }
            let index = match self.by_name.get(name) {
                Some(index) => *index,
                None if self.columns.len() + 1 >= limits::COLUMNS => {
                    self.overflow = true;
                    continue;
                }
                None => {
                    self.columns.push(Guess {
                        name: name.clone(),
                        values: 0,
                        kind: None,
                        conflict: None,
                    });
                    self.by_name.insert(name.clone(), self.columns.len() - 1);
                    self.columns.len() - 1
                }
            };
            self.columns[index].push(value);
        }
    }

    /// Records taken into account.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The columns: the key, then the fields in the order in which they were met.
    pub fn schema(self) -> Schema {
        let mut key = Column {
            nullable: false,
            ..Column::new(KEY_COLUMN, ColumnType::Text)
        };
        if self.overflow {
            key.note = Some(format!(
                "The records have more than {} fields; the others are left out.",
                assay_model::words::count(limits::COLUMNS as u64)
            ));
        }
        let fields = self.columns.into_iter().map(|guess| Column {
            nullable: guess.values < self.records,
            note: guess.conflict.map(|(one, other)| {
                format!(
                    "Text, because it has values of several types: {} and {}.",
                    one.column_type().word(),
                    other.column_type().word()
                )
            }),
            kind: guess.kind.unwrap_or(Kind::Text).column_type(),
            name: guess.name,
        });
        Schema::new(std::iter::once(key).chain(fields).collect())
    }
}

/// The columns of these records.
pub fn infer<'a>(records: impl IntoIterator<Item = &'a Record>) -> Schema {
    let mut inference = Inference::default();
    for record in records {
        inference.push(record);
    }
    inference.schema()
}

impl Guess {
    fn push(&mut self, value: &str) {
        if value.is_empty() {
            return;
        }
        self.values += 1;
        if self.kind == Some(Kind::Text) {
            return;
        }
        let kind = Kind::of(value);
        self.kind = Some(match self.kind {
            None => kind,
            Some(before) => before.join(kind).unwrap_or_else(|| {
                self.conflict = Some((before, kind));
                Kind::Text
            }),
        });
    }
}

impl Kind {
    fn of(text: &str) -> Self {
        if let Some(kind) = number(text) {
            return kind;
        }
        if matches!(text, "true" | "false" | "True" | "False" | "TRUE" | "FALSE") {
            Self::Boolean
        } else if is_date(text) {
            Self::Date
        } else if is_timestamp(text) {
            Self::Timestamp
        } else {
            Self::Text
        }
    }

    /// The kind that holds both without loss.
    fn join(self, other: Self) -> Option<Self> {
        use Kind::{Date, Integer, Number, Timestamp};
        match (self, other) {
            (one, other) if one == other => Some(one),
            (Integer { .. }, Integer { .. }) => Some(Integer { exact: false }),
            (Integer { exact: true }, Number) | (Number, Integer { exact: true }) => Some(Number),
            (Date, Timestamp) | (Timestamp, Date) => Some(Timestamp),
            _ => None,
        }
    }

    fn column_type(self) -> ColumnType {
        match self {
            Self::Integer { .. } => ColumnType::Integer,
            Self::Number => ColumnType::Number,
            Self::Boolean => ColumnType::Boolean,
            Self::Date => ColumnType::Date,
            Self::Timestamp => ColumnType::Timestamp,
            Self::Text => ColumnType::Text,
        }
    }
}

/// `-12`, `0.5`, `1e9`, but not `007`, `+1`, `.5`, `1.` or what no `i64` and no `f64` holds.
fn number(text: &str) -> Option<Kind> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let whole = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    let (whole, rest) = digits.split_at(whole);
    if whole.is_empty() || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    if rest.is_empty() {
        if text == "-0" {
            return None;
        }
        let value: i64 = text.parse().ok()?;
        return Some(Kind::Integer {
            exact: value.unsigned_abs() <= EXACT,
        });
    }
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (fraction, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let fraction_fits = fraction.is_empty() || fraction.strip_prefix('.').is_some_and(all_digits);
    let exponent_fits =
        exponent.is_none_or(|text| all_digits(text.strip_prefix(['-', '+']).unwrap_or(text)));
    let finite = text.parse::<f64>().is_ok_and(f64::is_finite);
    (fraction_fits && exponent_fits && finite).then_some(Kind::Number)
}

/// `2026-11-24`.
fn is_date(text: &str) -> bool {
    text.len() == 10 && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

/// `2026-11-24T09:00:00Z` and its like, with or without fractions and an offset, and with a
/// blank for the `T`.
fn is_timestamp(text: &str) -> bool {
    text.len() >= 19
        && (DateTime::parse_from_rfc3339(text).is_ok()
            || NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").is_ok()
            || NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[&str]) -> Column {
        let records: Vec<Record> = values
            .iter()
            .map(|value| Record {
                key: "k".to_owned(),
                fields: vec![("x".to_owned(), (*value).to_owned())],
            })
            .collect();
        infer(&records).columns.remove(1)
    }

    #[test]
    fn a_type_holds_every_value_without_loss() {
        use ColumnType::{Boolean, Date, Integer, Number, Text, Timestamp};
        for (values, kind) in [
            (&["1", "-2", "0"][..], Integer),
            (&["1", "2.5"], Number),
            (&["1e9", "-0.5"], Number),
            (&["007"], Text),
            (&["9223372036854775807"], Integer),
            (&["9223372036854775808"], Text),
            (&["9007199254740993", "0.5"], Text),
            (&["1", "9007199254740993", "0.5"], Text),
            (&["NaN"], Text),
            (&["1e999"], Text),
            (&["true", "False"], Boolean),
            (&["true", "1"], Text),
            (&["2026-11-24"], Date),
            (&["2026-02-30"], Text),
            (&["2026-11-24", "2026-11-24T09:00:00Z"], Timestamp),
            (&["2026-11-24 09:00:00.5"], Timestamp),
            (&["", ""], Text),
            (&["", "4"], Integer),
            (&["", "x"], Text),
        ] {
            assert_eq!(column(values).kind, kind, "{values:?}");
        }
    }

    #[test]
    fn a_conflict_is_said() {
        assert_eq!(
            column(&["1", "x"]).note.as_deref(),
            Some("Text, because it has values of several types: integer and text.")
        );
        assert_eq!(column(&["a", "1"]).note, None);
    }

    #[test]
    fn the_key_comes_first_and_missing_fields_are_nullable() {
        let record = |fields: &[(&str, &str)]| Record {
            key: "k".to_owned(),
            fields: fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        };
        let schema = infer(&[
            record(&[("head", "lion"), ("arms", "8")]),
            record(&[("head", "goat"), ("_key", "shadowed")]),
        ]);
        let found: Vec<_> = schema
            .columns
            .iter()
            .map(|column| (column.name.as_str(), column.nullable))
            .collect();
        assert_eq!(found, [("_key", false), ("head", false), ("arms", true)]);
    }
}
