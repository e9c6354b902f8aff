//! The audit: finds whatever should not be there, and heals it.
//!
//! Every transition leaves a state in which each byte is referred to, or is about to go.
//! What this finds is therefore a fault of ours or of whoever wrote into Redis by hand, and
//! is counted as an *orphan*; tests hold that figure at zero. What a dead sender or worker
//! leaves behind in the way that was foreseen is counted apart, as *left over*.
//!
//! The order of its looks makes it safe beside everything that goes on: first the keys of
//! bytes, then what arrives, then what jobs read and write, then what is published, last what
//! is about to go.
//! Bytes are noted before they are written and move along in that order, so that whatever
//! has an owner is seen with one.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use assay_model::{DatasetId, JobId, ResultId, Timestamp};
use redis::Value;
use uuid::Uuid;

use crate::{
    Store, StoreError,
    deletion::RESTORE,
    jobs::take,
    reply::{Fields, Reply},
};

/// How long an upload may say nothing before it is taken for dead.
const SILENCE: Duration = Duration::from_mins(15);
/// How long past its time a deleted data set may be there.
const LATE: Duration = Duration::from_mins(1);
/// Keys looked at in one step of a scan.
const SCAN_STEP: usize = 1_000;
/// Keys asked about in one round trip.
const ASK: usize = 500;
/// How long the turn of an auditor lasts at most.
const TURN: Duration = Duration::from_mins(5);

/// What one audit found and healed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Found {
    /// Parts of data sets that no version names, and of results that are not there.
    pub parts: u64,
    /// What belongs to versions of data sets that are not there.
    pub versions: u64,
    /// Deleted data sets that should have gone.
    pub deleted: u64,
    /// Chunks of uploads that nobody reads or sends.
    pub spools: u64,
    /// Bytes that a job that is over left behind.
    pub leavings: u64,
}

impl Found {
    /// What should never be there.
    pub fn orphans(&self) -> u64 {
        self.parts + self.versions + self.deleted
    }

    /// What the dead leave behind as foreseen.
    pub fn left_over(&self) -> u64 {
        self.spools + self.leavings
    }
}

/// What all audits have found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuditRecord {
    /// When the last one ended.
    pub at: Option<Timestamp>,
    /// Orphans so far.
    pub orphans: u64,
    /// What was left over, so far.
    pub left_over: u64,
}

impl Store {
    /// Looks for what should not be there and heals it. `None` when another server is at
    /// it, or did it less than `rest` ago.
    pub async fn audit(&self, rest: Duration) -> Result<Option<Found>, StoreError> {
        let who = Uuid::now_v7().to_string();
        let key = self.keys().auditor();
        let mut turn = redis::cmd("SET");
        turn.arg(&key).arg(&who).arg("NX");
        turn.arg("PX").arg(TURN.as_millis() as u64);
        if self
            .redis()
            .command::<Option<String>>(&turn)
            .await?
            .is_none()
        {
            return Ok(None);
        }
        let found = self.look_through().await;
        // The turn lasts on for the rest, so that several servers audit as often as one.
        let mut rests = redis::cmd("SET");
        rests.arg(&key).arg(&who).arg("PX");
        rests.arg((rest.as_millis() as u64).max(1));
        self.redis().command::<()>(&rests).await?;
        let found = found?;
        let (seconds, micros): (i64, i64) = self.redis().command(&redis::cmd("TIME")).await?;
        let mut note = redis::pipe();
        let record = self.keys().audit();
        note.cmd("HSET").arg(&record).arg("at");
        note.arg(seconds * 1_000 + micros / 1_000).ignore();
        note.cmd("HINCRBY").arg(&record).arg("orphans");
        note.arg(found.orphans()).ignore();
        note.cmd("HINCRBY").arg(&record).arg("left_over");
        note.arg(found.left_over()).ignore();
        self.redis().pipeline::<()>(&note).await?;
        Ok(Some(found))
    }

    /// What all audits have found.
    pub async fn audit_record(&self) -> Result<AuditRecord, StoreError> {
        let key = self.keys().audit();
        let fields: HashMap<String, String> = self
            .redis()
            .command(redis::cmd("HGETALL").arg(&key))
            .await?;
        let fields = Fields::new(key, fields);
        Ok(AuditRecord {
            at: fields.time("at")?,
            orphans: fields.find("orphans")?.unwrap_or(0),
            left_over: fields.find("left_over")?.unwrap_or(0),
        })
    }

    async fn look_through(&self) -> Result<Found, StoreError> {
        let data = self.keys().data_prefix().to_owned();
        let bytes = self.keys_like(&format!("{data}*")).await?;
        let mut found = Found::default();
        let mut claimed = HashSet::new();
        let sends: Vec<(String, f64)> = {
            let mut range = redis::cmd("ZRANGE");
            range.arg(self.keys().uploads()).arg(0).arg(-1);
            self.redis().command(range.arg("WITHSCORES")).await?
        };
        let now = self.now_millis().await?;
        let alive = now - SILENCE.as_millis() as f64;
        let sends: HashSet<String> = sends
            .into_iter()
            .filter(|(_, heard)| *heard >= alive)
            .map(|(id, _)| id)
            .collect();

        for key in self.keys_like(&self.keys().writing("*")).await? {
            self.look_at_writing(&key, &mut claimed, &mut found).await?;
        }

        let unclaimed = bytes.into_iter().filter(|key| !claimed.contains(key));
        let mut of_datasets: HashMap<DatasetId, Vec<String>> = HashMap::new();
        let mut of_results: HashMap<ResultId, Vec<String>> = HashMap::new();
        let mut of_uploads = Vec::new();
        for key in unclaimed {
            let mut segments = key[data.len()..].split(':');
            match (segments.next(), segments.next().unwrap_or_default()) {
                (Some("dataset"), id) => {
                    if let Ok(id) = id.parse() {
                        of_datasets.entry(id).or_default().push(key);
                    }
                }
                (Some("result"), id) => {
                    if let Ok(id) = id.parse() {
                        of_results.entry(id).or_default().push(key);
                    }
                }
                (Some("upload"), id) if !sends.contains(id) => of_uploads.push(key),
                _ => {}
            }
        }
        let mut orphans = Vec::new();
        for (id, keys) in of_datasets {
            orphans.extend(self.not_named(id, keys).await?);
        }
        for (id, keys) in of_results {
            let mut exists = redis::cmd("EXISTS");
            if !self
                .redis()
                .command::<bool>(exists.arg(self.keys().result(id)))
                .await?
            {
                orphans.extend(keys);
            }
        }
        found.parts = self.unlink(&orphans).await?;
        found.spools = self.unlink(&of_uploads).await?;
        self.forget_dead_sends(alive).await?;
        found.versions = self.end_stray_versions().await?;
        found.deleted = self.purge_datasets(RESTORE + LATE).await? as u64;
        Ok(found)
    }

    /// What a job is writing has an owner; what one that is over has left goes.
    async fn look_at_writing(
        &self,
        key: &str,
        claimed: &mut HashSet<String>,
        found: &mut Found,
    ) -> Result<(), StoreError> {
        let members: Vec<String> = self
            .redis()
            .command(redis::cmd("SMEMBERS").arg(key))
            .await?;
        let job = key
            .rsplit(':')
            .nth(1)
            .and_then(|id| id.parse::<JobId>().ok());
        if let Some(job) = job {
            let call = self.scripts().abandon.with([job.to_string()]);
            let reply: Reply = self.redis().script(&call).await?;
            if reply.answer == crate::script::Answer::Done {
                found.leavings += members.len() as u64;
                self.sweep().await?;
            }
        }
        claimed.extend(members);
        Ok(())
    }

    /// Those of a data set's parts that none of its versions names.
    async fn not_named(&self, id: DatasetId, keys: Vec<String>) -> Result<Vec<String>, StoreError> {
        let mut pipe = redis::pipe();
        pipe.atomic();
        pipe.cmd("ZRANGE").arg(self.keys().parts(id)).arg(0).arg(-1);
        pipe.cmd("EXISTS").arg(self.keys().dataset(id));
        pipe.cmd("EXISTS").arg(self.keys().deleted_dataset(id));
        let (parts, is_there, is_deleted): (Vec<String>, bool, bool) =
            self.redis().pipeline(&pipe).await?;
        // A table of before parts were noted: its manifest alone knows them.
        if parts.is_empty() && (is_there || is_deleted) {
            return Ok(Vec::new());
        }
        let named: HashSet<String> = parts.into_iter().collect();
        Ok(keys
            .into_iter()
            .filter(|key| !named.contains(key))
            .collect())
    }

    /// Deletes keys that are not about to go anyway; says how many were there.
    async fn unlink(&self, keys: &[String]) -> Result<u64, StoreError> {
        let rubbish: HashSet<String> = self
            .redis()
            .command(redis::cmd("SMEMBERS").arg(self.keys().rubbish()))
            .await?;
        let keys: Vec<&String> = keys.iter().filter(|key| !rubbish.contains(*key)).collect();
        let mut gone = 0;
        for some in keys.chunks(ASK) {
            let mut pipe = redis::pipe();
            for key in some {
                pipe.cmd("UNLINK").arg(key);
            }
            let answers: Vec<u64> = self.redis().pipeline(&pipe).await?;
            gone += answers.iter().sum::<u64>();
        }
        Ok(gone)
    }

    async fn forget_dead_sends(&self, alive: f64) -> Result<(), StoreError> {
        let mut forget = redis::cmd("ZREMRANGEBYSCORE");
        forget.arg(self.keys().uploads()).arg("-inf");
        self.redis().command(forget.arg(format!("({alive}"))).await
    }

    /// Ends what is kept of versions whose data set is not there, and manifests and profiles
    /// of versions that it does not have.
    async fn end_stray_versions(&self) -> Result<u64, StoreError> {
        let names = self.keys();
        let start = names.dataset("");
        let mut strays = Vec::new();
        let mut kept: HashMap<String, Option<HashSet<String>>> = HashMap::new();
        for key in self.keys_like(&names.dataset("*:*")).await? {
            let Some((id, what)) = key[start.len()..].split_once(':') else {
                continue;
            };
            let version = what
                .strip_prefix('v')
                .map(|rest| rest.strip_suffix(":profile").unwrap_or(rest))
                .filter(|number| number.parse::<u64>().is_ok());
            let is_versions = ["parts", "dropped", "old", "history"].contains(&what);
            if version.is_none() && !is_versions {
                continue;
            }
            if !kept.contains_key(id) {
                kept.insert(id.to_owned(), self.kept_versions(id).await?);
            }
            let is_stray = match (&kept[id], version) {
                (None, _) => true,
                (Some(kept), Some(version)) => !kept.contains(version),
                (Some(_), None) => false,
            };
            if is_stray {
                strays.push(key.clone());
            }
        }
        self.unlink(&strays).await
    }

    /// The versions that a data set keeps; `None` when there is no such data set.
    async fn kept_versions(&self, id: &str) -> Result<Option<HashSet<String>>, StoreError> {
        let names = self.keys();
        let mut pipe = redis::pipe();
        pipe.atomic();
        pipe.cmd("HGET").arg(names.dataset(id)).arg("version");
        pipe.cmd("HGET")
            .arg(names.deleted_dataset(id))
            .arg("version");
        pipe.cmd("ZRANGE").arg(names.old(id)).arg(0).arg(-1);
        let mut values = self
            .redis()
            .pipeline::<Vec<Value>>(&pipe)
            .await?
            .into_iter();
        let there: Option<String> = take(&mut values)?;
        let deleted: Option<String> = take(&mut values)?;
        let mut kept: HashSet<String> = take(&mut values)?;
        let Some(current) = there.or(deleted) else {
            return Ok(None);
        };
        kept.insert(current);
        Ok(Some(kept))
    }

    /// All keys that match a pattern.
    async fn keys_like(&self, pattern: &str) -> Result<HashSet<String>, StoreError> {
        let mut all = HashSet::new();
        let mut cursor = 0_u64;
        loop {
            let mut step = redis::cmd("SCAN");
            step.arg(cursor).arg("MATCH").arg(pattern);
            step.arg("COUNT").arg(SCAN_STEP);
            let (next, found): (u64, Vec<Vec<u8>>) = self.redis().command(&step).await?;
            all.extend(
                found
                    .into_iter()
                    .filter_map(|key| String::from_utf8(key).ok()),
            );
            cursor = next;
            if cursor == 0 {
                return Ok(all);
            }
        }
    }

    async fn now_millis(&self) -> Result<f64, StoreError> {
        let (seconds, micros): (i64, i64) = self.redis().command(&redis::cmd("TIME")).await?;
        Ok((seconds * 1_000 + micros / 1_000) as f64)
    }
}
