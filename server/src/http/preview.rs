//! `POST /preview`: how the beginning of a file reads. Nothing is stored, and no session is
//! made.

use std::time::Duration;

use assay_model::{Preview, ProblemKind, words};
use axum::{
    Json, Router,
    body::Body,
    extract::{DefaultBodyLimit, Query, Request, State, rejection::QueryRejection},
    routing::post,
};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;

use super::{
    error::{ApiError, ApiResult},
    state::AppState,
    upload,
    upload_fields::PreviewFields,
};
use crate::preview::{BYTES_MOST, Question};

/// How long the bytes may take to arrive: whoever is slower holds a place from others.
const ARRIVAL_MOST: Duration = Duration::from_secs(30);

/// The route of previews; it bounds the body itself.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/preview", post(preview))
        .layer(DefaultBodyLimit::disable())
}

async fn preview(
    State(state): State<AppState>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
    request: Request,
) -> ApiResult<Json<Preview>> {
    let Query(pairs) = query?;
    let fields = PreviewFields::read(&pairs)?;
    upload::check_packing(request.headers())?;
    let place = state.previewer.place()?;
    let bytes = tokio::time::timeout(ARRIVAL_MOST, bytes(request.into_body()))
        .await
        .map_err(|_| {
            ApiError::new(ProblemKind::BadRequest, "The bytes did not arrive in 30 s.")
        })??;
    let question = Question {
        options: fields.options,
        file_name: fields.source,
        is_whole: fields.is_whole,
    };
    Ok(Json(place.look(&question, bytes).await?))
}

async fn bytes(body: Body) -> ApiResult<Bytes> {
    let mut stream = body.into_data_stream();
    let mut bytes = BytesMut::new();
    while let Some(chunk) = stream.next().await {
        bytes.extend_from_slice(&chunk.map_err(upload::broken_off)?);
        if bytes.len() > BYTES_MOST {
            return Err(ApiError::new(
                ProblemKind::TooLarge,
                format!(
                    "A preview takes the first {} of a file at most; this body is longer.",
                    words::bytes(BYTES_MOST as u64)
                ),
            ));
        }
    }
    Ok(bytes.freeze())
}
