//! Probes for whatever watches over the server.

use axum::{Router, extract::State, routing::get};

use super::{error::ApiResult, state::AppState};

/// `/healthz`: the process answers. `/readyz`: and Redis does too.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
}

async fn ready(State(state): State<AppState>) -> ApiResult<&'static str> {
    state.store.ping().await?;
    Ok("ready\n")
}
