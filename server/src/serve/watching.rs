//! Watching collections while somebody looks: other programs write records without telling
//! Assay, and pages are to follow.
//!
//! Where Redis tells of changes, a look is taken when it does; elsewhere every few
//! seconds. A look at many records takes longer, so the next one waits longer: looking
//! never takes more than a twentieth of the time. What a look finds changed becomes an
//! event by the store, once a second at most.

use std::{collections::HashMap, time::Duration};

use assay_model::{Collection, Dataset, DatasetId};
use assay_store::{Store, StoreError, collection::Depth, datasets::Observed};
use futures::StreamExt;
use tokio::{
    task::{AbortHandle, JoinSet},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::hub::Hub;

/// How often it is seen whether somebody looks, and at which collections.
const ROUND: Duration = Duration::from_secs(1);
/// The least time between two looks.
const APART: Duration = Duration::from_secs(1);
/// The time between two looks where Redis does not tell.
const POLL: Duration = Duration::from_secs(3);
/// The time to the next look is at least so many times what a look took.
const REST: u32 = 20;
/// The time to the next look after one that failed.
const AWAY: Duration = Duration::from_secs(10);

/// Watches until told to stop.
pub async fn run(store: Store, hub: Hub, stop: CancellationToken) {
    let mut tasks = JoinSet::new();
    let mut watched: HashMap<DatasetId, (Collection, AbortHandle)> = HashMap::new();
    let mut round = tokio::time::interval(ROUND);
    round.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = round.tick() => {}
        }
        while tasks.try_join_next().is_some() {}
        let wanted = if hub.is_watched() {
            collections(&store).await
        } else {
            HashMap::new()
        };
        watched.retain(|id, (collection, task)| {
            let goes_on = wanted.get(id) == Some(collection) && !task.is_finished();
            if !goes_on {
                task.abort();
            }
            goes_on
        });
        for (id, collection) in wanted {
            watched.entry(id).or_insert_with(|| {
                let watch = follow(store.clone(), id, collection.clone());
                (collection, tasks.spawn(watch))
            });
        }
    }
}

async fn collections(store: &Store) -> HashMap<DatasetId, Collection> {
    let found = store.datasets().await.unwrap_or_else(|error| {
        debug!(%error, "no collections can be watched now");
        Vec::new()
    });
    let collection = |dataset: Dataset| Some((dataset.id, dataset.collection?));
    found.into_iter().filter_map(collection).collect()
}

/// Looks at one collection again and again, until it is gone.
async fn follow(store: Store, id: DatasetId, collection: Collection) {
    loop {
        match until_it_breaks(&store, id, &collection).await {
            Ok(()) => return,
            Err(error) => {
                debug!(%error, dataset = %id, "data set {id} cannot be watched now");
                tokio::time::sleep(AWAY).await;
            }
        }
    }
}

async fn until_it_breaks(
    store: &Store,
    id: DatasetId,
    collection: &Collection,
) -> Result<(), StoreError> {
    // Subscribed before the first look: what comes in between is not missed.
    let mut notices = store.notices(collection).await?.map(Box::pin);
    loop {
        let began = Instant::now();
        let Some(dataset) = store.dataset(id).await? else {
            return Ok(());
        };
        let look = store
            .look(collection, Some(&dataset.schema), Depth::Sample)
            .await?;
        let observed = store.observe_collection(id, &look).await?;
        let rest = began.elapsed() * REST;
        match observed {
            Observed::NotFound => return Ok(()),
            Observed::Untold => tokio::time::sleep(rest.max(APART)).await,
            Observed::Noted => match &mut notices {
                Some(notices) => {
                    if notices.next().await.is_none() {
                        return Err(StoreError::Replaced);
                    }
                    // What is written at one go is looked at once.
                    tokio::time::sleep_until((began + rest).max(began + APART)).await;
                    while futures::FutureExt::now_or_never(notices.next())
                        .flatten()
                        .is_some()
                    {}
                }
                None => tokio::time::sleep(rest.max(POLL)).await,
            },
        }
    }
}
