//! What a data set's columns are.

use serde::{Deserialize, Serialize};

use crate::problem::FieldError;

/// The types of columns that people meet. Storage may use several physical types for
/// one of these (32 or 64 bits, say); the difference is never shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Unicode text.
    Text,
    /// Whole numbers of up to 64 bits.
    Integer,
    /// Double-precision floating point.
    Number,
    /// Exact decimal fractions.
    Decimal,
    /// True or false.
    Boolean,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A point in time, or a day with a time of day.
    Timestamp,
    /// Bytes.
    Binary,
    /// Several values, or a value with parts.
    List,
}

impl ColumnType {
    /// The word for it, as pages and errors say it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Decimal => "decimal",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Time => "time",
            Self::Timestamp => "timestamp",
            Self::Binary => "binary",
            Self::List => "list",
        }
    }

    /// The word with its article: `an integer`, `a date`.
    pub fn with_article(self) -> String {
        let article = if self == Self::Integer { "an" } else { "a" };
        format!("{article} {}", self.word())
    }

    /// Whether one can calculate with it.
    pub fn is_numeric(self) -> bool {
        matches!(self, Self::Integer | Self::Number | Self::Decimal)
    }

    /// Whether its values have an order that people expect.
    pub fn is_ordered(self) -> bool {
        !matches!(self, Self::Binary | Self::List)
    }

    /// Whether one can group by it.
    pub fn is_groupable(self) -> bool {
        self != Self::List
    }
}

/// A column: its name, as written in the data, and its type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// The name; any text, unique within the schema.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// Whether a value may be missing.
    #[serde(default = "nullable")]
    pub nullable: bool,
    /// Something that the reader should know, such as a conflict of types that made
    /// the column text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

fn nullable() -> bool {
    true
}

impl Column {
    /// A column that may have missing values.
    pub fn new(name: impl Into<String>, kind: ColumnType) -> Self {
        Self {
            name: name.into(),
            kind,
            nullable: true,
            note: None,
        }
    }
}

/// The columns of a data set, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Schema {
    /// The columns.
    pub columns: Vec<Column>,
}

impl Schema {
    /// A schema of these columns.
    pub fn new(columns: Vec<Column>) -> Self {
        Self { columns }
    }

    /// The column of this very name.
    pub fn get(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column of this name, or the error for `field` that says there is none and
    /// suggests the nearest.
    pub fn find(&self, field: &str, name: &str) -> Result<&Column, FieldError> {
        self.get(name).ok_or_else(|| {
            unknown_column(field, name, self.columns.iter().map(|c| c.name.as_str()))
        })
    }
}

/// The error for a name that none of `known` has; it suggests the nearest of them.
pub fn unknown_column<'a>(
    field: &str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> FieldError {
    if name.is_empty() {
        return FieldError::new(field, "Choose a column.");
    }
    let suggestion = nearest(name, known);
    let message = match &suggestion {
        Some(near) => format!("There is no column “{name}”. Did you mean “{near}”?"),
        None => format!("There is no column “{name}”."),
    };
    FieldError {
        field: field.to_owned(),
        message,
        suggestion,
    }
}

/// The candidate most like `name`, if any is like enough to be worth suggesting.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let folded = name.to_ascii_lowercase();
    candidates
        .map(|candidate| {
            (
                strsim::normalized_damerau_levenshtein(&folded, &candidate.to_ascii_lowercase()),
                candidate,
            )
        })
        .filter(|(likeness, _)| *likeness >= 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_column_gets_the_nearest_suggested() {
        let schema = Schema::new(vec![
            Column::new("distance", ColumnType::Integer),
            Column::new("dest", ColumnType::Text),
        ]);
        let error = schema.find("filter[0].column", "distnace").unwrap_err();
        assert_eq!(
            error.message,
            "There is no column “distnace”. Did you mean “distance”?"
        );
        assert_eq!(error.suggestion.as_deref(), Some("distance"));
        assert_eq!(schema.find("x", "zzz").unwrap_err().suggestion, None);
    }

    #[test]
    fn names_keep_their_case() {
        let schema = Schema::new(vec![Column::new("Head", ColumnType::Text)]);
        assert!(schema.get("head").is_none());
        assert_eq!(
            schema.find("x", "head").unwrap_err().suggestion.as_deref(),
            Some("Head")
        );
    }
}
