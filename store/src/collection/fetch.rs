//! Fetching what stands under keys that a walk has found.
//!
//! Fields that are known by name are asked for by name: that costs Redis less than half
//! of what all fields cost it, and us as much less as there are fewer. When all are
//! wanted, `HSCAN` gives a small hash whole and a large one in pieces, by the same call.

use std::collections::HashMap;

use assay_model::{CollectionType, Record, Records, Written};
use base64::{Engine, prelude::BASE64_STANDARD};
use futures::{StreamExt, TryStreamExt, stream};
use redis::{Pipeline, Value};

use super::{RecordStream, ScanWatch, Wanted, json, pieces, walk::Key};
use crate::{StoreError, sources::Place};

/// Up to so many fields are asked for by name. A collection of very different records
/// has far more columns than any record has fields.
const NAMED_MOST: usize = 64;

/// How to fetch the records of a collection.
#[derive(Clone)]
pub(super) struct Fetch {
    pub place: Place,
    pub kind: CollectionType,
    pub wanted: Wanted,
    pub watch: ScanWatch,
}

impl Fetch {
    /// Whether a key is a record, fetched by one call.
    pub fn is_one_call(&self) -> bool {
        self.kind.has_keyed_records()
    }

    /// The records under these keys, of a type whose keys are records.
    pub async fn records(&self, keys: Vec<Key>) -> Result<Records, StoreError> {
        let records = match (&self.wanted, self.kind) {
            (Wanted::Fields(names), _) if names.is_empty() => keys_alone(keys),
            (Wanted::Fields(names), CollectionType::Hash) if names.len() <= NAMED_MOST => {
                self.named_fields(keys, names).await?
            }
            (_, CollectionType::Hash) => self.hashes(keys).await?,
            _ => self.strings(keys).await?,
        };
        self.given(&records);
        Ok(records)
    }

    /// The records in these keys, of a type whose keys hold many.
    pub fn entries(&self, keys: Vec<Key>) -> RecordStream {
        let fetch = self.clone();
        stream::iter(keys)
            .map(move |key| Ok::<_, StoreError>(pieces::records(fetch.clone(), key)))
            .try_flatten()
            .boxed()
    }

    /// Notes what is given.
    pub fn given(&self, records: &Records) {
        let given = records.rows.len() as u64;
        self.watch.note(|stamp| stamp.records += given);
    }

    /// Notes keys that have gone since they were found.
    pub fn vanished(&self, keys: u64) {
        self.watch.note(|stamp| stamp.vanished += keys);
    }

    async fn named_fields(&self, keys: Vec<Key>, names: &[String]) -> Result<Records, StoreError> {
        let mut pipe = pipeline(keys.len());
        for key in &keys {
            pipe.cmd("HMGET").arg(key).arg(names);
        }
        let mut rows = Vec::with_capacity(keys.len());
        // Those that have none of the fields, or are no more.
        let mut unsure = Vec::new();
        for (key, reply) in keys.into_iter().zip(self.ask(&pipe).await?) {
            let Some(Value::Array(values)) = self.here(reply)? else {
                self.vanished(1);
                continue;
            };
            let mut fields = Vec::with_capacity(values.len());
            for (i, value) in values.into_iter().enumerate() {
                if let Value::BulkString(bytes) = value {
                    fields.push((i, written(bytes)));
                }
            }
            if fields.is_empty() {
                unsure.push(key);
            } else {
                rows.push(record(key, fields));
            }
        }
        for key in self.still_there(unsure).await? {
            rows.push(record(key, Vec::new()));
        }
        Ok(Records {
            names: names.to_vec(),
            rows,
        })
    }

    async fn hashes(&self, keys: Vec<Key>) -> Result<Records, StoreError> {
        let mut pipe = pipeline(keys.len());
        for key in &keys {
            pieces::hash_piece(&mut pipe, key, 0);
        }
        let mut names = Names::default();
        let mut rows = Vec::with_capacity(keys.len());
        for (key, reply) in keys.into_iter().zip(self.ask(&pipe).await?) {
            let Some(reply) = self.here(reply)? else {
                self.vanished(1);
                continue;
            };
            let (cursor, mut fields) = pieces::read_hash_piece(reply)?;
            if fields.is_empty() && cursor == 0 {
                self.vanished(1);
                continue;
            }
            if cursor != 0 {
                fields = pieces::rest_of_hash(self, &key, cursor, fields).await?;
            }
            let fields = fields
                .into_iter()
                .map(|(name, value)| (names.place(written(name).as_str()), written(value)))
                .collect();
            rows.push(record(key, fields));
        }
        Ok(Records {
            names: names.list,
            rows,
        })
    }

    async fn strings(&self, keys: Vec<Key>) -> Result<Records, StoreError> {
        let mut pipe = pipeline(keys.len());
        for key in &keys {
            pieces::string_piece(&mut pipe, key, 0);
        }
        let mut found = Vec::with_capacity(keys.len());
        let mut unsure = Vec::new();
        for (key, reply) in keys.into_iter().zip(self.ask(&pipe).await?) {
            match self.here(reply)? {
                Some(Value::BulkString(bytes)) if bytes.is_empty() => unsure.push(key),
                Some(Value::BulkString(bytes)) => {
                    let bytes = pieces::rest_of_string(self, &key, bytes).await?;
                    found.push((key, bytes));
                }
                _ => self.vanished(1),
            }
        }
        for key in self.still_there(unsure).await? {
            found.push((key, Vec::new()));
        }
        let mut names = Names::default();
        let rows = found.into_iter().map(|(key, bytes)| {
            let text = written(bytes);
            let values = match self.kind {
                CollectionType::Json => json::values(text, &mut names),
                _ => vec![(names.place("value"), text)],
            };
            record(key, values)
        });
        let rows = rows.collect();
        Ok(Records {
            names: names.list,
            rows,
        })
    }

    /// Those of the keys that are there; the others have vanished.
    async fn still_there(&self, keys: Vec<Key>) -> Result<Vec<Key>, StoreError> {
        if keys.is_empty() {
            return Ok(keys);
        }
        let mut pipe = pipeline(keys.len());
        for key in &keys {
            pipe.cmd("EXISTS").arg(key);
        }
        let replies = self.ask(&pipe).await?;
        let before = keys.len();
        let there: Vec<Key> = keys
            .into_iter()
            .zip(replies)
            .filter(|(_, reply)| matches!(reply, Value::Int(1)))
            .map(|(key, _)| key)
            .collect();
        self.vanished((before - there.len()) as u64);
        Ok(there)
    }

    /// Sends a pipeline whose commands may fail one by one.
    pub async fn ask(&self, pipe: &Pipeline) -> Result<Vec<Value>, StoreError> {
        let replies = self.place.redis.bulk_pipeline(pipe).await;
        replies.map_err(|error| self.place.error(error))
    }

    /// A reply; `None` when the key has turned into something else.
    pub fn here(&self, reply: Value) -> Result<Option<Value>, StoreError> {
        match reply.extract_error().map_err(StoreError::from) {
            Ok(reply) => Ok(Some(reply)),
            Err(error) if is_other_type(&error) => Ok(None),
            Err(error) => Err(self.place.error(error)),
        }
    }
}

/// Names, each with its place.
#[derive(Default)]
pub(super) struct Names {
    pub list: Vec<String>,
    places: HashMap<String, usize>,
}

impl Names {
    /// The place of a name, which is added where it is new.
    pub fn place(&mut self, name: &str) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        self.list.push(name.to_owned());
        self.places.insert(name.to_owned(), self.list.len() - 1);
        self.list.len() - 1
    }
}

/// Text as it is, other bytes in base64.
pub(super) fn written(bytes: Vec<u8>) -> Written {
    match String::from_utf8(bytes) {
        Ok(text) => Written::Plain(text),
        Err(error) => Written::Base64(BASE64_STANDARD.encode(error.as_bytes())),
    }
}

/// A pipeline of so many commands, which may fail one by one.
pub(super) fn pipeline(commands: usize) -> Pipeline {
    let mut pipe = Pipeline::with_capacity(commands);
    pipe.ignore_errors();
    pipe
}

/// Whether the key holds something else than the command is for.
pub(super) fn is_other_type(error: &StoreError) -> bool {
    matches!(error, StoreError::Refused(error) if error.code() == Some("WRONGTYPE"))
}

fn keys_alone(keys: Vec<Key>) -> Records {
    Records {
        names: Vec::new(),
        rows: keys
            .into_iter()
            .map(|key| record(key, Vec::new()))
            .collect(),
    }
}

fn record(key: Key, values: Vec<(usize, Written)>) -> Record {
    Record {
        key: written(key),
        values,
    }
}
