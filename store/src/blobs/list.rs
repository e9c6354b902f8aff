//! Listing: a walk over Redis's keys.

use std::collections::HashSet;

use object_store::{ObjectMeta, path::Path};

use super::{key_of, object_store::meta, path_of};
use crate::{Store, StoreError, keys::Keys};

/// Keys looked at in one step of a scan.
const SCAN_STEP: usize = 1000;

/// A walk over the keys of a listing.
pub(super) struct Listing {
    store: Store,
    pattern: String,
    /// `None` at the end.
    cursor: Option<u64>,
    seen: HashSet<Path>,
}

impl Listing {
    /// A walk from the start over all keys below a path.
    pub fn new(store: Store, prefix: Option<&Path>) -> Self {
        Self {
            pattern: pattern(store.keys(), prefix),
            store,
            cursor: Some(0),
            seen: HashSet::new(),
        }
    }

    /// What the next step finds; `None` at the end.
    pub async fn step(&mut self) -> Result<Option<Vec<ObjectMeta>>, StoreError> {
        let Some(cursor) = self.cursor else {
            return Ok(None);
        };
        let mut command = redis::cmd("SCAN");
        command.arg(cursor).arg("MATCH").arg(&self.pattern);
        command
            .arg("COUNT")
            .arg(SCAN_STEP)
            .arg("TYPE")
            .arg("string");
        let (next, found): (u64, Vec<Vec<u8>>) = self.store.redis().command(&command).await?;
        self.cursor = (next != 0).then_some(next);
        let found: Vec<(String, Path)> = found
            .into_iter()
            .filter_map(|key| String::from_utf8(key).ok())
            .filter_map(|key| path_of(self.store.keys(), &key).map(|path| (key, path)))
            .filter(|(_, path)| self.seen.insert(path.clone()))
            .collect();
        if found.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let mut pipe = redis::pipe();
        for (key, _) in &found {
            pipe.cmd("EXISTS").arg(key);
            pipe.cmd("STRLEN").arg(key);
        }
        let facts: Vec<u64> = self.store.redis().pipeline(&pipe).await?;
        Ok(Some(
            found
                .into_iter()
                .zip(facts.chunks_exact(2))
                .filter(|(_, facts)| facts[0] == 1)
                .map(|((_, path), facts)| meta(path, facts[1]))
                .collect(),
        ))
    }
}

/// The glob of all keys below a path.
fn pattern(keys: &Keys, prefix: Option<&Path>) -> String {
    let mut pattern = String::new();
    let below = match prefix {
        Some(prefix) if !prefix.as_ref().is_empty() => key_of(keys, prefix) + ":",
        _ => keys.data_prefix().to_owned(),
    };
    for c in below.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '^' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('*');
    pattern
}
