//! Jobs: what is asked, how it stands, how it got there.
//!
//! ```text
//!            submit
//!              │
//!              ▼      claim            finish
//!           queued ──────────▶ running ──────▶ succeeded
//!            │  ▲                │  │ └──────▶ failed
//!     cancel │  └────────────────┘  │ cancel
//!            ▼   release, reap      ▼
//!         cancelled             cancelled
//! ```
//!
//! `reap` fails a job that stopped its worker, or lost it, too often. The three states
//! on the rim are for ever: running one again makes a new job with `retry_of`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    analysis::Analysis,
    dataset::DatasetRef,
    id::{BadId, JobId, WorkerId},
    problem::Problem,
    result::ResultRef,
    time::Timestamp,
    version::VersionCause,
};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// In line, or waiting for its next attempt. A worker's claim moves it on. It is in
    /// Redis and in the queue; no crash of a process changes that.
    Queued,
    /// Held by one worker under a lease. The worker's `finish` or `release` moves it on;
    /// when the worker dies, `reap` puts it back in line.
    Running,
    /// Done; the result stands.
    Succeeded,
    /// Done; the error says why.
    Failed,
    /// Ended by whoever asked for it. At once, also when its worker is dead: the
    /// worker's token is worth nothing from then on.
    Cancelled,
}

impl JobState {
    /// All states, for filters and documentation.
    pub const ALL: [Self; 5] = [
        Self::Queued,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
    ];

    /// Whether it is over.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// The word used in keys, JSON and addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for JobState {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| BadId(text.to_owned()))
    }
}

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Reads data sets, leaves a result.
    Analysis,
    /// Turns a spooled file into a data set, or into rows of one that is there.
    Import,
    /// Looks at every column of a version of a table. Nobody's own: it stands in no list,
    /// and goes once it is over.
    Profile,
    /// Gathers the small parts of a table into full ones.
    Compact,
    /// Nothing, to measure the job system itself; only under `serve --bench`.
    Noop,
}

impl JobKind {
    /// The word used in keys and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Analysis => "analysis",
            Self::Import => "import",
            Self::Profile => "profile",
            Self::Compact => "compact",
            Self::Noop => "noop",
        }
    }
}

/// A job as every answer and event gives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Where it stands.
    pub state: JobState,
    /// What it does.
    pub kind: JobKind,
    /// The data set it reads, has made or changes; `None` for an import that makes one, until
    /// it succeeds. The version is the one read; of an append or a replacement that has
    /// succeeded the one made.
    pub dataset: Option<DatasetRef>,
    /// All that it reads, with the versions it started on.
    pub inputs: Vec<DatasetRef>,
    /// What lists and pages call it: see [`title`].
    pub title: String,
    /// What is asked, as [`Analysis::parse`] reads it; `None` unless the kind is
    /// `analysis`. Lists show the title, so whoever shows lists need not know how to read
    /// every kind of analysis.
    pub analysis: Option<Value>,
    /// A name given by its owner.
    pub label: Option<String>,
    /// −2 to 2; larger goes first.
    pub priority: i8,
    /// The job that this one repeats.
    pub retry_of: Option<JobId>,
    /// The version that the repeated job read, when this one reads another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_read: Option<u64>,
    /// The version of its data set by now, when that has other rows than the one it read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newer_version: Option<u64>,
    /// Seconds that an attempt may take.
    pub timeout_s: u32,
    /// When it was submitted.
    pub created: Timestamp,
    /// When its latest attempt began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// Whether the result was there already.
    pub cached: bool,
    /// Whether it is kept beyond the 30 days.
    pub pinned: bool,
    /// How far it is, while it runs.
    pub progress: Option<Progress>,
    /// Its attempts, the oldest first.
    pub attempts: Vec<Attempt>,
    /// Why it waits, while it is queued.
    pub waiting: Option<Waiting>,
    /// What it left, when it succeeded with a result.
    pub result: Option<ResultRef>,
    /// What went wrong, when it failed.
    pub error: Option<Problem>,
    /// The file's name, for an import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// The title of a job: the label, else the analysis in brief, else what it loads and how.
pub fn title(
    kind: JobKind,
    label: Option<&str>,
    analysis: Option<&Analysis>,
    source: Option<&str>,
    how: VersionCause,
) -> String {
    match (label, analysis, kind) {
        (Some(label), ..) => label.to_owned(),
        (None, Some(analysis), _) => analysis.title(),
        (None, None, JobKind::Import) => {
            let verb = match how {
                VersionCause::Append => "Append",
                VersionCause::Replace => "Replace by",
                _ => "Import",
            };
            match source {
                Some(source) => format!("{verb} {source}"),
                None => verb.to_owned(),
            }
        }
        (None, None, JobKind::Profile) => "Columns at a glance".to_owned(),
        (None, None, JobKind::Compact) => "Gather parts".to_owned(),
        (None, None, _) => "No-op".to_owned(),
    }
}

/// One try of a worker at a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Counts from 1.
    pub n: u32,
    /// Whose it was.
    pub worker: WorkerId,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How it ended.
    pub outcome: Option<Outcome>,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// With a result.
    Succeeded,
    /// With an error that trying again would not mend, or tried often enough.
    Failed,
    /// With an error that trying again may mend, such as a store out of reach.
    Retried,
    /// Its process ended abnormally by itself.
    Crashed,
    /// Its process was killed from outside, or its lease ran out.
    Lost,
    /// Its worker was stopped in good order and gave the job back.
    HandedBack,
    /// The owner cancelled the job.
    Cancelled,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 7] = [
        Self::Succeeded,
        Self::Failed,
        Self::Retried,
        Self::Crashed,
        Self::Lost,
        Self::HandedBack,
        Self::Cancelled,
    ];

    /// The word used in keys and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Retried => "retried",
            Self::Crashed => "crashed",
            Self::Lost => "lost",
            Self::HandedBack => "handed_back",
            Self::Cancelled => "cancelled",
        }
    }
}

impl FromStr for Outcome {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == text)
            .ok_or_else(|| BadId(text.to_owned()))
    }
}

/// How far a running job is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// What it is doing: `read`, `parse`, `scan`, `compute`, `write`.
    pub stage: String,
    /// Rows done.
    pub rows: u64,
    /// Rows in all; 0 when not known.
    pub of_rows: u64,
    /// Bytes done.
    pub bytes: u64,
    /// Bytes in all; 0 when not known.
    pub of_bytes: u64,
}

impl Progress {
    /// The part done, 0 to 1, by rows where their number is known, else by bytes.
    pub fn fraction(&self) -> Option<f64> {
        let part = |done: u64, of: u64| (of > 0).then(|| (done as f64 / of as f64).min(1.0));
        part(self.rows, self.of_rows).or_else(|| part(self.bytes, self.of_bytes))
    }
}

/// Why a queued job does not run yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Waiting {
    /// Others are before it.
    InLine {
        /// 1 for the next.
        position: u64,
        /// Seconds until it starts, from how long jobs took of late; `None` until one
        /// has ended.
        estimate_s: Option<f64>,
    },
    /// It failed for a passing reason and is tried again later.
    BackOff {
        /// When.
        until: Timestamp,
    },
    /// Another load into the same data set was submitted before it: they land in that order.
    Behind,
    /// No worker is there to run it.
    NoWorker,
}

/// What `POST /jobs` takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobRequest {
    /// The data set, by id or name.
    pub dataset: String,
    /// The analysis, not yet checked: see [`Analysis::parse`].
    pub analysis: Value,
    /// A name for the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// −2 to 2.
    #[serde(default)]
    pub priority: i8,
    /// Seconds that an attempt may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<u32>,
    /// Compute anew although a result is there.
    #[serde(default)]
    pub fresh: bool,
}

/// A list in pages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page starts.
    pub next: Option<String>,
}
