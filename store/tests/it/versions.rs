//! Versions of tables: how they come after one another, and what is kept of each.

use std::time::Duration;

use assay_model::{
    DatasetRef, ImportOptions, JobId, JobKind, JobState, VersionCause, Waiting, WorkerId,
};
use assay_store::{
    Store,
    blobs::added_part,
    jobs::{
        Claimed, Finish, Finished, Gone, ImportSpec, ImportTarget, JobSpec, NewJob, NewVersion,
        Place, Release, Submit,
    },
    upload::Upload,
};
use bytes::Bytes;
use object_store::path::Path;
use uuid::Uuid;

use crate::fixture::{
    LONG, Redis, ann, claim_one, describe, problem, state, submit, table, token, until, worker,
};

const NOW: Duration = Duration::ZERO;

/// A job of Ann's that appends an upload without bytes.
fn append(dataset: &DatasetRef) -> NewJob {
    load(ImportTarget::Append(dataset.clone()))
}

fn load(target: ImportTarget) -> NewJob {
    NewJob::new(JobSpec {
        import: Some(ImportSpec {
            target,
            options: ImportOptions::default(),
            upload: Upload {
                id: Uuid::now_v7(),
                bytes: 0,
                chunks: 0,
            },
        }),
        ..JobSpec::new(JobKind::Import, ann())
    })
}

/// A version after `base` that names these parts, the last one being of the attempt.
async fn version(
    store: &Store,
    claimed: &Claimed,
    dataset: &DatasetRef,
    base: u64,
    how: VersionCause,
    others: &[Path],
) -> NewVersion {
    let part = added_part(dataset.id, claimed.token, 0);
    store
        .put_part(claimed.id, &part, Bytes::from_static(b"more"))
        .await
        .unwrap();
    store.keep_parts(std::slice::from_ref(&part)).await.unwrap();
    let mut parts = others.to_vec();
    parts.push(part);
    NewVersion {
        id: dataset.id,
        place: Place::After {
            base,
            how,
            small: parts.len() as u64,
        },
        rows: 3 * parts.len() as u64,
        bytes: 4 * parts.len() as u64,
        manifest: format!("{} parts", parts.len()),
        parts,
        ..crate::fixture::new_version("x")
    }
}

async fn finish(store: &Store, claimed: &Claimed, version: &NewVersion) -> Finished {
    let leaves = Finish::Dataset(Box::new(version.clone()));
    store
        .finish(claimed.id, claimed.token, &leaves)
        .await
        .unwrap()
}

fn first_part(dataset: &DatasetRef) -> Path {
    assay_store::blobs::dataset_part(dataset.id, 1, 0)
}

/// Adds a version; answers its parts.
async fn add(
    store: &Store,
    dataset: &DatasetRef,
    base: u64,
    how: VersionCause,
    kept: &[Path],
) -> Vec<Path> {
    let worker = worker(store, "adder").await;
    let target = match how {
        VersionCause::Replace => ImportTarget::Replace(dataset.clone()),
        _ => ImportTarget::Append(dataset.clone()),
    };
    submit(store, &load(target)).await;
    let claimed = claim_one(store, &worker).await;
    let version = version(store, &claimed, dataset, base, how, kept).await;
    assert_eq!(finish(store, &claimed, &version).await, Finished::Done);
    version.parts
}

async fn parts_there(redis: &Redis) -> usize {
    let keys: Vec<String> = redis.ask(&["KEYS", "assay:dataset:*"]).await;
    keys.len()
}

async fn manifests(redis: &Redis) -> usize {
    let keys: Vec<String> = redis.ask(&["KEYS", "{assay}:dataset:*:v*"]).await;
    keys.len()
}

#[tokio::test]
async fn an_append_makes_a_version_that_shares_the_parts_of_the_one_before() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let animals = table(&store, "animals").await;
    let parts = add(
        &store,
        &animals,
        1,
        VersionCause::Append,
        &[first_part(&animals)],
    )
    .await;
    let found = store.dataset(animals.id).await.unwrap().unwrap();
    assert_eq!((found.version, found.content_version), (2, 2));
    assert_eq!((found.rows, found.bytes, found.parts), (6, 8, 2));
    assert_eq!(
        (found.name.as_str(), found.source.as_deref()),
        ("animals", Some("animals.csv"))
    );
    store.forget_versions(NOW).await.unwrap();
    assert_eq!(
        (parts_there(&redis).await, manifests(&redis).await),
        (parts.len(), 1)
    );
    assert_eq!(
        store.manifest(animals.id, 2).await.unwrap().as_deref(),
        Some("2 parts")
    );

    let history = store.versions(animals.id).await.unwrap();
    let lines: Vec<_> = history
        .iter()
        .map(|line| (line.version, line.how, line.rows, line.parts, line.kept))
        .collect();
    assert_eq!(
        lines,
        [
            (2, VersionCause::Append, 6, 2, true),
            (1, VersionCause::Import, 3, 1, false)
        ]
    );
    let job = store.job(history[0].job).await.unwrap().unwrap();
    let made = job.dataset.unwrap();
    assert_eq!((made.id, made.version), (animals.id, 2));
    assert_eq!(job.title, "Append");
}

#[tokio::test]
async fn a_finish_on_a_base_that_moved_on_changes_nothing_and_can_be_repeated_on_the_new_one() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let animals = table(&store, "animals").await;
    let worker = worker(&store, "w").await;
    submit(&store, &append(&animals)).await;
    let slow = claim_one(&store, &worker).await;
    let late = version(
        &store,
        &slow,
        &animals,
        1,
        VersionCause::Append,
        &[first_part(&animals)],
    )
    .await;

    // Gathering is in no load's way, so it may come in between.
    let gathering = NewJob::new(JobSpec {
        inputs: vec![animals.clone()],
        ..JobSpec::new(JobKind::Compact, ann())
    });
    submit(&store, &gathering).await;
    let gatherer = claim_one(&store, &worker).await;
    let one = version(&store, &gatherer, &animals, 1, VersionCause::Compact, &[]).await;
    assert_eq!(finish(&store, &gatherer, &one).await, Finished::Done);

    let told = redis.ask::<u64>(&["XLEN", "{assay}:events"]).await;
    assert_eq!(finish(&store, &slow, &late).await, Finished::Changed(2));
    assert_eq!(state(&store, slow.id).await, JobState::Running);
    assert_eq!(redis.ask::<u64>(&["XLEN", "{assay}:events"]).await, told);

    let mut parts = one.parts.clone();
    parts.extend(late.parts[1..].iter().cloned());
    let again = NewVersion {
        place: Place::After {
            base: 2,
            how: VersionCause::Append,
            small: 2,
        },
        parts,
        ..late
    };
    for _ in 0..2 {
        assert_eq!(finish(&store, &slow, &again).await, Finished::Done);
    }
    let found = store.dataset(animals.id).await.unwrap().unwrap();
    assert_eq!(
        (found.version, found.content_version, found.parts),
        (3, 3, 2)
    );
    // What was gathered is given up; what a stale token says changes nothing.
    store.forget_versions(NOW).await.unwrap();
    assert_eq!(parts_there(&redis).await, 2);
    let stale = Claimed {
        token: token(),
        ..slow
    };
    assert_eq!(finish(&store, &stale, &again).await, Finished::Fenced);
}

#[tokio::test]
async fn a_version_stays_whole_for_as_long_as_a_job_reads_it() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let animals = table(&store, "animals").await;
    let reader = submit(&store, &describe(std::slice::from_ref(&animals))).await;
    let holder = worker(&store, "reader").await;
    claim_one(&store, &holder).await;
    add(&store, &animals, 1, VersionCause::Replace, &[]).await;
    add(&store, &animals, 2, VersionCause::Replace, &[]).await;
    store.forget_versions(NOW).await.unwrap();
    // Of three versions the second is nobody's.
    assert_eq!((parts_there(&redis).await, manifests(&redis).await), (2, 2));
    let history = store.versions(animals.id).await.unwrap();
    let kept: Vec<_> = history.iter().map(|line| line.kept).collect();
    assert_eq!(kept, [true, false, true]);
    assert_eq!(history[2].readers, [reader]);

    store.cancel(reader, &ann()).await.unwrap();
    store.forget_versions(NOW).await.unwrap();
    assert_eq!((parts_there(&redis).await, manifests(&redis).await), (1, 1));
    let aging: Vec<String> = redis.ask(&["SMEMBERS", "{assay}:aging"]).await;
    assert!(aging.is_empty());
}

#[tokio::test]
async fn a_superseded_version_stays_for_a_moment_and_while_it_is_held() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let animals = table(&store, "animals").await;
    add(&store, &animals, 1, VersionCause::Replace, &[]).await;
    store.forget_versions(LONG).await.unwrap();
    assert_eq!(parts_there(&redis).await, 2);
    let hold = store.hold_version(animals.id, 1, LONG).await.unwrap();
    store.forget_versions(NOW).await.unwrap();
    assert_eq!(parts_there(&redis).await, 2);
    hold.release().await.unwrap();
    store.forget_versions(NOW).await.unwrap();
    assert_eq!(parts_there(&redis).await, 1);
    // A hold that is not renewed ends by itself.
    add(&store, &animals, 2, VersionCause::Replace, &[]).await;
    let _forgotten = store.hold_version(animals.id, 2, NOW).await.unwrap();
    until("the hold ends", async || {
        store.forget_versions(NOW).await.unwrap();
        parts_there(&redis).await == 1
    })
    .await;
}

#[tokio::test]
async fn loads_into_one_data_set_are_claimed_one_after_the_other() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let animals = table(&store, "animals").await;
    let plants = table(&store, "plants").await;
    let first = submit(&store, &append(&animals)).await;
    let second = submit(&store, &append(&animals)).await;
    let third = submit(&store, &load(ImportTarget::Replace(animals.clone()))).await;
    let other = submit(&store, &append(&plants)).await;
    let waiting = async |id: JobId| store.job(id).await.unwrap().unwrap().waiting;
    let worker = worker(&store, "w").await;
    assert_eq!(waiting(second).await, Some(Waiting::Behind));
    let claim = async |worker: &WorkerId| {
        let tokens = [token(), token(), token()];
        store.claim(worker, &tokens, LONG).await.unwrap()
    };
    let held = claim(&worker).await;
    assert_eq!(
        held.iter().map(|job| job.id).collect::<Vec<_>>(),
        [first, other]
    );

    // Whatever becomes of the first, the next comes only when it is over.
    let later = Release::Retry {
        delay: LONG,
        problem: problem("later"),
    };
    store.release(first, held[0].token, &later).await.unwrap();
    assert!(claim(&worker).await.is_empty());
    store.cancel(first, &ann()).await.unwrap();
    let held = claim(&worker).await;
    assert_eq!(held.iter().map(|job| job.id).collect::<Vec<_>>(), [second]);
    // One that waits behind can be cancelled, and is in nobody's way.
    store.cancel(third, &ann()).await.unwrap();
    store.reap(&worker, Gone::Lost).await.unwrap();
    let worker = crate::fixture::worker(&store, "next").await;
    let held = claim(&worker).await;
    assert_eq!(
        held.iter().map(|job| job.id).collect::<Vec<_>>(),
        [second, other]
    );
    let lane: Vec<String> = redis
        .ask(&[
            "ZRANGE",
            &format!("{{assay}}:dataset:{}:lane", animals.id),
            "0",
            "-1",
        ])
        .await;
    assert_eq!(lane, [second.to_string()]);
}

#[tokio::test]
async fn one_job_at_a_time_gathers_the_parts_of_a_data_set() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let animals = table(&store, "animals").await;
    let gathering = || {
        NewJob::new(JobSpec {
            inputs: vec![animals.clone()],
            ..JobSpec::new(JobKind::Compact, ann())
        })
    };
    let first = submit(&store, &gathering()).await;
    let again = store.submit(&gathering()).await.unwrap();
    assert_eq!(again, Submit::AlreadyThere(first));
    let worker = worker(&store, "w").await;
    let claimed = claim_one(&store, &worker).await;
    let again = store.submit(&gathering()).await.unwrap();
    assert_eq!(again, Submit::AlreadyThere(first));
    store
        .finish(claimed.id, claimed.token, &Finish::Nothing)
        .await
        .unwrap();
    submit(&store, &gathering()).await;
    // It stands in no deletion's way.
    let answer = store.delete_dataset(animals.id, false).await.unwrap();
    assert_eq!(answer, assay_store::deletion::DeleteDataset::Deleted);
}

#[tokio::test]
async fn a_load_into_a_data_set_that_was_deleted_is_told_so() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let animals = table(&store, "animals").await;
    let worker = worker(&store, "w").await;
    submit(&store, &append(&animals)).await;
    let behind = submit(&store, &append(&animals)).await;
    let claimed = claim_one(&store, &worker).await;
    let version = version(
        &store,
        &claimed,
        &animals,
        1,
        VersionCause::Append,
        &[first_part(&animals)],
    )
    .await;
    store.delete_dataset(animals.id, true).await.unwrap();
    assert_eq!(
        finish(&store, &claimed, &version).await,
        Finished::DatasetGone
    );
    store.purge_datasets(NOW).await.unwrap();
    let failed = Finish::Failed(problem("It was deleted."));
    store
        .finish(claimed.id, claimed.token, &failed)
        .await
        .unwrap();
    // The next in order is not stranded.
    assert_eq!(claim_one(&store, &worker).await.id, behind);
    store.cancel(behind, &ann()).await.unwrap();
    store.sweep().await.unwrap();
    let left: Vec<String> = redis.ask(&["KEYS", "*dataset*"]).await;
    assert!(left.is_empty(), "{left:?}");
}
