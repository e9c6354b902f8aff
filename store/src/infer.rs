//! The type of a column from the text of its values.
//!
//! A type is chosen only if every value can be written in it without loss. Values of
//! several types widen where that loses nothing (whole numbers among numbers, days among
//! points in time), else the column is text and says so. Leading zeros mean something to
//! whoever wrote them: `007` is text. An empty value says nothing about the type.

use std::collections::HashMap;

use assay_model::{Column, ColumnType, Records, Schema, Written, limits, words};
use chrono::{DateTime, NaiveDate, NaiveDateTime};

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
    /// Keys that are not UTF-8.
    encoded_keys: u64,
    /// Fields of columns beyond the limit were seen.
    overflow: bool,
}

#[derive(Debug)]
struct Guess {
    name: String,
    values: u64,
    /// Values that are not UTF-8.
    encoded: u64,
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
    /// Takes records into account.
    pub fn push(&mut self, records: &Records) {
        // Where each name of the batch has its column.
        let places: Vec<Option<usize>> =
            records.names.iter().map(|name| self.column(name)).collect();
        self.records += records.rows.len() as u64;
        for record in &records.rows {
            self.encoded_keys += u64::from(matches!(record.key, Written::Base64(_)));
            for (at, value) in &record.values {
                if let Some(place) = places.get(*at).copied().flatten() {
                    self.columns[place].push(value);
                }
            }
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
            add_note(
                &mut key,
                format!(
                    "The records have more than {} fields; the others are left out.",
                    words::count(limits::COLUMNS as u64)
                ),
            );
        }
        if self.encoded_keys > 0 {
            add_note(&mut key, encoded_note(self.encoded_keys, "key", "keys"));
        }
        let fields = self.columns.into_iter().map(|guess| {
            let mut column = Column {
                nullable: guess.values < self.records,
                ..Column::new(guess.name.clone(), guess.column_type())
            };
            if let Some((one, other)) = guess.conflict {
                add_note(
                    &mut column,
                    conflict_note(one.column_type(), other.column_type()),
                );
            }
            if guess.encoded > 0 {
                add_note(&mut column, encoded_note(guess.encoded, "value", "values"));
            }
            column
        });
        Schema::new(std::iter::once(key).chain(fields).collect())
    }

    /// The column of a name, made where it is new; `None` for one that is not a column.
    fn column(&mut self, name: &str) -> Option<usize> {
        if name == KEY_COLUMN {
            return None;
        }
        if let Some(place) = self.by_name.get(name) {
            return Some(*place);
        }
        if self.columns.len() + 1 >= limits::COLUMNS {
            self.overflow = true;
            return None;
        }
        self.columns.push(Guess {
            name: name.to_owned(),
            values: 0,
            encoded: 0,
            kind: None,
            conflict: None,
        });
        self.by_name.insert(name.to_owned(), self.columns.len() - 1);
        Some(self.columns.len() - 1)
    }
}

/// What is known of a collection after a look at some of its records: a type that was
/// found before is only ever widened, for the records that asked for it may be among
/// those that were not looked at.
pub fn widen(known: &Schema, found: Schema) -> Schema {
    let mut merged: Vec<Column> = Vec::with_capacity(known.columns.len());
    for old in &known.columns {
        let Some(new) = found.get(&old.name) else {
            merged.push(Column {
                nullable: true,
                ..old.clone()
            });
            continue;
        };
        let mut column = Column {
            nullable: old.nullable || new.nullable,
            ..new.clone()
        };
        if old.kind != new.kind {
            column.kind = join(old.kind, new.kind);
            let is_new_conflict = column.kind == ColumnType::Text && new.note.is_none();
            column.note = match &old.note {
                Some(note) if old.kind == ColumnType::Text => Some(note.clone()),
                _ if is_new_conflict => Some(conflict_note(old.kind, new.kind)),
                _ => new.note.clone(),
            };
        }
        merged.push(column);
    }
    let is_new = |column: &Column| known.get(&column.name).is_none();
    merged.extend(found.columns.into_iter().filter(is_new));
    merged.truncate(limits::COLUMNS);
    Schema::new(merged)
}

/// The type that holds values of both.
fn join(one: ColumnType, other: ColumnType) -> ColumnType {
    use ColumnType::{Date, Integer, Number, Text, Timestamp};
    match (one, other) {
        (one, other) if one == other => one,
        (Integer, Number) | (Number, Integer) => Number,
        (Date, Timestamp) | (Timestamp, Date) => Timestamp,
        _ => Text,
    }
}

/// Adds to what is said of a column.
pub fn add_note(column: &mut Column, note: String) {
    column.note = Some(match column.note.take() {
        Some(before) => format!("{before} {note}"),
        None => note,
    });
}

fn conflict_note(one: ColumnType, other: ColumnType) -> String {
    format!(
        "Text, because it has values of several types: {} and {}.",
        one.word(),
        other.word()
    )
}

fn encoded_note(count: u64, one: &str, many: &str) -> String {
    let stand = if count == 1 { "is" } else { "are" };
    format!(
        "{} {stand} not UTF-8 and shown in base64.",
        words::counted(count, one, many)
    )
}

impl Guess {
    fn push(&mut self, value: &Written) {
        let (text, of): (_, fn(&str) -> Kind) = match value {
            Written::Plain(text) => (text, Kind::of),
            Written::Quoted(text) => (text, Kind::of_quoted),
            Written::Base64(_) => {
                self.values += 1;
                self.encoded += 1;
                return;
            }
        };
        if text.is_empty() {
            return;
        }
        self.values += 1;
        // Nothing more can come of it.
        if self.conflict.is_some() {
            return;
        }
        let kind = of(text);
        self.kind = Some(match self.kind {
            None => kind,
            Some(before) => before.join(kind).unwrap_or_else(|| {
                // In one order, for Redis has none: the same records give the same note.
                self.conflict = Some(if before.word() < kind.word() {
                    (before, kind)
                } else {
                    (kind, before)
                });
                Kind::Text
            }),
        });
    }

    fn column_type(&self) -> ColumnType {
        match self.kind {
            Some(kind) if self.encoded == 0 => kind.column_type(),
            _ => ColumnType::Text,
        }
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

    /// Text that was marked as text: still a day or a point in time, but no number.
    fn of_quoted(text: &str) -> Self {
        if is_date(text) {
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

    fn word(self) -> &'static str {
        self.column_type().word()
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

    fn records(rows: &[&[(&str, Written)]]) -> Records {
        let mut records = Records::default();
        for (n, row) in rows.iter().enumerate() {
            let mut values = Vec::new();
            for (name, value) in *row {
                let known = records.names.iter().position(|known| known == name);
                let place = known.unwrap_or_else(|| {
                    records.names.push((*name).to_owned());
                    records.names.len() - 1
                });
                values.push((place, value.clone()));
            }
            records.rows.push(assay_model::Record {
                key: plain(&n.to_string()),
                values,
            });
        }
        records
    }

    fn infer(rows: &[&[(&str, Written)]]) -> Schema {
        let mut inference = Inference::default();
        inference.push(&records(rows));
        inference.schema()
    }

    fn plain(text: &str) -> Written {
        Written::Plain(text.to_owned())
    }

    fn column_of(values: &[Written]) -> Column {
        let rows: Vec<_> = values.iter().map(|value| [("x", value.clone())]).collect();
        let rows: Vec<&[(&str, Written)]> = rows.iter().map(|row| &row[..]).collect();
        infer(&rows).columns.remove(1)
    }

    fn column(values: &[&str]) -> Column {
        let values: Vec<Written> = values.iter().map(|value| plain(value)).collect();
        column_of(&values)
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
        for values in [["1", "x"], ["x", "1"]] {
            assert_eq!(
                column(&values).note.as_deref(),
                Some("Text, because it has values of several types: integer and text.")
            );
        }
        assert_eq!(column(&["a", "007"]).note, None);
    }

    #[test]
    fn the_key_comes_first_and_missing_fields_are_nullable() {
        let schema = infer(&[
            &[("head", plain("lion")), ("arms", plain("8"))],
            &[("head", plain("goat")), ("_key", plain("shadowed"))],
        ]);
        let found: Vec<_> = schema
            .columns
            .iter()
            .map(|column| (column.name.as_str(), column.nullable))
            .collect();
        assert_eq!(found, [("_key", false), ("head", false), ("arms", true)]);
    }

    #[test]
    fn text_in_quotes_is_no_number() {
        let quoted = |text: &str| Written::Quoted(text.to_owned());
        assert_eq!(column_of(&[quoted("8")]).kind, ColumnType::Text);
        assert_eq!(column_of(&[quoted("2026-11-24")]).kind, ColumnType::Date);
        let mixed = column_of(&[plain("8"), quoted("many")]);
        assert_eq!(mixed.kind, ColumnType::Text);
        assert!(mixed.note.is_some());
    }

    #[test]
    fn bytes_that_are_no_text_make_text_and_are_counted() {
        let encoded = Written::Base64("//4=".to_owned());
        let column = column_of(&[plain("8"), encoded.clone(), plain("9"), encoded]);
        assert_eq!(column.kind, ColumnType::Text);
        assert_eq!(
            column.note.as_deref(),
            Some("2 values are not UTF-8 and shown in base64.")
        );
    }

    #[test]
    fn a_look_at_some_records_only_widens() {
        use ColumnType::{Date, Integer, Number, Text, Timestamp};
        let schema = |columns: &[(&str, ColumnType)]| {
            let columns = columns.iter().map(|(name, kind)| Column::new(*name, *kind));
            Schema::new(columns.collect())
        };
        let known = schema(&[
            ("a", Number),
            ("b", Text),
            ("c", Integer),
            ("d", Date),
            ("gone", Integer),
        ]);
        let found = schema(&[
            ("a", Integer),
            ("b", Integer),
            ("c", Text),
            ("d", Timestamp),
            ("new", Date),
        ]);
        let merged = widen(&known, found);
        let kinds: Vec<_> = merged
            .columns
            .iter()
            .map(|column| (column.name.as_str(), column.kind))
            .collect();
        assert_eq!(
            kinds,
            [
                ("a", Number),
                ("b", Text),
                ("c", Text),
                ("d", Timestamp),
                ("gone", Integer),
                ("new", Date)
            ]
        );
        assert!(merged.columns[2].note.is_some());
    }
}
