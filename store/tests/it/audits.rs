//! The audit finds what should not be there, heals it, and leaves alone what should.

use std::time::Duration;

use assay_store::audit::Found;
use bytes::Bytes;
use uuid::Uuid;

use crate::fixture::{Redis, claim_one, noop, submit, table, worker};

const NO_REST: Duration = Duration::ZERO;

async fn audit(redis: &Redis) -> Found {
    let store = redis.store().await;
    // The turn of the audit before lasts for a millisecond.
    let mut found = None;
    crate::fixture::until("it is our turn", async || {
        found = store.audit(NO_REST).await.unwrap();
        found.is_some()
    })
    .await;
    found.unwrap()
}

#[tokio::test]
async fn what_has_an_owner_is_left_alone() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let animals = table(&store, "animals").await;
    let deleted = table(&store, "deleted").await;
    store.delete_dataset(deleted.id, false).await.unwrap();
    // A body on its way, and a part that a job is writing.
    let mut body = store.new_upload();
    body.push(Bytes::from(vec![7; 10_000_000])).await.unwrap();
    let worker = worker(&store, "w").await;
    submit(&store, &noop()).await;
    let claimed = claim_one(&store, &worker).await;
    let part = assay_store::blobs::added_part(animals.id, claimed.token, 0);
    store
        .put_part(claimed.id, &part, Bytes::from_static(b"part"))
        .await
        .unwrap();
    let upload = body.finish().await.unwrap();
    for id in [animals.id, deleted.id] {
        let profile = format!("{{assay}}:dataset:{id}:v1:profile");
        redis.ask::<()>(&["SET", &profile, "columns"]).await;
    }
    let before: Vec<String> = redis.ask(&["KEYS", "assay:*"]).await;
    assert_eq!(before.len(), 2 + 2 + 1);
    assert_eq!(audit(&redis).await, Found::default());
    let after: Vec<String> = redis.ask(&["KEYS", "assay:*"]).await;
    assert_eq!(after.len(), before.len());
    let profiles: Vec<String> = redis.ask(&["KEYS", "*:profile"]).await;
    assert_eq!(profiles.len(), 2);
    store.delete_upload(&upload).await.unwrap();
}

#[tokio::test]
async fn orphans_are_healed_and_counted() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let animals = table(&store, "animals").await;
    let gone = Uuid::now_v7();
    for key in [
        format!("assay:dataset:{}:v1:part:7", animals.id),
        format!("assay:dataset:{gone}:v1:part:0"),
        format!("assay:result:{gone}:part:0"),
        format!("assay:upload:{gone}:0"),
        format!("{{assay}}:dataset:{}:v9", animals.id),
        format!("{{assay}}:dataset:{}:v9:profile", animals.id),
        format!("{{assay}}:dataset:{gone}:v1"),
        format!("{{assay}}:job:{gone}:other"),
    ] {
        redis.ask::<()>(&["SET", &key, "planted"]).await;
    }
    redis
        .ask::<()>(&[
            "SADD",
            &format!("{{assay}}:job:{gone}:writing"),
            "assay:result:x:part:0",
        ])
        .await;
    let found = audit(&redis).await;
    assert_eq!(
        found,
        Found {
            parts: 3,
            versions: 3,
            deleted: 0,
            spools: 1,
            leavings: 1
        }
    );
    let record = store.audit_record().await.unwrap();
    assert!(record.at.is_some());
    assert_eq!((record.orphans, record.left_over), (6, 2));
    assert_eq!(audit(&redis).await, Found::default());
    let left: Vec<String> = redis.ask(&["KEYS", "assay:*"]).await;
    assert_eq!(left, [format!("assay:dataset:{}:v1:part:0", animals.id)]);
}

#[tokio::test]
async fn several_servers_audit_as_often_as_one() {
    let redis = Redis::start().await;
    let (one, other) = (redis.store().await, redis.store().await);
    let rest = Duration::from_mins(1);
    assert_eq!(one.audit(rest).await.unwrap(), Some(Found::default()));
    assert_eq!(other.audit(rest).await.unwrap(), None);
    assert_eq!(one.audit(rest).await.unwrap(), None);
}
