//! Why a file is not imported: what, where, and what to do about it.

use std::io;

use crate::BoxError;

/// Why a file could not be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is nothing in it.
    #[error("The file is empty.")]
    Empty,
    /// There is nothing in it but white space or a header's worth of nothing.
    #[error("The file has no columns.")]
    NoColumns,
    /// It is something else than what it was taken for.
    #[error("This looks like {looks_like}, not {expected}. {remedy}")]
    WrongFormat {
        /// What its first bytes say.
        looks_like: &'static str,
        /// What its name or the request says.
        expected: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A column of the header has no name, or that of another.
    #[error("{message} Each column needs a name of its own in the first line.")]
    Header {
        /// Which column, counted from 1.
        column: usize,
        /// What is wrong with it.
        message: String,
    },
    /// More columns than a data set may have.
    #[error(
        "The file has more than {} columns, the most that a data set may have.",
        assay_model::words::count(assay_model::limits::COLUMNS as u64)
    )]
    TooManyColumns,
    /// A record has more or fewer fields than the header.
    #[error(
        "Line {line} has {}, the header has {expected}. Mend the line, or put quotes around fields that hold the separator.",
        assay_model::words::counted(*found as u64, "field", "fields")
    )]
    Ragged {
        /// The line that the record begins on, counted from 1.
        line: u64,
        /// Fields of the header.
        expected: usize,
        /// Fields of the record.
        found: usize,
    },
    /// A record that does not end.
    #[error(
        "The record that begins on line {line} is longer than 64 MB. Is there a quote that is not closed?"
    )]
    Endless {
        /// The line that it begins on.
        line: u64,
    },
    /// Bytes that are not UTF-8.
    #[error("Line {line} is not UTF-8, near byte {byte} of the file. Save the file as UTF-8.")]
    NotUtf8 {
        /// The line, counted from 1.
        line: u64,
        /// The offset in the file.
        byte: u64,
    },
    /// Text that is not JSON.
    #[error("Line {line}, column {column} is not JSON: {message}.")]
    NotJson {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
        /// What the parser met.
        message: String,
    },
    /// JSON of another shape than a table's.
    #[error("Item {item} is {found}; each item must be an object with a member for each column.")]
    NotAnObject {
        /// Which item, counted from 1.
        item: u64,
        /// What it is.
        found: &'static str,
    },
    /// A file that ends in its middle.
    #[error("The file is cut off: {what}. Send it again.")]
    CutOff {
        /// What is missing.
        what: String,
    },
    /// A Parquet file whose inside is damaged.
    #[error("The Parquet file cannot be read: {message}.")]
    Damaged {
        /// What the reader met.
        message: String,
    },
    /// The spool failed. Trying again may mend it.
    #[error("The upload could not be read back.")]
    Spool(#[source] io::Error),
    /// The parts could not be put away. Trying again may mend it.
    #[error("The data could not be written.")]
    Sink(#[source] BoxError),
    /// The disk for buffering is full or cannot be written.
    #[error("The import could not write to the disk that it buffers on.")]
    Disk(#[source] io::Error),
    /// The caller's token was cancelled.
    #[error("The import was cancelled.")]
    Cancelled,
    /// A fault of the engine.
    #[error("The import failed inside the engine.")]
    Internal(#[source] BoxError),
}

impl ImportError {
    /// Whether trying again may mend it.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Spool(_) | Self::Sink(_))
    }

    /// Whether the file itself is at fault.
    pub fn is_files_fault(&self) -> bool {
        !matches!(
            self,
            Self::Spool(_) | Self::Sink(_) | Self::Disk(_) | Self::Cancelled | Self::Internal(_)
        )
    }

    pub(super) fn internal(error: impl Into<BoxError>) -> Self {
        Self::Internal(error.into())
    }
}
