//! `GET /status`: how Redis, the workers and the queue are.

use assay_model::status::{RedisStatus, Status};
use axum::{Json, Router, extract::State, routing::get};

use super::{error::ApiResult, state::AppState};

/// The route of the status.
pub fn router() -> Router<AppState> {
    Router::new().route("/status", get(status))
}

async fn status(State(state): State<AppState>) -> ApiResult<Json<Status>> {
    let found = state.store.status().await?;
    let persistence = match (found.appendonly, found.appendfsync.as_str()) {
        (false, _) => "off",
        (true, "always") => "always",
        (true, "everysec") => "every second",
        (true, _) => "when the system likes",
    };
    let warning = warning(&found);
    Ok(Json(Status {
        redis: RedisStatus {
            memory_used: found.memory_used,
            memory_max: found.memory_max,
            persistence: persistence.to_owned(),
            warning,
        },
        workers: found.workers,
        slots: found.slots,
        running: found.running,
        queued: found.queued,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }))
}

/// What a person should know and mend.
fn warning(found: &assay_store::StoreStatus) -> Option<String> {
    if !found.appendonly {
        return Some("Redis keeps nothing on disk: when it stops, all data is lost. Set `appendonly yes`.".to_owned());
    }
    if found.maxmemory_policy != "noeviction" {
        return Some(format!(
            "Redis may throw data away when it is full ({}). Set `maxmemory-policy noeviction`.",
            found.maxmemory_policy
        ));
    }
    let nearly_full = found.memory_max > 0 && found.memory_used > found.memory_max / 10 * 9;
    nearly_full.then(|| "Redis is nearly full. Delete data sets or jobs, or raise its maxmemory.".to_owned())
}
