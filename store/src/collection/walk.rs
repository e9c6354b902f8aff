//! Finding the keys of a collection: `SCAN` in small steps, ahead of those who fetch.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use assay_model::{Collection, CollectionType};
use tokio::sync::{Mutex, mpsc};

use super::{ScanWatch, began};
use crate::{Store, StoreError, sources::Place};

/// Keys looked at in one step: half a millisecond of Redis's time.
const STEP: usize = 1_000;
/// Keys handed over at once: as many replies as Redis writes without keeping others
/// waiting.
pub(super) const BATCH: usize = 500;
/// Steps after which a few keys are handed over although more would fit.
const STEPS_MOST: usize = 20;
/// Batches that the walk may be ahead.
const AHEAD: usize = 8;

/// A key as Redis has it.
pub(super) type Key = Vec<u8>;

/// A walk over the keys of a collection.
pub(super) struct Walk {
    store: Store,
    place: Place,
    pattern: String,
    /// What a key must hold.
    holds: &'static str,
    /// `None` at the end.
    cursor: Option<u64>,
    seen: Seen,
}

impl Walk {
    pub fn new(store: Store, place: Place, collection: &Collection) -> Self {
        Self {
            store,
            place,
            pattern: collection.pattern.clone(),
            holds: redis_type(collection.kind),
            cursor: Some(0),
            seen: Seen::default(),
        }
    }

    /// The next keys, in batches of at most [`BATCH`]; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<Key>>, StoreError> {
        let mut keys = Vec::new();
        for _ in 0..STEPS_MOST {
            let Some(cursor) = self.cursor else {
                break;
            };
            keys.append(&mut self.step(cursor).await?);
            if keys.len() >= BATCH {
                break;
            }
        }
        Ok((!keys.is_empty() || self.cursor.is_some()).then_some(keys))
    }

    /// The new keys of one step.
    async fn step(&mut self, cursor: u64) -> Result<Vec<Key>, StoreError> {
        let mut command = redis::cmd("SCAN");
        command.arg(cursor).arg("MATCH").arg(&self.pattern);
        command.arg("COUNT").arg(STEP).arg("TYPE").arg(self.holds);
        let answer = self.place.redis.bulk_command(&command).await;
        let (next, mut keys): (u64, Vec<Key>) = answer.map_err(|error| self.place.error(error))?;
        self.cursor = (next != 0).then_some(next);
        keys.retain(|key| !self.store.keys().owns(key) && self.seen.is_new(key));
        Ok(keys)
    }
}

/// The keys of a walk, for several who take them. The walk begins with the first who
/// asks, goes on ahead of them in a task of its own, and ends with the last of them.
#[derive(Clone)]
pub(super) struct Batches(Arc<Mutex<State>>);

enum State {
    Waiting(Box<Walk>, ScanWatch),
    Walking(mpsc::Receiver<Result<Vec<Key>, StoreError>>),
    Over,
}

impl Batches {
    pub fn new(walk: Walk, watch: ScanWatch) -> Self {
        Self(Arc::new(Mutex::new(State::Waiting(Box::new(walk), watch))))
    }

    /// The next batch; `None` at the end.
    pub async fn next(&self) -> Result<Option<Vec<Key>>, StoreError> {
        let mut state = self.0.lock().await;
        if let State::Waiting(..) = &*state {
            let (sender, receiver) = mpsc::channel(AHEAD);
            if let State::Waiting(walk, watch) =
                std::mem::replace(&mut *state, State::Walking(receiver))
            {
                tokio::spawn(ahead(*walk, watch, sender));
            }
        }
        let State::Walking(receiver) = &mut *state else {
            return Ok(None);
        };
        let batch = receiver.recv().await.transpose();
        if !matches!(batch, Ok(Some(_))) {
            *state = State::Over;
        }
        batch
    }
}

/// Walks until the end, an error, or until nobody takes the keys any more.
async fn ahead(
    mut walk: Walk,
    watch: ScanWatch,
    batches: mpsc::Sender<Result<Vec<Key>, StoreError>>,
) {
    let walked: Result<(), StoreError> = async {
        began(walk.place.clone(), watch).await?;
        while let Some(mut keys) = walk.next().await? {
            while !keys.is_empty() {
                let rest = keys.split_off(keys.len().min(BATCH));
                if batches.send(Ok(keys)).await.is_err() {
                    return Ok(());
                }
                keys = rest;
            }
        }
        Ok(())
    }
    .await;
    if let Err(error) = walked {
        // Whoever would take it may have gone.
        batches.send(Err(error)).await.ok();
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

/// Redis's word for what a key of the collection holds.
pub(super) fn redis_type(kind: CollectionType) -> &'static str {
    match kind {
        CollectionType::Hash => "hash",
        CollectionType::Json | CollectionType::String => "string",
        CollectionType::Stream => "stream",
        CollectionType::List => "list",
        CollectionType::Set => "set",
        CollectionType::Zset => "zset",
    }
}
