//! `/datasets/{}/export`, and the files that results are had as: streamed, in as little
//! memory for a large one as for a small one, and resumable.
//!
//! A version of a table never changes and always makes the same bytes, so its file has a
//! strong `ETag` and takes `Range`. Where the size is not known beforehand, the first that
//! resumes waits until it has been counted; from then on it is remembered.

use assay_engine::{Export, ExportFormat, Formulas, Input};
use assay_model::words;
use axum::{
    Router,
    body::Body,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use serde::Deserialize;

use super::{
    data_sets,
    error::{ApiError, ApiResult},
    hold,
    ranges::{self, Asked},
    state::AppState,
};
use crate::data;

/// Counts up when the same rows come to make other bytes.
const REVISION: u32 = 1;

/// The route of exports.
pub fn router() -> Router<AppState> {
    Router::new().route("/datasets/{dataset}/export", get(dataset))
}

#[derive(Debug, Deserialize)]
struct ExportQuery {
    format: Option<String>,
    #[serde(default)]
    raw: bool,
}

async fn dataset(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
    query: Result<Query<ExportQuery>, QueryRejection>,
) -> ApiResult<Response> {
    let Query(query) = query?;
    let export = export(query.format.as_deref().unwrap_or("csv"), query.raw)?;
    let dataset = data_sets::find(&state, &name).await?;
    let dataset = data::current(&state.store, dataset).await?;
    let held = hold::hold(&state.store, &dataset).await?;
    let input = data::input(&state.store, &dataset).await?;
    let file = File {
        input,
        export,
        name: dataset.name.to_string(),
        // A collection is never the same twice.
        of: (dataset.collection.is_none()).then(|| format!("{}-v{}", dataset.id, dataset.version)),
    };
    let answer = file.answer(&state, &headers).await?;
    Ok(hold::until_sent(answer, held))
}

/// How data is to leave.
pub fn export(format: &str, raw: bool) -> ApiResult<Export> {
    let formulas = if raw {
        Formulas::Raw
    } else {
        Formulas::Defused
    };
    match ExportFormat::parse(format) {
        Some(format) => Ok(Export { format, formulas }),
        None => {
            let known: Vec<String> = ExportFormat::ALL
                .iter()
                .map(|format| format.as_str().to_owned())
                .collect();
            Err(ApiError::field(
                "format",
                format!(
                    "There is no format “{}”. There is {}.",
                    words::shorten(format, 40),
                    words::and(&known)
                ),
            ))
        }
    }
}

/// A file to save.
pub struct File {
    /// Its rows.
    pub input: Input,
    /// How they leave.
    pub export: Export,
    /// What it is called, without its ending.
    pub name: String,
    /// What it is made of, for ever; `None` when that may change.
    pub of: Option<String>,
}

impl File {
    /// Answers with the whole of it, or with the range that is asked for.
    pub async fn answer(self, state: &AppState, headers: &HeaderMap) -> ApiResult<Response> {
        let Some(tag) = self.tag() else {
            let mut response = self.body(state, 0, None).into_response();
            self.describe(&mut response);
            set(&mut response, header::ACCEPT_RANGES, "none");
            return Ok(response);
        };
        let mut response = match ranges::asked(headers, &tag) {
            Asked::Nothing => StatusCode::NOT_MODIFIED.into_response(),
            Asked::Whole => self.whole(state, &tag),
            Asked::Range(range) => {
                let size = match self.size(state, &tag) {
                    Some(size) => size,
                    None => self.count(state, &tag).await?,
                };
                let Some(range) = range.within(size) else {
                    return Ok(ranges::not_satisfiable(size, &tag));
                };
                let length = range.end - range.start;
                let body = self.body(state, range.start, Some(length));
                let mut response = (StatusCode::PARTIAL_CONTENT, body).into_response();
                let content = format!("bytes {}-{}/{size}", range.start, range.end - 1);
                set(&mut response, header::CONTENT_RANGE, &content);
                set(&mut response, header::CONTENT_LENGTH, &length.to_string());
                response
            }
        };
        self.describe(&mut response);
        set(&mut response, header::ACCEPT_RANGES, "bytes");
        set(&mut response, header::ETAG, &tag);
        Ok(response)
    }

    /// The whole; once it has all been made, its size is known.
    fn whole(&self, state: &AppState, tag: &str) -> Response {
        let known = self.size(state, tag);
        let (sizes, tag) = (state.sizes.clone(), tag.to_owned());
        let mut made = 0;
        let mut pieces = Box::pin(state.engine.export(&self.input, self.export, 0));
        let counted = futures::stream::poll_fn(move |context| {
            let piece = pieces.poll_next_unpin(context);
            match &piece {
                std::task::Poll::Ready(Some(Ok(bytes))) => made += bytes.len() as u64,
                std::task::Poll::Ready(None) => sizes.insert(tag.clone(), made),
                _ => {}
            }
            piece
        });
        let mut response = Body::from_stream(counted).into_response();
        if let Some(size) = known {
            set(&mut response, header::CONTENT_LENGTH, &size.to_string());
        }
        response
    }

    fn body(&self, state: &AppState, from: u64, length: Option<u64>) -> Body {
        let pieces = state.engine.export(&self.input, self.export, from);
        match length {
            Some(length) => Body::from_stream(first(pieces, length)),
            None => Body::from_stream(pieces),
        }
    }

    /// The size, where it is known.
    fn size(&self, state: &AppState, tag: &str) -> Option<u64> {
        let known = || state.sizes.get(tag);
        self.export.size(&self.input).or_else(known)
    }

    async fn count(&self, state: &AppState, tag: &str) -> ApiResult<u64> {
        let size = state
            .engine
            .count(&self.input, self.export)
            .await
            .map_err(ApiError::internal)?;
        state.sizes.insert(tag.to_owned(), size);
        Ok(size)
    }

    /// The strong `ETag`.
    fn tag(&self) -> Option<String> {
        let of = self.of.as_ref()?;
        let format = self.export.format.as_str();
        let raw = match self.export.formulas {
            Formulas::Raw => "-raw",
            Formulas::Defused => "",
        };
        let version = env!("CARGO_PKG_VERSION");
        Some(format!("\"{of}-{format}{raw}-{version}.{REVISION}\""))
    }

    fn describe(&self, response: &mut Response) {
        let format = self.export.format;
        let name = format!("attachment; filename=\"{}.{}\"", self.name, format.as_str());
        set(response, header::CONTENT_TYPE, format.media_type());
        set(response, header::CONTENT_DISPOSITION, &name);
    }
}

/// The first bytes of a stream.
fn first(
    pieces: impl Stream<Item = std::io::Result<Bytes>> + Send,
    length: u64,
) -> impl Stream<Item = std::io::Result<Bytes>> + Send {
    futures::stream::unfold(
        (Box::pin(pieces), length),
        |(mut pieces, left)| async move {
            if left == 0 {
                return None;
            }
            let piece = pieces.next().await?;
            let piece = piece.map(|mut bytes| {
                bytes.truncate(usize::try_from(left).unwrap_or(usize::MAX));
                bytes
            });
            let taken = piece.as_ref().map_or(0, |bytes| bytes.len() as u64);
            Some((piece, (pieces, left - taken)))
        },
    )
}

fn set(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
