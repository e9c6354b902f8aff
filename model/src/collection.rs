//! Collections: which records of which Redis make a data set.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{problem::FieldError, schema::Schema, words};

/// Which records make a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collection {
    /// The Redis that holds them, by its name in the configuration; the bench's own when
    /// left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceName>,
    /// Redis's glob over whole keys, `animal:*`; for a list, set or sorted set its key.
    pub pattern: String,
    /// What each key holds.
    #[serde(rename = "type", default)]
    pub kind: CollectionType,
}

impl Collection {
    /// Whether it can be one; errors name the fields as `collection.<field>`.
    pub fn check(&self) -> Result<(), FieldError> {
        if (1..=PATTERN_MOST).contains(&self.pattern.len()) {
            return Ok(());
        }
        let (what, example) = if self.kind.is_one_key() {
            ("key", "scores")
        } else {
            ("pattern", "animal:*")
        };
        let message = format!(
            "A {what} has 1 to {} characters, such as {example}.",
            words::count(PATTERN_MOST as u64)
        );
        Err(FieldError::new("collection.pattern", message))
    }
}

/// What a collection would read, as far as a glance tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CollectionPreview {
    /// Records found.
    pub rows: u64,
    /// Whether these are all; counting ends after a second.
    pub is_whole: bool,
    /// The columns that they have.
    pub schema: Schema,
    /// The first of them.
    pub items: Vec<Map<String, Value>>,
}

/// Longest pattern, in bytes.
const PATTERN_MOST: usize = 1_000;

/// The Redis types that a collection can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CollectionType {
    /// A hash a record, a field a column.
    #[default]
    Hash,
    /// A JSON object in a string a record, a member a column.
    Json,
    /// A string a record, with the column `value`.
    String,
    /// Streams; an entry a record, with the column `_id` and its fields.
    Stream,
    /// One list; an element a record, with the columns `_index` and `value`.
    List,
    /// One set; a member a record, with the column `value`.
    Set,
    /// One sorted set; a member a record, with the columns `value` and `score`.
    Zset,
}

impl CollectionType {
    /// All types, in the order in which they are offered.
    pub const ALL: [Self; 7] = [
        Self::Hash,
        Self::Json,
        Self::String,
        Self::Stream,
        Self::List,
        Self::Set,
        Self::Zset,
    ];

    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hash => "hash",
            Self::Json => "json",
            Self::String => "string",
            Self::Stream => "stream",
            Self::List => "list",
            Self::Set => "set",
            Self::Zset => "zset",
        }
    }

    /// What a record is, as a form offers it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Hash => "Hashes: each a record",
            Self::Json => "JSON objects in strings: each a record",
            Self::String => "Strings: each a record",
            Self::Stream => "Streams: each entry a record",
            Self::List => "One list: each element a record",
            Self::Set => "One set: each member a record",
            Self::Zset => "One sorted set: each member a record",
        }
    }

    /// Whether it is read from one key, which the pattern then is.
    pub fn is_one_key(self) -> bool {
        matches!(self, Self::List | Self::Set | Self::Zset)
    }

    /// Whether each of its records has a key of its own, under which it can be read and
    /// written.
    pub fn has_keyed_records(self) -> bool {
        matches!(self, Self::Hash | Self::Json | Self::String)
    }
}

impl FromStr for CollectionType {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| {
                let known: Vec<String> = Self::ALL.map(|kind| kind.as_str().to_owned()).into();
                let message = format!(
                    "There is no type “{}”. There is {}.",
                    words::shorten(text, 40),
                    words::and(&known)
                );
                FieldError::new("collection.type", message)
            })
    }
}

/// The name of another Redis in the configuration: `[A-Za-z_][A-Za-z0-9_-]{0,31}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SourceName(String);

impl SourceName {
    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SourceName {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let first = |c: char| c.is_ascii_alphabetic() || c == '_';
        if text.starts_with(first) && text.len() <= 32 && text.chars().all(plain) {
            return Ok(Self(text.to_owned()));
        }
        let message = format!(
            "“{}” cannot name a source. A name starts with a letter or “_” and goes on with letters, digits, “_” and “-”, 32 at most.",
            words::shorten(text, 40)
        );
        Err(FieldError::new("collection.source", message))
    }
}

impl<'de> Deserialize<'de> for SourceName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|error: FieldError| serde::de::Error::custom(error.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_reads_as_it_is_written() {
        let text = r#"{"source":"shop","pattern":"order:*","type":"json"}"#;
        let collection: Collection = serde_json::from_str(text).unwrap();
        assert_eq!(collection.kind, CollectionType::Json);
        assert_eq!(serde_json::to_string(&collection).unwrap(), text);
        let short: Collection = serde_json::from_str(r#"{"pattern":"animal:*"}"#).unwrap();
        assert_eq!((short.source, short.kind), (None, CollectionType::Hash));
        assert!(serde_json::from_str::<Collection>(r#"{"source":"a b","pattern":"*"}"#).is_err());
    }

    #[test]
    fn every_type_is_found_by_its_word_and_another_is_not() {
        for kind in CollectionType::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        let error = "tree".parse::<CollectionType>().unwrap_err();
        assert_eq!(
            error.message,
            "There is no type “tree”. There is hash, json, string, stream, list, set and zset."
        );
    }

    #[test]
    fn a_pattern_is_asked_for_in_the_words_of_its_type() {
        let error = |kind| {
            let collection = Collection {
                source: None,
                pattern: String::new(),
                kind,
            };
            collection.check().unwrap_err().message
        };
        assert!(error(CollectionType::Hash).starts_with("A pattern has"));
        assert!(error(CollectionType::Zset).starts_with("A key has"));
    }
}
