//! `DELETE /datasets/{}`, and taking it back for half a minute.

use assay_model::{Dataset, DatasetId, ProblemKind, words};
use assay_store::deletion::{DeleteDataset, RestoreDataset};
use axum::{
    Json, Router,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::StatusCode,
    routing::post,
};
use serde::Deserialize;

use super::{
    data_sets,
    error::{ApiError, ApiResult},
    state::AppState,
    visitor::Visitor,
};

/// The route that takes a deletion back.
pub fn router() -> Router<AppState> {
    Router::new().route("/datasets/{dataset}/restore", post(take_back).get(deleted))
}

/// What stands in the address of a deletion.
#[derive(Debug, Deserialize)]
pub struct RemoveQuery {
    #[serde(default)]
    force: bool,
}

/// `DELETE /datasets/{}`.
pub async fn remove(
    State(state): State<AppState>,
    _: Visitor,
    Path(name): Path<String>,
    query: Result<Query<RemoveQuery>, QueryRejection>,
) -> ApiResult<StatusCode> {
    let Query(query) = query?;
    delete(&state, &name, query.force).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn take_back(
    State(state): State<AppState>,
    _: Visitor,
    id: Result<Path<DatasetId>, PathRejection>,
) -> ApiResult<Json<Dataset>> {
    restore(&state, dataset_id(id)?).await.map(Json)
}

async fn deleted(
    State(state): State<AppState>,
    id: Result<Path<DatasetId>, PathRejection>,
) -> ApiResult<Json<Dataset>> {
    match state.store.deleted_dataset(dataset_id(id)?).await? {
        Some(dataset) => Ok(Json(dataset)),
        None => Err(too_late()),
    }
}

/// Deletes a data set by name or id, with `force` also while jobs read it; says which it
/// was.
pub async fn delete(state: &AppState, name: &str, force: bool) -> ApiResult<DatasetId> {
    let dataset = data_sets::find(state, name).await?;
    match state.store.delete_dataset(dataset.id, force).await? {
        DeleteDataset::Deleted => Ok(dataset.id),
        DeleteDataset::NotFound => Err(data_sets::unknown(name, &[])),
        DeleteDataset::InUse(jobs) => {
            let ids: Vec<String> = jobs.iter().map(ToString::to_string).collect();
            Err(ApiError::new(
                ProblemKind::Conflict,
                format!(
                    "{} of “{}” now: {}. Wait for them, cancel them, or add ?force=true.",
                    match jobs.len() {
                        1 => "A job reads or loads rows".to_owned(),
                        n => format!("{n} jobs read or load rows"),
                    },
                    dataset.name,
                    words::and(&ids)
                ),
            ))
        }
    }
}

/// Brings a deleted data set back.
pub async fn restore(state: &AppState, id: DatasetId) -> ApiResult<Dataset> {
    match state.store.restore_dataset(id).await? {
        RestoreDataset::Restored => data_sets::find(state, &id.to_string()).await,
        RestoreDataset::NotFound => Err(too_late()),
        RestoreDataset::NameTaken(name) => Err(ApiError::new(
            ProblemKind::NameTaken,
            format!(
                "Another data set is called “{name}” by now. Rename or delete that one, then undo."
            ),
        )),
    }
}

/// The id in an address; a name is free once its data set is deleted, so it does not do.
fn dataset_id(id: Result<Path<DatasetId>, PathRejection>) -> ApiResult<DatasetId> {
    id.map(|Path(id)| id).map_err(|_| too_late())
}

fn too_late() -> ApiError {
    ApiError::not_found(
        "There is no deleted data set of this id that could be restored: that is possible for 30 s.",
    )
}
