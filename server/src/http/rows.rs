//! `/datasets/{}/rows` and `/datasets/{}/export`: looking at rows, and taking all of
//! them out.

use assay_engine::{ExportFormat, Input, Look};
use assay_model::{Dataset, Page, words};
use axum::{
    Json, Router,
    body::Body,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    data_sets,
    error::{ApiError, ApiResult},
    hold,
    jobs::page_limit,
    state::AppState,
};
use crate::data;

/// The routes of rows.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/datasets/{dataset}/rows", get(rows))
        .route("/datasets/{dataset}/export", get(export))
}

async fn rows(
    State(state): State<AppState>,
    Path(name): Path<String>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> ApiResult<Json<Page<Map<String, Value>>>> {
    let Query(query) = query?;
    let dataset = data_sets::find(&state, &name).await?;
    let look = look(&dataset, query)?;
    let input = data::input(&state.store, &dataset).await?;
    // One more than asked for tells whether there is a next page.
    let more = Look {
        limit: look.limit + 1,
        ..look.clone()
    };
    let mut found = state.engine.look(&input, &more).await?;
    let next =
        (found.rows.len() as u64 > look.limit).then(|| (look.offset + look.limit).to_string());
    found
        .rows
        .truncate(usize::try_from(look.limit).unwrap_or(usize::MAX));
    let names: Vec<String> = found
        .columns
        .into_iter()
        .map(|column| column.name)
        .collect();
    let items = found
        .rows
        .into_iter()
        .map(|row| names.iter().cloned().zip(row).collect())
        .collect();
    Ok(Json(Page { items, next }))
}

/// `limit`, `cursor`, and equalities as `where.<column>=` or `<column>=`.
fn look(dataset: &Dataset, query: Vec<(String, String)>) -> ApiResult<Look> {
    let mut limit = None;
    let mut offset = 0;
    let mut equals = Vec::new();
    for (name, value) in query {
        match name.as_str() {
            "limit" => {
                let number = value.parse().map_err(|_| {
                    ApiError::field("limit", format!("“{value}” is not a whole number."))
                })?;
                limit = Some(number);
            }
            "cursor" => {
                offset = value.parse().map_err(|_| {
                    ApiError::field("cursor", "This is not a cursor that a page gave.")
                })?;
            }
            name => {
                let column = name.strip_prefix("where.").unwrap_or(name);
                dataset.schema.find(name, column)?;
                equals.push((column.to_owned(), value));
            }
        }
    }
    Ok(Look {
        offset,
        limit: page_limit(limit)? as u64,
        equals,
    })
}

#[derive(Debug, Deserialize)]
struct ExportQuery {
    format: Option<String>,
}

async fn export(
    State(state): State<AppState>,
    Path(name): Path<String>,
    query: Result<Query<ExportQuery>, QueryRejection>,
) -> ApiResult<Response> {
    let Query(query) = query?;
    let format = export_format(query.format.as_deref().unwrap_or("csv"))?;
    let dataset = data_sets::find(&state, &name).await?;
    let held = hold::hold(&state.store, &dataset).await?;
    let input = data::input(&state.store, &dataset).await?;
    let answer = download(&state, &input, format, dataset.name.as_str());
    Ok(hold::until_sent(answer, held))
}

/// The whole of `input` as a file to save under `name`.
pub fn download(state: &AppState, input: &Input, format: ExportFormat, name: &str) -> Response {
    let body = Body::from_stream(state.engine.export(input, format));
    let disposition = format!("attachment; filename=\"{name}.{}\"", format.as_str());
    let disposition = HeaderValue::from_str(&disposition)
        .unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(format.media_type()),
        ),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, body).into_response()
}

/// The format of this name.
pub fn export_format(text: &str) -> ApiResult<ExportFormat> {
    ExportFormat::parse(text).ok_or_else(|| {
        let known: Vec<String> = ExportFormat::ALL
            .iter()
            .map(|format| format.as_str().to_owned())
            .collect();
        ApiError::field(
            "format",
            format!(
                "There is no format “{}”. There is {}.",
                words::shorten(text, 40),
                words::and(&known)
            ),
        )
    })
}
