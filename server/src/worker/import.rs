//! The job `import`: a spooled file in, a version of a table out.

use assay_model::{DatasetId, Problem, ProblemKind};
use assay_store::jobs::{Finish, NewVersion};

use super::attempt::{Context, Failure};
use crate::data::{self, Manifest, Sink, UploadSpool};

/// The first version of a new data set.
const FIRST: u64 = 1;

/// Turns the spooled file into parts; `finish` publishes them.
pub async fn run(context: Context) -> Result<Finish, Failure> {
    let Context {
        store,
        engine,
        job,
        progress,
        cancel,
    } = context;
    let Some(import) = &job.spec.import else {
        return Err(Failure::Problem(Problem::new(
            ProblemKind::Internal,
            "The job does not say what to import.",
        )));
    };
    // Of this attempt alone: a lost one that still writes can never touch what the next
    // one publishes.
    let id = DatasetId(job.token.0);
    let spool = UploadSpool::new(store.clone(), import.upload, job.spec.source.clone());
    let sink = Sink::of_dataset(store.clone(), job.id, id, FIRST);
    let imported = engine
        .import(&spool, &import.options, &sink, &progress, &cancel)
        .await?;
    let parts: Vec<_> = imported
        .parts
        .iter()
        .map(|part| part.path.clone())
        .collect();
    store.keep_parts(&parts).await?;
    let manifest = Manifest {
        schema: imported.schema.clone(),
        parts: imported.parts,
        report: Some(imported.report),
    };
    let manifest = serde_json::to_string(&manifest)
        .map_err(|error| data::unreadable("the manifest", &error))?;
    Ok(Finish::Dataset(Box::new(NewVersion {
        id,
        name: import.dataset.clone(),
        version: FIRST,
        schema: imported.schema,
        rows: imported.rows,
        bytes: imported.bytes,
        manifest,
        source: job.spec.source.clone(),
        parts,
    })))
}
