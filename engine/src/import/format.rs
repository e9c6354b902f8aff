//! What a file is: as the request says, else by its first bytes, else by its name. Its
//! first bytes are believed over its name where they are plain.

use assay_model::{FileFormat, ImportOptions};

use super::{ImportError, text};

/// The format of a file that begins with `start`, unpacked, or why it is none.
pub(super) fn find(
    options: &ImportOptions,
    file_name: Option<&str>,
    start: &[u8],
) -> Result<FileFormat, ImportError> {
    if start.is_empty() {
        return Err(ImportError::Empty);
    }
    let named = file_name.and_then(FileFormat::from_file_name);
    let said = options.format.or(named);
    let expected = with_article(said.unwrap_or(FileFormat::Csv));
    let wrong = |looks_like, remedy| {
        Err(ImportError::WrongFormat {
            looks_like,
            expected,
            remedy,
        })
    };
    if let Some(plain) = plain(start) {
        return match options.format {
            Some(said) if said != plain => wrong(with_article(plain), "Leave its format out."),
            _ => Ok(plain),
        };
    }
    match said {
        Some(FileFormat::Parquet) => {
            return wrong("something else", "A Parquet file begins with “PAR1”.");
        }
        Some(FileFormat::Arrow) => {
            return wrong("something else", "An Arrow file begins with “ARROW1”.");
        }
        Some(FileFormat::Xlsx) => {
            return wrong("something else", "Save the sheet as CSV, or as .xlsx.");
        }
        _ => {}
    }
    let encoding = text::encoding(start, options.encoding)?;
    let text = text::beginning(start, encoding);
    if text.contains(&0) {
        return wrong(
            "a binary file",
            "Import CSV, TSV, JSON, NDJSON, Parquet, Arrow or Excel.",
        );
    }
    let text = text.trim_ascii_start();
    let begins = |word: &[u8]| {
        text.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if begins(b"<!doctype html") || begins(b"<html") {
        return wrong("a web page", "Download the file itself.");
    }
    if begins(b"<?xml") {
        return wrong("an XML file", "Save its data as CSV or JSON.");
    }
    if begins(b"%pdf-") {
        return wrong("a PDF file", "Save its table as CSV.");
    }
    match (said, text.first()) {
        // What does not decode is told, with its place, when it is read for good.
        (said, None) if !start.trim_ascii().is_empty() && text::mark_bytes(start) < start.len() => {
            Ok(said.unwrap_or(FileFormat::Csv))
        }
        (_, None) => Err(ImportError::NoColumns),
        // What begins as one shape of JSON is never the other.
        (Some(FileFormat::Json | FileFormat::Ndjson) | None, Some(b'[')) => Ok(FileFormat::Json),
        (Some(FileFormat::Json | FileFormat::Ndjson) | None, Some(b'{')) => Ok(FileFormat::Ndjson),
        (Some(format), _) => Ok(format),
        (None, _) => Ok(FileFormat::Csv),
    }
}

/// Of formats that are known by their first bytes.
fn plain(start: &[u8]) -> Option<FileFormat> {
    match start {
        [b'P', b'A', b'R', b'1', ..] => Some(FileFormat::Parquet),
        // The second is a stream of Arrow: it begins with the length of its schema.
        [b'A', b'R', b'R', b'O', b'W', b'1', 0, 0, ..]
        | [0xFF, 0xFF, 0xFF, 0xFF, _, _, _, 0, ..] => Some(FileFormat::Arrow),
        // A ZIP archive, and a compound file of old.
        [b'P', b'K', 3, 4, ..] | [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, ..] => {
            Some(FileFormat::Xlsx)
        }
        _ => None,
    }
}

fn with_article(format: FileFormat) -> &'static str {
    match format {
        FileFormat::Csv => "a CSV file",
        FileFormat::Tsv => "a TSV file",
        FileFormat::Json => "JSON",
        FileFormat::Ndjson => "NDJSON",
        FileFormat::Parquet => "a Parquet file",
        FileFormat::Arrow => "an Arrow file",
        FileFormat::Xlsx => "an Excel file",
    }
}
