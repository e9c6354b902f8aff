//! `GET /status`: how Redis, the workers and the queue are.

use assay_model::{
    DatasetKind,
    status::{AuditStatus, DatasetBytes, RedisStatus, Status, StorageStatus},
};
use axum::{Json, Router, extract::State, routing::get};

use super::{error::ApiResult, room::Room, state::AppState};

/// The route of the status.
pub fn router() -> Router<AppState> {
    Router::new().route("/status", get(status))
}

async fn status(State(state): State<AppState>) -> ApiResult<Json<Status>> {
    let found = state.store.status().await?;
    let persistence = match (
        found.persistence.append_only,
        found.persistence.fsync.as_deref(),
    ) {
        (false, _) if found.persistence.snapshots => "snapshots",
        (false, _) => "off",
        (true, Some("always")) => "always",
        (true, Some("everysec")) => "every second",
        (true, _) => "when the system likes",
    };
    let warning = warning(&found);
    let mut status = Status {
        redis: RedisStatus {
            address: state.options.redis.clone(),
            memory_used: found.used_bytes,
            memory_max: found.max_bytes,
            persistence: persistence.to_owned(),
            warning,
        },
        workers: 0,
        slots: 0,
        running: 0,
        queued: found.queued,
        sources: state
            .store
            .source_names()
            .iter()
            .map(ToString::to_string)
            .collect(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        storage: storage(&state).await?,
        audit: audit(&state).await?,
    };
    for worker in state
        .store
        .workers()
        .await?
        .into_iter()
        .filter(|worker| worker.alive)
    {
        status.workers += 1;
        status.slots += u64::from(worker.slots);
        status.running += worker.jobs.len() as u64;
    }
    Ok(Json(status))
}

async fn storage(state: &AppState) -> ApiResult<StorageStatus> {
    let room = Room::look(&state.store, state.options.limit).await?;
    let mut datasets: Vec<DatasetBytes> = state
        .store
        .datasets()
        .await?
        .into_iter()
        .filter(|dataset| dataset.kind == DatasetKind::Table)
        .map(|dataset| DatasetBytes {
            id: dataset.id,
            name: dataset.name,
            bytes: dataset.bytes,
        })
        .collect();
    datasets.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
    Ok(StorageStatus {
        limit: room.most,
        left: room.left(),
        tables: datasets.iter().map(|dataset| dataset.bytes).sum(),
        datasets,
    })
}

async fn audit(state: &AppState) -> ApiResult<AuditStatus> {
    let record = state.store.audit_record().await?;
    Ok(AuditStatus {
        at: record.at,
        orphans: record.orphans,
        left_over: record.left_over,
    })
}

/// What a person should know and mend.
fn warning(found: &assay_store::status::Status) -> Option<String> {
    if !found.persistence.append_only && found.persistence.snapshots {
        return Some(
            "Redis writes only snapshots: when it is killed, all that came since the last one is lost. Set `appendonly yes`."
                .to_owned(),
        );
    }
    if !found.persistence.append_only {
        return Some(
            "Redis keeps nothing on disk: when it stops, all data is lost. Set `appendonly yes`."
                .to_owned(),
        );
    }
    if let Some(policy) = found
        .eviction
        .as_deref()
        .filter(|policy| *policy != "noeviction")
    {
        return Some(format!(
            "Redis may throw data away when it is full ({policy}). Set `maxmemory-policy noeviction`."
        ));
    }
    let nearly_full = found
        .max_bytes
        .is_some_and(|most| found.used_bytes > most / 10 * 9);
    nearly_full.then(|| {
        "Redis is nearly full. Delete data sets or jobs, or raise its maxmemory.".to_owned()
    })
}
