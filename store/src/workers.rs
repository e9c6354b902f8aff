//! Who is at work.

use std::collections::HashMap;

use assay_model::{JobId, Timestamp, WorkerId};
use redis::Value;

use crate::{
    Store, StoreError,
    jobs::{ALIVE_MS, take},
    reply::{Fields, Reply},
};

/// A worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// Its id.
    pub id: WorkerId,
    /// Jobs that it runs at once.
    pub slots: u32,
    /// Where it lives: workers of one `serve` share it, and when that starts again, all
    /// that they held comes back.
    pub home: String,
    /// When it registered.
    pub started: Timestamp,
    /// When it was last heard of.
    pub seen: Timestamp,
    /// Whether it was heard of lately.
    pub alive: bool,
    /// What it holds.
    pub jobs: Vec<JobId>,
}

impl Store {
    /// Registers a worker: to be done before it claims, and again when the store says that
    /// it does not know it. It goes by [`Store::reap`].
    pub async fn register_worker(
        &self,
        id: &WorkerId,
        slots: u32,
        home: &str,
    ) -> Result<(), StoreError> {
        let slots = slots.to_string();
        let call = self
            .scripts()
            .register
            .with([id.as_str(), slots.as_str(), home]);
        self.redis().script::<Reply>(&call).await.map(drop)
    }

    /// The workers, the eldest first.
    pub async fn workers(&self) -> Result<Vec<Worker>, StoreError> {
        let keys = self.keys();
        let mut pipe = redis::pipe();
        pipe.cmd("ZRANGE").arg(keys.workers()).arg(0).arg(-1);
        pipe.cmd("TIME");
        let (ids, time): (Vec<String>, (i64, i64)) = self.redis().pipeline(&pipe).await?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let now = time.0 * 1000 + time.1 / 1000;
        let mut pipe = redis::pipe();
        for id in &ids {
            pipe.cmd("HGETALL").arg(keys.worker(id));
        }
        let mut values = self
            .redis()
            .pipeline::<Vec<Value>>(&pipe)
            .await?
            .into_iter();
        let mut workers = Vec::with_capacity(ids.len());
        for id in ids {
            let fields: HashMap<String, String> = take(&mut values)?;
            if fields.is_empty() {
                continue;
            }
            let key = keys.worker(&id);
            let id = id
                .parse()
                .map_err(|error| StoreError::corrupt(&key, error))?;
            let jobs = fields
                .iter()
                .filter(|(name, _)| name.starts_with("token:"))
                .map(|(_, job)| job.parse())
                .collect::<Result<Vec<JobId>, _>>()
                .map_err(|error| StoreError::corrupt(&key, error))?;
            let fields = Fields::new(key, fields);
            let seen = fields.need_time("seen")?;
            workers.push(Worker {
                id,
                slots: fields.need("slots")?,
                home: fields.need("home")?,
                started: fields.need_time("started")?,
                seen,
                alive: now - seen.as_millis() <= ALIVE_MS,
                jobs,
            });
        }
        workers.sort_by_key(|worker| worker.started);
        Ok(workers)
    }
}
