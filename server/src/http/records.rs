//! `/datasets/{}/records/{key}`: one record of a collection by its whole key.

use std::collections::BTreeMap;

use assay_model::{Collection, CollectionType, ProblemKind, words};
use assay_store::collection::{DeleteRecord, PutRecord, RecordBody};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State, rejection::BytesRejection},
    http::StatusCode,
    routing::get,
};
use serde_json::{Map, Value, json};

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
) -> ApiResult<Json<Value>> {
    let collection = collection(&state, &name).await?;
    match state.store.record(&collection, &key).await? {
        Some(body) => Ok(Json(shown(collection.kind, body))),
        None => Err(no_record(&key)),
    }
}

async fn put_record(
    State(state): State<AppState>,
    _: Visitor,
    Path((name, key)): Path<(String, String)>,
    body: Result<Bytes, BytesRejection>,
) -> ApiResult<StatusCode> {
    let body = body?;
    let collection = collection(&state, &name).await?;
    let body = read_body(collection.kind, &body)?;
    match state.store.put_record(&collection, &key, &body).await? {
        PutRecord::Done => Ok(StatusCode::NO_CONTENT),
        PutRecord::NotInCollection => Err(no_record(&key)),
        PutRecord::OtherType => Err(ApiError::new(
            ProblemKind::Conflict,
            "Something else than a record is kept under this key.",
        )),
        PutRecord::ReadOnly => Err(read_only(&collection)),
    }
}

async fn delete_record(
    State(state): State<AppState>,
    _: Visitor,
    Path((name, key)): Path<(String, String)>,
) -> ApiResult<StatusCode> {
    let collection = collection(&state, &name).await?;
    match state.store.delete_record(&collection, &key).await? {
        DeleteRecord::Deleted => Ok(StatusCode::NO_CONTENT),
        DeleteRecord::NotFound => Err(no_record(&key)),
        DeleteRecord::ReadOnly => Err(read_only(&collection)),
    }
}

/// A record as JSON: the fields of a hash, the object of a JSON text, the text of a
/// string as `value`.
fn shown(kind: CollectionType, body: RecordBody) -> Value {
    match body {
        RecordBody::Fields(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, Value::String(value)))
            .collect::<Map<_, _>>()
            .into(),
        RecordBody::Text(text) if kind == CollectionType::Json => {
            match serde_json::from_str::<Map<String, Value>>(&text) {
                Ok(object) => object.into(),
                Err(_) => json!({ "value": text }),
            }
        }
        RecordBody::Text(text) => json!({ "value": text }),
    }
}

/// What a client wants a record to hold.
fn read_body(kind: CollectionType, body: &[u8]) -> ApiResult<RecordBody> {
    let unreadable = |what: &str, error: serde_json::Error| {
        ApiError::new(
            ProblemKind::BadRequest,
            format!("The body is not {what}: {error}."),
        )
    };
    match kind {
        CollectionType::Json => {
            serde_json::from_slice::<Map<String, Value>>(body)
                .map_err(|error| unreadable("a JSON object", error))?;
            // As it was written: reading and writing it again could bend large numbers.
            let text = String::from_utf8_lossy(body).into_owned();
            Ok(RecordBody::Text(text))
        }
        CollectionType::String => {
            #[derive(serde::Deserialize)]
            #[serde(deny_unknown_fields)]
            struct Body {
                value: String,
            }
            let Body { value } = serde_json::from_slice(body)
                .map_err(|error| unreadable("an object with the text “value”", error))?;
            Ok(RecordBody::Text(value))
        }
        _ => {
            let fields: BTreeMap<String, String> = serde_json::from_slice(body)
                .map_err(|error| unreadable("an object of texts", error))?;
            if fields.is_empty() {
                return Err(ApiError::new(
                    ProblemKind::Invalid,
                    "A record needs at least one field.",
                ));
            }
            Ok(RecordBody::Fields(fields.into_iter().collect()))
        }
    }
}

/// The collection of this name, whose records have keys of their own.
async fn collection(state: &AppState, name: &str) -> ApiResult<Collection> {
    let dataset = data_sets::find(state, name).await?;
    match dataset.collection {
        Some(collection) if collection.kind.has_keyed_records() => Ok(collection),
        Some(collection) => Err(ApiError::not_found(format!(
            "The records of “{}” are the parts of a {} and have no keys of their own; look at its rows.",
            dataset.name,
            collection.kind.as_str()
        ))),
        None => Err(ApiError::not_found(format!(
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

fn read_only(collection: &Collection) -> ApiError {
    let name = collection
        .source
        .as_ref()
        .map_or("", assay_model::SourceName::as_str);
    ApiError::new(
        ProblemKind::Forbidden,
        format!(
            "The source “{name}” is only read. Say write = true in its section of the configuration to change that."
        ),
    )
}
