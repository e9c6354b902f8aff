//! A `Job` from what Redis holds of it: its fields as they are, or as they were when an
//! event was written.

use std::collections::HashMap;

use assay_model::{
    Attempt, DatasetRef, Job, JobId, JobKind, JobState, Outcome, Problem, Progress, ResultRef,
    Timestamp, VersionCause, Waiting, WorkerId, job,
};
use redis::Pipeline;

use super::JobSpec;
use crate::{
    StoreError,
    keys::Keys,
    reply::{Fields, parse},
};

/// Milliseconds without a sign of life after which a worker no longer counts.
pub(crate) const ALIVE_MS: i64 = 15_000;

/// What the line as a whole looks like, for those who wait in it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Line {
    /// Milliseconds that jobs took of late.
    pub mean_ms: Option<f64>,
    /// Jobs that the live workers run at once.
    pub slots: u64,
}

/// Asks for what [`slots_of`] and [`Line`] need.
pub(crate) fn queue_facts(pipe: &mut Pipeline, keys: &Keys) {
    pipe.cmd("HGET").arg(keys.queue()).arg("mean_ms");
    pipe.cmd("ZRANGE")
        .arg(keys.workers())
        .arg(0)
        .arg(-1)
        .arg("WITHSCORES");
    pipe.cmd("TIME");
}

/// Asks for the slots of each worker that is alive.
pub(crate) fn slots_of(
    pipe: &mut Pipeline,
    keys: &Keys,
    workers: &[(String, f64)],
    time: (i64, i64),
) -> usize {
    let now = time.0 * 1000 + time.1 / 1000;
    let alive = workers
        .iter()
        .filter(|(_, seen)| now - (*seen as i64) <= ALIVE_MS);
    alive
        .map(|(id, _)| {
            pipe.cmd("HGET").arg(keys.worker(id)).arg("slots");
        })
        .count()
}

/// A spec read back from its JSON.
pub(crate) fn read_spec(key: &str, json: &str) -> Result<JobSpec, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::corrupt(key, error))
}

/// Puts a job together. `fields` are those of its hash, with `rank` when it is in line, and
/// `ended` when fewer of its attempts count than `lines` has.
pub(crate) fn assemble(
    id: JobId,
    fields: &Fields,
    spec: JobSpec,
    lines: &[String],
    result: Option<ResultRef>,
    line: Line,
) -> Result<Job, StoreError> {
    let state: JobState = fields.need("state")?;
    let ended: usize = fields.find("ended")?.unwrap_or(lines.len());
    let mut attempts = Vec::new();
    let mut problem = None;
    for text in lines.iter().take(ended) {
        let (attempt, its_problem) = attempt(text)?;
        attempts.push(attempt);
        problem = its_problem.or(problem);
    }
    if state == JobState::Running {
        attempts.push(Attempt {
            n: fields.need("attempt")?,
            worker: fields.need("worker")?,
            started: fields.need_time("started")?,
            ended: None,
            outcome: None,
        });
    }
    let dataset = match (spec.kind, fields.find("dataset")?) {
        (JobKind::Import, Some(made)) => spec.import.as_ref().map(|import| {
            Ok::<_, StoreError>(DatasetRef {
                id: made,
                name: import.target.name().clone(),
                version: fields.need("version")?,
            })
        }),
        (JobKind::Import, None) => spec
            .import
            .as_ref()
            .and_then(|import| import.target.existing().cloned().map(Ok)),
        _ => spec.inputs.first().cloned().map(Ok),
    };
    Ok(Job {
        id,
        state,
        kind: spec.kind,
        dataset: dataset.transpose()?,
        inputs: spec.inputs,
        title: job::title(
            spec.kind,
            spec.label.as_deref(),
            spec.analysis.as_ref(),
            spec.source.as_deref(),
            spec.import
                .as_ref()
                .map_or(VersionCause::Import, |import| import.target.cause()),
        ),
        analysis: spec
            .analysis
            .map(serde_json::to_value)
            .transpose()
            .map_err(|error| StoreError::corrupt("the analysis", error))?,
        label: spec.label,
        priority: spec.priority,
        retry_of: spec.retry_of,
        retry_read: spec.retry_read,
        newer_version: None,
        timeout_s: spec.timeout_s,
        created: fields.need_time("created")?,
        started: fields.time("started")?,
        finished: fields.time("finished")?,
        cached: false,
        pinned: fields.get("pinned") == Some("1"),
        progress: progress(fields)?,
        attempts,
        waiting: (state == JobState::Queued)
            .then(|| waiting(fields, line))
            .transpose()?,
        result,
        error: problem.filter(|_| state == JobState::Failed),
        source: spec.source,
    })
}

fn progress(fields: &Fields) -> Result<Option<Progress>, StoreError> {
    let Some(stage) = fields.get("stage") else {
        return Ok(None);
    };
    Ok(Some(Progress {
        stage: stage.to_owned(),
        rows: fields.need("rows")?,
        of_rows: fields.need("of_rows")?,
        bytes: fields.need("bytes")?,
        of_bytes: fields.need("of_bytes")?,
    }))
}

fn waiting(fields: &Fields, line: Line) -> Result<Waiting, StoreError> {
    if let Some(until) = fields.time("due")? {
        return Ok(Waiting::BackOff { until });
    }
    if fields.get("behind").is_some() {
        return Ok(Waiting::Behind);
    }
    if line.slots == 0 {
        return Ok(Waiting::NoWorker);
    }
    let position = fields.find::<u64>("rank")?.unwrap_or(0) + 1;
    Ok(Waiting::InLine {
        position,
        estimate_s: line
            .mean_ms
            .map(|mean| position as f64 * mean / line.slots as f64 / 1000.0),
    })
}

/// A line of the timeline: n, worker, started, ended, outcome and problem, with tabs
/// between them (JSON has none).
fn attempt(line: &str) -> Result<(Attempt, Option<Problem>), StoreError> {
    let parts: Vec<&str> = line.split('\t').collect();
    let [n, worker, started, ended, outcome, problem] = parts.as_slice() else {
        return Err(StoreError::corrupt("a timeline", line));
    };
    let time = |text: &str| parse(text).map(Timestamp::from_millis);
    let problem = (!problem.is_empty())
        .then(|| serde_json::from_str(problem))
        .transpose()
        .map_err(|error| StoreError::corrupt("a timeline", error))?;
    Ok((
        Attempt {
            n: parse(n)?,
            worker: parse::<WorkerId>(worker)?,
            started: time(started)?,
            ended: Some(time(ended)?),
            outcome: Some(parse::<Outcome>(outcome)?),
        },
        problem,
    ))
}

/// The fields of a hash with the place in line put to them.
pub(crate) fn with_rank(
    key: String,
    mut fields: HashMap<String, String>,
    rank: Option<u64>,
) -> Fields {
    if let Some(rank) = rank {
        fields.insert("rank".to_owned(), rank.to_string());
    }
    Fields::new(key, fields)
}
