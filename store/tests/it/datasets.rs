//! Data sets come, change their names and go.

use assay_model::{
    Collection, CollectionType, Column, ColumnType, DatasetId, DatasetKind, Event, JobState, Schema,
};
use assay_store::{
    collection::Look,
    datasets::{Declare, NewCollection, Observed, Rename},
    deletion::DeleteDataset,
    events::Replay,
    jobs::{Finish, Finished},
};
use uuid::Uuid;

use crate::fixture::{
    Redis, ann, claim_one, describe, name, new_version, noop, problem, state, submit, table, until,
    worker,
};

fn animals_collection() -> NewCollection {
    NewCollection {
        id: DatasetId(Uuid::now_v7()),
        name: name("zoo"),
        owner: ann(),
        collection: Collection {
            source: None,
            pattern: "animal:*".to_owned(),
            kind: CollectionType::Hash,
        },
        look: look(&["_key"], 3, "a"),
    }
}

fn look(columns: &[&str], records: u64, digest: &str) -> Look {
    let columns = columns
        .iter()
        .map(|name| Column::new(*name, ColumnType::Text));
    Look {
        schema: Schema::new(columns.collect()),
        records,
        is_whole: true,
        digest: digest.to_owned(),
        holds_other: None,
    }
}

#[tokio::test]
async fn an_import_leaves_a_data_set_that_is_found_by_id_and_name() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let made = table(&store, "Animals").await;
    for text in [made.id.to_string().as_str(), "animals", "ANIMALS"] {
        let found = store.find_dataset(text).await.unwrap().unwrap();
        assert_eq!((found.id, found.name.as_str()), (made.id, "Animals"));
        assert_eq!((found.kind, found.version), (DatasetKind::Table, 1));
        assert_eq!((found.rows, found.bytes, found.parts), (3, 4, 1));
        assert_eq!(found.source.as_deref(), Some("animals.csv"));
        assert_eq!(found.owner, ann());
        assert_eq!(found.schema.columns[0].name, "head");
    }
    assert_eq!(store.find_dataset("no such").await.unwrap(), None);
    assert_eq!(
        store.manifest(made.id, 1).await.unwrap().as_deref(),
        Some("[]")
    );
    assert_eq!(store.manifest(made.id, 2).await.unwrap(), None);
    let part: String = redis
        .ask(&["GET", &format!("assay:dataset:{}:v1:part:0", made.id)])
        .await;
    assert_eq!(part, "part");
}

#[tokio::test]
async fn a_name_taken_meanwhile_leaves_the_job_with_its_worker() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    table(&store, "animals").await;
    let worker = worker(&store, "w").await;
    submit(&store, &noop()).await;
    let claimed = claim_one(&store, &worker).await;
    let leaves = Finish::Dataset(Box::new(new_version("ANIMALS")));
    let answer = store
        .finish(claimed.id, claimed.token, &leaves)
        .await
        .unwrap();
    assert_eq!(answer, Finished::NameTaken);
    assert_eq!(state(&store, claimed.id).await, JobState::Running);
    assert_eq!(store.datasets().await.unwrap().len(), 1);
    let leaves = Finish::Failed(problem("The name is taken."));
    let answer = store
        .finish(claimed.id, claimed.token, &leaves)
        .await
        .unwrap();
    assert_eq!(answer, Finished::Done);
}

#[tokio::test]
async fn names_are_unique_without_regard_to_case_and_free_again_after_a_change() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let one = table(&store, "one").await;
    let two = table(&store, "two").await;
    let rename = async |id, to: &str| store.rename_dataset(id, &name(to)).await.unwrap();
    assert_eq!(rename(one.id, "TWO").await, Rename::NameTaken);
    assert_eq!(rename(one.id, "ONE").await, Rename::Renamed);
    assert_eq!(rename(one.id, "three").await, Rename::Renamed);
    assert_eq!(rename(two.id, "One").await, Rename::Renamed);
    assert_eq!(
        rename(DatasetId(Uuid::now_v7()), "x").await,
        Rename::NotFound
    );
    let found = store.find_dataset("one").await.unwrap().unwrap();
    assert_eq!((found.id, found.name.as_str()), (two.id, "One"));
    assert_eq!(store.find_dataset("two").await.unwrap(), None);
    assert_eq!(store.datasets().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_collection_is_declared_once_and_observed() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let begun = store.tip().await.unwrap();
    let zoo = animals_collection();
    for _ in 0..2 {
        assert_eq!(
            store.declare_collection(&zoo).await.unwrap(),
            Declare::Declared
        );
    }
    let other = NewCollection {
        id: DatasetId(Uuid::now_v7()),
        ..zoo.clone()
    };
    assert_eq!(
        store.declare_collection(&other).await.unwrap(),
        Declare::NameTaken
    );
    let found = store.find_dataset("ZOO").await.unwrap().unwrap();
    assert_eq!(found.collection, Some(zoo.collection.clone()));
    match store.replay(None, &begun).await.unwrap() {
        Replay::Events(told) => match told.as_slice() {
            [(_, Event::Dataset(dataset))] => assert_eq!(**dataset, found),
            other => panic!("it is told once: {other:?}"),
        },
        Replay::Reset(reason) => panic!("reset: {reason:?}"),
    }
    assert_eq!(
        (found.kind, found.version, found.rows),
        (DatasetKind::Collection, 0, 3)
    );

    let wider = look(&["_key", "arms"], 4, "b");
    let gone = store.observe_collection(other.id, &wider).await.unwrap();
    assert_eq!(gone, Observed::NotFound);
    let told = async || match store.replay(None, &begun).await.unwrap() {
        Replay::Events(told) => told.len(),
        Replay::Reset(reason) => panic!("reset: {reason:?}"),
    };
    // Declared less than a second ago: known at once, told a little later, and once.
    let noted = store.observe_collection(zoo.id, &wider).await.unwrap();
    assert_eq!((noted, told().await), (Observed::Untold, 1));
    let found = store.dataset(zoo.id).await.unwrap().unwrap();
    assert_eq!((found.rows, found.schema), (4, wider.schema.clone()));
    until("it is told", async || {
        store.observe_collection(zoo.id, &wider).await.unwrap() == Observed::Noted
    })
    .await;
    assert_eq!(told().await, 2);
    let same = store.observe_collection(zoo.id, &wider).await.unwrap();
    assert_eq!((same, told().await), (Observed::Noted, 2));

    // Jobs read it as version 0, and it can be deleted.
    let reads = assay_model::DatasetRef {
        id: zoo.id,
        name: zoo.name.clone(),
        version: 0,
    };
    submit(&store, &describe(&[reads])).await;
    let answer = store.delete_dataset(zoo.id, true).await.unwrap();
    assert_eq!(answer, DeleteDataset::Deleted);
}
