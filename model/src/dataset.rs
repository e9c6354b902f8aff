//! Data sets: tables (imported files) and collections (records that other services
//! keep in Redis).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    collection::Collection,
    id::{DatasetId, Owner},
    import::ImportReport,
    problem::FieldError,
    schema::Schema,
    time::Timestamp,
};

/// A data set's name: `[A-Za-z_][A-Za-z0-9_-]{0,99}`. Names are unique without
/// regard to case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct DatasetName(String);

impl DatasetName {
    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which the name is unique.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// A valid name made from a file's name: `orders 2026.csv.gz` gives `orders_2026`.
    pub fn from_file_name(file: &str) -> Option<Self> {
        let base = file.rsplit(['/', '\\']).next().unwrap_or(file);
        let stem = base.split('.').find(|part| !part.is_empty())?;
        let mut name: String = stem
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '_' || c == '-' {
                    c
                } else {
                    '_'
                }
            })
            .take(100)
            .collect();
        if name.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            name.insert(0, '_');
            name.truncate(100);
        }
        name.parse().ok()
    }
}

impl fmt::Display for DatasetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for DatasetName {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let mut chars = text.chars();
        let first = chars
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        let rest = chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if first && rest && text.len() <= 100 {
            return Ok(Self(text.to_owned()));
        }
        let message = if text.is_empty() {
            "Give the data set a name.".to_owned()
        } else {
            format!(
                "“{}” cannot be a name. A name starts with a letter or “_” and goes on with letters, digits, “_” and “-”, 100 at most.",
                crate::words::shorten(text, 40)
            )
        };
        let suggestion = Self::from_file_name(text).map(|name| name.0);
        Err(FieldError {
            suggestion,
            ..FieldError::new("name", message)
        })
    }
}

impl<'de> Deserialize<'de> for DatasetName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|error: FieldError| serde::de::Error::custom(error.message))
    }
}

/// What holds a data set's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatasetKind {
    /// Parquet parts that Assay wrote.
    Table,
    /// Records that other services write into Redis, read where they are.
    Collection,
}

/// A data set as lists give it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dataset {
    /// Its id.
    pub id: DatasetId,
    /// Its name.
    pub name: DatasetName,
    /// Table or collection.
    pub kind: DatasetKind,
    /// Counts up with each change of a table; 0 for a collection, which is never the
    /// same twice.
    pub version: u64,
    /// The version that last changed the rows: the current one, or an earlier one when only
    /// parts were gathered since.
    #[serde(default)]
    pub content_version: u64,
    /// Rows; for a collection, keys at the last look.
    pub rows: u64,
    /// Bytes as stored.
    pub bytes: u64,
    /// Parquet parts.
    pub parts: u64,
    /// When it was made.
    pub created: Timestamp,
    /// Who made it.
    pub owner: Owner,
    /// Where it came from: a file's name, a sample with its licence.
    #[serde(default)]
    pub source: Option<String>,
    /// Which records, for a collection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<Collection>,
    /// Its columns.
    pub schema: Schema,
}

/// A data set looked at alone: with what its list leaves out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatasetDetail {
    /// The data set.
    #[serde(flatten)]
    pub dataset: Dataset,
    /// How the file of its version was read; `None` for what no file made.
    #[serde(default)]
    pub import: Option<ImportReport>,
}

impl Dataset {
    /// How a job names it as it is now.
    pub fn reference(&self) -> DatasetRef {
        DatasetRef {
            id: self.id,
            name: self.name.clone(),
            version: self.version,
        }
    }
}

/// A data set as a job names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetRef {
    /// Its id.
    pub id: DatasetId,
    /// Its name when the job was submitted.
    pub name: DatasetName,
    /// The version read.
    pub version: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rule() {
        for good in ["a", "_", "Orders-2026", "a_b"] {
            assert!(good.parse::<DatasetName>().is_ok(), "{good}");
        }
        for bad in ["", "1a", "-a", "a b", "ä", "a.b", &"a".repeat(101)] {
            assert!(bad.parse::<DatasetName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn file_names_become_names() {
        let name = |file| DatasetName::from_file_name(file).map(|name| name.0);
        assert_eq!(name("orders 2026.csv.gz").as_deref(), Some("orders_2026"));
        assert_eq!(
            name("C:\\data\\2026-sales.csv").as_deref(),
            Some("_2026-sales")
        );
        assert_eq!(name("...").as_deref(), None);
    }
}
