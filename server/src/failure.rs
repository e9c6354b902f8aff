//! The engine's failures as problems: which are the request's fault, which passing,
//! which ours. (The store says so of itself.)

use assay_engine::{EngineError, ImportError};
use assay_model::{Problem, ProblemKind};
use tracing::error;

/// What to tell of a failed analysis, look or export.
pub fn engine_problem(error: EngineError) -> Problem {
    let kind = match error {
        EngineError::Invalid(errors) => return Problem::invalid(errors),
        EngineError::Overflow { .. } => ProblemKind::Invalid,
        EngineError::OutOfMemory(_) => ProblemKind::OutOfMemory,
        EngineError::Cancelled => ProblemKind::Conflict,
        EngineError::Store(_) | EngineError::Source(_) | EngineError::Sink(_)
            if error.is_passing() =>
        {
            return passing(&error);
        }
        _ => {
            error!(error = %chain(&error), "the engine failed");
            ProblemKind::Internal
        }
    };
    Problem::new(kind, error.to_string())
}

/// What to tell of a failed import.
pub fn import_problem(error: ImportError) -> Problem {
    match error {
        ImportError::Engine(error) => engine_problem(error),
        error => Problem::new(ProblemKind::BadFile, error.to_string()),
    }
}

fn passing(error: &EngineError) -> Problem {
    tracing::warn!(error = %chain(error), "the store failed under the engine");
    Problem::new(
        ProblemKind::Unavailable,
        format!("{error} Try again in a moment."),
    )
}

/// An error with all its causes, for the log.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text += ": ";
        text += &inner.to_string();
        cause = inner.source();
    }
    text
}
