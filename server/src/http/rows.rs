//! `/datasets/{}/rows`: looking at rows, page by page, in any order, filtered.

use assay_engine::{Look, Rows};
use assay_model::{
    Analysis, Dataset, Page, Problem,
    analysis::{Filter, OrderBy},
    words,
};
use axum::{
    Json, Router,
    extract::{Path, Query, State, rejection::QueryRejection},
    routing::get,
};
use serde_json::{Map, Value, json};

use super::{
    data_sets,
    error::{ApiError, ApiResult},
    jobs::page_limit,
    random::Draw,
    state::AppState,
};
use crate::data;

/// The route of rows.
pub fn router() -> Router<AppState> {
    Router::new().route("/datasets/{dataset}/rows", get(rows))
}

async fn rows(
    State(state): State<AppState>,
    Path(name): Path<String>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> ApiResult<Json<Page<Map<String, Value>>>> {
    let Query(mut query) = query?;
    let dataset = data_sets::find(&state, &name).await?;
    let dataset = data::current(&state.store, dataset).await?;
    let draw = Draw::take(&mut query)?;
    let look = look(&dataset, query)?;
    if let Some(draw) = draw {
        let items = items(draw.rows(&state, &dataset, &look).await?);
        return Ok(Json(Page { items, next: None }));
    }
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
    let items = items(found);
    Ok(Json(Page { items, next }))
}

/// Rows as objects.
pub fn items(found: Rows) -> Vec<Map<String, Value>> {
    let names: Vec<String> = found
        .columns
        .into_iter()
        .map(|column| column.name)
        .collect();
    let object = |row: Vec<Value>| names.iter().cloned().zip(row).collect();
    found.rows.into_iter().map(object).collect()
}

/// What an address asks: see docs/api.md.
fn look(dataset: &Dataset, query: Vec<(String, String)>) -> ApiResult<Look> {
    let mut look = Look::default();
    let (mut limit, mut descending) = (None, None);
    for (name, value) in query {
        match name.as_str() {
            // A form posts its fields blank too.
            "order_by" | "filter" if value.is_empty() => {}
            "limit" => limit = Some(whole("limit", &value)?),
            "offset" => look.offset = whole("offset", &value)?,
            "cursor" => {
                look.offset = value.parse().map_err(|_| {
                    ApiError::field("cursor", "This is not a cursor that a page gave.")
                })?;
            }
            "order_by" => {
                dataset.schema.find("order_by", &value)?;
                look.order = Some(OrderBy {
                    column: value,
                    descending: false,
                });
            }
            "descending" => {
                descending = Some(
                    value
                        .parse()
                        .map_err(|_| ApiError::field("descending", "This is true or false."))?,
                );
            }
            "filter" => look.filter = filter(&value)?,
            name => {
                let column = name.strip_prefix("where.").unwrap_or(name);
                dataset.schema.find(name, column)?;
                look.equals.push((column.to_owned(), value));
            }
        }
    }
    look.limit = page_limit(limit)? as u64;
    match (&mut look.order, descending) {
        (Some(order), Some(descending)) => order.descending = descending,
        (None, Some(true)) => {
            return Err(ApiError::field(
                "order_by",
                "Say which column comes in descending order.",
            ));
        }
        _ => {}
    }
    Ok(look)
}

fn whole(field: &str, text: &str) -> ApiResult<u64> {
    text.parse().map_err(|_| {
        let shown = words::shorten(text, 40);
        ApiError::field(field, format!("“{shown}” is not a whole number."))
    })
}

/// Conditions as an analysis has them; whether they fit the columns is checked with the
/// rest of the look.
fn filter(text: &str) -> ApiResult<Filter> {
    let conditions: Value = serde_json::from_str(text)
        .map_err(|error| ApiError::field("filter", format!("This is not JSON: {error}.")))?;
    let analysis = json!({"kind": "rows", "filter": conditions});
    match Analysis::parse(analysis).map_err(Problem::invalid)? {
        Analysis::Rows(rows) => Ok(rows.filter),
        _ => Ok(Filter::default()),
    }
}
