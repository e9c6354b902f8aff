//! Random interleavings of all transitions, against a model of what should be, with the
//! invariants of the state machine checked after each step.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use assay_model::{Event, JobId, JobState, Token, WorkerId};
use assay_store::{
    Store,
    events::Replay,
    jobs::{Cancel, Counts, DeleteJob, Finish, Finished, Gone, Held, JobFilter, Release},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use redis::{FromRedisValue, aio::MultiplexedConnection};

use crate::fixture::{LONG, Redis, ann, noop, problem, token};

/// A step; numbers choose a job or a worker among those there are.
#[derive(Debug, Clone)]
enum Step {
    Submit,
    Claim {
        worker: usize,
        jobs: usize,
    },
    /// The claim before, sent again.
    ClaimAgain,
    Renew {
        job: usize,
        stale: bool,
    },
    Finish {
        job: usize,
        stale: bool,
        fails: bool,
    },
    /// The finish or release before, sent again.
    EndAgain,
    HandBack {
        job: usize,
        stale: bool,
    },
    Retry {
        job: usize,
    },
    Cancel {
        job: usize,
    },
    Reap {
        worker: usize,
        gone: Gone,
    },
    Delete {
        job: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let job = 0..6_usize;
    let worker = 0..2_usize;
    let stale = prop::bool::weighted(0.2);
    let gone = prop_oneof![Just(Gone::Crashed), Just(Gone::Lost), Just(Gone::SignedOff)];
    prop_oneof![
        4 => Just(Step::Submit),
        4 => (worker.clone(), 1..3_usize).prop_map(|(worker, jobs)| Step::Claim { worker, jobs }),
        1 => Just(Step::ClaimAgain),
        1 => (job.clone(), stale).prop_map(|(job, stale)| Step::Renew { job, stale }),
        3 => (job.clone(), stale, any::<bool>())
            .prop_map(|(job, stale, fails)| Step::Finish { job, stale, fails }),
        1 => Just(Step::EndAgain),
        1 => (job.clone(), stale).prop_map(|(job, stale)| Step::HandBack { job, stale }),
        1 => job.clone().prop_map(|job| Step::Retry { job }),
        2 => job.clone().prop_map(|job| Step::Cancel { job }),
        1 => (worker, gone).prop_map(|(worker, gone)| Step::Reap { worker, gone }),
        1 => job.prop_map(|job| Step::Delete { job }),
    ]
}

/// What should be of a job.
#[derive(Debug, Clone)]
struct Expected {
    id: JobId,
    state: JobState,
    /// The latest token that held it.
    token: Token,
    holder: Option<usize>,
    /// Waits for another try and not in line.
    delayed: bool,
    crashes: u32,
    attempts: usize,
}

/// The store beside the model of it.
struct World {
    store: Store,
    raw: MultiplexedConnection,
    workers: [WorkerId; 2],
    /// In the order of submission, which is that of the line.
    jobs: Vec<Expected>,
    last_claim: Option<(usize, Vec<Token>)>,
    last_end: Option<(JobId, Token, Finish)>,
}

impl World {
    async fn new(redis: &Redis) -> Self {
        redis.ask::<()>(&["FLUSHALL"]).await;
        let store = redis.store().await;
        let workers = ["one", "two"].map(|id| id.parse().expect("a worker"));
        for worker in &workers {
            store.register_worker(worker, 2, "home").await.unwrap();
        }
        Self {
            store,
            raw: redis.raw().await,
            workers,
            jobs: Vec::new(),
            last_claim: None,
            last_end: None,
        }
    }

    fn pick(&self, n: usize) -> Option<usize> {
        (!self.jobs.is_empty()).then(|| n % self.jobs.len())
    }

    async fn take(&mut self, step: &Step) {
        match *step {
            Step::Submit => self.submit().await,
            Step::Claim { worker, jobs } => {
                let tokens: Vec<Token> = (0..jobs).map(|_| token()).collect();
                self.claim(worker, tokens).await;
            }
            Step::ClaimAgain => {
                if let Some((worker, tokens)) = self.last_claim.clone() {
                    self.claim(worker, tokens).await;
                }
            }
            Step::EndAgain => self.end_again().await,
            Step::Reap { worker, gone } => self.reap(worker, gone).await,
            Step::Renew { job, stale } => {
                if let Some(i) = self.pick(job) {
                    self.renew(i, stale).await;
                }
            }
            Step::Finish { job, stale, fails } => {
                if let Some(i) = self.pick(job) {
                    self.finish(i, stale, fails).await;
                }
            }
            Step::HandBack { job, stale } => {
                if let Some(i) = self.pick(job) {
                    self.release(i, stale, &Release::HandedBack).await;
                }
            }
            Step::Retry { job } => {
                if let Some(i) = self.pick(job) {
                    let delay = Duration::from_hours(1);
                    let problem = problem("later");
                    self.release(i, false, &Release::Retry { delay, problem })
                        .await;
                }
            }
            Step::Cancel { job } => {
                if let Some(i) = self.pick(job) {
                    self.cancel(i).await;
                }
            }
            Step::Delete { job } => {
                if let Some(i) = self.pick(job) {
                    self.delete(i).await;
                }
            }
        }
    }

    async fn submit(&mut self) {
        let job = noop();
        self.store.submit(&job).await.unwrap();
        self.jobs.push(Expected {
            id: job.id,
            state: JobState::Queued,
            token: token(),
            holder: None,
            delayed: false,
            crashes: 0,
            attempts: 0,
        });
    }

    async fn claim(&mut self, worker: usize, tokens: Vec<Token>) {
        let claimed = self
            .store
            .claim(&self.workers[worker], &tokens, LONG)
            .await
            .unwrap();
        let mut expected = Vec::new();
        for token in &tokens {
            let held = |job: &Expected| job.token == *token && job.holder == Some(worker);
            if let Some(job) = self.jobs.iter().find(|job| held(job)) {
                expected.push((job.id, *token));
                continue;
            }
            let next = |job: &&mut Expected| job.state == JobState::Queued && !job.delayed;
            let Some(job) = self.jobs.iter_mut().find(next) else {
                break;
            };
            job.state = JobState::Running;
            job.token = *token;
            job.holder = Some(worker);
            job.attempts += 1;
            expected.push((job.id, *token));
        }
        let claimed: Vec<_> = claimed.iter().map(|job| (job.id, job.token)).collect();
        assert_eq!(claimed, expected);
        self.last_claim = Some((worker, tokens));
    }

    async fn renew(&mut self, i: usize, stale: bool) {
        let job = &self.jobs[i];
        let used = if stale { token() } else { job.token };
        let worker = &self.workers[job.holder.unwrap_or(0)];
        let held = self
            .store
            .renew(worker, LONG, &[(job.id, used)])
            .await
            .unwrap();
        let kept = job.state == JobState::Running && !stale;
        assert_eq!(held, [if kept { Held::Kept } else { Held::Lost }]);
    }

    async fn finish(&mut self, i: usize, stale: bool, fails: bool) {
        let job = &mut self.jobs[i];
        let used = if stale { token() } else { job.token };
        if job.state != JobState::Running && !stale {
            // Whether an old token is known depends on how it ended: `end_again` sees to it.
            return;
        }
        let leaves = if fails {
            Finish::Failed(problem("no"))
        } else {
            Finish::Nothing
        };
        let answer = self.store.finish(job.id, used, &leaves).await.unwrap();
        if stale {
            assert_eq!(answer, Finished::Fenced);
            return;
        }
        assert_eq!(answer, Finished::Done);
        job.state = if fails {
            JobState::Failed
        } else {
            JobState::Succeeded
        };
        job.holder = None;
        self.last_end = Some((job.id, used, leaves));
    }

    /// A repeated finish answers as before and changes nothing, unless the job is gone.
    async fn end_again(&mut self) {
        let Some((id, token, leaves)) = &self.last_end else {
            return;
        };
        let answer = self.store.finish(*id, *token, leaves).await.unwrap();
        let there = self.jobs.iter().any(|job| job.id == *id);
        assert_eq!(
            answer,
            if there {
                Finished::Done
            } else {
                Finished::Fenced
            }
        );
    }

    async fn release(&mut self, i: usize, stale: bool, why: &Release) {
        let job = &mut self.jobs[i];
        if job.state != JobState::Running {
            return;
        }
        let used = if stale { token() } else { job.token };
        let held = self.store.release(job.id, used, why).await.unwrap();
        assert_eq!(held, if stale { Held::Lost } else { Held::Kept });
        if !stale {
            let again = self.store.release(job.id, used, why).await.unwrap();
            assert_eq!(again, Held::Kept);
            job.state = JobState::Queued;
            job.delayed = matches!(why, Release::Retry { .. });
            job.holder = None;
        }
    }

    async fn cancel(&mut self, i: usize) {
        let job = &mut self.jobs[i];
        let expected = match job.state {
            JobState::Succeeded | JobState::Failed => Cancel::AlreadyOver(job.state),
            _ => {
                job.state = JobState::Cancelled;
                job.holder = None;
                job.delayed = false;
                Cancel::Cancelled
            }
        };
        assert_eq!(self.store.cancel(job.id, &ann()).await.unwrap(), expected);
    }

    async fn reap(&mut self, worker: usize, gone: Gone) {
        let reaped = self.store.reap(&self.workers[worker], gone).await.unwrap();
        let mut expected = BTreeSet::new();
        for job in self
            .jobs
            .iter_mut()
            .filter(|job| job.holder == Some(worker))
        {
            job.crashes += u32::from(gone == Gone::Crashed);
            let over = gone == Gone::Crashed && job.crashes == 3;
            job.state = if over {
                JobState::Failed
            } else {
                JobState::Queued
            };
            job.holder = None;
            expected.insert((job.id, job.state.as_str()));
        }
        let reaped: BTreeSet<_> = reaped.iter().map(|it| (it.id, it.state.as_str())).collect();
        assert_eq!(reaped, expected);
        self.store
            .register_worker(&self.workers[worker], 2, "home")
            .await
            .unwrap();
    }

    async fn delete(&mut self, i: usize) {
        let job = self.jobs[i].clone();
        let answer = self.store.delete_job(job.id, &ann()).await.unwrap();
        if job.state.is_terminal() {
            assert_eq!(answer, DeleteJob::Deleted);
            self.jobs.remove(i);
        } else {
            assert_eq!(answer, DeleteJob::NotOver(job.state));
        }
    }

    async fn ask<T: FromRedisValue>(&mut self, command: &str, key: &str, rest: &[&str]) -> T {
        let mut command = redis::cmd(command);
        command.arg(format!("{{assay}}:{key}")).arg(rest);
        command.query_async(&mut self.raw).await.unwrap()
    }

    /// What must hold whatever has happened.
    async fn check(&mut self) {
        let all = ["0", "-1"];
        let ready: BTreeSet<String> = self.ask("ZRANGE", "ready", &all).await;
        let leased: BTreeSet<String> = self.ask("ZRANGE", "leased", &all).await;
        let delayed: BTreeSet<String> = self.ask("ZRANGE", "delayed", &all).await;
        let mut held = BTreeMap::new();
        for worker in 0..2 {
            let key = format!("worker:{}", self.workers[worker]);
            let fields: BTreeMap<String, String> = self.ask("HGETALL", &key, &[]).await;
            for (field, id) in fields {
                if let Some(token) = field.strip_prefix("token:") {
                    held.insert(id, (worker, token.to_owned()));
                }
            }
        }
        let set = |wanted: &dyn Fn(&&Expected) -> bool| -> BTreeSet<String> {
            self.jobs
                .iter()
                .filter(|job| wanted(job))
                .map(|job| job.id.to_string())
                .collect()
        };
        let queued = |job: &Expected| job.state == JobState::Queued;
        assert_eq!(ready, set(&|job| queued(job) && !job.delayed), "in line");
        assert_eq!(delayed, set(&|job| queued(job) && job.delayed), "delayed");
        assert_eq!(leased, set(&|job| job.state == JobState::Running), "leased");
        let holders: BTreeMap<String, (usize, String)> = self
            .jobs
            .iter()
            .filter_map(|job| {
                let holder = job.holder?;
                Some((job.id.to_string(), (holder, job.token.to_string())))
            })
            .collect();
        assert_eq!(held, holders, "held by workers");

        let counts = self.store.counts(&ann()).await.unwrap();
        let expected = Counts {
            queued: (ready.len() + delayed.len()) as u64,
            running: leased.len() as u64,
        };
        assert_eq!(counts, expected);
        let listed = self
            .store
            .jobs(&JobFilter::default(), None, 100)
            .await
            .unwrap();
        assert_eq!(listed.items.len(), self.jobs.len());
        for (job, expected) in listed.items.iter().rev().zip(&self.jobs) {
            assert_eq!((job.id, job.state), (expected.id, expected.state));
            assert_eq!(job.attempts.len(), expected.attempts);
            assert_eq!(job.error.is_some(), job.state == JobState::Failed);
            assert_eq!(job.finished.is_some(), job.state.is_terminal());
            assert_eq!(job.waiting.is_some(), job.state == JobState::Queued);
            let open = job
                .attempts
                .iter()
                .filter(|attempt| attempt.outcome.is_none());
            assert_eq!(open.count(), usize::from(job.state == JobState::Running));
        }
    }

    /// The last event of each job shows it as it is.
    async fn check_events(&self, start: &assay_model::Position) {
        let Replay::Events(events) = self.store.replay(Some(&ann()), start).await.unwrap() else {
            panic!("the position is lost");
        };
        let mut told: BTreeMap<JobId, Option<JobState>> = BTreeMap::new();
        for (_, event) in events {
            match event {
                Event::Job(job) => told.insert(job.id, Some(job.state)),
                Event::JobDeleted(gone) => told.insert(JobId(gone.id), None),
                _ => None,
            };
        }
        told.retain(|_, state| state.is_some());
        let expected: BTreeMap<_, _> = self
            .jobs
            .iter()
            .map(|job| (job.id, Some(job.state)))
            .collect();
        assert_eq!(told, expected);
    }
}

#[test]
fn no_interleaving_breaks_the_state_machine() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let redis = runtime.block_on(Redis::start());
    let config = Config {
        cases: 40,
        failure_persistence: None,
        ..Config::default()
    };
    let steps = prop::collection::vec(step(), 1..40);
    TestRunner::new(config)
        .run(&steps, |steps| {
            runtime.block_on(async {
                let mut world = World::new(&redis).await;
                let start = world.store.tip().await.unwrap();
                for step in &steps {
                    world.take(step).await;
                    world.check().await;
                }
                world.check_events(&start).await;
            });
            Ok(())
        })
        .unwrap();
}
