//! The settings of the commands that bring files in and take them out.

use std::path::PathBuf;

use clap::Args;

use super::ClientArgs;

/// Settings of `assay load`.
#[derive(Debug, Args)]
pub struct LoadArgs {
    /// How to reach the server.
    #[command(flatten)]
    pub client: ClientArgs,

    /// The files; `-` reads standard input, and a pattern such as `'*.csv'` stands for all
    /// files that match.
    #[arg(required_unless_present = "sample", value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// The data set's name; made from the file's name when left out.
    #[arg(long)]
    pub name: Option<String>,

    /// How the files are to be read; what is left out is found from each file.
    #[command(flatten)]
    pub options: ImportArgs,

    /// Show how the files read, with types and first rows, and load nothing.
    #[arg(long)]
    pub preview: bool,

    /// Load the sample: the flights out of New York in 2013, and the animals.
    #[arg(long, conflicts_with_all = ["files", "name", "preview", "ImportArgs"])]
    pub sample: bool,
}

/// How a file is to be read.
#[derive(Debug, Clone, Default, Args)]
pub struct ImportArgs {
    /// csv, tsv, json, ndjson, parquet, arrow or xlsx.
    #[arg(long)]
    pub format: Option<String>,

    /// What parts the fields: a character, or comma, semicolon, tab, bar, space.
    #[arg(long, value_name = "CHARACTER")]
    pub delimiter: Option<String>,

    /// What stands around fields that hold delimiters: a character.
    #[arg(long, value_name = "CHARACTER")]
    pub quote: Option<String>,

    /// The first line holds the names of the columns.
    #[arg(long, conflicts_with = "no_header")]
    pub header: bool,

    /// The first line holds data; columns are called `column_1` and so on.
    #[arg(long)]
    pub no_header: bool,

    /// utf-8, utf-16le, utf-16be or latin-1.
    #[arg(long)]
    pub encoding: Option<String>,

    /// What parts whole numbers from their fractions: point or comma.
    #[arg(long, value_name = "MARK")]
    pub decimal: Option<String>,

    /// A text that stands for a missing value, besides the empty field; repeat.
    #[arg(long, value_name = "TEXT")]
    pub null: Vec<String>,

    /// The sheet of a workbook; the first when left out.
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,

    /// The type of a column in place of the one found: `zip=text`; repeat.
    #[arg(long = "type", value_name = "COLUMN=TYPE")]
    pub types: Vec<String>,

    /// What becomes of lines that do not fit: refuse (the file) or skip (the line).
    #[arg(long, value_name = "WHAT")]
    pub bad_lines: Option<String>,
}

/// Settings of `assay export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// How to reach the server.
    #[command(flatten)]
    pub client: ClientArgs,

    /// The data set, by name or id.
    pub dataset: String,

    /// csv, json, ndjson, parquet or arrow; as the file's name says, or csv, when left out.
    #[arg(long)]
    pub format: Option<String>,

    /// The file to write; standard output when left out.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}
