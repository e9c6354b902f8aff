//! `POST /datasets`: a file comes in, or a collection is declared.
//!
//! The body is spooled into Redis while it arrives and is never parsed here: the import
//! is a job of the worker. A body that breaks off, or is over the limit, leaves nothing.

use std::{pin::Pin, time::Duration};

use assay_model::{DatasetName, Job, JobState, Problem, ProblemKind, words};
use assay_store::{
    Store,
    jobs::{Idempotency, ImportSpec, ImportTarget},
    upload::{Upload, UploadWriter},
};
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{
        DefaultBodyLimit, FromRequest, Multipart, Query, Request, State, multipart::Field,
        rejection::QueryRejection,
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use futures::{Stream, StreamExt};

use super::{
    collections, data_sets,
    error::{ApiError, ApiResult},
    jobs, room,
    state::AppState,
    submit,
    upload_fields::UploadFields,
    visitor::Visitor,
};

/// How long an answer waits for the import unless the request says, so that a small file
/// is there at once.
const WAIT: Duration = Duration::from_secs(2);
/// How long, and how much, the rest of a body that is refused may come before the answer.
const HEAR_OUT: Duration = Duration::from_secs(2);
const HEAR_OUT_BYTES: usize = 32 << 20;
/// How often it is looked whether there is still room, in bytes that arrive.
const LOOK_EVERY: u64 = 16 << 20;
/// Most bytes of the declaration of a collection.
const DECLARATION_MOST: usize = 64 << 10;
/// Most bytes of the texts in a form, of all together.
const TEXTS_MOST: usize = 1 << 20;

/// The route of uploads; it bounds the body itself.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/datasets", post(create))
        .layer(DefaultBodyLimit::disable())
}

/// What stands in the address of an upload.
pub type Pairs = Vec<(String, String)>;

async fn create(
    State(state): State<AppState>,
    Visitor(owner): Visitor,
    query: Result<Query<Pairs>, QueryRejection>,
    request: Request,
) -> ApiResult<Response> {
    let Query(query) = query?;
    let kind = content_type(&request);
    if kind.starts_with("application/json") && !query.iter().any(|(name, _)| name == "name") {
        let body = axum::body::to_bytes(request.into_body(), DECLARATION_MOST)
            .await
            .map_err(|_| {
                ApiError::new(
                    ProblemKind::TooLarge,
                    "The declaration of a collection is short; this body is not.",
                )
            })?;
        let dataset = collections::declare(&state, &owner, &body).await?;
        return Ok((StatusCode::CREATED, Json(dataset)).into_response());
    }
    let most = patience(request.headers());
    let job = if kind.starts_with("multipart/form-data") {
        from_form(&state, &owner, request, query).await?
    } else {
        check_packing(request.headers())?;
        // Told before the body has come, not after.
        let fields = UploadFields::read(&query)?;
        let Some(name) = fields.name.clone() else {
            return Err(ApiError::field(
                "name",
                "Name the data set: POST /datasets?name=orders.",
            ));
        };
        refuse_taken(&state, &name).await?;
        let length = content_length(&request);
        let spooled = receive(&state, length, request.into_body().into_data_stream()).await?;
        put_in_line(
            &state,
            &owner,
            ImportTarget::New(name),
            fields,
            spooled,
            None,
        )
        .await?
    };
    answer(&state, job, most).await
}

/// Takes a file from a `multipart/form-data` body: the field `file`, and the others
/// before it, after it, or in the query.
pub async fn from_form(
    state: &AppState,
    owner: &assay_model::Owner,
    request: Request,
    mut pairs: Pairs,
) -> ApiResult<Job> {
    let mut spooled = None;
    let mut texts = 0;
    let mut parts = Multipart::from_request(request, state)
        .await
        .map_err(|rejection| ApiError::new(ProblemKind::BadRequest, rejection.body_text()))?;
    while let Some(field) = parts.next_field().await.map_err(broken_off)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name != "file" {
            let value = text(field, TEXTS_MOST - texts).await?;
            texts += value.len();
            pairs.push((name, value));
        } else if spooled.is_some() {
            return Err(ApiError::field("file", "A form takes one file at a time."));
        } else {
            let source = field.file_name().filter(|name| !name.is_empty());
            pairs.extend(source.map(|source| ("source".to_owned(), source.to_owned())));
            // Told before the body has come, not after, where it is known.
            if let Some(name) = UploadFields::read(&pairs)?.name {
                refuse_taken(state, &name).await?;
            }
            spooled = Some(receive(state, None, field).await?);
        }
    }
    let fields = UploadFields::read(&pairs)?;
    let Some(spooled) = spooled else {
        return Err(ApiError::field("file", "Choose a file."));
    };
    let Some(name) = fields.name.clone() else {
        return Err(ApiError::field("name", "Name the data set."));
    };
    put_in_line(state, owner, ImportTarget::New(name), fields, spooled, None).await
}

/// A short text of a form; a long one is not taken into memory.
async fn text(mut field: Field<'_>, most: usize) -> ApiResult<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(broken_off)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > most {
            let name = words::shorten(field.name().unwrap_or_default(), 40);
            return Err(ApiError::field(&name, format!("“{name}” is too long.")));
        }
    }
    String::from_utf8(bytes).map_err(|_| {
        let name = words::shorten(field.name().unwrap_or_default(), 40);
        ApiError::field(&name, format!("“{name}” is not UTF-8."))
    })
}

async fn refuse_taken(state: &AppState, name: &DatasetName) -> ApiResult<()> {
    match state.store.find_dataset(name.as_str()).await? {
        Some(_) => Err(submit::name_taken(Some(name))),
        None => Ok(()),
    }
}

/// A body in the spool that no job has yet; dropped, it is deleted.
pub struct Spooled {
    store: Store,
    upload: Option<Upload>,
}

impl Spooled {
    /// It is a job's now.
    fn keep(mut self) {
        self.upload = None;
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        if let Some(upload) = self.upload.take() {
            let store = self.store.clone();
            // What is left goes by its time to live when even this fails.
            tokio::spawn(async move { store.delete_upload(&upload).await });
        }
    }
}

/// Spools a body; one that breaks off or is over the limit leaves nothing.
pub async fn receive<E: std::fmt::Display>(
    state: &AppState,
    length: Option<u64>,
    body: impl Stream<Item = Result<Bytes, E>>,
) -> ApiResult<Spooled> {
    let most = state.options.upload_most;
    if length.is_some_and(|length| length > most) {
        return Err(too_large(most));
    }
    room::refuse_beyond(state, length.unwrap_or(0)).await?;
    let mut writer = state.store.new_upload();
    let mut body = std::pin::pin!(body);
    if let Err(error) = spool(state, &mut writer, body.as_mut(), most).await {
        writer.abandon().await.ok();
        // Many clients read no answer before they have sent everything, and never see one
        // when the connection ends under them.
        let rest = async {
            let mut left = HEAR_OUT_BYTES;
            while let Some(Ok(chunk)) = body.next().await
                && left > chunk.len()
            {
                left -= chunk.len();
            }
        };
        tokio::time::timeout(HEAR_OUT, rest).await.ok();
        return Err(error);
    }
    Ok(Spooled {
        store: state.store.clone(),
        upload: Some(writer.finish().await?),
    })
}

/// Puts the import in line. This goes on when the connection is cut now: half of it would
/// be a job without its file.
pub async fn put_in_line(
    state: &AppState,
    owner: &assay_model::Owner,
    target: ImportTarget,
    fields: UploadFields,
    spooled: Spooled,
    idempotency: Option<Idempotency>,
) -> ApiResult<Job> {
    let Some(upload) = spooled.upload else {
        return Err(ApiError::internal("a spooled body without an upload"));
    };
    let import = ImportSpec {
        target,
        options: fields.options,
        upload,
    };
    let (state, owner) = (state.clone(), owner.clone());
    let submit = tokio::spawn(async move {
        let job = submit::load(&state, &owner, import, fields.source, None, idempotency).await?;
        spooled.keep();
        Ok(job)
    });
    submit.await.map_err(ApiError::internal)?
}

async fn spool<E: std::fmt::Display>(
    state: &AppState,
    upload: &mut UploadWriter,
    mut body: Pin<&mut impl Stream<Item = Result<Bytes, E>>>,
    most: u64,
) -> ApiResult<()> {
    let mut looked = 0;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(broken_off)?;
        if upload.bytes() + chunk.len() as u64 > most {
            return Err(too_large(most));
        }
        upload.push(chunk).await?;
        if upload.bytes() - looked > LOOK_EVERY {
            looked = upload.bytes();
            room::refuse_beyond(state, 0).await?;
        }
    }
    if upload.bytes() == 0 {
        return Err(ApiError::new(ProblemKind::BadFile, "The file is empty."));
    }
    Ok(())
}

/// How long the answer to this request waits for the import.
pub fn patience(headers: &HeaderMap) -> Duration {
    jobs::wait_of(headers).unwrap_or(WAIT)
}

/// 201 with the data set when the import is quick, 202 with its job when it is not.
pub async fn answer(state: &AppState, job: Job, most: Duration) -> ApiResult<Response> {
    let id = job.id;
    let job = state.hub.wait(id, most).await?.unwrap_or(job);
    match (job.state, &job.dataset, &job.error) {
        (JobState::Succeeded, Some(dataset), _) => {
            let dataset = data_sets::find(state, &dataset.id.to_string()).await?;
            let detail = data_sets::detail(state, dataset).await?;
            Ok((StatusCode::CREATED, Json(detail)).into_response())
        }
        (JobState::Failed, _, Some(problem)) => Err(Problem::clone(problem).into()),
        _ => Ok((StatusCode::ACCEPTED, Json(job)).into_response()),
    }
}

/// The length that a request says its body has.
pub fn content_length(request: &Request<Body>) -> Option<u64> {
    let value = request.headers().get(header::CONTENT_LENGTH)?;
    value.to_str().ok()?.parse().ok()
}

fn content_type(request: &Request<Body>) -> String {
    let value = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    value.unwrap_or_default().trim().to_ascii_lowercase()
}

/// A body may be packed: the importer knows that by its first bytes, so the header is only
/// checked for ways of packing that it does not know.
pub fn check_packing(headers: &HeaderMap) -> ApiResult<()> {
    let said = headers.get(header::CONTENT_ENCODING).map(|value| {
        value
            .to_str()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
    });
    match said.as_deref() {
        None | Some("" | "identity" | "gzip" | "x-gzip" | "zstd") => Ok(()),
        Some(other) => Err(ApiError::new(
            ProblemKind::BadRequest,
            format!(
                "A body in “{}” cannot be read. Send it in gzip, in zstd, or as it is.",
                words::shorten(other, 40)
            ),
        )),
    }
}

fn too_large(most: u64) -> ApiError {
    ApiError::new(
        ProblemKind::TooLarge,
        format!(
            "The file is over {}, the limit of this server. Start it with a larger --max-upload-mb.",
            words::bytes(most)
        ),
    )
}

/// A body that did not arrive as a whole.
pub fn broken_off(error: impl std::fmt::Display) -> ApiError {
    ApiError::new(
        ProblemKind::BadRequest,
        format!("The file broke off on its way here: {error}."),
    )
}
