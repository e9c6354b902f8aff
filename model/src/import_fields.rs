//! The options of an import as fields, a text each: the address of an upload, the fields
//! of a form, the command line and the page all say them so. They are read and written
//! here and nowhere else.

use crate::{
    import::{BadLines, DecimalMark, Encoding, FileFormat, Header, ImportOptions},
    limits,
    problem::FieldError,
    schema::{ColumnType, nearest},
    words,
};

/// The fields that take one text each. Besides them `type.<column>` gives the type of a
/// column.
pub const FIELDS: [&str; 9] = [
    "format",
    "delimiter",
    "quote",
    "header",
    "encoding",
    "decimal",
    "null",
    "sheet",
    "bad_lines",
];

/// The start of the fields that give the types of columns.
pub const TYPE: &str = "type.";

/// The types that a column can be given. The others are those of files that say their
/// types themselves.
pub const GIVEN_TYPES: [ColumnType; 8] = [
    ColumnType::Text,
    ColumnType::Integer,
    ColumnType::Number,
    ColumnType::Decimal,
    ColumnType::Boolean,
    ColumnType::Date,
    ColumnType::Time,
    ColumnType::Timestamp,
];

/// Delimiters that have a name, for where the character itself is awkward to write.
pub const DELIMITERS: [(char, &str); 5] = [
    (',', "comma"),
    (';', "semicolon"),
    ('\t', "tab"),
    ('|', "bar"),
    (' ', "space"),
];

/// Most texts that stand for a missing value.
const NULLS_MOST: usize = 100;
/// Most characters of such a text, and of the name of a sheet.
const TEXT_MOST: usize = 200;

impl ImportOptions {
    /// The options that these fields say; one that is empty says nothing. All mistakes
    /// are told, each with what the field takes.
    pub fn from_fields<'a>(
        fields: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<FieldError>> {
        let mut options = Self::default();
        let mut errors = Vec::new();
        for (name, value) in fields {
            if let Err(error) = options.take(name, value) {
                errors.push(error);
            }
        }
        if options.delimiter.is_some() && options.delimiter == options.quote {
            errors.push(FieldError::new(
                "quote",
                "The quote and the delimiter cannot be the same character.",
            ));
        }
        if errors.is_empty() {
            Ok(options)
        } else {
            Err(errors)
        }
    }

    /// The fields that say these options.
    pub fn to_fields(&self) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        let mut push = |name: &str, value: Option<String>| {
            fields.extend(value.map(|value| (name.to_owned(), value)));
        };
        let word = |text: &str| Some(text.to_owned());
        push("format", self.format.and_then(|it| word(it.as_str())));
        push("delimiter", self.delimiter.map(delimiter_word));
        push("quote", self.quote.map(String::from));
        push("header", self.header.and_then(|it| word(it.as_str())));
        push("encoding", self.encoding.and_then(|it| word(it.as_str())));
        push("decimal", self.decimal.and_then(|it| word(it.as_str())));
        for null in &self.nulls {
            push("null", word(null));
        }
        push("sheet", self.sheet.clone());
        if self.bad_lines != BadLines::default() {
            push("bad_lines", word(self.bad_lines.as_str()));
        }
        for (column, kind) in &self.types {
            push(&format!("{TYPE}{column}"), word(kind.word()));
        }
        fields
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), FieldError> {
        if let Some(column) = name.strip_prefix(TYPE) {
            if let Some(kind) = one_of(name, value, &GIVEN_TYPES, ColumnType::word)? {
                if self.types.len() == limits::COLUMNS {
                    return Err(FieldError::new(name, "There are too many columns."));
                }
                self.types.insert(column.to_owned(), kind);
            }
            return Ok(());
        }
        match name {
            "format" if value.trim() == "auto" => self.format = None,
            "format" => self.format = one_of(name, value, &FileFormat::ALL, FileFormat::as_str)?,
            "delimiter" => self.delimiter = delimiter(value)?,
            "quote" => self.quote = character(name, value, "the quote")?,
            "header" => self.header = one_of(name, value, &Header::ALL, Header::as_str)?,
            "encoding" => {
                let known = encoding_of(value).map_or(value, |known| known.as_str());
                self.encoding = one_of(name, known, &Encoding::ALL, Encoding::as_str)?;
            }
            "decimal" => {
                self.decimal = one_of(name, value, &DecimalMark::ALL, DecimalMark::as_str)?;
            }
            "null" if value.is_empty() || self.nulls.iter().any(|null| null == value) => {}
            "null" => {
                if self.nulls.len() == NULLS_MOST {
                    let message = format!("At most {NULLS_MOST} texts can stand for null.");
                    return Err(FieldError::new(name, message));
                }
                self.nulls.extend(short(name, value)?);
            }
            "sheet" => self.sheet = short(name, value)?,
            "bad_lines" => {
                let said = one_of(name, value, &BadLines::ALL, BadLines::as_str)?;
                self.bad_lines = said.unwrap_or_default();
            }
            _ => return Err(unknown(name)),
        }
        Ok(())
    }
}

impl Header {
    /// Both.
    pub const ALL: [Self; 2] = [Self::First, Self::None];

    /// The word used in addresses and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::None => "none",
        }
    }
}

impl Encoding {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Utf8, Self::Utf16Le, Self::Utf16Be, Self::Latin1];

    /// The word used in addresses and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Latin1 => "latin-1",
        }
    }
}

impl DecimalMark {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Point, Self::Comma];

    /// The word used in addresses and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Point => "point",
            Self::Comma => "comma",
        }
    }
}

impl BadLines {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Refuse, Self::Skip];

    /// The word used in addresses and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Skip => "skip",
        }
    }
}

/// A delimiter as a field says it: by its name where it has one.
pub fn delimiter_word(delimiter: char) -> String {
    let named = DELIMITERS.iter().find(|(it, _)| *it == delimiter);
    named.map_or_else(|| delimiter.to_string(), |(_, name)| (*name).to_owned())
}

/// One of some words; an empty text is none.
fn one_of<T: Copy>(
    field: &str,
    value: &str,
    all: &[T],
    word: fn(T) -> &'static str,
) -> Result<Option<T>, FieldError> {
    let said = value.trim().to_ascii_lowercase();
    if said.is_empty() {
        return Ok(None);
    }
    if let Some(found) = all.iter().find(|it| word(**it) == said) {
        return Ok(Some(*found));
    }
    let known: Vec<String> = all.iter().map(|it| word(*it).to_owned()).collect();
    let message = format!(
        "“{}” is not known here. “{field}” takes {}.",
        words::shorten(value, 40),
        words::or(&known)
    );
    Err(FieldError {
        suggestion: nearest(&said, known.iter().map(String::as_str)),
        ..FieldError::new(field, message)
    })
}

fn delimiter(value: &str) -> Result<Option<char>, FieldError> {
    let named = DELIMITERS
        .iter()
        .find(|(_, name)| value.eq_ignore_ascii_case(name) || value == "\\t" && *name == "tab");
    match named {
        Some((delimiter, _)) => Ok(Some(*delimiter)),
        None => character("delimiter", value, "the delimiter"),
    }
}

/// A single character that is no part of a value.
fn character(field: &str, value: &str, what: &str) -> Result<Option<char>, FieldError> {
    let mut chars = value.chars();
    match (chars.next(), chars.next()) {
        (None, _) => Ok(None),
        (Some(c), None)
            if c.is_ascii_punctuation() || field == "delimiter" && matches!(c, ' ' | '\t') =>
        {
            Ok(Some(c))
        }
        _ => {
            let names = if field == "delimiter" {
                ", or the word comma, semicolon, tab, bar or space"
            } else {
                ""
            };
            let message = format!(
                "“{}” cannot be {what}. “{field}” takes one ASCII character that is no letter or digit{names}.",
                words::shorten(value, 40)
            );
            Err(FieldError::new(field, message))
        }
    }
}

/// The encodings by the names that programs give them.
fn encoding_of(value: &str) -> Option<Encoding> {
    Some(match value.trim().to_ascii_lowercase().as_str() {
        "utf8" => Encoding::Utf8,
        "utf16le" | "utf-16" | "utf16" => Encoding::Utf16Le,
        "utf16be" => Encoding::Utf16Be,
        "latin1" | "iso-8859-1" | "windows-1252" | "cp1252" => Encoding::Latin1,
        _ => return None,
    })
}

fn short(field: &str, value: &str) -> Result<Option<String>, FieldError> {
    if value.chars().count() > TEXT_MOST {
        let message = format!("“{field}” takes at most {TEXT_MOST} characters.");
        return Err(FieldError::new(field, message));
    }
    Ok((!value.is_empty()).then(|| value.to_owned()))
}

fn unknown(name: &str) -> FieldError {
    let shown = words::shorten(name, 40);
    let near = nearest(name, FIELDS.into_iter());
    let message = match &near {
        Some(near) => format!("There is no option “{shown}”. Did you mean “{near}”?"),
        None => format!(
            "There is no option “{shown}”. There is {} and type.<column>.",
            FIELDS.join(", ")
        ),
    };
    FieldError {
        suggestion: near,
        ..FieldError::new(name, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[(&str, &str)]) -> Result<ImportOptions, Vec<FieldError>> {
        ImportOptions::from_fields(fields.iter().copied())
    }

    #[test]
    fn options_read_back_as_they_were_written() {
        let options = ImportOptions {
            format: Some(FileFormat::Csv),
            delimiter: Some('\t'),
            quote: Some('\''),
            header: Some(Header::None),
            encoding: Some(Encoding::Latin1),
            decimal: Some(DecimalMark::Comma),
            nulls: vec!["NA".to_owned(), " - ".to_owned()],
            sheet: Some("Year 2".to_owned()),
            types: [("zip".to_owned(), ColumnType::Text)].into(),
            bad_lines: BadLines::Skip,
        };
        let fields = options.to_fields();
        assert_eq!(fields[1], ("delimiter".to_owned(), "tab".to_owned()));
        let pairs = fields.iter().map(|(name, value)| (&**name, &**value));
        assert_eq!(ImportOptions::from_fields(pairs).unwrap(), options);
        assert!(ImportOptions::default().to_fields().is_empty());
    }

    #[test]
    fn a_field_left_empty_says_nothing() {
        let empty: Vec<_> = FIELDS.iter().map(|name| (*name, "")).collect();
        assert_eq!(read(&empty).unwrap(), ImportOptions::default());
        assert_eq!(
            read(&[("format", "auto"), ("type.zip", "")]).unwrap(),
            ImportOptions::default()
        );
    }

    #[test]
    fn a_character_goes_by_its_name_too() {
        let delimiter = |value| read(&[("delimiter", value)]).unwrap().delimiter;
        assert_eq!(delimiter("tab"), Some('\t'));
        assert_eq!(delimiter("\\t"), Some('\t'));
        assert_eq!(delimiter(";"), Some(';'));
        assert_eq!(delimiter(" "), Some(' '));
        assert_eq!(
            read(&[("encoding", "ISO-8859-1")]).unwrap().encoding,
            Some(Encoding::Latin1)
        );
    }

    #[test]
    fn every_mistake_names_its_field_and_what_that_takes() {
        let errors = read(&[
            ("format", "xml"),
            ("delimiter", "ab"),
            ("header", "yes"),
            ("type.zip", "txt"),
            ("delimeter", ";"),
            ("quote", "a"),
        ])
        .unwrap_err();
        let told: Vec<_> = errors
            .iter()
            .map(|error| (&*error.field, &*error.message))
            .collect();
        assert_eq!(
            told,
            [
                (
                    "format",
                    "“xml” is not known here. “format” takes csv, tsv, json, ndjson, parquet, arrow or xlsx."
                ),
                (
                    "delimiter",
                    "“ab” cannot be the delimiter. “delimiter” takes one ASCII character that is no letter or digit, or the word comma, semicolon, tab, bar or space."
                ),
                (
                    "header",
                    "“yes” is not known here. “header” takes first or none."
                ),
                (
                    "type.zip",
                    "“txt” is not known here. “type.zip” takes text, integer, number, decimal, boolean, date, time or timestamp."
                ),
                (
                    "delimeter",
                    "There is no option “delimeter”. Did you mean “delimiter”?"
                ),
                (
                    "quote",
                    "“a” cannot be the quote. “quote” takes one ASCII character that is no letter or digit."
                ),
            ]
        );
        assert_eq!(errors[3].suggestion.as_deref(), Some("text"));
        let same = read(&[("delimiter", "|"), ("quote", "|")]).unwrap_err();
        assert_eq!(same[0].field, "quote");
    }
}
