//! `/datasets/{}/profile`: the columns of a data set at a glance.
//!
//! Worked out once for each version, when it is first asked for, by a job of nobody's. Its
//! id follows from the version, so that however many ask there is one. It stands in no
//! list; a `dataset` event tells when it is done.

use assay_model::{
    ColumnProfile, Dataset, DatasetKind, DatasetRef, JobId, JobKind, Profile, ProfileSource, limits,
};
use assay_store::jobs::{JobSpec, NewJob};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use sha2::{Digest, Sha256};

use super::{
    data_sets,
    error::{ApiError, ApiResult},
    state::AppState,
};
use crate::data::{self, StoredProfile};

/// The route of profiles.
pub fn router() -> Router<AppState> {
    Router::new().route("/datasets/{dataset}/profile", get(profile))
}

async fn profile(State(state): State<AppState>, Path(name): Path<String>) -> ApiResult<Response> {
    let dataset = data_sets::find(&state, &name).await?;
    if dataset.kind == DatasetKind::Collection {
        return Ok(Json(last_scan(&dataset)).into_response());
    }
    if let Some(profile) = stored(&state, &dataset).await? {
        return Ok(Json(profile).into_response());
    }
    let id = job_id(&dataset);
    let job = NewJob {
        id,
        ..NewJob::new(spec(&dataset)?)
    };
    state.store.submit(&job).await?;
    if let Some(job) = state.store.job(id).await? {
        return match job.error {
            Some(problem) => Err(problem.into()),
            None => Ok((StatusCode::ACCEPTED, Json(job)).into_response()),
        };
    }
    // It has ended since.
    match stored(&state, &dataset).await? {
        Some(profile) => Ok(Json(profile).into_response()),
        None => Err(ApiError::not_found("The data set is gone.")),
    }
}

/// The profile of the version, when it is there.
async fn stored(state: &AppState, dataset: &Dataset) -> ApiResult<Option<Profile>> {
    let Some(text) = state.store.profile(dataset.id, dataset.version).await? else {
        return Ok(None);
    };
    let stored =
        serde_json::from_str(&text).map_err(|error| data::unreadable("the profile", &error))?;
    match stored {
        StoredProfile::Done(profile) => Ok(Some(profile)),
        StoredProfile::Failed(problem) => Err(problem.into()),
    }
}

/// The one job for this version.
fn job_id(dataset: &Dataset) -> JobId {
    let digest = Sha256::digest(format!("profile of {} v{}", dataset.id, dataset.version));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    JobId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

fn spec(dataset: &Dataset) -> ApiResult<JobSpec> {
    Ok(JobSpec {
        inputs: vec![DatasetRef {
            id: dataset.id,
            name: dataset.name.clone(),
            version: dataset.version,
        }],
        timeout_s: limits::TIMEOUT_MOST_S,
        ..JobSpec::new(JobKind::Profile, data::house()?)
    })
}

/// What the last scan of a collection has found out. Its records change under it, so more
/// is left to an analysis.
fn last_scan(dataset: &Dataset) -> Profile {
    let columns = dataset.schema.columns.iter().map(|column| ColumnProfile {
        name: column.name.clone(),
        kind: column.kind,
        missing: (!column.nullable).then_some(0),
        distinct: None,
        min: None,
        max: None,
        top: None,
        top_count: None,
        distribution: None,
    });
    Profile {
        version: dataset.version,
        rows: dataset.rows,
        source: ProfileSource::LastScan,
        columns: columns.collect(),
    }
}
