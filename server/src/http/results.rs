//! `/jobs/{id}/result`: rows of a result with its chart and finding, or the whole as a
//! file.

use assay_engine::{Input, Part};
use assay_model::{JobId, JobState, ProblemKind, ResultPage, Schema, limits, words};
use axum::{
    Json, Router,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;

use super::{
    error::{ApiError, ApiResult},
    export::{self, File},
    jobs,
    state::AppState,
};
use crate::data::ResultMeta;

/// Rows of a result when `limit` is left out.
const DEFAULT_ROWS: u64 = 1_000;

/// The route of results.
pub fn router() -> Router<AppState> {
    Router::new().route("/jobs/{id}/result", get(result))
}

#[derive(Debug, Deserialize)]
struct ResultQuery {
    format: Option<String>,
    offset: Option<u64>,
    limit: Option<u64>,
    #[serde(default)]
    raw: bool,
}

async fn result(
    State(state): State<AppState>,
    id: Result<Path<JobId>, PathRejection>,
    headers: HeaderMap,
    query: Result<Query<ResultQuery>, QueryRejection>,
) -> ApiResult<Response> {
    let Query(query) = query?;
    let job = jobs::find(&state, jobs::job_id(id)?).await?;
    let Some(reference) = &job.result else {
        return Err(match job.state {
            JobState::Failed => match job.error {
                Some(problem) => ApiError::new(
                    ProblemKind::Conflict,
                    format!("The job failed: {}", problem.detail),
                ),
                None => ApiError::new(ProblemKind::Conflict, "The job failed."),
            },
            JobState::Cancelled => ApiError::new(ProblemKind::Conflict, "The job was cancelled."),
            JobState::Succeeded => ApiError::not_found("This job leaves no result."),
            JobState::Queued | JobState::Running => ApiError::new(
                ProblemKind::Conflict,
                "The job is not over yet. Add `Prefer: wait=30` to GET /jobs/{id} to wait for it.",
            ),
        });
    };
    let Some(stored) = state.store.result(reference.id).await? else {
        return Err(ApiError::not_found("The result is gone."));
    };
    let meta: ResultMeta = serde_json::from_str(&stored.meta).map_err(ApiError::internal)?;
    match query.format.as_deref() {
        None => page(&state, meta, query.offset, query.limit).await,
        Some("vega-lite") => chart(meta),
        Some(format) => {
            let export = export::export(format, query.raw)?;
            let columns = meta
                .columns
                .iter()
                .map(|column| assay_model::Column::new(&column.name, column.kind));
            let input = Input::Table {
                schema: Schema::new(columns.collect()),
                parts: meta.parts,
            };
            let file = File {
                input,
                export,
                name: format!("result-{}", job.id),
                of: Some(format!("result-{}", reference.id)),
            };
            file.answer(&state, &headers).await
        }
    }
}

async fn page(
    state: &AppState,
    meta: ResultMeta,
    offset: Option<u64>,
    limit: Option<u64>,
) -> ApiResult<Response> {
    let limit = limit.unwrap_or(DEFAULT_ROWS);
    if limit > limits::RESULT_ROWS {
        return Err(ApiError::field(
            "limit",
            format!(
                "The limit is at most {}.",
                words::count(limits::RESULT_ROWS)
            ),
        ));
    }
    let rows = state
        .engine
        .page(&meta.parts, offset.unwrap_or(0), limit)
        .await?;
    Ok(Json(ResultPage {
        columns: meta.columns,
        rows: rows.rows,
        row_count: meta.parts.iter().map(|part: &Part| part.rows).sum(),
        chart: meta.chart,
        finding: meta.finding,
        inputs: meta.inputs,
    })
    .into_response())
}

fn chart(meta: ResultMeta) -> ApiResult<Response> {
    let chart = meta
        .chart
        .ok_or_else(|| ApiError::not_found("This result has no chart."))?;
    let mut response = Json(chart).into_response();
    let media_type = HeaderValue::from_static("application/vnd.vegalite.v6+json");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, media_type);
    Ok(response)
}
