//! `POST /datasets`: a file comes in, or a collection is declared.
//!
//! The body is spooled into Redis while it arrives and is never parsed here: the import
//! is a job of the worker. A body that breaks off, or is over the limit, leaves nothing.

use std::time::Duration;

use assay_model::{
    Collection, Dataset, DatasetId, DatasetName, ImportOptions, Job, JobState, Problem,
    ProblemKind, words,
};
use assay_store::{
    datasets::{Declare, NewCollection},
    jobs::{ImportSpec, ImportTarget},
    upload::{Upload, UploadWriter},
};
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{
        DefaultBodyLimit, FromRequest, Multipart, Query, Request, State, rejection::QueryRejection,
    },
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use futures::{Stream, StreamExt};
use serde::Deserialize;

use super::{
    data_sets,
    error::{ApiError, ApiResult},
    room,
    state::AppState,
    submit,
    visitor::Visitor,
};
use crate::data;

/// How long an answer waits for the import, so that a small file is there at once.
const WAIT: Duration = Duration::from_secs(2);
/// How often it is looked whether there is still room, in bytes that arrive.
const LOOK_EVERY: u64 = 16 << 20;
/// Most bytes of the declaration of a collection.
const DECLARATION_MOST: usize = 64 << 10;

/// The route of uploads; it bounds the body itself.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/datasets", post(create))
        .layer(DefaultBodyLimit::disable())
}

/// What stands in the address of an upload.
#[derive(Debug, Default, Deserialize)]
pub struct UploadQuery {
    name: Option<String>,
    /// What it claims to be.
    pub format: Option<String>,
    /// What the file is called where it comes from.
    pub source: Option<String>,
}

async fn create(
    State(state): State<AppState>,
    Visitor(owner): Visitor,
    query: Result<Query<UploadQuery>, QueryRejection>,
    request: Request,
) -> ApiResult<Response> {
    let Query(query) = query?;
    let kind = content_type(&request);
    if kind.starts_with("application/json") && query.name.is_none() {
        let body = axum::body::to_bytes(request.into_body(), DECLARATION_MOST)
            .await
            .map_err(|_| {
                ApiError::new(
                    ProblemKind::TooLarge,
                    "The declaration of a collection is short; this body is not.",
                )
            })?;
        let dataset = declare(&state, &owner, &body).await?;
        return Ok((StatusCode::CREATED, Json(dataset)).into_response());
    }
    let job = if kind.starts_with("multipart/form-data") {
        from_form(&state, &owner, request, Some(query)).await?
    } else {
        let Some(name) = &query.name else {
            return Err(ApiError::field(
                "name",
                "Name the data set: POST /datasets?name=orders.",
            ));
        };
        let name = submit::dataset_name(name)?;
        // Told before the body has come, not after.
        submit::import_format(query.format.as_deref())?;
        refuse_taken(&state, &name).await?;
        let length = content_length(&request);
        let upload = receive(&state, length, request.into_body().into_data_stream()).await?;
        let job = put_in_line(&state, &owner, name, query, upload).await;
        if job.is_err() {
            state.store.delete_upload(&upload).await.ok();
        }
        job?
    };
    answer(&state, job).await
}

/// Takes a file from a `multipart/form-data` body: the field `file`, and `name` and
/// `format` before it, after it, or in the query.
pub async fn from_form(
    state: &AppState,
    owner: &assay_model::Owner,
    request: Request,
    query: Option<UploadQuery>,
) -> ApiResult<Job> {
    let mut fields = query.unwrap_or_default();
    let mut arrived = None;
    let mut parts = Multipart::from_request(request, state)
        .await
        .map_err(|rejection| ApiError::new(ProblemKind::BadRequest, rejection.body_text()))?;
    while let Some(field) = parts.next_field().await.map_err(broken_off)? {
        match field.name().unwrap_or_default() {
            "name" => fields.name = Some(field.text().await.map_err(broken_off)?),
            "format" => fields.format = Some(field.text().await.map_err(broken_off)?),
            "file" if arrived.is_none() => {
                let source = field.file_name().map(str::to_owned);
                fields.source = source.filter(|name| !name.is_empty()).or(fields.source);
                // Told before the body has come, not after, where the name is known.
                if let Some(name) = fields.chosen_name()? {
                    refuse_taken(state, &name).await?;
                }
                arrived = Some(receive(state, None, field).await?);
            }
            _ => {}
        }
    }
    let Some(upload) = arrived else {
        return Err(ApiError::field("file", "Choose a file."));
    };
    let name = match fields.chosen_name() {
        Ok(Some(name)) => Ok(name),
        Ok(None) => Err(ApiError::field("name", "Name the data set.")),
        Err(error) => Err(error),
    };
    let job = match name {
        Ok(name) => put_in_line(state, owner, name, fields, upload).await,
        Err(error) => Err(error),
    };
    if job.is_err() {
        state.store.delete_upload(&upload).await.ok();
    }
    job
}

impl UploadQuery {
    /// The name that was given, else one made from the file's.
    fn chosen_name(&self) -> ApiResult<Option<DatasetName>> {
        match self
            .name
            .as_deref()
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            Some(name) => submit::dataset_name(name).map(Some),
            None => Ok(self.source.as_deref().and_then(DatasetName::from_file_name)),
        }
    }
}

async fn refuse_taken(state: &AppState, name: &DatasetName) -> ApiResult<()> {
    match state.store.find_dataset(name.as_str()).await? {
        Some(_) => Err(submit::name_taken(Some(name))),
        None => Ok(()),
    }
}

/// Spools a body; one that breaks off or is over the limit leaves nothing.
pub async fn receive<E: std::fmt::Display>(
    state: &AppState,
    length: Option<u64>,
    body: impl Stream<Item = Result<Bytes, E>>,
) -> ApiResult<Upload> {
    let most = state.options.upload_most;
    if length.is_some_and(|length| length > most) {
        return Err(too_large(most));
    }
    room::refuse_beyond(state, length.unwrap_or(0)).await?;
    let mut writer = state.store.new_upload();
    if let Err(error) = spool(state, &mut writer, body, most).await {
        // What is left goes by its time-to-live when even this fails.
        writer.abandon().await.ok();
        return Err(error);
    }
    Ok(writer.finish().await?)
}

async fn put_in_line(
    state: &AppState,
    owner: &assay_model::Owner,
    name: DatasetName,
    fields: UploadQuery,
    upload: Upload,
) -> ApiResult<Job> {
    let format = submit::import_format(fields.format.as_deref())?;
    let import = ImportSpec {
        target: ImportTarget::New(name),
        options: ImportOptions {
            format,
            ..ImportOptions::default()
        },
        upload,
    };
    submit::import(state, owner, import, fields.source, None).await
}

async fn spool<E: std::fmt::Display>(
    state: &AppState,
    upload: &mut UploadWriter,
    body: impl Stream<Item = Result<Bytes, E>>,
    most: u64,
) -> ApiResult<()> {
    let mut body = std::pin::pin!(body);
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

/// 201 with the data set when the import is quick, 202 with its job when it is not.
pub async fn answer(state: &AppState, job: Job) -> ApiResult<Response> {
    let id = job.id;
    let job = state.hub.wait(id, WAIT).await?.unwrap_or(job);
    match (job.state, &job.dataset, &job.error) {
        (JobState::Succeeded, Some(dataset), _) => {
            let dataset: Dataset = data_sets::find(state, &dataset.id.to_string()).await?;
            Ok((StatusCode::CREATED, Json(dataset)).into_response())
        }
        (JobState::Failed, _, Some(problem)) => Err(Problem::clone(problem).into()),
        _ => Ok((StatusCode::ACCEPTED, Json(job)).into_response()),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Declaration {
    name: String,
    collection: Collection,
}

async fn declare(state: &AppState, owner: &assay_model::Owner, body: &[u8]) -> ApiResult<Dataset> {
    let declaration: Declaration = serde_json::from_slice(body).map_err(|error| {
        ApiError::new(
            ProblemKind::BadRequest,
            format!("The body does not declare a collection: {error}. To load a JSON file, add ?name= to the address."),
        )
    })?;
    collection(
        state,
        owner,
        &submit::dataset_name(&declaration.name)?,
        declaration.collection,
    )
    .await
}

/// Declares a collection, with the columns that its records have now.
pub async fn collection(
    state: &AppState,
    owner: &assay_model::Owner,
    name: &DatasetName,
    collection: Collection,
) -> ApiResult<Dataset> {
    if collection.pattern.is_empty() || collection.pattern.len() > 1_000 {
        return Err(ApiError::field(
            "collection.pattern",
            "A pattern has 1 to 1,000 characters, such as animal:*.",
        ));
    }
    let (schema, keys) = data::observe(&state.store, &collection).await?;
    let id = DatasetId(uuid::Uuid::now_v7());
    let new = NewCollection {
        id,
        name: name.clone(),
        owner: owner.clone(),
        collection,
        schema,
        keys,
    };
    match state.store.declare_collection(&new).await? {
        Declare::Declared => data_sets::find(state, &id.to_string()).await,
        Declare::NameTaken => Err(submit::name_taken(Some(name))),
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

fn too_large(most: u64) -> ApiError {
    ApiError::new(
        ProblemKind::TooLarge,
        format!(
            "The file is over {}, the limit of this server. Start it with a larger --max-upload-mb.",
            words::bytes(most)
        ),
    )
}

fn broken_off(error: impl std::fmt::Display) -> ApiError {
    ApiError::new(
        ProblemKind::BadRequest,
        format!("The file broke off on its way here: {error}."),
    )
}
