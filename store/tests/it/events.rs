//! What is told, to whom, and what a client that comes back gets.

use assay_model::{Event, JobState, Outcome, Owner, Position, ResetReason, Waiting};
use assay_store::{
    Store, StoreError,
    events::{Audience, Replay, Tail},
    jobs::{Finish, Gone, JobEdit},
};

use crate::fixture::{
    LONG, Redis, ann, claim_one, new_result, noop, owner, problem, submit, table, token, worker,
};

async fn missed(store: &Store, who: Option<&Owner>, after: &Position) -> Vec<(Position, Event)> {
    match store.replay(who, after).await.unwrap() {
        Replay::Events(events) => events,
        Replay::Reset(reason) => panic!("reset: {reason:?}"),
    }
}

/// The next `count` events of the tail.
async fn told(tail: &mut Tail, count: usize) -> Vec<(Audience, Event)> {
    let mut events = Vec::new();
    while events.len() < count {
        let entries = tail.next().await.unwrap();
        events.extend(entries.into_iter().filter_map(|entry| entry.news));
    }
    events
}

fn states(events: &[(Position, Event)]) -> Vec<JobState> {
    events
        .iter()
        .filter_map(|(_, event)| match event {
            Event::Job(job) => Some(job.state),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn an_event_shows_the_state_that_it_announces_and_not_a_later_one() {
    use JobState::{Queued, Running, Succeeded};

    let redis = Redis::start().await;
    let store = redis.store().await;
    let worker = worker(&store, "w").await;
    let start = store.tip().await.unwrap();
    submit(&store, &noop()).await;
    let first = claim_one(&store, &worker).await;
    store.reap(&worker, Gone::Lost).await.unwrap();
    store.register_worker(&worker, 4, "home").await.unwrap();
    let second = store
        .claim(&worker, &[token()], LONG)
        .await
        .unwrap()
        .remove(0);
    let leaves = Finish::Result(Box::new(new_result()));
    store.finish(first.id, second.token, &leaves).await.unwrap();

    let events = missed(&store, Some(&ann()), &start).await;
    assert_eq!(
        states(&events),
        [Queued, Running, Queued, Running, Succeeded]
    );
    let jobs: Vec<_> = events
        .iter()
        .filter_map(|(_, event)| match event {
            Event::Job(job) => Some(job),
            _ => None,
        })
        .collect();
    let attempts: Vec<usize> = jobs.iter().map(|job| job.attempts.len()).collect();
    assert_eq!(attempts, [0, 1, 1, 2, 2]);
    assert_eq!(jobs[2].attempts[0].outcome, Some(Outcome::Lost));
    assert!(matches!(
        jobs[0].waiting,
        Some(Waiting::InLine { position: 1, .. })
    ));
    assert!(jobs[3].result.is_none());
    assert_eq!(jobs[4].result.as_ref().unwrap().rows, 7);
    // The last event is what a read says now.
    assert_eq!(**jobs[4], store.job(first.id).await.unwrap().unwrap());
}

#[tokio::test]
async fn the_tail_gives_what_replay_gives() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let mut tail = store.tail().await.unwrap();
    let start = tail.at().clone();
    let animals = table(&store, "animals").await;
    let claimed = {
        let worker = worker(&store, "w").await;
        submit(&store, &noop()).await;
        claim_one(&store, &worker).await
    };
    let leaves = Finish::Failed(problem("No."));
    store
        .finish(claimed.id, claimed.token, &leaves)
        .await
        .unwrap();
    store.delete_job(claimed.id, &ann()).await.unwrap();
    store.delete_dataset(animals.id, false).await.unwrap();

    // The job is gone, so only its deletion is left of it; the data set likewise. What
    // remains: a worker, three states of the import, another worker, two deletions.
    let live = told(&mut tail, 7).await;
    let replayed = missed(&store, Some(&ann()), &start).await;
    let live: Vec<_> = live.into_iter().map(|(_, event)| event).collect();
    let replayed: Vec<_> = replayed.into_iter().map(|(_, event)| event).collect();
    assert_eq!(live, replayed);
    assert!(matches!(live[5], Event::JobDeleted(_)));
    assert!(matches!(live[6], Event::DatasetDeleted(_)));
}

#[tokio::test]
async fn a_data_set_is_told_before_the_end_of_its_import() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let start = store.tip().await.unwrap();
    table(&store, "animals").await;
    let events = missed(&store, Some(&ann()), &start).await;
    let names: Vec<_> = events.iter().map(|(_, event)| event.name()).collect();
    assert_eq!(names, ["worker", "job", "job", "dataset", "job"]);
    let Event::Dataset(dataset) = &events[3].1 else {
        panic!("no data set: {:?}", events[3]);
    };
    assert_eq!(
        Some(&**dataset),
        store.find_dataset("animals").await.unwrap().as_ref()
    );
}

#[tokio::test]
async fn others_jobs_are_nobodys_business() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let mut tail = store.tail().await.unwrap();
    let start = tail.at().clone();
    let id = submit(&store, &noop()).await;
    store
        .edit_job(
            id,
            &ann(),
            &JobEdit {
                label: Some(Some("mine".to_owned())),
                pinned: None,
            },
        )
        .await
        .unwrap();
    assert!(missed(&store, Some(&owner("bob")), &start).await.is_empty());
    assert!(missed(&store, None, &start).await.is_empty());
    assert_eq!(missed(&store, Some(&ann()), &start).await.len(), 2);
    for (audience, _) in told(&mut tail, 2).await {
        assert_eq!(audience, Audience::Owner(ann()));
    }
}

#[tokio::test]
async fn a_position_is_good_only_while_its_entry_is_there() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let start = store.tip().await.unwrap();
    let reset = async |position: &Position| match store.replay(Some(&ann()), position).await {
        Ok(Replay::Reset(reason)) => Some(reason),
        Ok(Replay::Events(_)) => None,
        Err(error) => panic!("{error}"),
    };
    assert_eq!(reset(&start).await, None);
    let made_up = Position {
        millis: start.millis + 5,
        ..start.clone()
    };
    assert_eq!(reset(&made_up).await, Some(ResetReason::Unknown));
    let other_life = Position {
        epoch: "other".to_owned(),
        ..start.clone()
    };
    assert_eq!(reset(&other_life).await, Some(ResetReason::Epoch));
    submit(&store, &noop()).await;
    redis
        .ask::<()>(&["XTRIM", "{assay}:events", "MAXLEN", "1"])
        .await;
    assert_eq!(reset(&start).await, Some(ResetReason::Trimmed));
}

#[tokio::test]
async fn a_replaced_redis_ends_the_tail_and_its_positions() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let mut tail = store.tail().await.unwrap();
    let before = tail.at().clone();
    redis.ask::<()>(&["FLUSHALL"]).await;
    assert_ne!(store.epoch().await.unwrap(), before.epoch);
    submit(&store, &noop()).await;
    let replay = store.replay(Some(&ann()), &before).await.unwrap();
    assert_eq!(replay, Replay::Reset(ResetReason::Epoch));
    assert!(matches!(tail.next().await, Err(StoreError::Replaced)));
}

#[tokio::test]
async fn positions_grow_and_none_is_told_twice() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let start = store.tip().await.unwrap();
    for _ in 0..50 {
        submit(&store, &noop()).await;
    }
    let events = missed(&store, Some(&ann()), &start).await;
    let places: Vec<_> = events
        .iter()
        .map(|(at, _)| (at.millis, at.sequence))
        .collect();
    assert_eq!(places.len(), 50);
    assert!(places.is_sorted_by(|one, other| one < other));
    let half = missed(&store, Some(&ann()), &events[24].0).await;
    assert_eq!(half, events[25..]);
    assert_eq!(store.tip().await.unwrap(), events[49].0);
}
