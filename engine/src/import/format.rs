//! What a file is: as the request says, else by its first bytes, else by its name. Its
//! first bytes are believed over its name where they are plain.

use super::{ImportError, ImportOptions};

/// The file formats that data arrives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Fields between commas, semicolons, tabs or bars (found out), with a header.
    Csv,
    /// Fields between tabs, with a header.
    Tsv,
    /// An array of objects.
    Json,
    /// An object a line.
    Ndjson,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 5] = [
        Self::Csv,
        Self::Tsv,
        Self::Json,
        Self::Ndjson,
        Self::Parquet,
    ];

    /// The word used in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
        }
    }

    /// The format of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }

    /// The format that a file's name says.
    pub fn from_file_name(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "csv" | "txt" => Some(Self::Csv),
            "tsv" | "tab" => Some(Self::Tsv),
            "json" => Some(Self::Json),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "parquet" | "pq" => Some(Self::Parquet),
            _ => None,
        }
    }

    fn with_article(self) -> &'static str {
        match self {
            Self::Csv => "a CSV file",
            Self::Tsv => "a TSV file",
            Self::Json => "JSON",
            Self::Ndjson => "NDJSON",
            Self::Parquet => "a Parquet file",
        }
    }
}

/// The format of a file that begins with `start`, or why it is none.
pub(super) fn find(options: &ImportOptions, start: &[u8]) -> Result<Format, ImportError> {
    if start.is_empty() {
        return Err(ImportError::Empty);
    }
    let named = options
        .file_name
        .as_deref()
        .and_then(Format::from_file_name);
    let said = options.format.or(named);
    let expected = said.unwrap_or(Format::Csv).with_article();
    let wrong = |looks_like, remedy| {
        Err(ImportError::WrongFormat {
            looks_like,
            expected,
            remedy,
        })
    };
    if start.starts_with(b"PAR1") {
        return match options.format {
            None | Some(Format::Parquet) => Ok(Format::Parquet),
            Some(_) => wrong("a Parquet file", "Import it as Parquet."),
        };
    }
    if said == Some(Format::Parquet) {
        return wrong("something else", "A Parquet file begins with “PAR1”.");
    }
    match start {
        [0x1F, 0x8B, ..] => return wrong("a gzip file", "Unpack it first."),
        [0x28, 0xB5, 0x2F, 0xFD, ..] => return wrong("a zstd file", "Unpack it first."),
        [b'P', b'K', 3, 4, ..] => {
            return wrong(
                "an Excel or ZIP file",
                "Save the sheet as CSV, or unpack it first.",
            );
        }
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => {
            return wrong("UTF-16 text", "Save it as UTF-8.");
        }
        _ if start.contains(&0) => {
            return wrong("a binary file", "Import CSV, TSV, JSON, NDJSON or Parquet.");
        }
        _ => {}
    }
    let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
    let text = text.trim_ascii_start();
    let begins = |word: &[u8]| {
        text.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if begins(b"<!doctype html") || begins(b"<html") {
        return wrong("a web page", "Download the file itself.");
    }
    match (said, text.first()) {
        (_, None) => Err(ImportError::NoColumns),
        // What begins as one shape of JSON is never the other.
        (Some(Format::Json | Format::Ndjson) | None, Some(b'[')) => Ok(Format::Json),
        (Some(Format::Json | Format::Ndjson) | None, Some(b'{')) => Ok(Format::Ndjson),
        (Some(format), _) => Ok(format),
        (None, _) => Ok(Format::Csv),
    }
}
