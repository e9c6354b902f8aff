//! What seldom changes of a job: written at submit, rewritten whole by a new label.

use assay_model::{
    Analysis, DatasetName, DatasetRef, ImportOptions, JobId, JobKind, Owner, VersionCause, limits,
};
use serde::{Deserialize, Serialize};

use crate::upload::Upload;

/// What is asked, by whom, of what. Scripts pass it on unread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobSpec {
    /// What the job does.
    pub kind: JobKind,
    /// Whose it is.
    pub owner: Owner,
    /// What is asked; `None` unless the kind is `analysis`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analysis: Option<Analysis>,
    /// What it reads, with the version of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<DatasetRef>,
    /// A name given by its owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// −2 to 2.
    #[serde(default)]
    pub priority: i8,
    /// Seconds that an attempt may take.
    pub timeout_s: u32,
    /// The job that this one repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<JobId>,
    /// The version that the repeated job read, when this one reads another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_read: Option<u64>,
    /// The file's name, for an import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What to import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<ImportSpec>,
}

impl JobSpec {
    /// A spec of this kind with nothing special asked.
    pub fn new(kind: JobKind, owner: Owner) -> Self {
        Self {
            kind,
            owner,
            analysis: None,
            inputs: Vec::new(),
            label: None,
            priority: 0,
            timeout_s: limits::TIMEOUT_S,
            retry_of: None,
            retry_read: None,
            source: None,
            import: None,
        }
    }
}

/// What an import turns into what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportSpec {
    /// Where its rows go.
    #[serde(flatten)]
    pub target: ImportTarget,
    /// What was said of the file.
    #[serde(default)]
    pub options: ImportOptions,
    /// Where the file's bytes are.
    pub upload: Upload,
}

/// Where the rows of an import go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportTarget {
    /// Into a new data set of this name.
    #[serde(rename = "dataset")]
    New(DatasetName),
    /// To the end of this one.
    Append(DatasetRef),
    /// In the place of all rows of this one.
    Replace(DatasetRef),
}

impl ImportTarget {
    /// The name of the data set when the job was submitted.
    pub fn name(&self) -> &DatasetName {
        match self {
            Self::New(name) => name,
            Self::Append(dataset) | Self::Replace(dataset) => &dataset.name,
        }
    }

    /// The data set whose rows it changes, at the version that was current when the job was
    /// submitted.
    pub fn existing(&self) -> Option<&DatasetRef> {
        match self {
            Self::New(_) => None,
            Self::Append(dataset) | Self::Replace(dataset) => Some(dataset),
        }
    }

    /// How the version that it makes comes about.
    pub fn cause(&self) -> VersionCause {
        match self {
            Self::New(_) => VersionCause::Import,
            Self::Append(_) => VersionCause::Append,
            Self::Replace(_) => VersionCause::Replace,
        }
    }
}
