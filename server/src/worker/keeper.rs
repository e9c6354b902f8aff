//! The keeper of leases: a thread of its own, with a connection of its own, that renews
//! the leases of all jobs the worker holds.
//!
//! Why a thread? A lease that runs out because all runtime threads are busy would take a
//! job from a worker that is doing well. The keeper shares nothing with the computation
//! but a lock that is held for the length of a look-up. When it hears that a job is no
//! longer the worker's (cancelled, or given to another), it tells the attempt to stop.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use assay_model::{JobId, Token};
use assay_store::{Prefix, Store, StoreError, jobs::Held};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::Identity;

/// How an attempt is told to stop.
#[derive(Debug, Clone, Default)]
pub struct Orders {
    /// The job is no longer this worker's: drop everything.
    pub lost: CancellationToken,
    /// The worker stops: hand the job back.
    pub hand_back: CancellationToken,
}

/// The jobs held, and the thread that keeps them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Keeper {
    held: Arc<Mutex<HashMap<JobId, (Token, Orders)>>>,
}

impl Keeper {
    /// Starts the thread. It renews at a third of the lease, so that two renewals may
    /// fail before one runs out.
    pub fn start(
        url: String,
        prefix: Prefix,
        identity: Identity,
        lease: Duration,
    ) -> anyhow::Result<Self> {
        let keeper = Self {
            held: Arc::default(),
        };
        let for_thread = keeper.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        thread::Builder::new()
            .name("lease".to_owned())
            .spawn(move || {
                runtime.block_on(for_thread.keep(&url, &prefix, &identity, lease));
            })?;
        Ok(keeper)
    }

    /// Keeps the lease of a job from now on; the answer says when to stop.
    pub fn hold(&self, id: JobId, token: Token) -> Orders {
        let orders = Orders::default();
        self.lock().insert(id, (token, orders.clone()));
        orders
    }

    /// Keeps the lease of a job no longer.
    pub fn let_go(&self, id: JobId, token: Token) {
        let mut held = self.lock();
        if held.get(&id).is_some_and(|(holding, _)| *holding == token) {
            held.remove(&id);
        }
    }

    /// Stops the attempt at a job that was cancelled, if it runs here.
    pub fn cancel(&self, id: JobId) {
        if let Some((_, orders)) = self.lock().get(&id) {
            orders.lost.cancel();
        }
    }

    /// Tells all attempts to hand back.
    pub fn hand_back_all(&self) {
        for (_, orders) in self.lock().values() {
            orders.hand_back.cancel();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<JobId, (Token, Orders)>> {
        // A map of tokens is never half changed, whatever panicked meanwhile.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn keep(self, url: &str, prefix: &Prefix, identity: &Identity, lease: Duration) {
        let mut pause = tokio::time::interval(lease / 3);
        let mut store = None;
        loop {
            pause.tick().await;
            let open = match store.take() {
                Some(open) => open,
                None => match Store::connect(url, prefix.clone()).await {
                    Ok(open) => open,
                    Err(error) => {
                        warn!(%error, "leases cannot be renewed now");
                        continue;
                    }
                },
            };
            match self.renew(&open, identity, lease).await {
                Ok(()) => {}
                Err(StoreError::UnknownWorker(_)) => {
                    warn!(worker = %identity.id, "Redis has forgotten this worker; signing on again");
                    identity.sign_on(&open).await.ok();
                }
                Err(error) => warn!(%error, "leases cannot be renewed now"),
            }
            store = Some(open);
        }
    }

    async fn renew(
        &self,
        store: &Store,
        identity: &Identity,
        lease: Duration,
    ) -> Result<(), StoreError> {
        let held: Vec<(JobId, Token)> = self
            .lock()
            .iter()
            .map(|(id, (token, _))| (*id, *token))
            .collect();
        let answers = store.renew(&identity.id, lease, &held).await?;
        for ((id, token), answer) in held.into_iter().zip(answers) {
            if answer == Held::Lost
                && let Some((holding, orders)) = self.lock().get(&id)
                && *holding == token
                && !orders.lost.is_cancelled()
            {
                info!(job = %id, "job {id} is no longer this worker's");
                orders.lost.cancel();
            }
        }
        Ok(())
    }
}
