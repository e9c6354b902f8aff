//! What can go wrong in a run, by what the caller can do about it.

use std::sync::Arc;

use assay_model::FieldError;
use datafusion::{arrow::error::ArrowError, error::DataFusionError, parquet::errors::ParquetError};

use crate::input::BoxError;

/// Why an analysis, a look or an export did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The analysis does not fit the data. Trying again does not mend it.
    #[error("{}", first_message(.0))]
    Invalid(Vec<FieldError>),
    /// A sum of whole numbers is past what 64 bits hold.
    #[error(
        "The sum of “{column}” is past what a whole number of 64 bits can hold. Use the mean, or filter for smaller groups."
    )]
    Overflow {
        /// The column summed.
        column: String,
    },
    /// The caller's token was cancelled.
    #[error("The run was cancelled.")]
    Cancelled,
    /// The memory pool is exhausted and the operation at hand cannot spill.
    #[error(
        "The analysis needs more memory than it may use. Filter the rows, group by fewer columns, or give the worker more memory."
    )]
    OutOfMemory(#[source] DataFusionError),
    /// The disk for spilling is full or cannot be written.
    #[error("The analysis could not write to the disk for what exceeds memory.")]
    Spill(#[source] std::io::Error),
    /// The store of parts failed. Trying again may mend it.
    #[error("The data could not be read from the store.")]
    Store(#[source] object_store::Error),
    /// The source of records failed. Trying again may mend it.
    #[error("The records could not be read.")]
    Source(#[source] BoxError),
    /// The result's parts could not be put away. Trying again may mend it.
    #[error("The result could not be written.")]
    Sink(#[source] BoxError),
    /// A part is not the Parquet file that its manifest says.
    #[error("A part of the data is damaged.")]
    Damaged(#[source] ParquetError),
    /// A fault of the engine.
    #[error("The analysis failed inside the engine.")]
    Internal(#[source] DataFusionError),
}

impl EngineError {
    /// Whether trying again may mend it.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Store(error) => !matches!(error, object_store::Error::NotFound { .. }),
            Self::Source(_) | Self::Sink(_) => true,
            _ => false,
        }
    }

    /// One field that does not fit.
    pub(crate) fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(field, message)])
    }

    /// Carries this through code that only knows `DataFusion`'s errors.
    pub(crate) fn through(self) -> DataFusionError {
        DataFusionError::External(Box::new(self))
    }

    /// The same for an error that others hold too: its sort, and its cause in words.
    fn again(error: &DataFusionError) -> Option<Self> {
        let words = |error: &dyn std::error::Error| -> BoxError { error.to_string().into() };
        match error {
            DataFusionError::ResourcesExhausted(message) => Some(Self::OutOfMemory(
                DataFusionError::ResourcesExhausted(message.clone()),
            )),
            DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => {
                Self::again(inner)
            }
            DataFusionError::Shared(inner) => Self::again(inner),
            DataFusionError::IoError(error) => Some(Self::Spill(std::io::Error::new(
                error.kind(),
                error.to_string(),
            ))),
            _ => {
                // The chain of causes, down to one that has a sort.
                let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
                while let Some(error) = cause {
                    if let Some(own) = error.downcast_ref::<Self>() {
                        return match own {
                            Self::Overflow { column } => Some(Self::Overflow {
                                column: column.clone(),
                            }),
                            Self::Source(source) => Some(Self::Source(words(source.as_ref()))),
                            _ => None,
                        };
                    }
                    if let Some(store) = error.downcast_ref::<object_store::Error>() {
                        return Some(Self::Store(store_again(store)));
                    }
                    cause = error.source();
                }
                None
            }
        }
    }

    fn from_box(error: BoxError) -> Self {
        let error = match error.downcast::<Self>() {
            Ok(own) => return *own,
            Err(other) => other,
        };
        let error = match error.downcast::<object_store::Error>() {
            Ok(store) => return Self::Store(*store),
            Err(other) => other,
        };
        let error = match error.downcast::<DataFusionError>() {
            Ok(inner) => return (*inner).into(),
            Err(other) => other,
        };
        let error = match error.downcast::<ParquetError>() {
            Ok(inner) => return (*inner).into(),
            Err(other) => other,
        };
        match error.downcast::<ArrowError>() {
            Ok(inner) => DataFusionError::from(*inner).into(),
            Err(other) => Self::Internal(DataFusionError::External(other)),
        }
    }
}

impl From<DataFusionError> for EngineError {
    fn from(error: DataFusionError) -> Self {
        match error {
            DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => {
                (*inner).into()
            }
            DataFusionError::Collection(mut errors) if !errors.is_empty() => {
                errors.swap_remove(0).into()
            }
            DataFusionError::External(inner) => Self::from_box(inner),
            DataFusionError::ObjectStore(inner) => Self::Store(*inner),
            DataFusionError::ParquetError(inner) => (*inner).into(),
            DataFusionError::IoError(inner) => Self::Spill(inner),
            DataFusionError::ArrowError(inner, trace) => match *inner {
                ArrowError::ExternalError(inner) => Self::from_box(inner),
                ArrowError::IoError(_, inner) => Self::Spill(inner),
                other => Self::Internal(DataFusionError::ArrowError(Box::new(other), trace)),
            },
            error @ DataFusionError::ResourcesExhausted(_) => Self::OutOfMemory(error),
            // Several parts of a plan may share one failure.
            DataFusionError::Shared(inner) => match Arc::try_unwrap(inner) {
                Ok(only) => only.into(),
                Err(shared) => Self::again(&shared)
                    .unwrap_or_else(|| Self::Internal(DataFusionError::Shared(shared))),
            },
            other => Self::Internal(other),
        }
    }
}

impl From<ParquetError> for EngineError {
    fn from(error: ParquetError) -> Self {
        match error {
            ParquetError::External(inner) => Self::from_box(inner),
            other => Self::Damaged(other),
        }
    }
}

impl From<ArrowError> for EngineError {
    fn from(error: ArrowError) -> Self {
        DataFusionError::from(error).into()
    }
}

fn store_again(error: &object_store::Error) -> object_store::Error {
    match error {
        object_store::Error::NotFound { path, source } => object_store::Error::NotFound {
            path: path.clone(),
            source: source.to_string().into(),
        },
        other => object_store::Error::Generic {
            store: "parts",
            source: other.to_string().into(),
        },
    }
}

fn first_message(errors: &[FieldError]) -> &str {
    errors
        .first()
        .map_or("The analysis does not fit.", |error| error.message.as_str())
}
