//! Jobs come back from workers that have gone, and from leases that ran out.

use std::time::Duration;

use assay_model::{JobState, Outcome, ProblemKind};
use assay_store::{
    Store,
    jobs::{Finish, Finished, Gone, Held},
};

use crate::fixture::{LONG, Redis, claim_one, noop, state, submit, token, until, worker};

/// A lease that runs out at once.
const SHORT: Duration = Duration::from_millis(1);

async fn reap_until_found(store: &Store) -> Vec<assay_store::jobs::Reaped> {
    let mut reaped = Vec::new();
    until("the lease has run out", async || {
        reaped = store.reap_expired(100, SHORT).await.unwrap();
        !reaped.is_empty()
    })
    .await;
    reaped
}

#[tokio::test]
async fn a_dead_workers_jobs_come_back_in_their_old_order() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let dead = worker(&store, "dead").await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(submit(&store, &noop()).await);
    }
    let held = store.claim(&dead, &[token(), token()], LONG).await.unwrap();
    let reaped = store.reap(&dead, Gone::Lost).await.unwrap();
    assert_eq!(reaped.len(), 2);
    assert!(store.reap(&dead, Gone::Lost).await.unwrap().is_empty());
    assert!(store.workers().await.unwrap().is_empty());
    let late = store
        .finish(held[0].id, held[0].token, &Finish::Nothing)
        .await;
    assert_eq!(late.unwrap(), Finished::Fenced);

    let heir = worker(&store, "heir").await;
    for id in ids {
        assert_eq!(claim_one(&store, &heir).await.id, id);
    }
}

#[tokio::test]
async fn a_job_that_stops_its_worker_three_times_fails() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let id = submit(&store, &noop()).await;
    for n in 1..=3 {
        let worker = worker(&store, "w").await;
        claim_one(&store, &worker).await;
        let reaped = store.reap(&worker, Gone::Crashed).await.unwrap();
        let expected = if n < 3 {
            JobState::Queued
        } else {
            JobState::Failed
        };
        assert_eq!((reaped[0].id, reaped[0].state), (id, expected));
    }
    let job = store.job(id).await.unwrap().unwrap();
    assert_eq!(job.state, JobState::Failed);
    assert!(job.error.unwrap().is(ProblemKind::Crashed));
    assert!(
        job.attempts
            .iter()
            .all(|it| it.outcome == Some(Outcome::Crashed))
    );
}

#[tokio::test]
async fn ten_losses_are_forgiven_and_hand_backs_do_not_count() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let id = submit(&store, &noop()).await;
    for gone in [Gone::Lost, Gone::SignedOff].repeat(10) {
        let worker = worker(&store, "w").await;
        claim_one(&store, &worker).await;
        store.reap(&worker, gone).await.unwrap();
        assert_eq!(state(&store, id).await, JobState::Queued);
    }
    let worker = worker(&store, "w").await;
    claim_one(&store, &worker).await;
    store.reap(&worker, Gone::Lost).await.unwrap();
    assert_eq!(state(&store, id).await, JobState::Failed);
}

#[tokio::test]
async fn a_lease_that_runs_out_gives_the_job_to_another() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let slow = worker(&store, "slow").await;
    let id = submit(&store, &noop()).await;
    let held = store
        .claim(&slow, &[token()], SHORT)
        .await
        .unwrap()
        .remove(0);
    let reaped = reap_until_found(&store).await;
    assert_eq!((reaped[0].id, reaped[0].state), (id, JobState::Queued));
    let answer = store.renew(&slow, LONG, &[(id, held.token)]).await.unwrap();
    assert_eq!(answer, [Held::Lost]);

    let other = worker(&store, "other").await;
    let again = claim_one(&store, &other).await;
    assert_eq!((again.id, again.attempt), (id, 2));
    let job = store.job(id).await.unwrap().unwrap();
    assert_eq!(job.attempts[0].outcome, Some(Outcome::Lost));
}

#[tokio::test]
async fn a_renewed_lease_does_not_run_out() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let worker = worker(&store, "w").await;
    submit(&store, &noop()).await;
    let held = store
        .claim(&worker, &[token()], SHORT)
        .await
        .unwrap()
        .remove(0);
    store
        .renew(&worker, LONG, &[(held.id, held.token)])
        .await
        .unwrap();
    submit(&store, &noop()).await;
    let mut other = store.claim(&worker, &[token()], SHORT).await.unwrap();
    let other = other.remove(0);
    let reaped = reap_until_found(&store).await;
    assert_eq!(reaped.len(), 1);
    assert_eq!(reaped[0].id, other.id);
}

#[tokio::test]
async fn after_an_outage_no_lease_ends_for_one_leases_length() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let worker = worker(&store, "w").await;
    submit(&store, &noop()).await;
    store.claim(&worker, &[token()], SHORT).await.unwrap();
    // Nobody looked at the leases for a while.
    redis
        .ask::<()>(&["HSET", "{assay}:queue", "reaped_at", "1000"])
        .await;
    let lease = Duration::from_millis(200);
    let began = std::time::Instant::now();
    assert!(store.reap_expired(100, lease).await.unwrap().is_empty());
    until("the grace has passed", async || {
        !store.reap_expired(100, lease).await.unwrap().is_empty()
    })
    .await;
    assert!(began.elapsed() >= lease);
}

#[tokio::test]
async fn a_home_that_starts_again_takes_back_what_its_workers_held() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let here = worker(&store, "here").await;
    let elsewhere = "elsewhere".parse().unwrap();
    store
        .register_worker(&elsewhere, 1, "another home")
        .await
        .unwrap();
    submit(&store, &noop()).await;
    submit(&store, &noop()).await;
    let back = claim_one(&store, &here).await;
    let stays = claim_one(&store, &elsewhere).await;
    let reaped = store.reap_home("home").await.unwrap();
    assert_eq!(reaped.len(), 1);
    assert_eq!(reaped[0].id, back.id);
    assert_eq!(state(&store, stays.id).await, JobState::Running);
    let workers = store.workers().await.unwrap();
    assert_eq!(workers.len(), 1);
    assert_eq!(
        (&workers[0].id, &workers[0].jobs),
        (&elsewhere, &vec![stays.id])
    );
}

#[tokio::test]
async fn a_worker_long_unheard_of_is_forgotten() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    worker(&store, "old").await;
    redis
        .ask::<()>(&["ZADD", "{assay}:workers", "1000", "old"])
        .await;
    store.reap_expired(100, LONG).await.unwrap();
    assert!(store.workers().await.unwrap().is_empty());
}
