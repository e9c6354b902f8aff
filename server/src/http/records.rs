//! `/datasets/{}/records/{key}`: one record of a collection by its whole key.

use std::collections::BTreeMap;

use assay_model::{DatasetKind, ProblemKind, words};
use assay_store::collection::PutRecord;
use axum::{
    Json, Router,
    extract::{Path, State, rejection::JsonRejection},
    http::StatusCode,
    routing::get,
};

use super::{
    data_sets,
    error::{ApiError, ApiResult},
    state::AppState,
    visitor::Visitor,
};

/// The route of records.
pub fn router() -> Router<AppState> {
    Router::new().route(
        "/datasets/{dataset}/records/{key}",
        get(record).put(put_record).delete(delete_record),
    )
}

async fn record(
    State(state): State<AppState>,
    Path((name, key)): Path<(String, String)>,
) -> ApiResult<Json<BTreeMap<String, String>>> {
    let collection = collection(&state, &name).await?;
    match state.store.record(&collection, &key).await? {
        Some(record) => Ok(Json(record.fields.into_iter().collect())),
        None => Err(no_record(&key)),
    }
}

async fn put_record(
    State(state): State<AppState>,
    _: Visitor,
    Path((name, key)): Path<(String, String)>,
    body: Result<Json<BTreeMap<String, String>>, JsonRejection>,
) -> ApiResult<StatusCode> {
    let Json(fields) = body?;
    let collection = collection(&state, &name).await?;
    if fields.is_empty() {
        return Err(ApiError::new(
            ProblemKind::Invalid,
            "A record needs at least one field.",
        ));
    }
    let fields: Vec<(String, String)> = fields.into_iter().collect();
    match state.store.put_record(&collection, &key, &fields).await? {
        PutRecord::Done => Ok(StatusCode::NO_CONTENT),
        PutRecord::NotInCollection => Err(no_record(&key)),
        PutRecord::OtherType => Err(ApiError::new(
            ProblemKind::Conflict,
            "Something else than a record is kept under this key.",
        )),
    }
}

async fn delete_record(
    State(state): State<AppState>,
    _: Visitor,
    Path((name, key)): Path<(String, String)>,
) -> ApiResult<StatusCode> {
    let collection = collection(&state, &name).await?;
    if state.store.delete_record(&collection, &key).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(no_record(&key))
    }
}

async fn collection(state: &AppState, name: &str) -> ApiResult<assay_model::Collection> {
    let dataset = data_sets::find(state, name).await?;
    match (dataset.kind, dataset.collection) {
        (DatasetKind::Collection, Some(collection)) => Ok(collection),
        _ => Err(ApiError::not_found(format!(
            "“{}” is a table; only collections have records.",
            dataset.name
        ))),
    }
}

fn no_record(key: &str) -> ApiError {
    ApiError::not_found(format!(
        "There is no record “{}” in this collection.",
        words::shorten(key, 80)
    ))
}
