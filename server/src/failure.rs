//! The engine's failures as problems: which are the request's fault, which passing,
//! which ours. (The store says so of itself.)

use assay_engine::{BoxError, EngineError, ImportError};
use assay_model::{FieldError, Problem, ProblemKind};
use assay_store::{FULL, StoreError};
use tracing::{error, warn};

/// What to tell of a failed analysis, look or export.
pub fn engine_problem(error: &EngineError) -> Problem {
    let kind = match error {
        EngineError::Invalid(errors) => return Problem::invalid(errors.clone()),
        EngineError::Source(cause) | EngineError::Sink(cause) if is_full(cause) => return full(),
        // What the store says of a source names it.
        EngineError::Source(cause) if let Some(cause) = of_store(cause) => return cause.into(),
        EngineError::Overflow { .. } => ProblemKind::Invalid,
        EngineError::OutOfMemory(_) => ProblemKind::OutOfMemory,
        EngineError::Cancelled => ProblemKind::Conflict,
        _ if error.is_passing() => return passing(error),
        _ => {
            error!(error = %chain(error), "the engine failed");
            ProblemKind::Internal
        }
    };
    Problem::new(kind, error.to_string())
}

/// What to tell of a failed import.
pub fn import_problem(error: &ImportError) -> Problem {
    let kind = match error {
        ImportError::Sink(cause) if is_full(cause) => return full(),
        ImportError::Option { option, message } => {
            return Problem::invalid(vec![FieldError::new(*option, message.clone())]);
        }
        _ if error.is_files_fault() => ProblemKind::BadFile,
        ImportError::Cancelled => ProblemKind::Conflict,
        _ if error.is_passing() => return passing(error),
        _ => {
            error!(error = %chain(error), "the import failed");
            ProblemKind::Internal
        }
    };
    Problem::new(kind, error.to_string())
}

/// Whether trying the analysis again may mend it. A full Redis does not get emptier by
/// trying.
pub fn engine_passes(error: &EngineError) -> bool {
    match error {
        EngineError::Source(cause) if let Some(cause) = of_store(cause) => cause.is_passing(),
        EngineError::Source(cause) | EngineError::Sink(cause) if is_full(cause) => false,
        error => error.is_passing(),
    }
}

/// Whether trying the import again may mend it.
pub fn import_passes(error: &ImportError) -> bool {
    error.is_passing() && !matches!(error, ImportError::Sink(cause) if is_full(cause))
}

fn of_store(cause: &BoxError) -> Option<&StoreError> {
    cause.downcast_ref::<StoreError>()
}

fn is_full(cause: &BoxError) -> bool {
    matches!(of_store(cause), Some(StoreError::Full(_)))
}

fn full() -> Problem {
    Problem::new(ProblemKind::Full, FULL)
}

fn passing(error: &(dyn std::error::Error + 'static)) -> Problem {
    warn!(error = %chain(error), "the store failed under the engine");
    Problem::new(
        ProblemKind::Unavailable,
        format!("{error} Try again in a moment."),
    )
}

/// An error with all its causes, for the log.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text += ": ";
        text += &inner.to_string();
        cause = inner.source();
    }
    text
}
