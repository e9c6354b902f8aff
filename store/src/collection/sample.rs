//! Random records of a collection, found in one pass over its keys.
//!
//! Each record gets a random number, made from the seed and the record itself, and those
//! with the smallest are the sample. So every record has the same chance, none is in it
//! twice, and the same seed gives the same sample in whichever order Redis scans, for as
//! long as the records are the same.

use std::{
    collections::BinaryHeap,
    hash::{DefaultHasher, Hash, Hasher},
};

use assay_model::{Collection, Record, Records, Written};
use base64::{Engine, prelude::BASE64_STANDARD};
use futures::TryStreamExt;

use super::{
    ScanWatch, Wanted,
    fetch::{Fetch, Names},
};
use crate::{Store, StoreError};

impl Store {
    /// `count` random records, or all when there are fewer.
    pub async fn sample_records(
        &self,
        collection: &Collection,
        count: usize,
        seed: u64,
    ) -> Result<Records, StoreError> {
        let is_keyed = collection.kind.has_keyed_records();
        let wanted = if is_keyed {
            Wanted::Fields(Vec::new())
        } else {
            Wanted::All
        };
        let (streams, _) = self.scan(collection, wanted, 1)?;
        let mut chosen = Chosen {
            most: count,
            seed,
            heap: BinaryHeap::new(),
        };
        for mut stream in streams {
            while let Some(records) = stream.try_next().await? {
                chosen.push(records);
            }
        }
        let chosen = chosen.heap.into_sorted_vec();
        if !is_keyed {
            return Ok(together(chosen));
        }
        let fetch = Fetch {
            place: self.place(collection)?,
            kind: collection.kind,
            wanted: Wanted::All,
            watch: ScanWatch::default(),
        };
        let keys = chosen.into_iter().map(|drawn| match drawn.key {
            Written::Base64(text) => BASE64_STANDARD.decode(text).unwrap_or_default(),
            Written::Plain(text) | Written::Quoted(text) => text.into_bytes(),
        });
        fetch.records(keys.collect()).await
    }
}

/// The records with the smallest numbers so far, the largest of them on top.
struct Chosen {
    most: usize,
    seed: u64,
    heap: BinaryHeap<Drawn>,
}

/// A record with its random number.
struct Drawn {
    number: u64,
    key: Written,
    values: Vec<(String, Written)>,
}

impl Chosen {
    fn push(&mut self, records: Records) {
        let Records { names, rows } = records;
        for Record { key, values } in rows {
            let mut hasher = DefaultHasher::new();
            self.seed.hash(&mut hasher);
            key.as_str().hash(&mut hasher);
            for (_, value) in &values {
                value.as_str().hash(&mut hasher);
            }
            let number = hasher.finish();
            let is_full = self.heap.len() >= self.most;
            if is_full && self.heap.peek().is_none_or(|top| top.number <= number) {
                continue;
            }
            let values = values
                .into_iter()
                .filter_map(|(at, value)| Some((names.get(at)?.clone(), value)));
            self.heap.push(Drawn {
                number,
                key,
                values: values.collect(),
            });
            if is_full {
                self.heap.pop();
            }
        }
    }
}

impl PartialEq for Drawn {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Drawn {}

impl PartialOrd for Drawn {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Drawn {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.number.cmp(&other.number)
    }
}

fn together(drawn: Vec<Drawn>) -> Records {
    let mut names = Names::default();
    let rows = drawn.into_iter().map(|drawn| Record {
        key: drawn.key,
        values: drawn
            .values
            .into_iter()
            .map(|(name, value)| (names.place(&name), value))
            .collect(),
    });
    let rows = rows.collect();
    Records {
        names: names.list,
        rows,
    }
}
