//! The job `import`: a spooled file in, a version of a table out. The version is the first
//! of a new table, or comes after the current one of a table that is there.

use assay_engine::{Base, ExtendError, Imported};
use assay_model::{DatasetId, DatasetRef, ImportOptions, Problem, ProblemKind};
use assay_store::{
    Store,
    jobs::{Finish, ImportTarget, Place},
};

use super::attempt::{Context, Failure};
use crate::data::{self, Manifest, Sink, UploadSpool};

/// The first version of a new data set.
const FIRST: u64 = 1;

/// Turns the spooled file into parts; `finish` publishes them.
pub async fn run(context: Context) -> Result<Finish, Failure> {
    let Some(import) = context.job.spec.import.clone() else {
        return Err(Failure::Problem(Problem::new(
            ProblemKind::Internal,
            "The job does not say what to import.",
        )));
    };
    let options = &import.options;
    let source = context.job.spec.source.clone();
    let spool = UploadSpool::new(context.store.clone(), import.upload, source);
    match &import.target {
        ImportTarget::New(name) => {
            // Of this attempt alone: a lost one that still writes can never touch what the
            // next one publishes.
            let id = DatasetId(context.job.token.0);
            let sink = Sink::of_dataset(context.store.clone(), context.job.id, id, FIRST);
            let imported = read(&context, &spool, options, &sink).await?;
            let place = Place::First {
                name: name.clone(),
                source: context.job.spec.source.clone(),
            };
            publish(&context.store, id, place, manifest(imported)).await
        }
        ImportTarget::Replace(dataset) => {
            let (base, _) = current(&context.store, dataset).await?;
            let imported = read(&context, &spool, options, &added(&context, dataset)).await?;
            let place = Place::After {
                base,
                how: import.target.cause(),
                small: 0,
            };
            publish(&context.store, dataset.id, place, manifest(imported)).await
        }
        ImportTarget::Append(dataset) => {
            let (base, mut whole) = current(&context.store, dataset).await?;
            let before = Base {
                schema: &whole.schema,
                parts: &whole.parts,
            };
            let sink = added(&context, dataset);
            let extended = context
                .engine
                .extend(
                    &spool,
                    options,
                    before,
                    &sink,
                    &context.progress,
                    &context.cancel,
                )
                .await?;
            whole.schema = extended.schema;
            whole.report = Some(extended.imported.report);
            whole.parts.extend(extended.imported.parts);
            let place = Place::After {
                base,
                how: import.target.cause(),
                small: whole.small_parts(),
            };
            publish(&context.store, dataset.id, place, whole).await
        }
    }
}

async fn read(
    context: &Context,
    spool: &UploadSpool,
    options: &ImportOptions,
    sink: &Sink,
) -> Result<Imported, Failure> {
    Ok(context
        .engine
        .import(spool, options, sink, &context.progress, &context.cancel)
        .await?)
}

fn manifest(imported: Imported) -> Manifest {
    Manifest {
        schema: imported.schema,
        parts: imported.parts,
        report: Some(imported.report),
    }
}

fn added(context: &Context, dataset: &DatasetRef) -> Sink {
    Sink::of_added(
        context.store.clone(),
        context.job.id,
        dataset.id,
        context.job.token,
        0,
    )
}

/// The version that a table is at, and what it holds.
async fn current(store: &Store, dataset: &DatasetRef) -> Result<(u64, Manifest), Failure> {
    let Some(found) = store.dataset(dataset.id).await? else {
        return Err(Failure::Problem(data::deleted(&dataset.name)));
    };
    Ok((
        found.version,
        data::manifest(store, &found, found.version).await?,
    ))
}

async fn publish(
    store: &Store,
    id: DatasetId,
    place: Place,
    manifest: Manifest,
) -> Result<Finish, Failure> {
    store.keep_parts(&manifest.paths()).await?;
    Ok(Finish::Dataset(Box::new(manifest.version(id, place)?)))
}

impl From<ExtendError> for Failure {
    fn from(error: ExtendError) -> Self {
        match error {
            ExtendError::Import(error) => Self::Import(error),
            ExtendError::Engine(error) => Self::Engine(error),
            unlike @ ExtendError::Unlike { .. } => {
                Self::Problem(Problem::new(ProblemKind::BadFile, unlike.to_string()))
            }
        }
    }
}
