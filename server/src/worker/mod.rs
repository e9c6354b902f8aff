//! The worker: takes jobs from the queue and runs them, as many at once as it has slots.
//!
//! Three kinds of thread share the process. The control runtime talks to Redis; a keeper
//! thread of its own renews the leases, so that no computation can starve it; the compute
//! runtime does the work at a lower priority. A job that does not stop when it is told to
//! ends the process: the supervisor starts another.

mod analysis;
mod attempt;
pub mod gather;
mod import;
mod keeper;
mod profile;
mod rebase;

use std::{sync::Arc, thread, time::Duration};

use anyhow::Context;
use assay_engine::{Engine, EngineConfig};
use assay_model::{Token, WorkerId};
use assay_store::{
    Prefix, Store, StoreError,
    cache::CachedBlobs,
    jobs::Gone,
    signals::{Signal, Signals},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use self::{attempt::Attempts, keeper::Keeper};
use crate::{cli::WorkerArgs, compute::Compute, machine, sources, stop};

/// How long running jobs may go on after the worker was told to stop.
const HAND_BACK_AFTER: Duration = Duration::from_secs(18);
/// How often the queue is looked at although nobody said that there is work.
const LOOK: Duration = Duration::from_secs(1);
/// Jobs taken in one call at most.
const BATCH: usize = 16;

/// A fresh id for a worker on this machine.
pub fn new_id() -> WorkerId {
    let random = uuid::Uuid::new_v4().as_simple().to_string();
    let id = format!("{}-{}", machine::name(), &random[..8]);
    id.parse()
        .unwrap_or_else(|_| unreachable!("a machine's name and hexadecimal digits make an id"))
}

/// Runs jobs until told to stop, then hands back what still runs.
pub async fn run(args: WorkerArgs) -> anyhow::Result<()> {
    let id = args.id.clone().unwrap_or_else(new_id);
    let slots = args.pool.slots.unwrap_or_else(machine::cores).max(1);
    let lease = Duration::from_millis(args.pool.lease_ms);
    let prefix: Prefix = args.prefix.parse()?;
    let sources = sources::read(&args.sources)?;
    let store = connect(&args.redis, &prefix)
        .await?
        .with_sources(&sources)?;
    let spill = args.spill.clone().unwrap_or_else(std::env::temp_dir);
    std::fs::create_dir_all(&spill)
        .with_context(|| format!("{} cannot be made", spill.display()))?;

    let memory = machine::memory_bytes();
    let cache_bytes = args.pool.cache_mb.map_or(memory / 16, |mb| mb << 20);
    let engine_bytes = args.pool.memory_mb.map_or(memory / 4, |mb| mb << 20);
    let blobs = CachedBlobs::new(Arc::new(store.blobs()), cache_bytes);
    let config = EngineConfig {
        memory_bytes: usize::try_from(engine_bytes)?,
        spill_dir: spill,
        threads: machine::cores() as usize,
    };
    let engine = Engine::new(config, Arc::new(blobs))?;

    let stop = CancellationToken::new();
    stop::on_signals(stop.clone())?;
    if args.home.is_some() {
        end_with_supervisor(stop.clone())?;
    }
    let identity = Identity {
        id: id.clone(),
        slots,
        home: args.home.clone().unwrap_or_default(),
    };
    identity.sign_on(&store).await?;
    info!(worker = %id, slots, "worker {id} takes jobs");

    let keeper = Keeper::start(args.redis.clone(), prefix, identity.clone(), lease)?;
    let compute = Compute::start()?;
    let worker = Worker {
        identity,
        lease,
        slots: Arc::new(Semaphore::new(slots as usize)),
        attempts: Attempts {
            store: store.clone(),
            engine,
            compute,
            keeper,
            abandon: stop.clone(),
        },
        store: store.clone(),
        stop,
    };
    worker.take_jobs().await;
    // Whatever is still held goes back in line; a tidy worker holds nothing by now.
    store.reap(&id, Gone::SignedOff).await?;
    info!(worker = %id, "worker {id} has ended");
    Ok(())
}

/// Who a worker is; said again when Redis has forgotten it.
#[derive(Debug, Clone)]
struct Identity {
    id: WorkerId,
    slots: u32,
    /// The mark of the data folder whose `serve` supervises it.
    home: String,
}

impl Identity {
    async fn sign_on(&self, store: &Store) -> Result<(), StoreError> {
        store
            .register_worker(&self.id, self.slots, &self.home)
            .await
    }
}

/// A worker at work.
struct Worker {
    identity: Identity,
    lease: Duration,
    /// Free slots.
    slots: Arc<Semaphore>,
    attempts: Attempts,
    store: Store,
    /// Cancelled when no more jobs are to be taken.
    stop: CancellationToken,
}

impl Worker {
    async fn take_jobs(self) {
        let mut running = JoinSet::new();
        // Subscribed before the first look: work that comes in between is not missed.
        let mut signals = self.store.signals();
        while let Some(slot) = self.free_slot(&mut signals).await {
            let took = match self.claim(slot, &mut running).await {
                Ok(took) => took,
                Err(StoreError::UnknownWorker(_)) => {
                    warn!(worker = %self.identity.id, "Redis has forgotten this worker; signing on again");
                    self.identity.sign_on(&self.store).await.ok();
                    false
                }
                Err(error) => {
                    warn!(%error, "no jobs can be taken now");
                    false
                }
            };
            while running.try_join_next().is_some() {}
            if !took {
                self.wait(&mut signals).await;
            }
        }
        self.finish_running(running).await;
    }

    /// Waits for a free slot, passing on what is said meanwhile: with all slots taken, a
    /// cancelled job must hear of it too. `None` when told to stop.
    async fn free_slot(&self, signals: &mut Signals) -> Option<OwnedSemaphorePermit> {
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                slot = Arc::clone(&self.slots).acquire_owned() => return slot.ok(),
                signal = signals.next() => self.pass_on(&signal),
            }
        }
    }

    fn pass_on(&self, signal: &Signal) {
        if let Signal::Cancelled(id) = signal {
            self.attempts.keeper.cancel(*id);
        }
    }

    /// Takes as many jobs as slots are free, `first` among them; says whether there was
    /// one.
    async fn claim(
        &self,
        first: OwnedSemaphorePermit,
        running: &mut JoinSet<()>,
    ) -> Result<bool, StoreError> {
        let mut permits = vec![first];
        while permits.len() < BATCH
            && let Ok(permit) = Arc::clone(&self.slots).try_acquire_owned()
        {
            permits.push(permit);
        }
        let tokens: Vec<Token> = permits
            .iter()
            .map(|_| Token(uuid::Uuid::now_v7()))
            .collect();
        let claimed = match self
            .store
            .claim(&self.identity.id, &tokens, self.lease)
            .await
        {
            // The answer may have been lost on the way: the same tokens get the same jobs.
            Err(error) if error.is_passing() => {
                self.store
                    .claim(&self.identity.id, &tokens, self.lease)
                    .await?
            }
            other => other?,
        };
        let took = !claimed.is_empty();
        for (job, permit) in claimed.into_iter().zip(permits) {
            let attempts = self.attempts.clone();
            running.spawn(async move {
                attempts.run(job).await;
                drop(permit);
            });
        }
        Ok(took)
    }

    /// Waits until there may be work, passing on what else is said meanwhile.
    async fn wait(&self, signals: &mut Signals) {
        let end = Instant::now() + LOOK;
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep_until(end) => return,
                signal = signals.next() => match signal {
                    Signal::Cancelled(_) => self.pass_on(&signal),
                    _ => return,
                },
            }
        }
    }

    /// Lets running jobs end, and hands back those that take too long.
    async fn finish_running(&self, mut running: JoinSet<()>) {
        let all = async { while running.join_next().await.is_some() {} };
        if tokio::time::timeout(HAND_BACK_AFTER, all).await.is_ok() {
            return;
        }
        info!(worker = %self.identity.id, "handing back what still runs");
        self.attempts.keeper.hand_back_all();
        let all = async { while running.join_next().await.is_some() {} };
        tokio::time::timeout(Duration::from_secs(1), all).await.ok();
    }
}

/// A worker of its own may start before its Redis; one under a supervisor finds it.
async fn connect(url: &str, prefix: &Prefix) -> anyhow::Result<Store> {
    let mut said = false;
    loop {
        match Store::connect(url, prefix.clone()).await {
            Ok(store) => return Ok(store),
            Err(error) if error.is_passing() => {
                if !said {
                    warn!(%error, "waiting for Redis");
                    said = true;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Stops when standard input closes: the supervisor is gone, however that came. A thread
/// of its own reads it, since a runtime waits for its own threads when it ends, and this
/// read ends only with the supervisor, which waits for this process.
fn end_with_supervisor(stop: CancellationToken) -> std::io::Result<()> {
    let wait = move || {
        // What is read says nothing; only the end does.
        std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).ok();
        stop.cancel();
    };
    thread::Builder::new()
        .name("cord".to_owned())
        .spawn(wait)
        .map(drop)
}
