//! What can go wrong, by what the caller can do about it.

use std::fmt::Display;

use assay_model::{Problem, ProblemKind, WorkerId};
use redis::RedisError;

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
        matches!(self, Self::Unavailable(_))
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
        if error.is_io_error() || error.is_unrecoverable_error() || said(&PASSING) {
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
        let (kind, detail) = match &error {
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
