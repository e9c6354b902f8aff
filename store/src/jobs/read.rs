//! Jobs as every answer gives them.
//!
//! A list is read in three round trips, however long it is: one for what each job is, one for
//! what those refer to, one for what has become of the data that they read.

use std::collections::HashMap;

use assay_model::{
    DatasetId, DatasetRef, Job, JobId, JobKind, JobState, Owner, Page, ResultId, ResultRef,
};
use redis::{FromRedisValue, Value};

use super::{
    Line,
    assemble::{assemble, with_rank},
    queue_facts, read_spec, slots_of,
};
use crate::{Store, StoreError};

/// Jobs looked at for one page before it is given out, when a filter passes few of them.
const LOOK: usize = 200;

/// Which jobs to list.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// Only this owner's.
    pub owner: Option<Owner>,
    /// Only in one of these states; any when empty.
    pub states: Vec<JobState>,
    /// Only those that read or made this data set.
    pub dataset: Option<DatasetId>,
    /// Only those whose title, or a data set of theirs, has this text in it.
    pub text: Option<String>,
}

impl JobFilter {
    fn passes(&self, job: &Job) -> bool {
        let states = self.states.is_empty() || self.states.contains(&job.state);
        let mut datasets = job.inputs.iter().chain(&job.dataset);
        let dataset = self.dataset.is_none_or(|wanted| {
            job.inputs
                .iter()
                .chain(&job.dataset)
                .any(|it| it.id == wanted)
        });
        let text = self.text.as_ref().is_none_or(|text| {
            let text = text.to_lowercase();
            let has = |it: &str| it.to_lowercase().contains(&text);
            has(&job.title) || datasets.any(|it| has(it.name.as_str()))
        });
        states && dataset && text
    }
}

/// How many jobs of an owner are not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// In line or waiting for another try.
    pub queued: u64,
    /// In a worker's hands.
    pub running: u64,
}

impl Store {
    /// A job as it stands.
    pub async fn job(&self, id: JobId) -> Result<Option<Job>, StoreError> {
        Ok(self.load_jobs(&[id]).await?.pop().flatten())
    }

    /// Jobs, the newest first: up to `limit` of those that pass the filter, from where the
    /// page before said that this one starts.
    pub async fn jobs(
        &self,
        filter: &JobFilter,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Job>, StoreError> {
        let index = match &filter.owner {
            Some(owner) => self.keys().owner_jobs(owner),
            None => self.keys().jobs(),
        };
        // A cursor is the score of the last job given, which no other job has. One that was
        // made up is no number and starts from the newest.
        let mut before = cursor.and_then(|text| text.parse::<u64>().ok());
        let mut items: Vec<Job> = Vec::new();
        let mut last = None;
        loop {
            let max = before.map_or_else(|| "+inf".to_owned(), |score| format!("({score}"));
            let step =
                if filter.states.is_empty() && filter.dataset.is_none() && filter.text.is_none() {
                    limit + 1
                } else {
                    LOOK.max(limit)
                };
            let mut command = redis::cmd("ZREVRANGEBYSCORE");
            command.arg(&index).arg(max).arg("-inf").arg("WITHSCORES");
            command.arg("LIMIT").arg(0).arg(step);
            let found: Vec<(String, f64)> = self.redis().command(&command).await?;
            let ids = found
                .iter()
                .map(|(id, _)| {
                    id.parse::<JobId>()
                        .map_err(|error| StoreError::corrupt(&index, error))
                })
                .collect::<Result<Vec<_>, _>>()?;
            let jobs = self.load_jobs(&ids).await?;
            for (job, (_, score)) in jobs.into_iter().zip(&found) {
                before = Some(*score as u64);
                let Some(job) = job.filter(|job| filter.passes(job)) else {
                    continue;
                };
                if items.len() == limit {
                    return Ok(Page { items, next: last });
                }
                items.push(job);
                last = Some((*score as u64).to_string());
            }
            if found.len() < step {
                return Ok(Page { items, next: None });
            }
        }
    }

    /// How many of an owner's jobs are not over.
    pub async fn counts(&self, owner: &Owner) -> Result<Counts, StoreError> {
        let mut command = redis::cmd("HMGET");
        command
            .arg(self.keys().owner(owner))
            .arg("queued")
            .arg("running");
        let (queued, running): (Option<u64>, Option<u64>) = self.redis().command(&command).await?;
        Ok(Counts {
            queued: queued.unwrap_or(0),
            running: running.unwrap_or(0),
        })
    }

    /// Each job as it stands; `None` for one that is not there.
    async fn load_jobs(&self, ids: &[JobId]) -> Result<Vec<Option<Job>>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let keys = self.keys();
        // In one transaction, so that a job's state and its place in line agree.
        let mut pipe = redis::pipe();
        pipe.atomic();
        for id in ids {
            pipe.cmd("HGETALL").arg(keys.job(id));
            pipe.cmd("GET").arg(keys.spec(id));
            pipe.cmd("LRANGE").arg(keys.attempts(id)).arg(0).arg(-1);
            pipe.cmd("ZRANK").arg(keys.ready()).arg(id.to_string());
        }
        queue_facts(&mut pipe, keys);
        let mut values = self
            .redis()
            .pipeline::<Vec<Value>>(&pipe)
            .await?
            .into_iter();

        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            let key = keys.job(id);
            let fields: HashMap<String, String> = take(&mut values)?;
            let spec: Option<String> = take(&mut values)?;
            let lines: Vec<String> = take(&mut values)?;
            let rank: Option<u64> = take(&mut values)?;
            found.push(match spec {
                Some(spec) if !fields.is_empty() => Some((
                    with_rank(key, fields, rank),
                    read_spec(&keys.spec(id), &spec)?,
                    lines,
                )),
                _ => None,
            });
        }
        let mean_ms: Option<f64> = take(&mut values)?;
        let workers: Vec<(String, f64)> = take(&mut values)?;
        let time: (i64, i64) = take(&mut values)?;

        let results = found
            .iter()
            .flatten()
            .map(|(fields, _, _)| fields.find::<ResultId>("result"))
            .collect::<Result<Vec<_>, _>>()?;
        let (mut results, slots) = self
            .load_results(results.into_iter().flatten(), &workers, time)
            .await?;
        let line = Line { mean_ms, slots };
        let mut jobs: Vec<Option<Job>> = ids
            .iter()
            .zip(found)
            .map(|(id, found)| {
                found
                    .map(|(fields, spec, lines)| {
                        let result = fields
                            .find::<ResultId>("result")?
                            .and_then(|id| results.remove(&id));
                        assemble(*id, &fields, spec, &lines, result, line)
                    })
                    .transpose()
            })
            .collect::<Result<_, StoreError>>()?;
        self.note_newer_versions(&mut jobs).await?;
        Ok(jobs)
    }

    /// Notes with jobs that are over that the rows which they read have changed since.
    async fn note_newer_versions(&self, jobs: &mut [Option<Job>]) -> Result<(), StoreError> {
        let mut readers: Vec<(&mut Job, DatasetRef)> = jobs
            .iter_mut()
            .flatten()
            .filter(|job| job.state.is_terminal() && job.kind == JobKind::Analysis)
            .filter_map(|job| {
                let read = job.inputs.first().filter(|read| read.version > 0)?.clone();
                Some((job, read))
            })
            .collect();
        if readers.is_empty() {
            return Ok(());
        }
        let mut pipe = redis::pipe();
        for (_, read) in &readers {
            pipe.cmd("HMGET").arg(self.keys().dataset(read.id));
            pipe.arg("version").arg("content_version");
        }
        let found: Vec<(Option<u64>, Option<u64>)> = self.redis().pipeline(&pipe).await?;
        for ((job, read), (version, content)) in readers.iter_mut().zip(found) {
            job.newer_version = version.filter(|_| content > Some(read.version));
        }
        Ok(())
    }

    /// What jobs say of their results, and the slots of the workers that are alive.
    pub(crate) async fn load_results(
        &self,
        ids: impl Iterator<Item = ResultId>,
        workers: &[(String, f64)],
        time: (i64, i64),
    ) -> Result<(HashMap<ResultId, ResultRef>, u64), StoreError> {
        let mut pipe = redis::pipe();
        let ids: Vec<ResultId> = ids.collect();
        for id in &ids {
            let key = self.keys().result(id);
            pipe.cmd("HMGET").arg(key).arg("rows").arg("finding");
        }
        let alive = slots_of(&mut pipe, self.keys(), workers, time);
        if ids.is_empty() && alive == 0 {
            return Ok((HashMap::new(), 0));
        }
        let mut values = self
            .redis()
            .pipeline::<Vec<Value>>(&pipe)
            .await?
            .into_iter();
        let mut results = HashMap::new();
        for id in ids {
            let (rows, finding): (Option<u64>, Option<String>) = take(&mut values)?;
            if let Some(rows) = rows {
                let finding = finding.filter(|text| !text.is_empty());
                results.insert(id, ResultRef { id, rows, finding });
            }
        }
        let mut slots = 0;
        for _ in 0..alive {
            slots += take::<Option<u64>>(&mut values)?.unwrap_or(0);
        }
        Ok((results, slots))
    }
}

/// The next answer of a pipeline.
pub(crate) fn take<T: FromRedisValue>(
    values: &mut impl Iterator<Item = Value>,
) -> Result<T, StoreError> {
    let value = values
        .next()
        .ok_or_else(|| StoreError::corrupt("a pipeline", "an answer is missing"))?;
    Ok(T::from_redis_value(value).map_err(redis::RedisError::from)?)
}
