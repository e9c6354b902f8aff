//! Collections: records that other services keep in Redis, read where they are.
//!
//! A scan gives each key once, although Redis may repeat one. Keys that are there all the
//! while are all seen; those that come or go meanwhile may be. Assay's own keys are never
//! part of a collection, whatever its pattern.
//!
//! Redis stays quick for its other users: keys are found by `SCAN` in small steps, what
//! stands under them is fetched in pipelines of bounded length, and whatever is large (a
//! hash of many fields, a long list, a long text) is read in pieces. What is larger than
//! a piece is therefore read over some time, and may change meanwhile; a record that
//! fits into one is read as it was at one moment.
//!
//! One task walks the keys ahead ([`walk`]); any number of streams take what it has found
//! and fetch it, each with several pipelines under way ([`fetch`]).

mod fetch;
mod json;
mod look;
mod notices;
mod pieces;
pub(crate) mod record;
mod sample;
mod walk;

use std::sync::{Arc, Mutex, PoisonError};

use assay_model::{Collection, Records, Timestamp};
use futures::{Stream, StreamExt, TryStreamExt, stream, stream::BoxStream};

use crate::{Store, StoreError, glob::matches, sources::Place};

use self::{
    fetch::Fetch,
    walk::{Batches, Walk},
};
pub use self::{
    look::{Depth, Look},
    record::{DeleteRecord, PutRecord, RecordBody},
};

/// Pipelines that a stream has under way.
const AHEAD: usize = 2;

/// Which values of the records are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// All that they have.
    All,
    /// Those with these names; with none, only the keys.
    Fields(Vec<String>),
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

/// Records in batches of some hundred, or why there are no more.
pub type RecordStream = BoxStream<'static, Result<Records, StoreError>>;

impl Store {
    /// All records of a collection, shared among so many streams, and a watch that tells
    /// when they were read. Each record is in one of the streams. Nothing happens until
    /// one of them is polled.
    pub fn scan(
        &self,
        collection: &Collection,
        wanted: Wanted,
        streams: usize,
    ) -> Result<(Vec<RecordStream>, ScanWatch), StoreError> {
        let place = self.place(collection)?;
        let watch = ScanWatch::default();
        let fetch = Fetch {
            place: place.clone(),
            kind: collection.kind,
            wanted,
            watch: watch.clone(),
        };
        if collection.kind.is_one_key() {
            let key = collection.pattern.clone().into_bytes();
            let keys = if self.keys().owns(&key) {
                Vec::new()
            } else {
                vec![key]
            };
            let began = stream::once(began(place.clone(), watch.clone()));
            let pieces = began
                .map_ok(move |()| fetch.entries(keys.clone()))
                .try_flatten();
            let stream = with_end(pieces, place, watch.clone());
            return Ok((vec![stream], watch));
        }
        let walk = Walk::new(self.clone(), place.clone(), collection);
        let batches = Batches::new(walk, watch.clone());
        let streams = (0..streams.max(1))
            .map(|_| {
                let records = records(batches.clone(), fetch.clone());
                with_end(records, place.clone(), watch.clone())
            })
            .collect();
        Ok((streams, watch))
    }

    /// Whether a key is one of a collection's.
    fn belongs(&self, collection: &Collection, key: &str) -> bool {
        let is_its = if collection.kind.is_one_key() {
            collection.pattern == key
        } else {
            matches(collection.pattern.as_bytes(), key.as_bytes())
        };
        is_its && !self.keys().owns(key.as_bytes())
    }
}

/// What stands under the keys that are still to be had.
fn records(batches: Batches, fetch: Fetch) -> RecordStream {
    let keys = stream::try_unfold(batches, |batches| async move {
        Ok(batches.next().await?.map(|keys| (keys, batches)))
    });
    if fetch.is_one_call() {
        keys.map_ok(move |keys| {
            let fetch = fetch.clone();
            async move { fetch.records(keys).await }
        })
        .try_buffered(AHEAD)
        .boxed()
    } else {
        keys.map_ok(move |keys| fetch.entries(keys))
            .try_flatten()
            .boxed()
    }
}

/// Notes when the scan began.
async fn began(place: Place, watch: ScanWatch) -> Result<(), StoreError> {
    let now = now(&place).await?;
    watch.note(|stamp| stamp.began = Some(now));
    Ok(())
}

/// Notes when the last of the streams has ended.
fn with_end(
    records: impl Stream<Item = Result<Records, StoreError>> + Send + 'static,
    place: Place,
    watch: ScanWatch,
) -> RecordStream {
    let end = stream::once(async move {
        let now = now(&place).await?;
        watch.note(|stamp| stamp.ended = stamp.ended.max(Some(now)));
        Ok(Records::default())
    });
    records
        .chain(end)
        .try_filter(|records| std::future::ready(!records.rows.is_empty()))
        .boxed()
}

/// Redis's clock.
async fn now(place: &Place) -> Result<Timestamp, StoreError> {
    let answer = place.redis.command(&redis::cmd("TIME")).await;
    let (seconds, micros): (i64, i64) = answer.map_err(|error| place.error(error))?;
    Ok(Timestamp::from_millis(seconds * 1000 + micros / 1000))
}
