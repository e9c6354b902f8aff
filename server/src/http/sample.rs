//! `POST /sample`: the sample data, and a first analysis of it.

use assay_model::{
    Analysis, Collection, FileFormat, ImportOptions, Job, JobRequest, Owner, ProblemKind,
};
use assay_store::{
    collection::RecordBody,
    jobs::{ImportSpec, ImportTarget},
};
use axum::{
    Json, Router,
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use super::{
    collections,
    error::{ApiError, ApiResult},
    state::AppState,
    submit,
    visitor::Visitor,
};
use crate::sample;

/// The route of the sample.
pub fn router() -> Router<AppState> {
    Router::new().route("/sample", post(load))
}

#[derive(Debug, Deserialize)]
struct SampleQuery {
    #[serde(default)]
    analyse: bool,
}

/// What a load of the sample has begun.
#[derive(Debug, Serialize)]
pub struct Loaded {
    /// The imports that run now; none for tables that are there already.
    pub jobs: Vec<Job>,
    /// The first analysis, when it was asked for.
    pub job: Option<Job>,
}

async fn load(
    State(state): State<AppState>,
    Visitor(owner): Visitor,
    query: Result<Query<SampleQuery>, QueryRejection>,
) -> ApiResult<Response> {
    let Query(query) = query?;
    let loaded = begin(&state, &owner, query.analyse).await?;
    Ok((StatusCode::ACCEPTED, Json(loaded)).into_response())
}

/// Puts the imports in line and writes the animals; with `analyse`, waits for the
/// flights and puts the first analysis in line.
pub async fn begin(state: &AppState, owner: &Owner, analyse: bool) -> ApiResult<Loaded> {
    let mut jobs = Vec::new();
    for table in sample::TABLES {
        let name = submit::dataset_name(table.name)?;
        if state.store.find_dataset(table.name).await?.is_none() {
            let mut spool = state.store.new_upload();
            spool.push(Bytes::from_static(table.parquet)).await?;
            let upload = spool.finish().await?;
            let source = Some(format!("{}.parquet of {}", table.name, sample::SOURCE));
            let label = Some(format!("Load {}", table.name));
            let import = ImportSpec {
                target: ImportTarget::New(name),
                options: ImportOptions {
                    format: Some(FileFormat::Parquet),
                    ..ImportOptions::default()
                },
                upload,
            };
            jobs.push(submit::import(state, owner, import, source, label).await?);
        }
    }
    animals(state, owner).await?;
    let job = if analyse {
        Some(first_analysis(state, owner, jobs.first()).await?)
    } else {
        None
    };
    Ok(Loaded { jobs, job })
}

/// Records written at once.
const AT_ONCE: usize = 64;

async fn animals(state: &AppState, owner: &Owner) -> ApiResult<()> {
    let Some(name) = sample::animals_name() else {
        return Ok(());
    };
    if state.store.find_dataset(name.as_str()).await?.is_some() {
        return Ok(());
    }
    let pattern = Collection {
        source: None,
        pattern: sample::ANIMAL_PATTERN.to_owned(),
        kind: assay_model::CollectionType::default(),
    };
    stream::iter(sample::animals())
        .map(Ok)
        .try_for_each_concurrent(AT_ONCE, async |(key, fields)| {
            state
                .store
                .put_record(&pattern, &key, &RecordBody::Fields(fields))
                .await
                .map(drop)
        })
        .await?;
    collections::make(state, owner, &name, pattern)
        .await
        .map(drop)
}

/// How long the first analysis waits for the flights.
const IMPORT_MOST: std::time::Duration = std::time::Duration::from_mins(1);

async fn first_analysis(state: &AppState, owner: &Owner, import: Option<&Job>) -> ApiResult<Job> {
    if let Some(import) = import {
        state.hub.wait(import.id, IMPORT_MOST).await?;
    }
    let example = Analysis::examples()
        .into_iter()
        .find(|analysis| analysis.kind() == "aggregate");
    let analysis = example
        .ok_or_else(|| ApiError::new(ProblemKind::Internal, "There is no first analysis."))?;
    let request = JobRequest {
        dataset: sample::TABLES[0].name.to_owned(),
        analysis: serde_json::to_value(&analysis).map_err(ApiError::internal)?,
        label: Some("Departure delay by airline".to_owned()),
        priority: 0,
        timeout_s: None,
        fresh: false,
    };
    submit::analysis(state, owner, request, None, None).await
}
