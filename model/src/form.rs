//! Forms: how an analysis is described in fields that a page can draw and a plain
//! HTML form can post.
//!
//! The whole form lives in the address (`/new?dataset=flights&kind=aggregate&group_by=carrier`),
//! so it can be shared, edited again, and posted without JavaScript. Where a field has
//! rows of several parts (a measure is a function and a column), the parts are parallel
//! parameters that repeat: `measure_fn=mean&measure_column=dep_delay`. Rows left blank
//! are skipped.

use crate::problem::FieldError;
use crate::schema::{ColumnType, Schema};

/// The fields of a form as they stand in the address: names and values, in order,
/// names may repeat.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FormData {
    /// The pairs.
    pub pairs: Vec<(String, String)>,
}

impl FormData {
    /// From decoded pairs.
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self { pairs }
    }

    /// Adds a pair.
    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        self.pairs.push((name.to_owned(), value.into()));
    }

    /// The first value of this name that is not blank, without surrounding space.
    pub fn one(&self, name: &str) -> Option<&str> {
        let mut values = self
            .pairs
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.trim());
        values.find(|value| !value.is_empty())
    }

    /// All values of this name, in order, blanks too.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.trim())
    }

    /// All values of this name that are not blank.
    pub fn filled(&self, name: &str) -> Vec<String> {
        self.all(name)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// The rows of parallel parameters: the n-th value of each name. A name that has
    /// fewer values than the longest gives blanks.
    pub fn rows<const N: usize>(&self, names: [&str; N]) -> Vec<[String; N]> {
        let columns = names.map(|name| {
            self.pairs
                .iter()
                .filter(|(key, _)| key == name)
                .map(|(_, v)| v.trim())
                .collect::<Vec<_>>()
        });
        let longest = columns.iter().map(Vec::len).max().unwrap_or(0);
        (0..longest)
            .map(|i| std::array::from_fn(|n| columns[n].get(i).copied().unwrap_or("").to_owned()))
            .collect()
    }

    /// A whole number, or the error that it is none.
    pub fn number(&self, name: &str, errors: &mut Vec<FieldError>) -> Option<u64> {
        let text = self.one(name)?;
        let plain: String = text
            .chars()
            .filter(|c| !matches!(c, ',' | ' ' | '_'))
            .collect();
        let number = plain.parse().ok();
        if number.is_none() {
            errors.push(FieldError::new(
                name,
                format!("“{text}” is not a whole number."),
            ));
        }
        number
    }
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The member of the analysis that it fills; errors name it.
    pub name: &'static str,
    /// What stands above it.
    pub label: &'static str,
    /// What stands below it.
    pub hint: &'static str,
    /// How it is entered.
    pub control: Control,
}

/// How a field is entered.
#[derive(Debug, Clone, PartialEq)]
pub enum Control {
    /// One or more columns, in the order chosen; parameter: the field's name, repeated.
    Columns(ColumnFilter),
    /// Measures; parameters `measure_fn`, `measure_column`, `measure_q`, `measure_as`.
    Measures,
    /// Conditions on rows; parameters `filter_column`, `filter_op`, `filter_value`,
    /// `filter_any`.
    Filter,
    /// Conditions on groups; parameters `having_column`, `having_op`, `having_value`.
    Having,
    /// Sort order; parameters `order_column`, `order_direction` (`asc`, `desc`).
    Order,
    /// A whole number; parameter: the field's name.
    Number {
        /// The least allowed.
        least: u64,
        /// The most allowed.
        most: u64,
        /// What holds when it is left blank.
        default: u64,
        /// What it counts.
        unit: &'static str,
    },
}

/// Which columns a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnFilter {
    /// Any.
    Any,
    /// Those one can group by.
    Groupable,
}

impl ColumnFilter {
    /// Whether a column of this type fits.
    pub fn admits(self, kind: ColumnType) -> bool {
        match self {
            Self::Any => true,
            Self::Groupable => kind.is_groupable(),
        }
    }

    /// The names of the columns that fit.
    pub fn choices(self, schema: &Schema) -> Vec<&str> {
        schema
            .columns
            .iter()
            .filter(|c| self.admits(c.kind))
            .map(|c| c.name.as_str())
            .collect()
    }
}

/// The words of a kind of analysis, as the chooser shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindInfo {
    /// The value of `"kind"`.
    pub name: &'static str,
    /// The title.
    pub title: &'static str,
    /// What it answers, in a few words.
    pub sentence: &'static str,
    /// The path of its picture, for an SVG of 30 by 22 drawn in strokes.
    pub icon: &'static str,
}
