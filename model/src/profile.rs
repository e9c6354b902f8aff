//! What a data set's columns hold, at a glance: computed once for each version of a
//! table, in the background.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::schema::ColumnType;

/// The columns of a data set at a glance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The version that was read; 0 for a collection.
    pub version: u64,
    /// Its rows.
    pub rows: u64,
    /// What the figures come from.
    pub source: ProfileSource,
    /// The columns, in the order of the schema.
    pub columns: Vec<ColumnProfile>,
}

/// What the figures of a profile come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProfileSource {
    /// Every row of a version of a table.
    Rows,
    /// The last scan of a collection, whose records may have changed since.
    LastScan,
}

/// A column at a glance. A figure that is not known, or that the column's type does not
/// have, is `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnProfile {
    /// The column.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// Rows without a value.
    pub missing: Option<u64>,
    /// Different values.
    pub distinct: Option<u64>,
    /// The least value, as text.
    pub min: Option<String>,
    /// The greatest value, as text.
    pub max: Option<String>,
    /// The most frequent value, as text.
    pub top: Option<String>,
    /// How often that one stands there.
    pub top_count: Option<u64>,
    /// How the values spread.
    pub distribution: Option<Distribution>,
}

/// How the values of a column spread: bins of equal width between two ends for numbers
/// and times, the most frequent values for the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// The lower end of the bins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// The upper end of the bins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
    /// The values counted, the most frequent first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
    /// How many there are in each bin, or of each value.
    pub counts: Vec<u64>,
}
