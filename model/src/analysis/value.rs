//! The values of conditions: what fits which type of column, and how a form writes
//! them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use serde_json::Value;

use super::filter::Op;
use crate::{
    decimal::Decimal,
    limits,
    schema::{Column, ColumnType},
    words,
};

/// A while, as `last` takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// So many seconds (minutes, hours, days and weeks are whole numbers of them).
    Seconds(i64),
    /// So many months of the calendar.
    Months(u32),
}

impl Span {
    /// Reads `30 days`, `1 week`, `12 months`; the error is a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bad = || {
            format!(
                "“{}” is not a length of time. Write one such as “30 days”.",
                words::shorten(text, 40)
            )
        };
        let (number, unit) = text
            .trim()
            .split_once(char::is_whitespace)
            .ok_or_else(bad)?;
        let n: u32 = number
            .parse()
            .ok()
            .filter(|n| (1..=100_000).contains(n))
            .ok_or_else(bad)?;
        let seconds = |each: i64| Self::Seconds(i64::from(n) * each);
        match unit.trim().trim_end_matches('s') {
            "second" => Ok(seconds(1)),
            "minute" => Ok(seconds(60)),
            "hour" => Ok(seconds(3_600)),
            "day" => Ok(seconds(86_400)),
            "week" => Ok(seconds(7 * 86_400)),
            "month" => Ok(Self::Months(n)),
            "year" => Ok(Self::Months(n.min(8_000) * 12)),
            _ => Err(bad()),
        }
    }
}

/// Whether a value fits a column; the error is a sentence.
pub(super) fn check_scalar(value: &Value, column: &Column) -> Result<(), String> {
    let shown = words::shorten(&scalar_text(value), 40);
    let wrong = |a: &str| {
        Err(format!(
            "“{shown}” is not {a}; “{}” is {} column.",
            column.name,
            column.kind.with_article()
        ))
    };
    if value
        .as_str()
        .is_some_and(|text| text.len() > limits::VALUE_BYTES)
    {
        return Err(format!(
            "A value has at most {} bytes.",
            words::count(limits::VALUE_BYTES as u64)
        ));
    }
    let text = value.as_str();
    match column.kind {
        ColumnType::Text if text.is_none() => wrong("text"),
        ColumnType::Integer | ColumnType::Number if !value.is_number() && !is_special(text) => {
            wrong("a number")
        }
        ColumnType::Decimal if !is_decimal(value) => wrong("a number of at most 38 digits"),
        ColumnType::Boolean if !value.is_boolean() => wrong("true or false"),
        ColumnType::Date if text.is_none_or(|t| parse_date(t).is_none()) => {
            wrong("a date such as 2026-11-24")
        }
        ColumnType::Time if text.is_none_or(|t| t.parse::<NaiveTime>().is_err()) => {
            wrong("a time such as 09:30:00")
        }
        ColumnType::Timestamp if text.is_none_or(|t| !is_timestamp(t)) => {
            wrong("a time such as 2026-11-24T09:30:00Z")
        }
        _ => Ok(()),
    }
}

fn is_decimal(value: &Value) -> bool {
    (value.is_number() || value.is_string()) && Decimal::parse(&scalar_text(value)).is_some()
}

fn is_special(text: Option<&str>) -> bool {
    matches!(text, Some("NaN" | "Infinity" | "-Infinity"))
}

/// A day in ten characters, `2026-11-24`; other readers know no other way to write it.
fn parse_date(text: &str) -> Option<NaiveDate> {
    let is_plain = text.len() == 10
        && text.bytes().enumerate().all(|(i, byte)| match i {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    is_plain.then(|| text.parse().ok())?
}

fn is_timestamp(text: &str) -> bool {
    DateTime::parse_from_rfc3339(text).is_ok()
        || text.replace(' ', "T").parse::<NaiveDateTime>().is_ok()
        || parse_date(text).is_some()
}

/// Reads a form's text as a value for a column of `kind`. What does not read as that
/// type stays text, for `validate` to say so.
pub(super) fn read_value(op: Op, kind: ColumnType, text: &str) -> Option<Value> {
    if op.is_valueless() || text.is_empty() {
        return None;
    }
    if op.takes_list() {
        return Some(Value::Array(
            split_list(text)
                .iter()
                .map(|part| read_scalar(kind, part))
                .collect(),
        ));
    }
    Some(if op == Op::Last {
        Value::String(text.to_owned())
    } else {
        read_scalar(kind, text)
    })
}

fn read_scalar(kind: ColumnType, text: &str) -> Value {
    let number = || {
        let integer = text.parse::<i64>().map(Value::from).ok();
        integer.or_else(|| {
            text.parse::<f64>()
                .ok()
                .and_then(|x| serde_json::Number::from_f64(x).map(Value::Number))
        })
    };
    let read = match kind {
        ColumnType::Integer | ColumnType::Number => number(),
        ColumnType::Boolean => text.parse::<bool>().map(Value::Bool).ok(),
        _ => None,
    };
    read.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// A value as a form has it.
pub(super) fn scalar_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A part of a list as a form has it: in double quotes when it needs them.
pub(super) fn quote(text: String) -> String {
    if text.is_empty() || text.contains([',', '"']) || text != text.trim() {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// Splits at commas outside double quotes; the inverse of joining quoted parts.
fn split_list(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    loop {
        let part;
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut value = String::new();
            let mut tail = quoted;
            while let Some((before, after)) = tail.split_once('"') {
                value.push_str(before);
                let Some(more) = after.strip_prefix('"') else {
                    tail = after;
                    break;
                };
                value.push('"');
                tail = more;
            }
            part = value;
            rest = tail.trim_start();
        } else {
            let cut = rest.find(',').unwrap_or(rest.len());
            part = rest[..cut].trim().to_owned();
            rest = &rest[cut..];
        }
        parts.push(part);
        match rest.split_once(',') {
            Some((_, after)) => rest = after.trim_start(),
            None => return parts,
        }
    }
}
