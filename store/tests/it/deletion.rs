//! Data sets go, and come back for as long as that is possible.

use std::time::Duration;

use assay_model::{DatasetId, Event, JobState};
use assay_store::{
    deletion::{DeleteDataset, RESTORE, RestoreDataset},
    events::Replay,
    jobs::{Cancel, Submit},
};
use uuid::Uuid;

use crate::fixture::{Redis, ann, describe, name, state, submit, table};

#[tokio::test]
async fn a_job_that_reads_it_stands_in_the_way_of_a_deletion() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let animals = table(&store, "animals").await;
    let reader = submit(&store, &describe(std::slice::from_ref(&animals))).await;
    let answer = store.delete_dataset(animals.id, false).await.unwrap();
    assert_eq!(answer, DeleteDataset::InUse(vec![reader]));
    assert!(store.dataset(animals.id).await.unwrap().is_some());

    store.cancel(reader, &ann()).await.unwrap();
    // Sent again it answers as the first time.
    for _ in 0..2 {
        let answer = store.delete_dataset(animals.id, false).await.unwrap();
        assert_eq!(answer, DeleteDataset::Deleted);
    }
    let other = store.delete_dataset(DatasetId(Uuid::now_v7()), false).await;
    assert_eq!(other.unwrap(), DeleteDataset::NotFound);
}

#[tokio::test]
async fn force_deletes_a_data_set_under_its_readers() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let animals = table(&store, "animals").await;
    let reader = submit(&store, &describe(std::slice::from_ref(&animals))).await;
    let answer = store.delete_dataset(animals.id, true).await.unwrap();
    assert_eq!(answer, DeleteDataset::Deleted);
    assert_eq!(store.purge_datasets(Duration::ZERO).await.unwrap(), 1);
    // The reader can still end.
    assert_eq!(
        store.cancel(reader, &ann()).await.unwrap(),
        Cancel::Cancelled
    );
}

#[tokio::test]
async fn a_deleted_data_set_is_out_of_sight_at_once_and_its_name_free() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let animals = table(&store, "Animals").await;
    store.delete_dataset(animals.id, false).await.unwrap();
    assert_eq!(store.dataset(animals.id).await.unwrap(), None);
    assert_eq!(store.find_dataset("animals").await.unwrap(), None);
    assert!(store.datasets().await.unwrap().is_empty());
    let job = describe(std::slice::from_ref(&animals));
    assert_eq!(
        store.submit(&job).await.unwrap(),
        Submit::UnknownInput(animals.id)
    );
    let other = table(&store, "animals").await;
    assert_ne!(other.id, animals.id);
}

#[tokio::test]
async fn a_deletion_is_undone_whole() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let animals = table(&store, "Animals").await;
    let before = store.dataset(animals.id).await.unwrap();
    let begun = store.tip().await.unwrap();
    store.delete_dataset(animals.id, false).await.unwrap();
    let deleted = store.deleted_dataset(animals.id).await.unwrap();
    assert_eq!(deleted, before);
    for _ in 0..2 {
        let answer = store.restore_dataset(animals.id).await.unwrap();
        assert_eq!(answer, RestoreDataset::Restored);
    }
    assert_eq!(store.deleted_dataset(animals.id).await.unwrap(), None);
    assert_eq!(store.find_dataset("ANIMALS").await.unwrap(), before);
    // It lives on: nothing is left to purge, and its part is there.
    assert_eq!(store.purge_datasets(Duration::ZERO).await.unwrap(), 0);
    let job = submit(&store, &describe(std::slice::from_ref(&animals))).await;
    assert_eq!(state(&store, job).await, JobState::Queued);
    let part: String = redis
        .ask(&["GET", &format!("assay:dataset:{}:v1:part:0", animals.id)])
        .await;
    assert_eq!(part, "part");
    // Told once as gone, once as there.
    let Replay::Events(told) = store.replay(None, &begun).await.unwrap() else {
        panic!("the position is lost");
    };
    let told: Vec<&Event> = told
        .iter()
        .map(|(_, event)| event)
        .filter(|event| event.name() == "dataset")
        .collect();
    assert!(
        matches!(told[..], [Event::DatasetDeleted(_), Event::Dataset(_)]),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_name_taken_meanwhile_stands_in_the_way_of_a_restoration() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let animals = table(&store, "Animals").await;
    store.delete_dataset(animals.id, false).await.unwrap();
    let other = table(&store, "ANIMALS").await;
    let answer = store.restore_dataset(animals.id).await.unwrap();
    assert_eq!(answer, RestoreDataset::NameTaken(name("Animals")));
    store
        .rename_dataset(other.id, &name("other"))
        .await
        .unwrap();
    let answer = store.restore_dataset(animals.id).await.unwrap();
    assert_eq!(answer, RestoreDataset::Restored);
}

#[tokio::test]
async fn when_its_time_is_over_nothing_is_left_of_it() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let animals = table(&store, "animals").await;
    store.delete_dataset(animals.id, false).await.unwrap();
    assert_eq!(store.purge_datasets(RESTORE).await.unwrap(), 0);
    // Half a minute ago, says the clock of the deletion.
    let key = animals.id.to_string();
    let late = -(RESTORE.as_millis() as i64) - 1;
    redis
        .ask::<f64>(&["ZINCRBY", "{assay}:deleted", &late.to_string(), &key])
        .await;
    let answer = store.restore_dataset(animals.id).await.unwrap();
    assert_eq!(answer, RestoreDataset::NotFound);
    assert_eq!(store.purge_datasets(RESTORE).await.unwrap(), 1);
    let left: Vec<String> = redis.ask(&["KEYS", "*dataset*"]).await;
    assert!(left.is_empty(), "{left:?}");
    let left: Vec<String> = redis.ask(&["KEYS", "*deleted*"]).await;
    assert!(left.is_empty(), "{left:?}");
    let answer = store.delete_dataset(animals.id, false).await.unwrap();
    assert_eq!(answer, DeleteDataset::NotFound);
}
