//! `/datasets`: list, look, rename. Files come in by `upload.rs`, rows go out by `rows.rs`,
//! data sets go by `deletion.rs`.

use assay_model::{
    Dataset, DatasetDetail, DatasetId, DatasetKind, Page, Problem, ProblemKind, words,
};
use assay_store::datasets::Rename;
use axum::{
    Json, Router,
    extract::{
        Path, Query, State,
        rejection::{JsonRejection, QueryRejection},
    },
    routing::get,
};
use serde::Deserialize;

use super::{
    deletion,
    error::{ApiError, ApiResult},
    jobs::page_limit,
    state::AppState,
    submit,
    visitor::Visitor,
};
use crate::data;

/// The routes of data sets.
pub fn router() -> Router<AppState> {
    Router::new().route("/datasets", get(list)).route(
        "/datasets/{dataset}",
        get(one).patch(rename).delete(deletion::remove),
    )
}

#[derive(Debug, Deserialize)]
struct ListQuery {
    cursor: Option<String>,
    limit: Option<u64>,
}

async fn list(
    State(state): State<AppState>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> ApiResult<Json<Page<Dataset>>> {
    let Query(query) = query?;
    let limit = page_limit(query.limit)?;
    let mut items = state.store.datasets().await?;
    // The cursor is the last data set of the page before; they stand newest first.
    if let Some(cursor) = &query.cursor {
        let last: DatasetId = cursor
            .parse()
            .map_err(|_| ApiError::field("cursor", "This is not a cursor that a page gave."))?;
        match items.iter().position(|dataset| dataset.id == last) {
            Some(at) => drop(items.drain(..=at)),
            // It is gone by now, and its id says when it came.
            None => items.retain(|dataset| dataset.id < last),
        }
    }
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items
        .last()
        .filter(|_| more)
        .map(|dataset| dataset.id.to_string());
    Ok(Json(Page { items, next }))
}

async fn one(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> ApiResult<Json<DatasetDetail>> {
    let dataset = find(&state, &name).await?;
    detail(&state, dataset).await.map(Json)
}

/// A data set with how its file was read.
pub async fn detail(state: &AppState, dataset: Dataset) -> ApiResult<DatasetDetail> {
    let import = match dataset.kind {
        DatasetKind::Table => {
            let manifest = data::manifest(&state.store, &dataset, dataset.version);
            manifest.await?.report
        }
        DatasetKind::Collection => None,
    };
    Ok(DatasetDetail { dataset, import })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RenameBody {
    name: String,
}

async fn rename(
    State(state): State<AppState>,
    _: Visitor,
    Path(name): Path<String>,
    body: Result<Json<RenameBody>, JsonRejection>,
) -> ApiResult<Json<Dataset>> {
    let Json(body) = body?;
    let new = submit::dataset_name(&body.name)?;
    let dataset = find(&state, &name).await?;
    match state.store.rename_dataset(dataset.id, &new).await? {
        Rename::Renamed => find(&state, &dataset.id.to_string()).await.map(Json),
        Rename::NameTaken => Err(submit::name_taken(Some(&new))),
        Rename::NotFound => Err(unknown(&name, &[])),
    }
}

/// The data set of this name or id, or the problem that there is none, which suggests
/// the nearest name.
pub async fn find(state: &AppState, name: &str) -> ApiResult<Dataset> {
    if let Some(dataset) = state.store.find_dataset(name).await? {
        return Ok(dataset);
    }
    let known = state.store.datasets().await?;
    let names: Vec<String> = known
        .iter()
        .map(|dataset| dataset.name.to_string())
        .collect();
    Err(unknown(name, &names))
}

/// The problem that there is no data set of this name; it suggests the nearest of `known`.
pub fn unknown(name: &str, known: &[String]) -> ApiError {
    let shown = words::shorten(name, 60);
    let near = assay_model::schema::nearest(name, known.iter().map(String::as_str));
    let message = match &near {
        Some(near) => format!("There is no data set “{shown}”. Did you mean “{near}”?"),
        None => format!("There is no data set “{shown}”."),
    };
    let error = assay_model::FieldError {
        field: "dataset".to_owned(),
        message: message.clone(),
        suggestion: near,
    };
    Problem {
        errors: vec![error],
        ..Problem::new(ProblemKind::NotFound, message)
    }
    .into()
}
