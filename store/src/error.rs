//! What can go wrong, by what the caller can do about it.

use std::fmt::Display;

use assay_model::{Problem, ProblemKind, SourceName, WorkerId};
use redis::{ErrorKind, RedisError};

/// What Redis says while it cannot serve but soon may.
const PASSING: [&str; 5] = [
    "LOADING",
    "TRYAGAIN",
    "CLUSTERDOWN",
    "MASTERDOWN",
    "READONLY",
];

/// What to say when Redis has no memory left, with the remedy.
pub const FULL: &str =
    "Redis has no memory left. Delete data sets or jobs, or raise its maxmemory.";

/// A failure of the store. What a transition *answers* (fenced, name taken, …) is no
/// failure and has its own type.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Redis cannot be reached, does not answer in time, or is still loading its file.
    /// The same call may succeed later; every transition may be sent again.
    #[error("Redis cannot be reached: {0}")]
    Unavailable(#[source] RedisError),
    /// Redis has no memory left for new data.
    #[error("Redis is full: {0}")]
    Full(#[source] RedisError),
    /// The worker is not registered (any more): whatever it held is lost to it. It must
    /// register again before it claims.
    #[error("the worker {0} is not registered")]
    UnknownWorker(WorkerId),
    /// The data in Redis was replaced while it was being read.
    #[error("the data in Redis has been replaced")]
    Replaced,
    /// The address of Redis cannot be read. It is not repeated here: it may hold a
    /// password.
    #[error("the address of Redis cannot be read: {0}")]
    Address(#[source] RedisError),
    /// The prefix cannot be one.
    #[error("“{0}” cannot be a prefix: it takes 1 to 32 letters, digits, “_” and “-”")]
    Prefix(String),
    /// Something in Redis is not what Assay writes there.
    #[error("{key} in Redis cannot be read: {what}")]
    Corrupt {
        /// Where it stands.
        key: String,
        /// What is wrong with it.
        what: String,
    },
    /// No source of this name is configured.
    #[error("there is no source “{0}” in the configuration")]
    UnknownSource(SourceName),
    /// A source failed.
    #[error("the source “{name}”: {cause}")]
    Source {
        /// Which.
        name: SourceName,
        /// How.
        #[source]
        cause: Box<StoreError>,
    },
    /// Any other answer of Redis: a missing permission, a command that it does not know.
    #[error("Redis refused: {0}")]
    Refused(#[source] RedisError),
}

impl StoreError {
    pub(crate) fn corrupt(key: impl Into<String>, what: impl Display) -> Self {
        Self::Corrupt {
            key: key.into(),
            what: what.to_string(),
        }
    }

    /// Whether the same call may succeed when it is sent again.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Source { cause, .. } => cause.is_passing(),
            other => matches!(other, Self::Unavailable(_)),
        }
    }
}

impl From<RedisError> for StoreError {
    fn from(error: RedisError) -> Self {
        // A pipeline and a transaction carry the errors of their commands within.
        let server_errors = error.clone().into_server_errors();
        let said = |codes: &[&str]| {
            server_errors
                .iter()
                .flat_map(|errors| errors.iter())
                .any(|(_, error)| codes.contains(&error.code()))
        };
        let is_refused = error.kind() == ErrorKind::AuthenticationFailed;
        let is_cut = error.is_io_error() || error.is_unrecoverable_error();
        if !is_refused && (is_cut || said(&PASSING)) {
            Self::Unavailable(error)
        } else if said(&["OOM"]) {
            Self::Full(error)
        } else {
            Self::Refused(error)
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::from(&error)
    }
}

impl From<&StoreError> for Problem {
    fn from(error: &StoreError) -> Self {
        let (kind, detail) = match error {
            StoreError::UnknownSource(name) => return unknown_source(name),
            StoreError::Source { name, cause } => return source_problem(name, cause),
            StoreError::Unavailable(_) => (
                ProblemKind::Unavailable,
                "Redis cannot be reached at the moment. Nothing is lost; try again shortly.",
            ),
            StoreError::Full(_) => (ProblemKind::Full, FULL),
            StoreError::Replaced => (
                ProblemKind::Conflict,
                "The data in Redis has been replaced. Load the page again.",
            ),
            StoreError::UnknownWorker(_)
            | StoreError::Address(..)
            | StoreError::Prefix(_)
            | StoreError::Corrupt { .. }
            | StoreError::Refused(_) => (
                ProblemKind::Internal,
                "The store answered in a way that the server does not understand. Its log says more.",
            ),
        };
        Problem::new(kind, detail)
    }
}

fn unknown_source(name: &SourceName) -> Problem {
    Problem::new(
        ProblemKind::Conflict,
        format!(
            "The source “{name}” is not in the configuration that this process was started with. Add it to serve and workers alike, or delete the data sets that read it."
        ),
    )
}

/// What a source said is shown, for whoever keeps it must mend it; addresses are not
/// part of it.
fn source_problem(name: &SourceName, cause: &StoreError) -> Problem {
    match cause {
        StoreError::Unavailable(_) => Problem::new(
            ProblemKind::SourceAway,
            format!(
                "The source “{name}” cannot be reached. Is it running, and does the configuration have its address right?"
            ),
        ),
        StoreError::Full(_) => Problem::new(
            ProblemKind::Full,
            format!("The source “{name}” has no memory left."),
        ),
        StoreError::Refused(error) => Problem::new(
            ProblemKind::Conflict,
            format!(
                "The source “{name}” refused: {} {}",
                error.code().unwrap_or("ERR"),
                error.detail().unwrap_or("it does not say why.")
            ),
        ),
        StoreError::Address(error) => Problem::new(
            ProblemKind::Conflict,
            format!("The address of the source “{name}” cannot be read: {error}."),
        ),
        other => Problem::from(other),
    }
}
