//! Fields of a text file into columns, a column at a time.

use std::sync::Arc;

use assay_model::import::DecimalMark;
use datafusion::arrow::{
    array::{
        ArrayRef, ArrowPrimitiveType, BooleanBuilder, PrimitiveBuilder, StringBuilder,
        new_null_array,
    },
    datatypes::{
        DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, Time64MicrosecondType,
        TimestampMicrosecondType,
    },
};

use super::{
    fields::Fields,
    infer::{Expect, Guess, PlanColumn, marked_number},
};
use crate::parse;

/// How the fields of a file are read, whatever their column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reading {
    pub(super) decimal: DecimalMark,
    /// Texts that stand for a missing value, besides the empty one.
    pub(super) nulls: Vec<String>,
}

impl Reading {
    fn value<'t>(&self, field: &'t str) -> Option<&'t str> {
        let is_null = field.is_empty()
            || (!self.nulls.is_empty() && {
                let field = field.trim();
                self.nulls.iter().any(|null| null == field)
            });
        (!is_null).then_some(field)
    }
}

/// A row whose value is not what its column is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Misfit {
    pub(super) row: usize,
}

/// Looks at the values of a column.
pub(super) fn look(
    fields: &Fields<'_>,
    column: usize,
    reading: &Reading,
    lines_before: u64,
) -> Guess {
    let mut guess = Guess::default();
    for (row, field) in fields.column(column).enumerate() {
        guess.see_field(reading.value(field), reading.decimal, || {
            lines_before + fields.lines_before(row) + 1
        });
    }
    guess
}

/// Fills a column, or says which row does not fit.
pub(super) fn fill(
    fields: &Fields<'_>,
    column: usize,
    plan: &PlanColumn,
    reading: &Reading,
) -> Result<ArrayRef, Misfit> {
    let filling = Filling {
        fields,
        column,
        reading,
        data_type: plan.expect.data_type(),
    };
    let decimal = reading.decimal;
    match (plan.expect, plan.said.is_some()) {
        (Expect::Nothing, _) => filling.nothing(),
        (Expect::Text, _) => Ok(filling.text()),
        (Expect::Boolean, false) => filling.boolean(parse::boolean),
        (Expect::Boolean, true) => filling.boolean(said_boolean),
        (Expect::Integer, false) => filling.primitive::<Int64Type>(parse::integer),
        (Expect::Integer, true) => filling.primitive::<Int64Type>(said_integer),
        (Expect::Number, false) => {
            filling.primitive::<Float64Type>(|text| found_number(text, decimal))
        }
        (Expect::Number, true) => {
            filling.primitive::<Float64Type>(|text| said_number(text, decimal))
        }
        (Expect::Decimal, _) => {
            filling.primitive::<Decimal128Type>(|text| said_decimal(text, decimal))
        }
        (Expect::Date, _) => filling.primitive::<Date32Type>(parse::date),
        (Expect::Time, _) => filling.primitive::<Time64MicrosecondType>(parse::time_of_day),
        (Expect::Local, _) => filling.primitive::<TimestampMicrosecondType>(local),
        (Expect::Zoned, _) => filling.primitive::<TimestampMicrosecondType>(zoned),
    }
}

struct Filling<'a> {
    fields: &'a Fields<'a>,
    column: usize,
    reading: &'a Reading,
    data_type: DataType,
}

impl Filling<'_> {
    fn primitive<T: ArrowPrimitiveType>(
        &self,
        read: impl Fn(&str) -> Option<T::Native>,
    ) -> Result<ArrayRef, Misfit> {
        let mut builder = PrimitiveBuilder::<T>::with_capacity(self.fields.rows())
            .with_data_type(self.data_type.clone());
        for (row, field) in self.fields.column(self.column).enumerate() {
            match self.reading.value(field) {
                None => builder.append_null(),
                Some(text) => builder.append_value(read(trim(text)).ok_or(Misfit { row })?),
            }
        }
        Ok(Arc::new(builder.finish()))
    }

    fn boolean(&self, read: impl Fn(&str) -> Option<bool>) -> Result<ArrayRef, Misfit> {
        let mut builder = BooleanBuilder::with_capacity(self.fields.rows());
        for (row, field) in self.fields.column(self.column).enumerate() {
            match self.reading.value(field) {
                None => builder.append_null(),
                Some(text) => builder.append_value(read(trim(text)).ok_or(Misfit { row })?),
            }
        }
        Ok(Arc::new(builder.finish()))
    }

    fn text(&self) -> ArrayRef {
        let rows = self.fields.rows();
        let mut builder = StringBuilder::with_capacity(rows, rows * 8);
        for field in self.fields.column(self.column) {
            match self.reading.value(field) {
                None => builder.append_null(),
                Some(text) => builder.append_value(text),
            }
        }
        Arc::new(builder.finish())
    }

    fn nothing(&self) -> Result<ArrayRef, Misfit> {
        let mut values = self.fields.column(self.column);
        match values.position(|field| self.reading.value(field).is_some()) {
            Some(row) => Err(Misfit { row }),
            None => Ok(new_null_array(&DataType::Utf8, self.fields.rows())),
        }
    }
}

fn trim(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

fn found_number(text: &str, decimal: DecimalMark) -> Option<f64> {
    if let Some(n) = parse::integer(text) {
        return parse::is_exact(n).then_some(n as f64);
    }
    if parse::is_whole(text) {
        return None;
    }
    marked_number(text, decimal).or_else(|| parse::special(text))
}

fn local(text: &str) -> Option<i64> {
    match parse::moment(text) {
        Some(moment) => (!moment.zoned).then_some(moment.micros),
        None => Some(i64::from(parse::date(text)?) * 86_400_000_000),
    }
}

fn zoned(text: &str) -> Option<i64> {
    let moment = parse::moment(text)?;
    moment.zoned.then_some(moment.micros)
}

/// Where a type was said, it is read more freely: that is what it was said for.
fn said_integer(text: &str) -> Option<i64> {
    text.parse().ok()
}

fn said_number(text: &str, decimal: DecimalMark) -> Option<f64> {
    let is_plain = |text: &str| {
        text.bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
    };
    marked_number(text, decimal)
        .or_else(|| parse::special(text))
        .or_else(|| {
            let x = text.parse::<f64>().ok().filter(|x| x.is_finite())?;
            is_plain(text).then(|| parse::canonical(x))
        })
}

fn said_boolean(text: &str) -> Option<bool> {
    let is = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(["true", "yes", "t", "1"]) {
        Some(true)
    } else if is(["false", "no", "f", "0"]) {
        Some(false)
    } else {
        None
    }
}

fn said_decimal(text: &str, decimal: DecimalMark) -> Option<i128> {
    match decimal {
        DecimalMark::Point => parse::decimal(text),
        DecimalMark::Comma if text.contains('.') => None,
        DecimalMark::Comma => parse::decimal(&text.replacen(',', ".", 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_read_more_freely_than_what_is_guessed() {
        assert_eq!(
            (parse::integer("007"), said_integer("007")),
            (None, Some(7))
        );
        assert_eq!(said_number("007.5", DecimalMark::Point), Some(7.5));
        assert_eq!(said_number("inf", DecimalMark::Point), None);
        assert_eq!(
            (said_boolean("Yes"), said_boolean("0")),
            (Some(true), Some(false))
        );
        assert_eq!(
            said_decimal("1,5", DecimalMark::Comma),
            Some(15_000_000_000)
        );
        assert_eq!(found_number("9007199254740993", DecimalMark::Point), None);
    }
}
