//! Collections: records that other services keep in Redis, read where they are.
//!
//! A scan gives each key once, although Redis may repeat one. Keys that are there all the
//! while are all seen; those that come or go meanwhile may be. Assay's own keys are never
//! part of a collection, whatever its pattern.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
};

use assay_model::{Collection, Timestamp};
use base64::{Engine, prelude::BASE64_STANDARD};
use futures::{Stream, stream};
use redis::RedisError;

use crate::{
    Store, StoreError,
    glob::matches,
    reply::{Reply, unexpected},
    script::Answer,
};

/// Keys looked at in one step of a scan.
const STEP: usize = 1000;

/// A record. Keys, names and values that are not UTF-8 stand in base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its Redis key.
    pub key: String,
    /// Its fields, in the order in which Redis gives them.
    pub fields: Vec<(String, String)>,
}

/// When a scan was made and what it met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScanStamp {
    /// When it began, by Redis's clock.
    pub began: Option<Timestamp>,
    /// When it ended; `None` while it runs.
    pub ended: Option<Timestamp>,
    /// Records given.
    pub records: u64,
    /// Keys that were found and were gone before they were read.
    pub vanished: u64,
}

/// Tells how far a scan is, and in the end what it met.
#[derive(Debug, Clone, Default)]
pub struct ScanWatch(Arc<Mutex<ScanStamp>>);

impl ScanWatch {
    /// The stamp as it now is.
    pub fn stamp(&self) -> ScanStamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, note: impl FnOnce(&mut ScanStamp)) {
        note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The answer to a record put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutRecord {
    /// It is there as given.
    Done,
    /// The key does not belong to the collection.
    NotInCollection,
    /// Something else than a record stands under the key.
    OtherType,
}

impl Store {
    /// All records of a collection in batches, and a watch that tells when they were read.
    /// The stream does nothing until it is polled.
    pub fn scan(
        &self,
        collection: &Collection,
    ) -> (
        impl Stream<Item = Result<Vec<Record>, StoreError>> + Send + use<>,
        ScanWatch,
    ) {
        let watch = ScanWatch::default();
        let scan = Scan {
            store: self.clone(),
            pattern: collection.pattern.clone(),
            watch: watch.clone(),
            cursor: Some(0),
            seen: Seen::default(),
        };
        let stream = stream::try_unfold(scan, |mut scan| async move {
            Ok(scan.next().await?.map(|batch| (batch, scan)))
        });
        (stream, watch)
    }

    /// One record of a collection by its whole key; `None` when there is none, or the key
    /// does not belong to the collection.
    pub async fn record(
        &self,
        collection: &Collection,
        key: &str,
    ) -> Result<Option<Record>, StoreError> {
        if !self.belongs(collection, key) {
            return Ok(None);
        }
        let fields: Result<RawRecord, _> =
            self.redis().command(redis::cmd("HGETALL").arg(key)).await;
        match fields {
            Ok(fields) if fields.is_empty() => Ok(None),
            Ok(fields) => Ok(Some(Record {
                key: key.to_owned(),
                fields: readable(fields),
            })),
            Err(error) if is_other_type(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes a record whole: fields that are not given go. Without fields there is no
    /// record: Redis has no empty hashes.
    pub async fn put_record(
        &self,
        collection: &Collection,
        key: &str,
        fields: &[(String, String)],
    ) -> Result<PutRecord, StoreError> {
        if !self.belongs(collection, key) {
            return Ok(PutRecord::NotInCollection);
        }
        let mut call = self.scripts().put_record.on(key);
        for (name, value) in fields {
            call.arg(name).arg(value);
        }
        let reply: Reply = self.redis().script(&call).await?;
        match reply.answer {
            Answer::Done => Ok(PutRecord::Done),
            Answer::OtherType => Ok(PutRecord::OtherType),
            other => Err(unexpected(other)),
        }
    }

    /// Deletes a record; false when there is none, or the key does not belong to the
    /// collection.
    pub async fn delete_record(
        &self,
        collection: &Collection,
        key: &str,
    ) -> Result<bool, StoreError> {
        if !self.belongs(collection, key) {
            return Ok(false);
        }
        let call = self.scripts().delete_record.on(key);
        let reply: Reply = self.redis().script(&call).await?;
        match reply.answer {
            Answer::Done => Ok(true),
            Answer::NotFound => Ok(false),
            other => Err(unexpected(other)),
        }
    }

    fn belongs(&self, collection: &Collection, key: &str) -> bool {
        matches(collection.pattern.as_bytes(), key.as_bytes()) && !self.keys().owns(key.as_bytes())
    }
}

type RawRecord = Vec<(Vec<u8>, Vec<u8>)>;

/// A walk over a collection.
struct Scan {
    store: Store,
    pattern: String,
    watch: ScanWatch,
    /// `None` at the end.
    cursor: Option<u64>,
    seen: Seen,
}

impl Scan {
    /// The next batch, never an empty one; `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<Record>>, StoreError> {
        if self.watch.stamp().began.is_none() {
            let now = self.store.now().await?;
            self.watch.note(|stamp| stamp.began = Some(now));
        }
        while let Some(cursor) = self.cursor {
            let keys = self.step(cursor).await?;
            let records = self.read(keys).await?;
            if !records.is_empty() {
                self.watch
                    .note(|stamp| stamp.records += records.len() as u64);
                return Ok(Some(records));
            }
        }
        let now = self.store.now().await?;
        self.watch.note(|stamp| stamp.ended = Some(now));
        Ok(None)
    }

    /// The new keys of one step.
    async fn step(&mut self, cursor: u64) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut command = redis::cmd("SCAN");
        command.arg(cursor).arg("MATCH").arg(&self.pattern);
        command.arg("COUNT").arg(STEP).arg("TYPE").arg("hash");
        let (next, mut keys): (u64, Vec<Vec<u8>>) =
            self.store.redis().bulk_command(&command).await?;
        self.cursor = (next != 0).then_some(next);
        keys.retain(|key| !self.store.keys().owns(key) && self.seen.is_new(key));
        Ok(keys)
    }

    /// What stands under these keys.
    async fn read(&self, keys: Vec<Vec<u8>>) -> Result<Vec<Record>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut pipe = redis::pipe();
        pipe.ignore_errors();
        for key in &keys {
            pipe.cmd("HGETALL").arg(key);
        }
        let found: Vec<Result<RawRecord, RedisError>> =
            self.store.redis().bulk_pipeline(&pipe).await?;
        let mut records = Vec::with_capacity(keys.len());
        for (key, fields) in keys.into_iter().zip(found) {
            match fields.map_err(StoreError::from) {
                Ok(fields) if !fields.is_empty() => records.push(Record {
                    key: readable_text(key),
                    fields: readable(fields),
                }),
                Err(error) if !is_other_type(&error) => return Err(error),
                // Gone, or turned into something else.
                _ => self.watch.note(|stamp| stamp.vanished += 1),
            }
        }
        Ok(records)
    }
}

/// The keys that were seen, as 128 bits of each: two keys that share them by chance are not
/// to be met in this world.
#[derive(Default)]
struct Seen {
    hashes: HashSet<(u64, u64)>,
    one: RandomState,
    other: RandomState,
}

impl Seen {
    fn is_new(&mut self, key: &[u8]) -> bool {
        self.hashes
            .insert((self.one.hash_one(key), self.other.hash_one(key)))
    }
}

impl Store {
    /// Redis's clock.
    async fn now(&self) -> Result<Timestamp, StoreError> {
        let (seconds, micros): (i64, i64) = self.redis().command(&redis::cmd("TIME")).await?;
        Ok(Timestamp::from_millis(seconds * 1000 + micros / 1000))
    }
}

fn readable(fields: RawRecord) -> Vec<(String, String)> {
    fields
        .into_iter()
        .map(|(name, value)| (readable_text(name), readable_text(value)))
        .collect()
}

fn readable_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| BASE64_STANDARD.encode(error.as_bytes()))
}

fn is_other_type(error: &StoreError) -> bool {
    matches!(error, StoreError::Refused(error) if error.code() == Some("WRONGTYPE"))
}
