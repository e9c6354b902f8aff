//! The job `profile`: a version of a table in, its columns at a glance out.

use assay_model::{Problem, ProblemKind, Profile, ProfileSource};
use assay_store::jobs::{Claimed, Finish, NewProfile};

use super::attempt::{Context, Failure};
use crate::data::{self, StoredProfile};

/// Looks at every column; `finish` keeps what was seen with the version.
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
            "The job does not say what to look at.",
        )));
    };
    let Some(dataset) = store.dataset(reads.id).await? else {
        return Err(Failure::Problem(Problem::new(
            ProblemKind::NotFound,
            format!("The data set “{}” was deleted meanwhile.", reads.name),
        )));
    };
    let opened = data::open(&store, &dataset, reads.version).await?;
    let (rows, columns) = engine.glance(&opened.input, &progress, &cancel).await?;
    Ok(kept(
        &job,
        &StoredProfile::Done(Profile {
            version: reads.version,
            rows,
            source: ProfileSource::Rows,
            columns,
        }),
    ))
}

/// What a profile that cannot be had leaves: the reason, for those who ask.
pub fn failed(job: &Claimed, problem: Problem) -> Finish {
    kept(job, &StoredProfile::Failed(problem))
}

fn kept(job: &Claimed, profile: &StoredProfile) -> Finish {
    match (job.spec.inputs.first(), serde_json::to_string(profile)) {
        (Some(reads), Ok(profile)) => Finish::Profile(NewProfile {
            dataset: reads.id,
            version: reads.version,
            profile,
        }),
        _ => Finish::Failed(Problem::new(
            ProblemKind::Internal,
            "The profile cannot be written.",
        )),
    }
}
