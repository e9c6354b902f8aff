//! One attempt at one job: from the claim to the answer of `finish`.
//!
//! Whatever is computed counts only when `finish` has accepted it under the attempt's
//! token. Until then the job is Redis's, not ours: when this process dies at any line
//! below, the job goes back in line.

use std::{sync::Arc, time::Duration};

use assay_engine::{Engine, EngineError, ImportError, ProgressCounter};
use assay_model::{JobId, JobKind, Problem, ProblemKind, Token, words};
use assay_store::{
    Store, StoreError,
    jobs::{Claimed, Finish, Finished, Held, NewVersion, Place, Release},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    analysis, gather, import,
    keeper::{Keeper, Orders},
    profile,
    rebase::{Rebased, rebase},
};
use crate::{compute::Compute, failure};

/// How often a job is tried again after a passing failure.
const RETRIES_MOST: u32 = 5;
/// How often progress is said.
const SAY: Duration = Duration::from_millis(250);
/// How long a computation may go on after it was told to stop.
const YIELD_MOST: Duration = Duration::from_millis(500);
/// How long it may take to tell Redis that a job is handed back. What could not be told
/// by then the supervisor gives back.
const SAY_SO: Duration = Duration::from_millis(300);
/// How long the neighbours of one that does not stop may go on.
const NEIGHBOURS: Duration = Duration::from_secs(2);

/// What every attempt needs. Cheap to clone.
#[derive(Clone)]
pub struct Attempts {
    /// Everything kept.
    pub store: Store,
    /// What computes.
    pub engine: Engine,
    /// Where it computes.
    pub compute: Compute,
    /// Keeps the leases.
    pub keeper: Keeper,
    /// Stops the worker from taking jobs.
    pub abandon: CancellationToken,
}

/// Why an attempt did not lead to an end to be kept.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The engine says why.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The importer says why.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The store says why.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A problem to be told as it is.
    #[error("{0}")]
    Problem(Problem),
}

/// What a kind of job is given.
pub struct Context {
    /// Everything kept.
    pub store: Store,
    /// What computes.
    pub engine: Engine,
    /// The job.
    pub job: Claimed,
    /// How far it is.
    pub progress: Arc<ProgressCounter>,
    /// Stops the computation.
    pub cancel: CancellationToken,
}

/// How an attempt came out.
enum Came {
    /// To an end that is to be kept, or a failure.
    Out(Result<Finish, Failure>),
    /// The job is no longer ours.
    Lost,
    /// The worker stops.
    HandBack,
    /// It took too long.
    TimedOut,
}

impl Attempts {
    /// Runs a job to an end that Redis has accepted, or gives it back.
    pub async fn run(self, job: Claimed) {
        let (id, token) = (job.id, job.token);
        let orders = self.keeper.hold(id, token);
        info!(job = %id, attempt = job.attempt, kind = job.spec.kind.as_str(), "job {id} begins");
        let came = if job.spec.kind == JobKind::Noop {
            Came::Out(Ok(Finish::Nothing))
        } else {
            self.compute(&job, &orders).await
        };
        let ended = match came {
            Came::Lost => self.drop_written(&job).await,
            Came::HandBack => self
                .store
                .release(id, token, &Release::HandedBack)
                .await
                .map(drop),
            Came::TimedOut => {
                let limit = words::duration(u64::from(job.spec.timeout_s) * 1_000);
                let problem = Problem::new(
                    ProblemKind::TimedOut,
                    format!(
                        "The job took longer than {limit}, its limit. Filter the rows, or submit it with a larger timeout_s."
                    ),
                );
                self.keep(id, token, &failed(&job, problem)).await
            }
            Came::Out(Ok(finish)) => self.keep(id, token, &finish).await,
            Came::Out(Err(failure)) => self.fail(&job, failure).await,
        };
        if let Err(error) = ended {
            // The lease runs out and the job is tried again: late, but not lost.
            warn!(%error, job = %id, "the end of job {id} could not be kept");
        }
        self.keeper.let_go(id, token);
    }

    /// Deletes what this attempt has written for a job that is no longer its own.
    async fn drop_written(&self, job: &Claimed) -> Result<(), StoreError> {
        self.store.abandon(job.id).await
    }

    /// Computes on the compute threads, watching the clock and the orders.
    async fn compute(&self, job: &Claimed, orders: &Orders) -> Came {
        let progress = Arc::new(ProgressCounter::new());
        let cancel = CancellationToken::new();
        let context = Context {
            store: self.store.clone(),
            engine: self.engine.clone(),
            job: job.clone(),
            progress: Arc::clone(&progress),
            cancel: cancel.clone(),
        };
        let work = async move {
            match context.job.spec.kind {
                JobKind::Analysis => analysis::run(context).await,
                JobKind::Import => import::run(context).await,
                JobKind::Profile => profile::run(context).await,
                JobKind::Compact => gather::run(context).await,
                JobKind::Noop => Ok(Finish::Nothing),
            }
        };
        let Some(mut task) = self.compute.spawn(work) else {
            return Came::HandBack;
        };
        let limit = Duration::from_secs(u64::from(job.spec.timeout_s));
        let came = tokio::select! {
            out = &mut task => return match out {
                Ok(out) => Came::Out(out),
                // A panic in the engine: told as a fault of ours, the worker lives on.
                Err(error) => Came::Out(Err(Failure::Problem(panicked(job.id, &error)))),
            },
            () = orders.lost.cancelled() => Came::Lost,
            () = orders.hand_back.cancelled() => Came::HandBack,
            () = tokio::time::sleep(limit) => Came::TimedOut,
            never = self.say_progress(job.id, job.token, &progress, orders) => match never {},
        };
        cancel.cancel();
        if tokio::time::timeout(YIELD_MOST, &mut task).await.is_err() {
            task.abort();
            self.give_up_process(job.id);
        }
        came
    }

    /// Says how far the job is, until it is dropped.
    async fn say_progress(
        &self,
        id: JobId,
        token: Token,
        counter: &ProgressCounter,
        orders: &Orders,
    ) -> std::convert::Infallible {
        let mut pause = tokio::time::interval(SAY);
        pause.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        pause.tick().await;
        let mut said = None;
        loop {
            pause.tick().await;
            let now = counter.read();
            if said.as_ref() == Some(&now) {
                continue;
            }
            // Progress that is not heard is no reason to stop.
            if let Ok(Held::Lost) = self.store.progress(id, token, &now).await {
                orders.lost.cancel();
            }
            said = Some(now);
        }
    }

    /// An operator that does not yield can only be ended with its process: no more jobs
    /// are taken, the neighbours get a moment, and what they have not finished goes back
    /// in line.
    fn give_up_process(&self, id: JobId) {
        warn!(job = %id, "job {id} does not stop; this worker ends");
        self.abandon.cancel();
        let keeper = self.keeper.clone();
        tokio::spawn(async move {
            tokio::time::sleep(NEIGHBOURS).await;
            keeper.hand_back_all();
            tokio::time::sleep(YIELD_MOST + SAY_SO).await;
            std::process::exit(0);
        });
    }

    async fn fail(&self, job: &Claimed, failure: Failure) -> Result<(), StoreError> {
        let (passing, problem) = match failure {
            Failure::Engine(error) => (
                failure::engine_passes(&error),
                failure::engine_problem(&error),
            ),
            Failure::Import(error) => (
                failure::import_passes(&error),
                failure::import_problem(&error),
            ),
            Failure::Store(error) => (error.is_passing(), error.into()),
            Failure::Problem(problem) => (false, problem),
        };
        if passing && job.retries < RETRIES_MOST {
            let delay = back_off(job.retries, job.token);
            info!(job = %job.id, ?delay, %problem, "job {} is tried again", job.id);
            return self
                .store
                .release(job.id, job.token, &Release::Retry { delay, problem })
                .await
                .map(drop);
        }
        self.keep(job.id, job.token, &failed(job, problem)).await
    }

    /// Has Redis accept the end. Sent again while Redis is away: it answers as the first
    /// time.
    async fn keep(&self, id: JobId, token: Token, finish: &Finish) -> Result<(), StoreError> {
        let mut tries = 0;
        let answer = loop {
            match self.store.finish(id, token, finish).await {
                Err(error) if error.is_passing() && tries < 20 => {
                    tries += 1;
                    tokio::time::sleep(back_off(tries / 4, token)).await;
                }
                answer => break answer?,
            }
        };
        let version = match finish {
            Finish::Dataset(version) => Some(version.as_ref()),
            _ => None,
        };
        match (answer, version) {
            (Finished::Done, version) => {
                info!(job = %id, "job {id} ends");
                if let Some(version) = version
                    && let Err(error) = gather::begin_if_worth(&self.store, version).await
                {
                    warn!(%error, "the auditor will see to the small parts of {}", version.id);
                }
            }
            (Finished::Fenced, _) => {
                info!(job = %id, "job {id} was no longer this worker's; its end is dropped");
                self.store.abandon(id).await?;
            }
            (Finished::Changed(_), Some(version)) => {
                return self.keep_after(id, token, version).await;
            }
            (Finished::NameTaken | Finished::DatasetGone | Finished::Changed(_), version) => {
                let problem = refused(version.map(|version| &version.place));
                Box::pin(self.keep(id, token, &Finish::Failed(problem))).await?;
            }
        }
        Ok(())
    }

    /// Has Redis accept a version after one that came in between.
    async fn keep_after(
        &self,
        id: JobId,
        token: Token,
        version: &NewVersion,
    ) -> Result<(), StoreError> {
        match rebase(&self.store, version, token).await? {
            Rebased::Onto(version) => {
                let finish = Finish::Dataset(Box::new(version));
                Box::pin(self.keep(id, token, &finish)).await
            }
            Rebased::Moot => Box::pin(self.keep(id, token, &Finish::Nothing)).await,
            Rebased::Again => {
                let retry = Release::Retry {
                    delay: Duration::ZERO,
                    problem: moved_on(),
                };
                self.store.release(id, token, &retry).await.map(drop)
            }
        }
    }
}

/// Why a version was not taken.
fn refused(place: Option<&Place>) -> Problem {
    match place {
        Some(Place::First { name, .. }) => Problem::new(
            ProblemKind::NameTaken,
            format!("There is a data set “{name}” by now. Load the file under another name."),
        ),
        _ => Problem::new(
            ProblemKind::NotFound,
            "The data set was deleted before the job ended.",
        ),
    }
}

/// How the wait for a version that moved on is told.
fn moved_on() -> Problem {
    Problem::new(
        ProblemKind::Conflict,
        "The rows of the data set changed while the file was read.",
    )
}

/// The end of a job that cannot succeed.
fn failed(job: &Claimed, problem: Problem) -> Finish {
    match job.spec.kind {
        JobKind::Profile => profile::failed(job, problem),
        _ => Finish::Failed(problem),
    }
}

/// 0.2 s, doubling, with a jitter of a quarter taken from the token.
fn back_off(tries: u32, token: Token) -> Duration {
    let base = 200 * 2_u64.pow(tries.min(8));
    let jitter = u64::from(token.0.as_bytes()[0]) * base / 4 / 256;
    Duration::from_millis(base + jitter)
}

fn panicked(id: JobId, error: &tokio::task::JoinError) -> Problem {
    warn!(job = %id, %error, "job {id} panicked");
    Problem::new(
        ProblemKind::Internal,
        "The job failed by a fault of the program; the worker's log says which.",
    )
}
