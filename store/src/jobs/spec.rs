//! What seldom changes of a job: written at submit, rewritten whole by a new label.

use assay_model::{
    Analysis, DatasetName, DatasetRef, ImportOptions, JobId, JobKind, Owner, limits,
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
            source: None,
            import: None,
        }
    }
}

/// What an import turns into what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportSpec {
    /// The name that the data set shall have.
    pub dataset: DatasetName,
    /// What was said of the file.
    #[serde(default)]
    pub options: ImportOptions,
    /// Where the file's bytes are.
    pub upload: Upload,
}
