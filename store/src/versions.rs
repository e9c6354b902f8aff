//! Versions of tables: what each was, and how long what it held is kept.
//!
//! The current version is kept, and each that a job which is not over reads, from its
//! submit on. Whoever reads without a job (a download) takes a [`Hold`]; whoever looks at
//! a few rows is quick, and a superseded version stays for a moment in any case. Of all
//! others the rows are given up and a line of history stays.

use std::time::Duration;

use assay_model::{Dataset, DatasetId, JobId, Version};
use redis::Value;
use uuid::Uuid;

use crate::{
    Store, StoreError,
    jobs::take,
    reply::{Reply, parse, unexpected},
    script::Answer,
};

/// A version that is kept for somebody who reads it without a job.
#[derive(Debug, Clone)]
pub struct Hold {
    store: Store,
    id: DatasetId,
    member: String,
}

impl Store {
    /// The history of a table, the newest version first. Of very long ones the oldest lines
    /// are gone.
    pub async fn versions(&self, id: DatasetId) -> Result<Vec<Version>, StoreError> {
        let keys = self.keys();
        let mut pipe = redis::pipe();
        pipe.atomic();
        pipe.cmd("LRANGE").arg(keys.history(id)).arg(0).arg(-1);
        pipe.cmd("ZRANGE").arg(keys.old(id)).arg(0).arg(-1);
        pipe.cmd("HGETALL").arg(keys.readers(id));
        pipe.cmd("HGET").arg(keys.dataset(id)).arg("version");
        let mut values = self
            .redis()
            .pipeline::<Vec<Value>>(&pipe)
            .await?
            .into_iter();
        let lines: Vec<String> = take(&mut values)?;
        let old: Vec<u64> = take(&mut values)?;
        let readers: Vec<(String, u64)> = take(&mut values)?;
        let current: Option<u64> = take(&mut values)?;
        let readers = readers
            .iter()
            .map(|(job, version)| Ok((parse::<JobId>(job)?, *version)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        lines
            .iter()
            .rev()
            .map(|line| {
                let mut version = read_line(line)?;
                version.kept = current == Some(version.version) || old.contains(&version.version);
                version.readers = readers
                    .iter()
                    .filter(|(_, reads)| *reads == version.version)
                    .map(|(job, _)| *job)
                    .collect();
                Ok(version)
            })
            .collect()
    }

    /// Gives up old versions that nobody needs. One that was superseded less than `grace`
    /// ago is kept: somebody may have begun to look at it. To be called every second or so.
    pub async fn forget_versions(&self, grace: Duration) -> Result<(), StoreError> {
        let mut look = redis::cmd("SMEMBERS");
        let aging: Vec<String> = self.redis().command(look.arg(self.keys().aging())).await?;
        let grace = (grace.as_millis() as u64).to_string();
        for id in &aging {
            let call = self
                .scripts()
                .forget_versions
                .with([id.as_str(), grace.as_str()]);
            let reply: Reply = self.redis().script(&call).await?;
            if reply.answer != Answer::Done {
                return Err(unexpected(reply.answer));
            }
        }
        if !aging.is_empty() {
            self.sweep().await?;
        }
        Ok(())
    }

    /// Tables whose current version has at least so many small parts.
    pub async fn crowded(&self, at_least: u64) -> Result<Vec<Dataset>, StoreError> {
        let datasets = self.datasets().await?;
        let mut pipe = redis::pipe();
        for dataset in &datasets {
            pipe.cmd("HGET")
                .arg(self.keys().dataset(dataset.id))
                .arg("small");
        }
        if datasets.is_empty() {
            return Ok(datasets);
        }
        let small: Vec<Option<u64>> = self.redis().pipeline(&pipe).await?;
        Ok(datasets
            .into_iter()
            .zip(small)
            .filter(|(_, small)| small.unwrap_or(0) >= at_least)
            .map(|(dataset, _)| dataset)
            .collect())
    }

    /// Keeps a version for `life`, for somebody who reads it without a job.
    pub async fn hold_version(
        &self,
        id: DatasetId,
        version: u64,
        life: Duration,
    ) -> Result<Hold, StoreError> {
        let hold = Hold {
            store: self.clone(),
            id,
            member: format!("{version} {}", Uuid::now_v7()),
        };
        hold.prolong(life).await?;
        Ok(hold)
    }
}

impl Hold {
    /// Keeps the version for another `life` from now.
    pub async fn prolong(&self, life: Duration) -> Result<(), StoreError> {
        let redis = self.store.redis();
        let (seconds, micros): (i64, i64) = redis.command(&redis::cmd("TIME")).await?;
        let end = seconds * 1_000 + micros / 1_000 + life.as_millis() as i64;
        let mut add = redis::cmd("ZADD");
        add.arg(self.store.keys().holds(self.id)).arg(end);
        redis.command(add.arg(&self.member)).await
    }

    /// It is no longer needed.
    pub async fn release(&self) -> Result<(), StoreError> {
        let mut remove = redis::cmd("ZREM");
        remove
            .arg(self.store.keys().holds(self.id))
            .arg(&self.member);
        self.store.redis().command(&remove).await
    }
}

/// A line of the history: version, how, rows, bytes, parts, time and job, with tabs between
/// them.
fn read_line(line: &str) -> Result<Version, StoreError> {
    let parts: Vec<&str> = line.split('\t').collect();
    let [version, how, rows, bytes, parts, created, job] = parts.as_slice() else {
        return Err(StoreError::corrupt("a history", line));
    };
    Ok(Version {
        version: parse(version)?,
        how: parse(how)?,
        rows: parse(rows)?,
        bytes: parse(bytes)?,
        parts: parse(parts)?,
        created: parse(created).map(assay_model::Timestamp::from_millis)?,
        job: parse(job)?,
        kept: false,
        readers: Vec::new(),
    })
}
