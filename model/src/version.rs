//! Versions of a table: each change of its rows, and each gathering of its parts, makes
//! one.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    id::{BadId, JobId},
    time::Timestamp,
};

/// How a version came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionCause {
    /// A file made the data set.
    Import,
    /// Rows were put to the end.
    Append,
    /// A file took the place of all rows.
    Replace,
    /// Small parts were gathered into full ones: the rows are those of the version before.
    Compact,
}

impl VersionCause {
    /// All causes.
    pub const ALL: [Self; 4] = [Self::Import, Self::Append, Self::Replace, Self::Compact];

    /// The word used in keys and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Append => "append",
            Self::Replace => "replace",
            Self::Compact => "compact",
        }
    }
}

impl fmt::Display for VersionCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for VersionCause {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        Self::ALL
            .into_iter()
            .find(|cause| cause.as_str() == text)
            .ok_or_else(|| BadId(text.to_owned()))
    }
}

/// A line of a table's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Its number, from 1.
    pub version: u64,
    /// Its rows.
    pub rows: u64,
    /// Its bytes.
    pub bytes: u64,
    /// Its parts.
    pub parts: u64,
    /// When it was made.
    pub created: Timestamp,
    /// How it came about.
    pub how: VersionCause,
    /// The job that made it; it may have been deleted since.
    pub job: JobId,
    /// Whether its rows can still be read: it is the current one, or a job that is not over
    /// reads it, or it was the current one a moment ago.
    pub kept: bool,
    /// The jobs that read it and are not over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readers: Vec<JobId>,
}
