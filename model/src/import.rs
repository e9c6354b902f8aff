//! How a file is read into a table: what may be said of it, what is found out, what a
//! look beforehand shows. The address of an upload, the form, the command line and the
//! engine speak in these terms.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::schema::{ColumnType, Schema};

/// The formats in which data arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileFormat {
    /// Fields between commas, semicolons, tabs or bars.
    Csv,
    /// Fields between tabs.
    Tsv,
    /// An array of objects.
    Json,
    /// An object a line.
    Ndjson,
    /// Apache Parquet.
    Parquet,
    /// Arrow IPC, as a file (Feather 2) or a stream.
    Arrow,
    /// A sheet of an Excel workbook.
    Xlsx,
}

impl FileFormat {
    /// All formats.
    pub const ALL: [Self; 7] = [
        Self::Csv,
        Self::Tsv,
        Self::Json,
        Self::Ndjson,
        Self::Parquet,
        Self::Arrow,
        Self::Xlsx,
    ];

    /// The word used in addresses and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
            Self::Xlsx => "xlsx",
        }
    }

    /// The format of this word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }

    /// The format that a file's name says, without an ending that says how it is packed:
    /// `orders.csv.gz` says CSV.
    pub fn from_file_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let packed = name
            .strip_suffix(".gz")
            .or_else(|| name.strip_suffix(".zst"));
        let (_, ending) = packed.unwrap_or(&name).rsplit_once('.')?;
        match ending {
            "csv" | "txt" => Some(Self::Csv),
            "tsv" | "tab" => Some(Self::Tsv),
            "json" => Some(Self::Json),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "parquet" | "pq" => Some(Self::Parquet),
            "arrow" | "feather" | "arrows" | "ipc" => Some(Self::Arrow),
            "xlsx" | "xlsm" | "xlsb" | "xls" | "ods" => Some(Self::Xlsx),
            _ => None,
        }
    }

    /// Whether it is text with fields between separators.
    pub fn is_delimited(self) -> bool {
        matches!(self, Self::Csv | Self::Tsv)
    }
}

/// Whether a delimited file or a sheet begins with the names of its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Header {
    /// Its first line holds them.
    First,
    /// It holds data from the first line on; columns are called `column_1` and so on.
    None,
}

/// How text is written as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Encoding {
    /// UTF-8.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16, the lower byte first.
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, the higher byte first.
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// Latin-1 as it is met in the wild: Windows code page 1252.
    #[serde(rename = "latin-1")]
    Latin1,
}

/// What parts whole numbers from their fractions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecimalMark {
    /// `1.5`
    Point,
    /// `1,5`
    Comma,
}

/// What becomes of a line with more or fewer fields than there are columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BadLines {
    /// The file is refused, naming the line.
    #[default]
    Refuse,
    /// The line is left out and listed in the report.
    Skip,
}

/// What may be said of a file. Whatever is left out is found from the file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImportOptions {
    /// Its format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<FileFormat>,
    /// What parts the fields: one ASCII character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// What stands around fields that hold separators: one ASCII character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<char>,
    /// Whether it begins with the names of its columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// How its text is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// What parts whole numbers from their fractions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<DecimalMark>,
    /// Texts that stand for a missing value, besides the empty field: `NA`, `NULL`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nulls: Vec<String>,
    /// Which sheet of a workbook; the first unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Types of columns, by name, in place of those found. A value that does not fit the
    /// type refuses the file, naming its line.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub types: BTreeMap<String, ColumnType>,
    /// What becomes of lines that do not fit.
    pub bad_lines: BadLines,
}

/// A line that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadLine {
    /// The line, counted from 1.
    pub line: u64,
    /// Why, in a sentence.
    pub why: String,
}

/// How a file was read in the end; kept with the version that it made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImportReport {
    /// The options, with all that was found out filled in.
    pub options: ImportOptions,
    /// Lines left out.
    pub skipped: u64,
    /// The first of them, at most [`BAD_LINES_SHOWN`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bad_lines: Vec<BadLine>,
}

/// Lines left out that a report lists.
pub const BAD_LINES_SHOWN: usize = 100;

/// A look at a file before anything of it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// The options, with all that was found out filled in.
    pub options: ImportOptions,
    /// The sheets of a workbook.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<String>,
    /// The columns as the part seen suggests them. The import looks at every row.
    pub schema: Schema,
    /// The first rows, cells by the rules of [`ResultPage`](crate::ResultPage).
    pub rows: Vec<Vec<Value>>,
    /// Whether the whole file was seen.
    pub is_whole: bool,
    /// Lines among those seen that do not fit: `skip` leaves them out, else the first
    /// of them refuses the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bad_lines: Vec<BadLine>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_file_says_what_is_in_it() {
        let says = FileFormat::from_file_name;
        assert_eq!(says("orders.csv.gz"), Some(FileFormat::Csv));
        assert_eq!(says("ORDERS.JSONL.ZST"), Some(FileFormat::Ndjson));
        assert_eq!(says("orders.gz"), None);
    }

    #[test]
    fn options_that_were_not_said_are_not_written() {
        let json = serde_json::to_value(ImportOptions::default()).unwrap();
        assert_eq!(json, serde_json::json!({"bad_lines": "refuse"}));
        let read: ImportOptions = serde_json::from_value(
            serde_json::json!({"encoding": "latin-1", "types": {"zip": "text"}}),
        )
        .unwrap();
        assert_eq!(read.encoding, Some(Encoding::Latin1));
        assert_eq!(read.types["zip"], ColumnType::Text);
    }
}
