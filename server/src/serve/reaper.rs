//! The reaper: every second, whatever a lost machine held goes back in line, and what
//! waited for another try and is due too.

use std::time::Duration;

use assay_store::Store;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Jobs taken back in one call at most.
const BATCH: u32 = 500;

/// Runs until told to stop. While Redis is away it tries on; the store sees the gap and
/// lets no lease end for one lease's length after it.
pub async fn run(store: Store, lease: Duration, stop: CancellationToken) {
    let mut pause = tokio::time::interval(Duration::from_secs(1));
    pause.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut away = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = pause.tick() => {}
        }
        match store.reap_expired(BATCH, lease).await {
            Ok(jobs) => {
                for job in jobs {
                    info!(job = %job.id, state = %job.state, "job {} was lost with its worker", job.id);
                }
                away = false;
            }
            Err(error) if !away => {
                warn!(%error, "leases cannot be looked at");
                away = true;
            }
            Err(_) => {}
        }
    }
}
