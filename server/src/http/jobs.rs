//! `/jobs`: submit, list, look, cancel, retry, label, delete.

use std::time::Duration;

use assay_model::{
    DatasetId, Job, JobId, JobKind, JobRequest, JobState, Owner, Page, ProblemKind, limits,
};
use assay_store::jobs::{Cancel, DeleteJob, Edit, JobEdit, JobFilter};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{
        Path, Query, State,
        rejection::{BytesRejection, PathRejection, QueryRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;

use super::{
    API,
    error::{ApiError, ApiResult},
    state::AppState,
    submit,
    visitor::{MaybeVisitor, Visitor},
};

/// Most seconds that `Prefer: wait` may ask for.
const WAIT_MOST: u64 = 60;

/// The routes of jobs.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/jobs", post(create).get(list))
        .route("/jobs/{id}", get(one).patch(change).delete(remove))
        .route("/jobs/{id}/cancel", post(cancel))
        .route("/jobs/{id}/retry", post(retry))
}

async fn create(
    State(state): State<AppState>,
    Visitor(owner): Visitor,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> ApiResult<Response> {
    let body = body?;
    let request: JobRequest = serde_json::from_slice(&body).map_err(|error| {
        ApiError::new(
            ProblemKind::BadRequest,
            format!("The body is not a job: {error}."),
        )
    })?;
    let idempotency = headers
        .get("idempotency-key")
        .map(|key| submit::idempotency(key.to_str().unwrap_or_default(), &body))
        .transpose()?;
    let job = submit::analysis(&state, &owner, request, None, idempotency).await?;
    let (job, status) = match wait_of(&headers) {
        Some(most) => match state.hub.wait(job.id, most).await? {
            Some(job) if job.state.is_terminal() => (job, StatusCode::OK),
            Some(job) => (job, StatusCode::ACCEPTED),
            None => return Err(unknown(job.id)),
        },
        None => (job, StatusCode::ACCEPTED),
    };
    Ok((status, location(job.id), Json(job)).into_response())
}

#[derive(Debug, Deserialize)]
struct ListQuery {
    state: Option<String>,
    dataset: Option<String>,
    q: Option<String>,
    cursor: Option<String>,
    limit: Option<u64>,
}

async fn list(
    State(state): State<AppState>,
    MaybeVisitor(owner): MaybeVisitor,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> ApiResult<Json<Page<Job>>> {
    let Query(query) = query?;
    let Some(owner) = owner else {
        return Ok(Json(Page {
            items: Vec::new(),
            next: None,
        }));
    };
    let filter = JobFilter {
        owner: Some(owner),
        states: states(query.state.as_deref())?,
        dataset: match query.dataset.filter(|name| !name.is_empty()) {
            Some(name) => Some(dataset_id(&state, &name).await?),
            None => None,
        },
        text: query.q.filter(|text| !text.trim().is_empty()),
    };
    let limit = page_limit(query.limit)?;
    Ok(Json(
        state
            .store
            .jobs(&filter, query.cursor.as_deref(), limit)
            .await?,
    ))
}

async fn one(
    State(state): State<AppState>,
    id: Result<Path<JobId>, PathRejection>,
    headers: HeaderMap,
) -> ApiResult<Json<Job>> {
    let id = job_id(id)?;
    let most = wait_of(&headers).unwrap_or(Duration::ZERO);
    state
        .hub
        .wait(id, most)
        .await?
        .map(Json)
        .ok_or_else(|| unknown(id))
}

async fn cancel(
    State(state): State<AppState>,
    Visitor(owner): Visitor,
    id: Result<Path<JobId>, PathRejection>,
) -> ApiResult<Json<Job>> {
    cancel_job(&state, &owner, job_id(id)?).await.map(Json)
}

async fn retry(
    State(state): State<AppState>,
    Visitor(owner): Visitor,
    id: Result<Path<JobId>, PathRejection>,
) -> ApiResult<Response> {
    let job = retry_job(&state, &owner, job_id(id)?).await?;
    Ok((StatusCode::ACCEPTED, location(job.id), Json(job)).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::option_option, reason = "left out and null are two things")]
struct ChangeBody {
    /// Left out: stays. `null` or blank: none.
    #[serde(default, deserialize_with = "present::deserialize")]
    label: Option<Option<String>>,
    pinned: Option<bool>,
}

async fn change(
    State(state): State<AppState>,
    Visitor(owner): Visitor,
    id: Result<Path<JobId>, PathRejection>,
    body: Result<Json<ChangeBody>, axum::extract::rejection::JsonRejection>,
) -> ApiResult<Json<Job>> {
    let (id, Json(body)) = (job_id(id)?, body?);
    let label = body.label.map(|label| {
        label
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    });
    if label
        .iter()
        .flatten()
        .any(|text| text.chars().count() > limits::LABEL_CHARS)
    {
        return Err(ApiError::field(
            "label",
            format!("A label has at most {} characters.", limits::LABEL_CHARS),
        ));
    }
    match state
        .store
        .edit_job(
            id,
            &owner,
            &JobEdit {
                label,
                pinned: body.pinned,
            },
        )
        .await?
    {
        Edit::Done => find(&state, id).await.map(Json),
        Edit::NotFound => Err(unknown(id)),
        Edit::NotYours => Err(not_yours()),
    }
}

async fn remove(
    State(state): State<AppState>,
    Visitor(owner): Visitor,
    id: Result<Path<JobId>, PathRejection>,
) -> ApiResult<StatusCode> {
    let id = job_id(id)?;
    match state.store.delete_job(id, &owner).await? {
        DeleteJob::Deleted => Ok(StatusCode::NO_CONTENT),
        DeleteJob::NotOver(_) => Err(ApiError::new(
            ProblemKind::Conflict,
            "The job is not over yet; cancel it first.",
        )),
        DeleteJob::NotFound => Err(unknown(id)),
        DeleteJob::NotYours => Err(not_yours()),
    }
}

/// Cancels a job; doing so twice is no mistake.
pub async fn cancel_job(state: &AppState, owner: &Owner, id: JobId) -> ApiResult<Job> {
    match state.store.cancel(id, owner).await? {
        Cancel::Cancelled => find(state, id).await,
        Cancel::AlreadyOver(how) => Err(ApiError::new(
            ProblemKind::Conflict,
            format!("The job is over: it {}.", ended(how)),
        )),
        Cancel::NotFound => Err(unknown(id)),
        Cancel::NotYours => Err(not_yours()),
    }
}

/// Runs the analysis of a job again, on the data as it is now: a new job.
pub async fn retry_job(state: &AppState, owner: &Owner, id: JobId) -> ApiResult<Job> {
    let job = find(state, id).await?;
    if !job.state.is_terminal() {
        return Err(ApiError::new(
            ProblemKind::Conflict,
            "The job is not over yet; wait for it, or cancel it first.",
        ));
    }
    let (JobKind::Analysis, Some(analysis), Some(dataset)) =
        (job.kind, &job.analysis, &job.dataset)
    else {
        return Err(ApiError::new(
            ProblemKind::Conflict,
            "Only an analysis can be run again. Load the file again instead.",
        ));
    };
    let request = JobRequest {
        dataset: dataset.id.to_string(),
        analysis: analysis.clone(),
        label: job.label.clone(),
        priority: job.priority,
        timeout_s: Some(job.timeout_s),
        fresh: true,
    };
    submit::analysis(state, owner, request, Some(job.id), None).await
}

/// The job, or the problem that there is none.
pub async fn find(state: &AppState, id: JobId) -> ApiResult<Job> {
    state.store.job(id).await?.ok_or_else(|| unknown(id))
}

/// The id in an address; one that cannot be an id names no job.
pub fn job_id(id: Result<Path<JobId>, PathRejection>) -> ApiResult<JobId> {
    id.map(|Path(id)| id)
        .map_err(|_| ApiError::not_found("There is no such job."))
}

/// How many items a list gives.
pub fn page_limit(limit: Option<u64>) -> ApiResult<usize> {
    match limit {
        None => Ok(limits::PAGE as usize),
        Some(limit) if (1..=limits::PAGE_MOST).contains(&limit) => Ok(limit as usize),
        Some(_) => Err(ApiError::field(
            "limit",
            format!(
                "The limit is 1 to {}.",
                assay_model::words::count(limits::PAGE_MOST)
            ),
        )),
    }
}

fn unknown(id: JobId) -> ApiError {
    ApiError::not_found(format!("There is no job {id}."))
}

fn not_yours() -> ApiError {
    ApiError::new(
        ProblemKind::Forbidden,
        "This job belongs to somebody else. You may look at it and run it again yourself.",
    )
}

fn ended(state: JobState) -> &'static str {
    match state {
        JobState::Succeeded => "has succeeded",
        JobState::Failed => "has failed",
        _ => "was cancelled",
    }
}

fn location(id: JobId) -> [(header::HeaderName, HeaderValue); 1] {
    let value = HeaderValue::from_str(&format!("{API}/jobs/{id}"))
        .unwrap_or_else(|_| HeaderValue::from_static("/"));
    [(header::LOCATION, value)]
}

/// The seconds of `Prefer: wait=N` (RFC 7240).
pub fn wait_of(headers: &HeaderMap) -> Option<Duration> {
    let values = headers
        .get_all("prefer")
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    let mut preferences = values.flat_map(|value| value.split([',', ';']));
    let seconds: u64 = preferences.find_map(|one| {
        one.trim()
            .strip_prefix("wait=")?
            .trim_matches('"')
            .parse()
            .ok()
    })?;
    Some(Duration::from_secs(seconds.min(WAIT_MOST)))
}

fn states(text: Option<&str>) -> ApiResult<Vec<JobState>> {
    let words = text
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty());
    words
        .map(|word| {
            word.parse().map_err(|_| {
                let all: Vec<_> = JobState::ALL.iter().map(ToString::to_string).collect();
                ApiError::field(
                    "state",
                    format!(
                        "There is no state “{word}”. There is {}.",
                        assay_model::words::and(&all)
                    ),
                )
            })
        })
        .collect()
}

async fn dataset_id(state: &AppState, name: &str) -> ApiResult<DatasetId> {
    match name.parse() {
        Ok(id) => Ok(id),
        Err(_) => Ok(super::data_sets::find(state, name).await?.id),
    }
}

/// Tells a member that is `null` from one that is left out.
mod present {
    use serde::{Deserialize, Deserializer};

    #[allow(clippy::option_option, reason = "left out and null are two things")]
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Option<String>>, D::Error> {
        Option::deserialize(deserializer).map(Some)
    }
}
