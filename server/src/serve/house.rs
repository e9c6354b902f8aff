//! The house's own chores: every second, what nobody needs any more is given up; every
//! minute, an audit looks for what should not be there, and parts that were not gathered in
//! passing are put in line for it. Several servers on one Redis do no more than one.

use std::time::Duration;

use assay_store::{Store, StoreError, deletion::RESTORE, jobs::JobFilter};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    data,
    worker::gather::{self, WORTH},
};

/// How long a superseded version stays for those who look at some of its rows.
const GRACE: Duration = Duration::from_secs(30);
/// Jobs of the house's own that are kept, for whoever asks how a version came about.
const OWN_JOBS: usize = 100;

/// Runs until told to stop. While Redis is away it tries on.
pub async fn run(store: Store, audit_every: Duration, stop: CancellationToken) {
    let mut pause = tokio::time::interval(Duration::from_secs(1));
    pause.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Not at once: whoever was cut off gets a moment to come back.
    let mut next_audit = Instant::now() + audit_every;
    let mut is_away = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = pause.tick() => {}
        }
        let mut done = tidy(&store).await;
        if done.is_ok() && Instant::now() >= next_audit {
            next_audit = Instant::now() + audit_every;
            done = audit(&store, audit_every).await;
        }
        match done {
            Ok(()) => is_away = false,
            Err(error) if !is_away => {
                warn!(%error, "the house cannot be kept now");
                is_away = true;
            }
            Err(_) => {}
        }
    }
}

async fn tidy(store: &Store) -> Result<(), StoreError> {
    store.forget_versions(GRACE).await?;
    store.purge_datasets(RESTORE).await?;
    Ok(())
}

async fn audit(store: &Store, every: Duration) -> Result<(), StoreError> {
    // A little less than the pause, so that the next look is not too early.
    let Some(found) = store.audit(every.mul_f64(0.9)).await? else {
        return Ok(());
    };
    if found.orphans() > 0 {
        warn!(?found, "found what should not be there, and removed it");
    } else if found.left_over() > 0 {
        info!(?found, "removed what was left over");
    }
    for dataset in store.crowded(WORTH).await? {
        gather::begin(store, &dataset).await?;
    }
    forget_own_jobs(store).await
}

/// Deletes the house's own jobs but for the latest.
async fn forget_own_jobs(store: &Store) -> Result<(), StoreError> {
    let owner = data::house()?;
    let filter = JobFilter {
        owner: Some(owner.clone()),
        ..JobFilter::default()
    };
    let page = store.jobs(&filter, None, OWN_JOBS).await?;
    let Some(cursor) = page.next else {
        return Ok(());
    };
    let old = store.jobs(&filter, Some(&cursor), 1_000).await?;
    for job in old.items.iter().filter(|job| job.state.is_terminal()) {
        store.delete_job(job.id, &owner).await?;
    }
    Ok(())
}
