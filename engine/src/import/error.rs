//! Why a file is not imported: what, where, and what to do about it.

use std::io;

use assay_model::{ColumnType, words};

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
    /// Something that was said of the file cannot be, whatever the file.
    #[error("{message}")]
    Option {
        /// Which of the options, as `ImportOptions` names it.
        option: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// A column of the header has no name, or that of another.
    #[error(
        "{message} Each column needs a name of its own in the first line; if that holds data already, say so (header=none)."
    )]
    Header {
        /// Which column, counted from 1.
        column: usize,
        /// What is wrong with it.
        message: String,
    },
    /// More columns than a data set may have.
    #[error(
        "The file has more than {} columns, the most that a data set may have.",
        words::count(assay_model::limits::COLUMNS as u64)
    )]
    TooManyColumns,
    /// A record has more or fewer fields than there are columns.
    #[error(
        "Line {line} has {}, the header has {expected}. Mend the line, put quotes around fields that hold the separator, or have such lines left out (bad_lines=skip).",
        words::counted(*found as u64, "field", "fields")
    )]
    Ragged {
        /// The line that the record begins on, counted from 1.
        line: u64,
        /// Fields of the header.
        expected: usize,
        /// Fields of the record.
        found: usize,
    },
    /// A quote that opens a field and is never closed.
    #[error(
        "The quote that opens a field on line {line} is never closed. Close it, or double it where it is meant as a sign."
    )]
    OpenQuote {
        /// The line that it stands on.
        line: u64,
    },
    /// A record that does not end.
    #[error(
        "The record that begins on line {line} is longer than {}. Is there a quote that is not closed?",
        words::bytes(*most)
    )]
    Endless {
        /// The line that it begins on.
        line: u64,
        /// The longest that it may be.
        most: u64,
    },
    /// Bytes that are not UTF-8.
    #[error(
        "Line {line} is not UTF-8, near byte {byte} of the file. If the file is Latin-1 (Windows-1252), say so (encoding=latin-1); else save it as UTF-8."
    )]
    NotUtf8 {
        /// The line, counted from 1.
        line: u64,
        /// The offset in the file.
        byte: u64,
    },
    /// Bytes that are not UTF-16.
    #[error("Line {line} is not UTF-16, near byte {byte} of the file. Save the file as UTF-8.")]
    NotUtf16 {
        /// The line, counted from 1.
        line: u64,
        /// The offset in the file.
        byte: u64,
    },
    /// A zero byte, which text does not have.
    #[error(
        "Line {line} holds a zero byte, which text does not have. Is a part of the file UTF-16, or not text at all?"
    )]
    ZeroByte {
        /// The line, counted from 1.
        line: u64,
    },
    /// The file's first bytes say another encoding than the request.
    #[error(
        "The file begins with the mark of {found}, but was said to be {said}. Leave encoding out."
    )]
    OtherEncoding {
        /// What its mark says.
        found: &'static str,
        /// What the request says.
        said: &'static str,
    },
    /// A value that is not of the type which its column was said to have.
    #[error(
        "{} {number}, column “{column}”: “{value}” is not {}. Mend the value, or leave the type of the column out.",
        place.word(),
        kind.with_article()
    )]
    Misfit {
        /// What is counted.
        place: Place,
        /// Which line, item or row, counted from 1.
        number: u64,
        /// The column.
        column: String,
        /// The value.
        value: String,
        /// The type that was said.
        kind: ColumnType,
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
    /// A file whose inside is damaged.
    #[error("The {what} cannot be read: {message}.")]
    Damaged {
        /// What kind of file.
        what: &'static str,
        /// What the reader met.
        message: String,
    },
    /// A workbook that only a password opens.
    #[error("The workbook is protected by a password. Save it without one, or as CSV.")]
    Encrypted,
    /// A row of a sheet with a value outside the columns.
    #[error(
        "Row {row} has a value in column {column}, which is outside the header. Name the column, or have such rows left out (bad_lines=skip)."
    )]
    Outside {
        /// The row, counted from 1.
        row: u64,
        /// The column, as the sheet calls it.
        column: String,
    },
    /// A packed file that unpacks to more than is plausible.
    #[error(
        "Unpacked, the file has more than {}, far more than its size suggests. Unpack it first and load what is in it.",
        words::bytes(*most)
    )]
    Bomb {
        /// The most that is unpacked of it.
        most: u64,
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

/// What a place in a file is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Lines of text.
    Line,
    /// Objects of JSON.
    Item,
    /// Rows of a sheet or a binary file.
    Row,
}

impl Place {
    fn word(self) -> &'static str {
        match self {
            Self::Line => "Line",
            Self::Item => "Item",
            Self::Row => "Row",
        }
    }
}

impl ImportError {
    /// Whether trying again may mend it.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Spool(_) | Self::Sink(_))
    }

    /// Whether the file itself, or what was said of it, is at fault.
    pub fn is_files_fault(&self) -> bool {
        !matches!(
            self,
            Self::Spool(_) | Self::Sink(_) | Self::Disk(_) | Self::Cancelled | Self::Internal(_)
        )
    }

    pub(super) fn internal(error: impl Into<BoxError>) -> Self {
        Self::Internal(error.into())
    }

    /// Through a parser that knows no errors but those of input; [`Self::of_read`] takes
    /// it out again.
    pub(super) fn into_read(self) -> io::Error {
        io::Error::other(self)
    }

    /// Whether an error of reading is one of ours.
    pub(super) fn is_in(error: &io::Error) -> bool {
        error
            .get_ref()
            .is_some_and(<dyn std::error::Error + Send + Sync>::is::<Self>)
    }

    /// What a failed read was about.
    pub(super) fn of_read(error: io::Error) -> Self {
        if !Self::is_in(&error) {
            return Self::Spool(error);
        }
        match error
            .into_inner()
            .map(<dyn std::error::Error + Send + Sync>::downcast::<Self>)
        {
            Some(Ok(own)) => *own,
            Some(Err(other)) => Self::Internal(other),
            None => Self::Cancelled,
        }
    }
}
