//! The HTTP side: the API under `/api/v1`, the pages, their files, and the probes.
//!
//! A file here is a resource with its `router()`; this one only puts them together.

mod changes;
mod collections;
mod data_sets;
mod deletion;
mod error;
mod events;
mod export;
mod forms;
mod guard;
mod health;
mod hold;
mod jobs;
mod pages;
mod plain;
mod preview;
mod profile;
mod random;
mod ranges;
mod records;
mod results;
mod room;
mod rows;
mod sample;
mod session;
mod site;
mod state;
mod status;
mod submit;
mod upload;
mod upload_fields;
mod visitor;

use std::sync::Arc;

use assay_model::ProblemKind;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderMap, HeaderValue, header},
    middleware::{self, Next},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{DefaultPredicate, Predicate},
    },
    trace::TraceLayer,
};

use self::{error::ApiError, pages::Pages};
pub use self::{
    guard::Hosts,
    site::Site,
    state::{AppState, Options},
};

/// Where the API is.
pub const API: &str = "/api/v1";
/// Most bytes of a JSON body; uploads have their own limit.
const BODY_MOST: usize = 4 << 20;

/// The whole server as a router.
pub fn app(state: AppState, site: &Site, hosts: Hosts) -> Router {
    let sessions = session::layer(&state.store, hosts.is_secure());
    // Pages ask the API by a call into this router instead of over the network; it has
    // the sessions around it, so both roads know the same visitor.
    let api = api(state.clone()).layer(sessions.clone());
    let pages = Pages::new(site.assets.clone(), api.clone(), hosts.is_secure());
    let forms = forms::router(pages.assets())
        .with_state(state.clone())
        .layer(sessions);
    Router::new()
        .merge(forms)
        .merge(pages.router())
        .merge(site.router())
        .merge(api)
        .layer(middleware::from_fn_with_state(
            Arc::new(hosts),
            guard::check,
        ))
        .merge(health::router().with_state(state))
        .layer(middleware::from_fn(harden))
        // A file that can be resumed must be the same bytes for everybody.
        .layer(CompressionLayer::new().compress_when(
            DefaultPredicate::new().and(|_, _, headers: &HeaderMap, _: &_| {
                !headers.contains_key(header::ACCEPT_RANGES)
            }),
        ))
        .layer(CatchPanicLayer::custom(
            |_: Box<dyn std::any::Any + Send>| {
                axum::response::IntoResponse::into_response(ApiError::internal(
                    "a handler panicked",
                ))
            },
        ))
        .layer(TraceLayer::new_for_http())
}

/// The API with everything that it answers.
fn api(state: AppState) -> Router {
    let routes = Router::new()
        .merge(data_sets::router())
        .merge(collections::router())
        .merge(deletion::router())
        .merge(rows::router())
        .merge(export::router())
        .merge(profile::router())
        .merge(records::router())
        .merge(jobs::router())
        .merge(results::router())
        .merge(sample::router())
        .merge(status::router())
        .layer(DefaultBodyLimit::max(BODY_MOST))
        .merge(events::router())
        .merge(upload::router())
        .merge(preview::router())
        .merge(changes::router())
        .fallback(async || {
            ApiError::not_found(
                "There is nothing at this address. docs/api.md lists what there is.",
            )
        })
        .method_not_allowed_fallback(async || {
            ApiError::new(
                ProblemKind::MethodNotAllowed,
                "This address does not take that method.",
            )
        });
    Router::new().nest(API, routes).with_state(state)
}

/// Headers that every answer carries.
async fn harden(request: axum::extract::Request, next: Next) -> axum::response::Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    response
}
