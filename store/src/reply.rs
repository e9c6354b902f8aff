//! Reading what Redis answers: scripts' answers and hashes of text fields.

use std::{collections::HashMap, str::FromStr};

use assay_model::{JobState, Timestamp};
use redis::{FromRedisValue, Value};

use crate::{error::StoreError, script::Answer};

/// A script's answer: a word, then what belongs to it.
pub(crate) struct Reply {
    /// The word.
    pub answer: Answer,
    /// What belongs to it.
    pub rest: Vec<Value>,
}

impl Reply {
    /// The text after the word.
    pub fn text(&self) -> Result<String, StoreError> {
        match self.rest.first() {
            Some(value) => text(value),
            None => Err(unexpected(self.answer)),
        }
    }

    /// The text after the word, read.
    pub fn parse<T: FromStr>(&self) -> Result<T, StoreError> {
        parse(&self.text()?)
    }

    /// The job's state after the word.
    pub fn state(&self) -> Result<JobState, StoreError> {
        self.parse()
    }

    /// Each of the rows after the word as texts.
    pub fn rows(&self) -> Result<Vec<Vec<String>>, StoreError> {
        self.rest
            .iter()
            .map(|row| {
                Ok(Vec::<String>::from_redis_value_ref(row).map_err(redis::RedisError::from)?)
            })
            .collect()
    }
}

impl FromRedisValue for Reply {
    fn from_redis_value(value: Value) -> Result<Self, redis::ParsingError> {
        let mut values = Vec::<Value>::from_redis_value(value)?;
        if values.is_empty() {
            return Err("an empty answer".into());
        }
        let word = String::from_redis_value(values.remove(0))?;
        match Answer::read(&word) {
            Some(answer) => Ok(Self {
                answer,
                rest: values,
            }),
            None => Err(format!("“{word}” for an answer").into()),
        }
    }
}

/// The error for an answer that the script does not give.
pub(crate) fn unexpected(answer: Answer) -> StoreError {
    StoreError::corrupt("a script", format!("it answered {answer:?}"))
}

/// A value as the word of an answer.
pub(crate) fn parse_answer(value: &Value) -> Result<Answer, StoreError> {
    let word = text(value)?;
    Answer::read(&word)
        .ok_or_else(|| StoreError::corrupt("a script", format!("it answered “{word}”")))
}

/// A value as text.
pub(crate) fn text(value: &Value) -> Result<String, StoreError> {
    Ok(String::from_redis_value_ref(value).map_err(redis::RedisError::from)?)
}

/// A text read as what a script is known to send there.
pub(crate) fn parse<T: FromStr>(text: &str) -> Result<T, StoreError> {
    text.parse()
        .map_err(|_| StoreError::corrupt("a script", format!("it answered “{text}”")))
}

/// The fields of a hash or of an event.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    /// Where they stand, for errors.
    key: String,
    fields: HashMap<String, String>,
}

impl Fields {
    pub fn new(key: impl Into<String>, fields: HashMap<String, String>) -> Self {
        Self {
            key: key.into(),
            fields,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// A field that may be missing.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// A field that may be missing, read.
    pub fn find<T: FromStr>(&self, name: &str) -> Result<Option<T>, StoreError> {
        self.get(name)
            .map(|text| {
                text.parse()
                    .map_err(|_| StoreError::corrupt(&self.key, format!("{name} is “{text}”")))
            })
            .transpose()
    }

    /// A field that must be there, read.
    pub fn need<T: FromStr>(&self, name: &str) -> Result<T, StoreError> {
        self.find(name)?
            .ok_or_else(|| StoreError::corrupt(&self.key, format!("{name} is missing")))
    }

    /// A point in time that may be missing.
    pub fn time(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.find(name)?.map(Timestamp::from_millis))
    }

    /// A point in time that must be there.
    pub fn need_time(&self, name: &str) -> Result<Timestamp, StoreError> {
        self.need(name).map(Timestamp::from_millis)
    }
}
