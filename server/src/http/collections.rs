//! Declaring collections: which records, of which Redis, and what a first look finds;
//! `/collections/preview`: a glance before declaring.

use assay_engine::Look as LookAtRows;
use assay_model::{
    Collection, CollectionPreview, Dataset, DatasetId, DatasetName, FieldError, Owner, ProblemKind,
    form::FormData, words,
};
use assay_store::{
    collection::{Depth, Look},
    datasets::{Declare, NewCollection},
};
use axum::{
    Json, Router,
    extract::{Query, State, rejection::QueryRejection},
    routing::get,
};
use serde::Deserialize;

use super::{
    data_sets,
    error::{ApiError, ApiResult},
    rows,
    state::AppState,
    submit,
};
use crate::data;

/// The route of the preview.
pub fn router() -> Router<AppState> {
    Router::new().route("/collections/preview", get(preview))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Declaration {
    name: String,
    collection: Collection,
}

/// Takes in the declaration that a body makes.
pub async fn declare(state: &AppState, owner: &Owner, body: &[u8]) -> ApiResult<Dataset> {
    let declaration: Declaration = serde_json::from_slice(body).map_err(|error| {
        ApiError::new(
            ProblemKind::BadRequest,
            format!("The body does not declare a collection: {error}. To load a JSON file, add ?name= to the address."),
        )
    })?;
    let name = submit::dataset_name(&declaration.name)?;
    make(state, owner, &name, declaration.collection).await
}

/// Makes a collection, with the columns that its records have now.
pub async fn make(
    state: &AppState,
    owner: &Owner,
    name: &DatasetName,
    collection: Collection,
) -> ApiResult<Dataset> {
    let look = look(state, &collection, Depth::Sample).await?;
    let id = DatasetId(uuid::Uuid::now_v7());
    let new = NewCollection {
        id,
        name: name.clone(),
        owner: owner.clone(),
        collection,
        look,
    };
    match state.store.declare_collection(&new).await? {
        Declare::Declared => data_sets::find(state, &id.to_string()).await,
        Declare::NameTaken => Err(submit::name_taken(Some(name))),
    }
}

/// Records shown before declaring.
const SHOWN: u64 = 5;

async fn preview(
    State(state): State<AppState>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> ApiResult<Json<CollectionPreview>> {
    let Query(query) = query?;
    let collection = of_form(&FormData::new(query))?;
    let look = look(&state, &collection, Depth::Glance).await?;
    let input = data::undeclared(&state.store, &collection, look.schema.clone());
    let first = LookAtRows {
        limit: SHOWN,
        ..LookAtRows::default()
    };
    let items = rows::items(state.engine.look(&input, &first).await?);
    Ok(Json(CollectionPreview {
        rows: look.records,
        is_whole: look.is_whole,
        schema: look.schema,
        items,
    }))
}

/// The collection that the fields of a form or an address describe: `pattern`, `type`,
/// `source`.
pub fn of_form(form: &FormData) -> Result<Collection, FieldError> {
    let filled = |name| {
        form.one(name)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    Ok(Collection {
        source: filled("source").map(str::parse).transpose()?,
        pattern: filled("pattern").unwrap_or_default().to_owned(),
        kind: filled("type")
            .map(str::parse)
            .transpose()?
            .unwrap_or_default(),
    })
}

/// A look at what is to be declared, or what is wrong with it.
async fn look(state: &AppState, collection: &Collection, depth: Depth) -> ApiResult<Look> {
    collection.check()?;
    if let Some(name) = &collection.source {
        known_source(state, name.as_str())?;
    }
    let look = state.store.look(collection, None, depth).await?;
    if let Some(holds) = &look.holds_other {
        return Err(ApiError::field(
            "collection.type",
            format!(
                "“{}” holds a {holds}, not a {}.",
                words::shorten(&collection.pattern, 80),
                collection.kind.as_str()
            ),
        ));
    }
    Ok(look)
}

/// A source must be configured; the error tells which are.
fn known_source(state: &AppState, name: &str) -> ApiResult<()> {
    let known: Vec<String> = state
        .store
        .source_names()
        .iter()
        .map(ToString::to_string)
        .collect();
    if known.iter().any(|known| known == name) {
        return Ok(());
    }
    let there_is = if known.is_empty() {
        "None is configured: add [sources.NAME] with its url to the configuration file.".to_owned()
    } else {
        format!("There is {}.", words::and(&known))
    };
    Err(ApiError::field(
        "collection.source",
        format!(
            "There is no source “{}”. {there_is}",
            words::shorten(name, 40)
        ),
    ))
}
