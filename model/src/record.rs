//! Records as they are read where other programs keep them: a key, and values that are
//! still as they were written. What types they are of, a
//! [`Schema`](crate::Schema) says.

/// Some records of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Records {
    /// The names that their values have.
    pub names: Vec<String>,
    /// The records.
    pub rows: Vec<Record>,
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its key in Redis.
    pub key: Written,
    /// Its values, each with the place of its name in [`Records::names`]. A name that is
    /// not among them is missing here.
    pub values: Vec<(usize, Written)>,
}

/// A value as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// Text that may stand for a value of any type: `8`, `true`, `lion`.
    Plain(String),
    /// Text that its writer marked as text, as JSON does with quotes: never a number.
    Quoted(String),
    /// Bytes that are not UTF-8, in base64.
    Base64(String),
}

impl Written {
    /// The text that stands for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Quoted(text) | Self::Base64(text) => text,
        }
    }
}
