//! What a job leaves: a table and, where one helps, a chart and a sentence.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    dataset::DatasetRef,
    id::ResultId,
    schema::{Column, ColumnType},
    time::Timestamp,
};

/// A result as a job refers to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultRef {
    /// Its id.
    pub id: ResultId,
    /// Rows of its table.
    pub rows: u64,
    /// The finding in a sentence.
    #[serde(default)]
    pub finding: Option<String>,
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultColumn {
    /// The name.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub kind: ColumnType,
}

impl From<&Column> for ResultColumn {
    fn from(column: &Column) -> Self {
        Self {
            name: column.name.clone(),
            kind: column.kind,
        }
    }
}

/// Some rows of a result, with all else that there is to say about it.
///
/// In cells, NaN and the infinities are `"NaN"`, `"Infinity"` and `"-Infinity"`;
/// integers past 2^53 and decimals are strings; dates and times are ISO 8601.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResultPage {
    /// The columns, in the order of the cells.
    pub columns: Vec<ResultColumn>,
    /// The rows that were asked for.
    pub rows: Vec<Vec<Value>>,
    /// How many rows there are in all.
    pub row_count: u64,
    /// A Vega-Lite specification with its data inside.
    pub chart: Option<Value>,
    /// The finding in a sentence; the part that matters most between `**`.
    pub finding: Option<String>,
    /// What was read.
    pub inputs: Vec<InputStamp>,
}

/// What a result was made from, and when it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputStamp {
    /// The data set and its version.
    #[serde(flatten)]
    pub dataset: DatasetRef,
    /// Rows read.
    pub rows: u64,
    /// For a collection: when the scan began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_began: Option<Timestamp>,
    /// For a collection: when the scan ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_ended: Option<Timestamp>,
    /// For a collection: keys that went while it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vanished: Option<u64>,
    /// For a collection: values that did not read as their column's type and count as
    /// missing, because they changed while it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub misfits: Option<u64>,
}
