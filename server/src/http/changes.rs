//! `POST /datasets/{}/rows` and `PUT /datasets/{}`: rows to the end of a table, and a file in
//! the place of all of them. Each is a new version, made by a job that begins once the loads
//! into the table before it are over. `GET /datasets/{}/versions` tells of them all.

use std::sync::{Arc, Mutex, PoisonError};

use assay_model::{
    Dataset, DatasetKind, DatasetRef, ImportOptions, Job, Owner, ProblemKind, Version,
};
use assay_store::jobs::{Idempotency, ImportSpec, ImportTarget};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, Query, Request, State, rejection::QueryRejection},
    http::HeaderMap,
    response::Response,
    routing::{get, post, put},
};
use futures::TryStreamExt;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    data_sets,
    error::{ApiError, ApiResult},
    state::AppState,
    submit,
    upload::{self, UploadQuery},
    visitor::Visitor,
};

/// The routes; they bound the bodies themselves.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/datasets/{dataset}/rows", post(append))
        .route("/datasets/{dataset}", put(replace))
        .route("/datasets/{dataset}/versions", get(versions))
        .layer(DefaultBodyLimit::disable())
}

type UploadQueryResult = Result<Query<UploadQuery>, QueryRejection>;

async fn append(
    State(state): State<AppState>,
    Visitor(owner): Visitor,
    Path(name): Path<String>,
    query: UploadQueryResult,
    request: Request,
) -> ApiResult<Response> {
    let job = load(&state, &owner, &name, ImportTarget::Append, query, request).await?;
    upload::answer(&state, job).await
}

async fn replace(
    State(state): State<AppState>,
    Visitor(owner): Visitor,
    Path(name): Path<String>,
    query: UploadQueryResult,
    request: Request,
) -> ApiResult<Response> {
    let job = load(&state, &owner, &name, ImportTarget::Replace, query, request).await?;
    upload::answer(&state, job).await
}

/// The history of a table.
#[derive(Debug, Serialize)]
struct Versions {
    items: Vec<Version>,
}

async fn versions(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> ApiResult<Json<Versions>> {
    let dataset = data_sets::find(&state, &name).await?;
    let items = state.store.versions(dataset.id).await?;
    Ok(Json(Versions { items }))
}

async fn load(
    state: &AppState,
    owner: &Owner,
    name: &str,
    target: fn(DatasetRef) -> ImportTarget,
    query: UploadQueryResult,
    request: Request,
) -> ApiResult<Job> {
    let Query(query) = query?;
    let dataset = table(state, name).await?;
    let format = submit::import_format(query.format.as_deref())?;
    let asked = format!("{} {}", request.method(), request.uri());
    let key = idempotency_key(request.headers())?;
    let length = upload::content_length(&request);
    let digest = Arc::new(Mutex::new(Sha256::new()));
    let seen = Arc::clone(&digest);
    let body = request
        .into_body()
        .into_data_stream()
        .inspect_ok(move |bytes| {
            seen.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .update(bytes);
        });
    let upload = upload::receive(state, length, body).await?;
    let digest = {
        let seen = digest.lock().unwrap_or_else(PoisonError::into_inner);
        format!("{asked} {:x}", seen.clone().finalize())
    };
    let idempotency = key
        .map(|key| submit::idempotency(&key, digest.as_bytes()))
        .transpose();
    let import = ImportSpec {
        target: target(dataset.reference()),
        options: ImportOptions {
            format,
            ..ImportOptions::default()
        },
        upload,
    };
    let job = match idempotency {
        Ok(idempotency) => change(state, owner, import, query.source, idempotency).await,
        Err(error) => Err(error),
    };
    if job.is_err() {
        state.store.delete_upload(&upload).await.ok();
    }
    job
}

async fn change(
    state: &AppState,
    owner: &Owner,
    import: ImportSpec,
    source: Option<String>,
    idempotency: Option<Idempotency>,
) -> ApiResult<Job> {
    let source = source.or_else(|| Some("rows".to_owned()));
    submit::load(state, owner, import, source, None, idempotency).await
}

/// The table of this name; a collection takes records, not files.
async fn table(state: &AppState, name: &str) -> ApiResult<Dataset> {
    let dataset = data_sets::find(state, name).await?;
    match dataset.kind {
        DatasetKind::Table => Ok(dataset),
        DatasetKind::Collection => Err(ApiError::new(
            ProblemKind::Conflict,
            format!(
                "“{}” is a collection: its rows are records in Redis. Write those, or PUT /api/v1/datasets/{}/records/{{key}}.",
                dataset.name, dataset.name
            ),
        )),
    }
}

fn idempotency_key(headers: &HeaderMap) -> ApiResult<Option<String>> {
    let Some(key) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    key.to_str().map(|key| Some(key.to_owned())).map_err(|_| {
        ApiError::new(
            ProblemKind::BadRequest,
            "An Idempotency-Key has 1 to 200 characters.",
        )
    })
}
