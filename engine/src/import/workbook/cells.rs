//! The cells of a sheet, row by row.

use chrono::{Days, NaiveDate, TimeDelta};

use super::{
    archive::{Attributes, Node, Xml},
    book::{Book, Shown},
};
use crate::import::{Cell, ImportError};

/// A row that has values.
pub(super) struct Row {
    /// Which, counted from 1.
    pub(super) number: u64,
    /// Its values, with the column of each, counted from 0.
    pub(super) cells: Vec<(usize, Value)>,
}

/// The value of a cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Number(f64),
    Boolean(bool),
    /// A day, a time of day or a point in time, as ISO 8601 has it.
    Time(String),
}

/// The most columns that a sheet has.
const COLUMNS: usize = 16_384;

impl Value {
    pub(super) fn cell(&self) -> Cell<'_> {
        match self {
            Self::Text(text) => Cell::Text(text),
            Self::Time(text) => Cell::Written(text),
            Self::Boolean(value) => Cell::Boolean(*value),
            // A sheet has one type of number; whole ones are shown as such.
            Self::Number(x) if x.fract() == 0.0 && x.abs() <= EXACT => Cell::Integer(*x as i64),
            Self::Number(x) => Cell::Number(*x),
        }
    }

    /// As it is shown.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Time(text) => text.clone(),
            Self::Number(x) => x.to_string(),
            Self::Boolean(value) => value.to_string(),
        }
    }
}

/// Whole numbers up to this are exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Reads the rows of a sheet.
pub(super) struct Rows<'a> {
    book: &'a Book<'a>,
    xml: Xml<'a>,
    last: u64,
}

impl<'a> Rows<'a> {
    pub(super) fn new(book: &'a Book<'a>, xml: Xml<'a>) -> Self {
        Self { book, xml, last: 0 }
    }

    /// The next row that has values.
    pub(super) fn next(&mut self) -> Result<Option<Row>, ImportError> {
        while let Some(node) = self.xml.next()? {
            let Node::Begin {
                name,
                attributes,
                is_empty,
            } = node
            else {
                continue;
            };
            if name != "row" {
                continue;
            }
            let said = attributes.get("r").and_then(|number| number.parse().ok());
            self.last = said.unwrap_or(self.last + 1);
            if is_empty {
                continue;
            }
            let cells = self.row()?;
            if !cells.is_empty() {
                return Ok(Some(Row {
                    number: self.last,
                    cells,
                }));
            }
        }
        Ok(None)
    }

    fn row(&mut self) -> Result<Vec<(usize, Value)>, ImportError> {
        let mut cells = Vec::new();
        let mut next = 0;
        while let Some(node) = self.xml.next()? {
            match node {
                Node::Begin {
                    name,
                    attributes,
                    is_empty,
                } if name == "c" => {
                    let at = attributes.get("r").and_then(column).unwrap_or(next);
                    next = at + 1;
                    if is_empty || at >= COLUMNS {
                        continue;
                    }
                    if let Some(value) = self.cell(&attributes)? {
                        cells.push((at, value));
                    }
                }
                Node::End(name) if name == "row" => break,
                _ => {}
            }
        }
        Ok(cells)
    }

    fn cell(&mut self, attributes: &Attributes) -> Result<Option<Value>, ImportError> {
        let (mut text, mut within) = (String::new(), false);
        while let Some(node) = self.xml.next()? {
            match node {
                Node::Begin { name, is_empty, .. } if matches!(&name[..], "v" | "t") => {
                    within = !is_empty;
                }
                Node::Text(more) if within => text.push_str(&more),
                Node::End(name) if matches!(&name[..], "v" | "t") => within = false,
                Node::End(name) if name == "c" => break,
                _ => {}
            }
        }
        if text.is_empty() {
            return Ok(None);
        }
        let style = attributes.get("s").and_then(|style| style.parse().ok());
        let shown = style.and_then(|style: usize| self.book.styles.get(style).copied());
        Ok(match attributes.get("t").unwrap_or("n") {
            "s" => {
                let shared = text.parse().ok().and_then(|n| self.book.texts.get(n));
                shared
                    .filter(|text| !text.is_empty())
                    .map(|text| Value::Text(text.to_owned()))
            }
            "b" => Some(Value::Boolean(text == "1")),
            "d" => Some(Value::Time(text)),
            "n" => Some(match text.parse::<f64>() {
                Ok(x) if x.is_finite() => self.number(x, shown.unwrap_or(Shown::Number)),
                _ => Value::Text(text),
            }),
            // Texts of formulas, texts in place, and errors such as #N/A.
            _ => Some(Value::Text(text)),
        })
    }

    fn number(&self, x: f64, shown: Shown) -> Value {
        let time = match shown {
            Shown::Clock if (0.0..1.0).contains(&x) => clock(x),
            // More than a day on a clock is a length of time.
            Shown::Number | Shown::Clock => None,
            Shown::Day | Shown::Moment => moment(x, self.book.from_1904),
        };
        time.map_or(Value::Number(x), Value::Time)
    }
}

/// The column that a place such as `AB12` names, counted from 0.
fn column(place: &str) -> Option<usize> {
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic);
    let n = letters.take(4).fold(0, |n, letter| {
        n * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1
    });
    n.checked_sub(1)
}

/// What a sheet calls a column.
pub(super) fn letters(column: usize) -> String {
    let mut n = column + 1;
    let mut letters = Vec::new();
    while n > 0 {
        n -= 1;
        letters.push(char::from(b'A' + (n % 26) as u8));
        n /= 26;
    }
    letters.iter().rev().collect()
}

/// Milliseconds of a part of a day: as fine as a sheet's numbers are sure to be.
fn millis(part: f64) -> i64 {
    (part * 86_400_000.0).round() as i64
}

fn clock(x: f64) -> Option<String> {
    let midnight = NaiveDate::default().and_hms_opt(0, 0, 0)?;
    let time = midnight.checked_add_signed(TimeDelta::milliseconds(millis(x)))?;
    Some(time.format("%H:%M:%S%.f").to_string())
}

/// Days since the end of 1899, by a calendar that has a 29 February in 1900; or since the
/// first of 1904.
fn moment(x: f64, from_1904: bool) -> Option<String> {
    if !(0.0..2_958_466.0).contains(&x) {
        return None;
    }
    let (year, month, day) = match (from_1904, x < 60.0) {
        (true, _) => (1904, 1, 1),
        (false, true) => (1899, 12, 31),
        (false, false) => (1899, 12, 30),
    };
    let days = Days::new(x.trunc() as u64);
    let midnight = NaiveDate::from_ymd_opt(year, month, day)?
        .checked_add_days(days)?
        .and_hms_opt(0, 0, 0)?;
    let within = millis(x.fract());
    if within == 0 {
        return Some(midnight.format("%Y-%m-%d").to_string());
    }
    let time = midnight.checked_add_signed(TimeDelta::milliseconds(within))?;
    Some(time.format("%Y-%m-%dT%H:%M:%S%.f").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_called_by_letters() {
        for (n, name) in [
            (0, "A"),
            (25, "Z"),
            (26, "AA"),
            (701, "ZZ"),
            (16_383, "XFD"),
        ] {
            assert_eq!((letters(n).as_str(), column(name)), (name, Some(n)));
        }
        assert_eq!(column("12"), None);
    }

    #[test]
    fn numbers_are_days_and_times_as_sheets_show_them() {
        assert_eq!(moment(45_351.0, false).as_deref(), Some("2024-02-29"));
        assert_eq!(moment(1.0, false).as_deref(), Some("1900-01-01"));
        assert_eq!(moment(43_889.0, true).as_deref(), Some("2024-02-29"));
        assert_eq!(
            moment(45_351.395_833_333_3, false).as_deref(),
            Some("2024-02-29T09:30:00")
        );
        assert_eq!(clock(0.395_833_333_333).as_deref(), Some("09:30:00"));
        assert_eq!(moment(-1.0, false), None);
    }
}
