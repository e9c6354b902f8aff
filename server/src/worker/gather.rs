//! The job `compact`: many small parts of a table in, few full ones out. The rows and their
//! order stay as they are, so nobody but the reader of a history notices.

use std::ops::Range;

use assay_engine::Part;
use assay_model::{JobKind, Problem, ProblemKind, VersionCause};
use assay_store::{
    Store, StoreError,
    jobs::{Finish, JobSpec, NewJob, NewVersion, Place, Submit},
};
use tracing::info;

use super::attempt::{Context, Failure};
use crate::data::{self, Manifest, Sink};

/// Small parts that make it worth gathering them.
pub const WORTH: u64 = 50;

/// Gathers each row of small parts that stand together; `finish` publishes the whole.
pub async fn run(context: Context) -> Result<Finish, Failure> {
    let Context {
        store,
        engine,
        job,
        progress,
        cancel,
    } = context;
    let [reads] = job.spec.inputs.as_slice() else {
        return Err(Failure::Problem(Problem::new(
            ProblemKind::Internal,
            "The job does not say what to gather.",
        )));
    };
    let Some(dataset) = store.dataset(reads.id).await? else {
        return Ok(Finish::Nothing);
    };
    let before = data::manifest(&store, &dataset, reads.version).await?;
    let mut parts = Vec::new();
    let (mut at, mut written) = (0, 0);
    for run in runs(&before.parts) {
        let Some(like) = before.parts.last() else {
            break;
        };
        let sink = Sink::of_added(store.clone(), job.id, reads.id, job.token, written);
        let gathered = engine
            .gather(&before.parts[run.clone()], like, &sink, &progress, &cancel)
            .await?;
        parts.extend_from_slice(&before.parts[at..run.start]);
        written += u32::try_from(gathered.len()).unwrap_or(u32::MAX);
        parts.extend(gathered);
        at = run.end;
    }
    if at == 0 {
        return Ok(Finish::Nothing);
    }
    parts.extend_from_slice(&before.parts[at..]);
    let manifest = Manifest { parts, ..before };
    store.keep_parts(&manifest.paths()).await?;
    let place = Place::After {
        base: reads.version,
        how: VersionCause::Compact,
        small: manifest.small_parts(),
    };
    Ok(Finish::Dataset(Box::new(
        manifest.version(reads.id, place)?,
    )))
}

/// Puts the gathering of a table's parts in line when a new version of it has many small
/// ones; one at a time for each table. The auditor does so too, for a worker may die here.
pub async fn begin_if_worth(store: &Store, version: &NewVersion) -> Result<(), StoreError> {
    match version.place {
        Place::After { small, .. } if small >= WORTH => {}
        _ => return Ok(()),
    }
    match store.dataset(version.id).await? {
        Some(dataset) => begin(store, &dataset).await,
        None => Ok(()),
    }
}

/// Puts the gathering of a table's parts in line.
pub async fn begin(store: &Store, dataset: &assay_model::Dataset) -> Result<(), StoreError> {
    let spec = JobSpec {
        inputs: vec![dataset.reference()],
        ..JobSpec::new(JobKind::Compact, data::house()?)
    };
    let new = NewJob::new(spec);
    // Whatever else it answers, another gathering is under way or a later version sees to it.
    if store.submit(&new).await? == Submit::Submitted {
        info!(job = %new.id, dataset = %dataset.id, "gathering the small parts of “{}”", dataset.name);
    }
    Ok(())
}

/// Rows of two or more small parts that stand together.
fn runs(parts: &[Part]) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut start = 0;
    for end in 0..=parts.len() {
        if parts.get(end).is_some_and(data::is_small) {
            continue;
        }
        if end - start > 1 {
            runs.push(start..end);
        }
        start = end + 1;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_parts_are_gathered_where_they_stand_together() {
        let part = |bytes: u64| Part {
            path: "x".into(),
            rows: 1,
            bytes,
            footer_bytes: 8,
        };
        let (small, full) = (part(1_000), part(60 << 20));
        let of = |parts: &[&Part]| {
            let parts: Vec<Part> = parts.iter().map(|part| (*part).clone()).collect();
            runs(&parts)
        };
        assert_eq!(of(&[&small, &small, &full, &small, &small]), [0..2, 3..5]);
        assert_eq!(of(&[&full, &small, &small, &full, &small]), vec![1..3; 1]);
        assert!(of(&[&small, &full, &small]).is_empty());
    }
}
