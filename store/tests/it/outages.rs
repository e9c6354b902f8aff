//! A Redis that is full, or gone for a while.

use assay_model::{JobState, Problem, ProblemKind};
use assay_store::{
    StoreError,
    jobs::{Finish, Finished, Held, Submit},
};
use bytes::Bytes;

use crate::fixture::{LONG, Redis, ann, claim_one, new_result, noop, state, submit, token, worker};

#[tokio::test]
async fn a_full_redis_takes_no_new_work_but_loses_none() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let worker = worker(&store, "w").await;
    let first = submit(&store, &noop()).await;
    let second = submit(&store, &noop()).await;
    let claimed = claim_one(&store, &worker).await;
    redis.ask::<()>(&["CONFIG", "SET", "maxmemory", "1"]).await;

    let refused = store.submit(&noop()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Full(_)), "{refused:?}");
    assert!(Problem::from(refused).is(ProblemKind::Full));
    let part = &new_result().parts[0];
    let refused = store
        .put_part(first, part, Bytes::from_static(b"x"))
        .await
        .unwrap_err();
    assert!(matches!(refused, StoreError::Full(_)), "{refused:?}");
    let mut upload = store.new_upload();
    let refused = upload.push(Bytes::from_static(b"x")).await.unwrap_err();
    assert!(matches!(refused, StoreError::Full(_)), "{refused:?}");

    let held = store
        .renew(&worker, LONG, &[(first, claimed.token)])
        .await
        .unwrap();
    assert_eq!(held, [Held::Kept]);
    let done = store
        .finish(first, claimed.token, &Finish::Nothing)
        .await
        .unwrap();
    assert_eq!(done, Finished::Done);
    store.cancel(second, &ann()).await.unwrap();
    store.delete_job(second, &ann()).await.unwrap();

    redis.ask::<()>(&["CONFIG", "SET", "maxmemory", "0"]).await;
    let third = submit(&store, &noop()).await;
    assert_eq!(state(&store, third).await, JobState::Queued);
}

#[tokio::test]
async fn a_redis_that_was_killed_has_lost_no_job_and_the_store_finds_it_again() {
    let mut redis = Redis::start().await;
    let store = redis.store().await;
    let worker = worker(&store, "w").await;
    let job = noop();
    submit(&store, &job).await;
    let claimed = claim_one(&store, &worker).await;
    let position = store.tip().await.unwrap();
    redis.kill();
    let failed = store.ping().await.unwrap_err();
    assert!(failed.is_passing(), "{failed:?}");
    assert!(Problem::from(failed).is(ProblemKind::Unavailable));

    redis.restart().await;
    crate::fixture::until("the store is back", async || store.ping().await.is_ok()).await;
    assert_eq!(
        store.submit(&job).await.unwrap(),
        Submit::AlreadyThere(job.id)
    );
    assert_eq!(store.tip().await.unwrap(), position);
    // The scripts are loaded anew, and the worker holds its job still.
    let done = store
        .finish(claimed.id, claimed.token, &Finish::Nothing)
        .await
        .unwrap();
    assert_eq!(done, Finished::Done);
    assert!(
        store
            .claim(&worker, &[token()], LONG)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn status_says_how_full_redis_is_and_what_survives() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    redis
        .ask::<()>(&["CONFIG", "SET", "maxmemory", "100mb"])
        .await;
    let status = store.status().await.unwrap();
    assert!(status.used_bytes > 0);
    assert_eq!(status.max_bytes, Some(100 * 1024 * 1024));
    assert_eq!(status.eviction.as_deref(), Some("noeviction"));
    assert!(status.persistence.append_only);
    assert_eq!(status.persistence.fsync.as_deref(), Some("always"));
}

#[tokio::test]
async fn an_address_that_is_none_is_said_to_be_none() {
    let wrong = assay_store::Store::connect("nonsense", assay_store::Prefix::default()).await;
    assert!(matches!(wrong, Err(StoreError::Address(..))));
    let nobody = "redis+unix:///nowhere/redis.sock";
    let nobody = assay_store::Store::connect(nobody, assay_store::Prefix::default()).await;
    assert!(matches!(nobody, Err(StoreError::Unavailable(_))));
}
