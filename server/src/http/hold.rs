//! A version of a table that stays whole while its rows go out, however slowly.

use std::time::Duration;

use assay_model::Dataset;
use assay_store::Store;
use axum::{body::Body, response::Response};
use futures::StreamExt;
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::warn;

use super::error::ApiResult;

/// How long a version is held beyond the last word of its reader.
const LIFE: Duration = Duration::from_mins(1);
/// How often the reader's word is given.
const RENEW: Duration = Duration::from_secs(20);

/// Holds the version that a table is at, until the guard is dropped.
pub async fn hold(store: &Store, dataset: &Dataset) -> ApiResult<Option<DropGuard>> {
    if dataset.version == 0 {
        return Ok(None);
    }
    let hold = store
        .hold_version(dataset.id, dataset.version, LIFE)
        .await?;
    let done = CancellationToken::new();
    let guard = done.clone().drop_guard();
    tokio::spawn(async move {
        while done
            .run_until_cancelled(tokio::time::sleep(RENEW))
            .await
            .is_some()
        {
            if let Err(error) = hold.prolong(LIFE).await {
                warn!(%error, "a version that is read may not stay");
            }
        }
        // It ends by itself when this fails.
        hold.release().await.ok();
    });
    Ok(Some(guard))
}

/// The same answer, with the guard kept until its body has gone out or is given up.
pub fn until_sent(response: Response, guard: Option<DropGuard>) -> Response {
    response.map(|body| {
        let body = body.into_data_stream().inspect(move |_| {
            let _kept = &guard;
        });
        Body::from_stream(body)
    })
}
