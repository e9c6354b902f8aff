//! `POST /datasets/{}/rows` and `PUT /datasets/{}`: rows to the end of a table, and a file in
//! the place of all of them. Each is a new version, made by a job that begins once the loads
//! into the table before it are over. `GET /datasets/{}/versions` tells of them all.

use std::sync::{Arc, Mutex, PoisonError};

use assay_model::{Dataset, DatasetKind, DatasetRef, Job, Owner, ProblemKind, Version};
use assay_store::jobs::ImportTarget;
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
    upload::{self, Pairs},
    upload_fields::UploadFields,
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

type Said = Result<Query<Pairs>, QueryRejection>;

async fn append(
    State(state): State<AppState>,
    Visitor(owner): Visitor,
    Path(name): Path<String>,
    query: Said,
    request: Request,
) -> ApiResult<Response> {
    let most = upload::patience(request.headers());
    let job = load(&state, &owner, &name, ImportTarget::Append, query, request).await?;
    upload::answer(&state, job, most).await
}

async fn replace(
    State(state): State<AppState>,
    Visitor(owner): Visitor,
    Path(name): Path<String>,
    query: Said,
    request: Request,
) -> ApiResult<Response> {
    let most = upload::patience(request.headers());
    let job = load(&state, &owner, &name, ImportTarget::Replace, query, request).await?;
    upload::answer(&state, job, most).await
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
    query: Said,
    request: Request,
) -> ApiResult<Job> {
    upload::check_packing(request.headers())?;
    let Query(query) = query?;
    let mut fields = UploadFields::read(&query)?;
    fields.source.get_or_insert_with(|| "rows".to_owned());
    let dataset = table(state, name).await?;
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
    let spooled = upload::receive(state, length, body).await?;
    let digest = {
        let seen = digest.lock().unwrap_or_else(PoisonError::into_inner);
        format!("{asked} {:x}", seen.clone().finalize())
    };
    let idempotency = key
        .map(|key| submit::idempotency(&key, digest.as_bytes()))
        .transpose()?;
    let target = target(dataset.reference());
    upload::put_in_line(state, owner, target, fields, spooled, idempotency).await
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
