//! A look at a collection: how many records it has, what columns, and a digest that tells
//! whether it has changed since the look before.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, Instant},
};

use assay_model::{Collection, CollectionType, ColumnType, Records, Schema, words};
use futures::{StreamExt, TryStreamExt, stream};

use super::{
    ScanWatch, Wanted,
    fetch::Fetch,
    pieces,
    walk::{Batches, Key, Walk, redis_type},
};
use crate::{
    Store, StoreError,
    infer::{Inference, KEY_COLUMN, add_note, widen},
    sources::Place,
};

/// Records that a look reads; of the others it only counts the keys.
const SAMPLE: u64 = 50_000;
/// The same for a glance.
const GLANCE: u64 = 1_000;
/// How long a glance counts.
const GLANCE_MOST: Duration = Duration::from_secs(1);
/// Pipelines under way.
const AHEAD: usize = 4;

/// How far a look goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// For somebody who is still choosing: types are those of 1,000 records, and counting
    /// ends after a second.
    Glance,
    /// Types are those of 50,000 records at most, and the columns say so. What was known
    /// before is widened, never narrowed.
    Sample,
    /// All records are read.
    All,
}

/// What a look has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The columns.
    pub schema: Schema,
    /// How many records there are.
    pub records: u64,
    /// Whether these are all: a glance may stop before.
    pub is_whole: bool,
    /// Another one when the records are others. Of a large collection, changes within
    /// records beyond the sample do not show.
    pub digest: String,
    /// What the key holds instead, for a collection that is one key.
    pub holds_other: Option<String>,
}

impl Store {
    /// Looks at a collection; `known` are the columns that it had before.
    pub async fn look(
        &self,
        collection: &Collection,
        known: Option<&Schema>,
        depth: Depth,
    ) -> Result<Look, StoreError> {
        let place = self.place(collection)?;
        let mut seen = Seen::until(match depth {
            Depth::Glance => Some(Instant::now() + GLANCE_MOST),
            Depth::Sample | Depth::All => None,
        });
        let mut holds_other = None;
        let most = match depth {
            Depth::Glance => GLANCE,
            Depth::Sample => SAMPLE,
            Depth::All => u64::MAX,
        };
        let fetch = Fetch {
            place: place.clone(),
            kind: collection.kind,
            wanted: Wanted::All,
            watch: ScanWatch::default(),
        };
        if collection.kind.is_one_key() {
            let key = collection.pattern.clone().into_bytes();
            let holds = if self.keys().owns(&key) {
                "none".to_owned()
            } else {
                holds(&place, &key).await?
            };
            if holds == redis_type(collection.kind) {
                seen.many(&fetch, key, most).await?;
            } else if holds != "none" {
                holds_other = Some(holds);
            }
        } else {
            let walk = Walk::new(self.clone(), place, collection);
            let batches = Batches::new(walk, ScanWatch::default());
            if collection.kind == CollectionType::Stream {
                while !seen.is_late()
                    && let Some(keys) = batches.next().await?
                {
                    for key in keys {
                        seen.many(&fetch, key, most).await?;
                    }
                }
            } else {
                seen.keyed(&fetch, batches, most).await?;
            }
        }
        Ok(seen.look(collection, known, holds_other))
    }
}

/// What has been seen so far.
#[derive(Default)]
struct Seen {
    inference: Inference,
    records: u64,
    /// The sum of the digests of all records, so that their order does not matter.
    digest: u64,
    /// When to stop, and whether that has come.
    end: Option<Instant>,
    is_cut: bool,
}

impl Seen {
    fn until(end: Option<Instant>) -> Self {
        Self {
            end,
            ..Self::default()
        }
    }

    fn is_late(&mut self) -> bool {
        self.is_cut = self.end.is_some_and(|end| Instant::now() > end);
        self.is_cut
    }

    /// Records with keys of their own.
    async fn keyed(
        &mut self,
        fetch: &Fetch,
        batches: Batches,
        most: u64,
    ) -> Result<(), StoreError> {
        let keys = stream::try_unfold(batches, |batches| async move {
            Ok::<_, StoreError>(batches.next().await?.map(|keys| (keys, batches)))
        });
        let mut planned = 0;
        let fetched = keys.map_ok(|keys| {
            let is_read = planned < most;
            planned += keys.len() as u64;
            let digest = keys
                .iter()
                .fold(0_u64, |sum, key| sum.wrapping_add(digest(key.as_slice())));
            let count = keys.len() as u64;
            async move {
                if is_read {
                    let records = fetch.records(keys).await?;
                    Ok((digest, records.rows.len() as u64, Some(records)))
                } else {
                    Ok((digest, count, None))
                }
            }
        });
        let mut fetched = std::pin::pin!(fetched.try_buffered(AHEAD));
        while !self.is_late()
            && let Some((digest, count, records)) = fetched.try_next().await?
        {
            self.digest = self.digest.wrapping_add(digest);
            self.records += count;
            if let Some(records) = records {
                self.read(&records);
            }
        }
        Ok(())
    }

    /// The records in a key that holds many.
    async fn many(&mut self, fetch: &Fetch, key: Key, most: u64) -> Result<(), StoreError> {
        let length = length(fetch, &key).await?;
        self.digest = self.digest.wrapping_add(digest(&(&key, length)));
        let before = self.inference.records();
        let mut pieces = pieces::records(fetch.clone(), key);
        while self.inference.records() < most
            && let Some(records) = pieces.next().await.transpose()?
        {
            self.read(&records);
        }
        self.records += length.max(self.inference.records() - before);
        Ok(())
    }

    fn read(&mut self, records: &Records) {
        for record in &records.rows {
            let mut hasher = DefaultHasher::new();
            record.key.as_str().hash(&mut hasher);
            for (at, value) in &record.values {
                records.names.get(*at).hash(&mut hasher);
                value.as_str().hash(&mut hasher);
            }
            self.digest = self.digest.wrapping_add(hasher.finish());
        }
        self.inference.push(records);
    }

    fn look(
        self,
        collection: &Collection,
        known: Option<&Schema>,
        holds_other: Option<String>,
    ) -> Look {
        let read = self.inference.records();
        let mut schema = self.inference.schema();
        for column in &mut schema.columns {
            // A score is a number, also where it is infinite.
            if collection.kind == CollectionType::Zset && column.name == "score" {
                column.kind = ColumnType::Number;
                column.note = None;
            }
        }
        if read < self.records {
            if let Some(known) = known {
                schema = widen(known, schema);
            }
            for column in &mut schema.columns {
                column.nullable = column.name != KEY_COLUMN;
            }
            if let Some(key) = schema.columns.first_mut() {
                key.note = None;
                add_note(
                    key,
                    format!(
                        "The types are those of {} of {} records; an analysis that meets other values reads them all first.",
                        words::count(read),
                        words::count(self.records)
                    ),
                );
            }
        }
        Look {
            schema,
            records: self.records,
            is_whole: !self.is_cut,
            digest: format!("{:016x}{:x}", self.digest, self.records),
            holds_other,
        }
    }
}

/// What a key holds, in Redis's word.
async fn holds(place: &Place, key: &Key) -> Result<String, StoreError> {
    let answer = place.redis.command(redis::cmd("TYPE").arg(key)).await;
    answer.map_err(|error| place.error(error))
}

/// How many records a key holds.
async fn length(fetch: &Fetch, key: &Key) -> Result<u64, StoreError> {
    let command = match fetch.kind {
        CollectionType::List => "LLEN",
        CollectionType::Set => "SCARD",
        CollectionType::Zset => "ZCARD",
        _ => "XLEN",
    };
    let answer = fetch
        .place
        .redis
        .command(redis::cmd(command).arg(key))
        .await;
    match answer {
        Ok(length) => Ok(length),
        // It has turned into something else.
        Err(error) if super::fetch::is_other_type(&error) => Ok(0),
        Err(error) => Err(fetch.place.error(error)),
    }
}

fn digest(what: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}
