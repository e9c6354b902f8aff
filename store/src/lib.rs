//! Everything that Assay keeps in Redis.
//!
//! [`Store`] is the one way in. Its methods are grouped by file: the job state machine
//! ([`jobs`]), data sets ([`datasets`], [`versions`], [`deletion`]), their bytes ([`blobs`],
//! [`cache`], [`upload`]), records of other services ([`collection`], [`sources`]), what
//! happened ([`events`]), sessions ([`sessions`]), workers and the state of Redis itself
//! ([`workers`], [`status`]), and the look for what should not be there ([`audit`]).
//!
//! What does not live here: computing. The crate knows nothing of DataFusion, and what an
//! analysis asks for passes through it unread.
//!
//! Why scripts and not transactions? A transition checks before it writes, and `WATCH`
//! would make every worker's claim a race with all others'. Why no job library? None keeps
//! state and event in one step, which is what makes a page that is told everything exact.

pub mod audit;
pub mod blobs;
pub mod cache;
pub mod collection;
mod connection;
pub mod datasets;
pub mod deletion;
mod error;
pub mod events;
mod glob;
pub mod infer;
pub mod jobs;
mod keys;
mod reply;
mod script;
pub mod sessions;
pub mod signals;
pub mod sources;
pub mod status;
pub mod upload;
pub mod versions;
pub mod workers;

use std::{fmt, sync::Arc};

use crate::{
    collection::record::RecordScripts, connection::Redis, keys::Keys, script::Scripts,
    sources::Sources,
};

pub use crate::{
    error::{FULL, StoreError},
    keys::Prefix,
};

/// The data in one Redis under one prefix. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    sources: Sources,
}

struct Inner {
    redis: Redis,
    keys: Keys,
    scripts: Scripts,
    record_scripts: RecordScripts,
}

impl Store {
    /// Connects to `redis://host:port/db` or `redis+unix:///path`, and gives the data an
    /// epoch if it has none.
    pub async fn connect(url: &str, prefix: Prefix) -> Result<Self, StoreError> {
        let redis = Redis::connect(url).await?;
        let keys = Keys::new(&prefix);
        let scripts = Scripts::new(&keys);
        let store = Self {
            inner: Arc::new(Inner {
                redis,
                keys,
                scripts,
                record_scripts: RecordScripts::new(),
            }),
            sources: Sources::default(),
        };
        store.epoch().await?;
        Ok(store)
    }

    /// Asks Redis for a sign of life.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.redis().command(&redis::cmd("PING")).await
    }

    pub(crate) fn redis(&self) -> &Redis {
        &self.inner.redis
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.inner.keys
    }

    pub(crate) fn scripts(&self) -> &Scripts {
        &self.inner.scripts
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("prefix", &self.inner.keys.data_prefix())
            .finish_non_exhaustive()
    }
}
