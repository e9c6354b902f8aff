//! What each transition answers, and what one then sees.

use std::time::Duration;

use assay_model::{DatasetId, JobState, Outcome, Progress, Waiting, WorkerId};
use assay_store::{
    StoreError,
    jobs::{
        Cancel, DeleteJob, Edit, Finish, Finished, Gone, Held, Idempotency, JobEdit, JobFilter,
        Release, Submit,
    },
    signals::Signal,
};
use bytes::Bytes;
use uuid::Uuid;

use crate::fixture::{
    LONG, Redis, ann, claim_one, describe, name, new_result, noop, owner, problem, state, submit,
    table, token, until, worker,
};

#[tokio::test]
async fn a_submitted_job_is_in_line_with_its_place() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    worker(&store, "w").await;
    let first = submit(&store, &noop()).await;
    let second = submit(&store, &noop()).await;
    let place = async |id| store.job(id).await.unwrap().unwrap().waiting;
    let at = |position| {
        Some(Waiting::InLine {
            position,
            estimate_s: None,
        })
    };
    assert_eq!(place(first).await, at(1));
    assert_eq!(place(second).await, at(2));
    assert_eq!(store.counts(&ann()).await.unwrap().queued, 2);
}

#[tokio::test]
async fn a_job_without_workers_says_so() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let id = submit(&store, &noop()).await;
    let job = store.job(id).await.unwrap().unwrap();
    assert_eq!(job.waiting, Some(Waiting::NoWorker));
}

#[tokio::test]
async fn a_repeated_submit_makes_no_second_job() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let job = noop();
    submit(&store, &job).await;
    let again = store.submit(&job).await.unwrap();
    assert_eq!(again, Submit::AlreadyThere(job.id));
    assert_eq!(store.counts(&ann()).await.unwrap().queued, 1);
}

#[tokio::test]
async fn an_idempotency_key_stands_for_one_request_of_one_owner() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let with_key = |request: &str, who: &str| {
        let mut job = noop();
        job.spec.owner = owner(who);
        job.idempotency = Some(Idempotency {
            key: "ein Schlüssel: {x}".to_owned(),
            request_hash: request.to_owned(),
        });
        job
    };
    let first = submit(&store, &with_key("a", "ann")).await;
    let same = store.submit(&with_key("a", "ann")).await.unwrap();
    assert_eq!(same, Submit::AlreadyThere(first));
    let other = store.submit(&with_key("b", "ann")).await.unwrap();
    assert_eq!(other, Submit::IdempotencyConflict);
    submit(&store, &with_key("b", "bob")).await;

    // A job that was deleted is not given out again.
    store.cancel(first, &ann()).await.unwrap();
    store.delete_job(first, &ann()).await.unwrap();
    submit(&store, &with_key("a", "ann")).await;
}

#[tokio::test]
async fn unknown_inputs_and_taken_names_are_refused() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let animals = table(&store, "animals").await;

    let mut stale = animals.clone();
    stale.version = 2;
    let answer = store.submit(&describe(&[stale])).await.unwrap();
    assert_eq!(answer, Submit::UnknownInput(animals.id));

    let mut missing = animals.clone();
    missing.id = DatasetId(Uuid::now_v7());
    let answer = store
        .submit(&describe(&[animals.clone(), missing.clone()]))
        .await;
    assert_eq!(answer.unwrap(), Submit::UnknownInput(missing.id));

    let mut import = noop();
    import.reserve_name = Some(name("Animals"));
    assert_eq!(store.submit(&import).await.unwrap(), Submit::NameTaken);
    assert_eq!(store.counts(&ann()).await.unwrap().queued, 0);
}

#[tokio::test]
async fn jobs_are_claimed_in_order_and_a_token_gets_the_same_job_again() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let worker = worker(&store, "w").await;
    let mut submitted = Vec::new();
    for _ in 0..3 {
        submitted.push(submit(&store, &noop()).await);
    }
    let tokens = [token(), token()];
    let first = store.claim(&worker, &tokens, LONG).await.unwrap();
    let ids: Vec<_> = first.iter().map(|job| job.id).collect();
    assert_eq!(ids, submitted[..2]);
    let again = store.claim(&worker, &tokens, LONG).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(state(&store, submitted[2]).await, JobState::Queued);

    let job = store.job(ids[0]).await.unwrap().unwrap();
    assert_eq!((job.state, job.attempts.len()), (JobState::Running, 1));
    assert_eq!(job.attempts[0].worker, worker);
    assert_eq!(job.attempts[0].outcome, None);
    assert!(job.started.is_some());
    let counts = store.counts(&ann()).await.unwrap();
    assert_eq!((counts.queued, counts.running), (1, 2));
}

#[tokio::test]
async fn a_job_that_cannot_be_read_keeps_no_other_from_being_taken() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let worker = worker(&store, "w").await;
    let strange = submit(&store, &noop()).await;
    let plain = submit(&store, &noop()).await;
    let spec = format!("{{assay}}:job:{strange}:spec");
    let _: String = redis
        .ask(&["SET", &spec, r#"{"kind": "of a later version"}"#])
        .await;
    let claimed = store
        .claim(&worker, &[token(), token()], LONG)
        .await
        .unwrap();
    let ids: Vec<_> = claimed.iter().map(|job| job.id).collect();
    assert_eq!(ids, [plain]);
}

#[tokio::test]
async fn a_worker_that_is_not_registered_gets_nothing() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    submit(&store, &noop()).await;
    let stranger: WorkerId = "stranger".parse().unwrap();
    let claim = store.claim(&stranger, &[token()], LONG).await;
    assert!(matches!(claim, Err(StoreError::UnknownWorker(_))));
    let renew = store.renew(&stranger, LONG, &[]).await;
    assert!(matches!(renew, Err(StoreError::UnknownWorker(_))));
}

#[tokio::test]
async fn renew_tells_which_jobs_are_lost() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let worker = worker(&store, "w").await;
    for _ in 0..2 {
        submit(&store, &noop()).await;
    }
    let kept = claim_one(&store, &worker).await;
    let lost = claim_one(&store, &worker).await;
    store.cancel(lost.id, &ann()).await.unwrap();
    let jobs = [
        (kept.id, kept.token),
        (lost.id, lost.token),
        (kept.id, token()),
    ];
    let answer = store.renew(&worker, LONG, &jobs).await.unwrap();
    assert_eq!(answer, [Held::Kept, Held::Lost, Held::Lost]);
}

#[tokio::test]
async fn progress_is_seen_and_published_while_the_token_holds() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let worker = worker(&store, "w").await;
    let mut feed = store.progress_feed();
    submit(&store, &noop()).await;
    let job = claim_one(&store, &worker).await;
    let progress = Progress {
        stage: "scan".to_owned(),
        rows: 10,
        of_rows: 100,
        bytes: 0,
        of_bytes: u64::MAX,
    };
    // What is published before the feed listens is not heard.
    let note = loop {
        let held = store.progress(job.id, job.token, &progress).await.unwrap();
        assert_eq!(held, Held::Kept);
        let patience = Duration::from_millis(50);
        if let Ok(note) = tokio::time::timeout(patience, feed.next()).await {
            break note;
        }
    };
    assert_eq!(
        (note.owner, note.id, &note.progress),
        (ann(), job.id, &progress)
    );
    let seen = store.job(job.id).await.unwrap().unwrap().progress;
    assert_eq!(seen, Some(progress.clone()));

    let held = store.progress(job.id, token(), &progress).await.unwrap();
    assert_eq!(held, Held::Lost);
    store
        .finish(job.id, job.token, &Finish::Nothing)
        .await
        .unwrap();
    let seen = store.job(job.id).await.unwrap().unwrap().progress;
    assert_eq!(seen, None);
}

#[tokio::test]
async fn a_finished_job_has_its_result_and_stays_so() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let animals = table(&store, "animals").await;
    let worker = worker(&store, "w").await;
    submit(&store, &describe(std::slice::from_ref(&animals))).await;
    let claimed = claim_one(&store, &worker).await;
    assert_eq!(claimed.spec.inputs, std::slice::from_ref(&animals));
    let result = new_result();
    store
        .put_part(claimed.id, &result.parts[0], Bytes::from_static(b"part"))
        .await
        .unwrap();
    store.keep_parts(&result.parts).await.unwrap();
    let leaves = Finish::Result(Box::new(result.clone()));

    let stale = store.finish(claimed.id, token(), &leaves).await.unwrap();
    assert_eq!(stale, Finished::Fenced);
    for _ in 0..2 {
        let answer = store.finish(claimed.id, claimed.token, &leaves).await;
        assert_eq!(answer.unwrap(), Finished::Done);
    }
    let late = store
        .release(claimed.id, claimed.token, &Release::HandedBack)
        .await;
    assert_eq!(late.unwrap(), Held::Lost);

    let job = store.job(claimed.id).await.unwrap().unwrap();
    assert_eq!(job.state, JobState::Succeeded);
    assert_eq!(job.dataset, Some(animals));
    let its = job.result.unwrap();
    assert_eq!((its.id, its.rows), (result.id, 7));
    assert_eq!(its.finding.as_deref(), Some("**lion** leads"));
    assert_eq!(job.attempts.len(), 1);
    assert_eq!(job.attempts[0].outcome, Some(Outcome::Succeeded));
    assert_eq!(store.result(result.id).await.unwrap().unwrap().meta, "{}");
    // Its part has no end, and nothing is left to be swept.
    let life: i64 = redis
        .ask(&["TTL", &format!("assay:result:{}:part:0", result.id)])
        .await;
    assert_eq!(life, -1);
    assert_eq!(store.sweep().await.unwrap(), 0);
}

#[tokio::test]
async fn a_failed_job_says_why() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let worker = worker(&store, "w").await;
    submit(&store, &noop()).await;
    let claimed = claim_one(&store, &worker).await;
    let why = problem("Ein Fehler:\tTabulator \"und\" mehr\nals eine Zeile.");
    let leaves = Finish::Failed(why.clone());
    store
        .finish(claimed.id, claimed.token, &leaves)
        .await
        .unwrap();
    let job = store.job(claimed.id).await.unwrap().unwrap();
    assert_eq!((job.state, job.error), (JobState::Failed, Some(why)));
}

#[tokio::test]
async fn a_job_handed_back_keeps_its_place() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let worker = worker(&store, "w").await;
    let first = submit(&store, &noop()).await;
    submit(&store, &noop()).await;
    let claimed = claim_one(&store, &worker).await;
    for _ in 0..2 {
        let held = store
            .release(claimed.id, claimed.token, &Release::HandedBack)
            .await;
        assert_eq!(held.unwrap(), Held::Kept);
    }
    let late = store
        .finish(claimed.id, claimed.token, &Finish::Nothing)
        .await;
    assert_eq!(late.unwrap(), Finished::Fenced);
    let again = claim_one(&store, &worker).await;
    assert_eq!((again.id, again.attempt, again.retries), (first, 2, 0));
    let job = store.job(first).await.unwrap().unwrap();
    let outcomes: Vec<_> = job.attempts.iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [Some(Outcome::HandedBack), None]);
    // A token of an attempt before the latest is forgotten.
    store.reap(&worker, Gone::Lost).await.unwrap();
    let late = store
        .release(first, claimed.token, &Release::HandedBack)
        .await;
    assert_eq!(late.unwrap(), Held::Lost);
}

#[tokio::test]
async fn a_job_that_is_retried_waits_until_it_is_due() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let worker = worker(&store, "w").await;
    submit(&store, &noop()).await;
    let claimed = claim_one(&store, &worker).await;
    let retry = |delay| Release::Retry {
        delay,
        problem: problem("The store was out of reach."),
    };
    let late = retry(LONG);
    store
        .release(claimed.id, claimed.token, &late)
        .await
        .unwrap();
    let job = store.job(claimed.id).await.unwrap().unwrap();
    assert!(matches!(job.waiting, Some(Waiting::BackOff { .. })));
    assert_eq!((job.state, job.error), (JobState::Queued, None));
    assert!(
        store
            .claim(&worker, &[token()], LONG)
            .await
            .unwrap()
            .is_empty()
    );
    store.cancel(claimed.id, &ann()).await.unwrap();

    submit(&store, &noop()).await;
    let claimed = claim_one(&store, &worker).await;
    let soon = retry(Duration::from_millis(20));
    store
        .release(claimed.id, claimed.token, &soon)
        .await
        .unwrap();
    let mut again = Vec::new();
    until("it is due", async || {
        again = store.claim(&worker, &[token()], LONG).await.unwrap();
        !again.is_empty()
    })
    .await;
    assert_eq!((again[0].id, again[0].retries), (claimed.id, 1));
}

#[tokio::test]
async fn a_cancel_ends_a_job_at_once_and_fences_its_worker() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let worker = worker(&store, "w").await;
    let mut signals = store.signals();
    assert_eq!(signals.next().await, Signal::Listening);
    let running = submit(&store, &noop()).await;
    assert_eq!(signals.next().await, Signal::Wake);
    let claimed = claim_one(&store, &worker).await;
    let queued = submit(&store, &noop()).await;
    assert_eq!(signals.next().await, Signal::Wake);

    let answer = store.cancel(running, &owner("bob")).await.unwrap();
    assert_eq!(answer, Cancel::NotYours);
    for id in [running, queued, running] {
        assert_eq!(store.cancel(id, &ann()).await.unwrap(), Cancel::Cancelled);
    }
    assert_eq!(signals.next().await, Signal::Cancelled(running));
    let late = store
        .finish(claimed.id, claimed.token, &Finish::Nothing)
        .await;
    assert_eq!(late.unwrap(), Finished::Fenced);
    assert!(
        store
            .claim(&worker, &[token()], LONG)
            .await
            .unwrap()
            .is_empty()
    );
    let job = store.job(running).await.unwrap().unwrap();
    assert_eq!(job.state, JobState::Cancelled);
    assert_eq!(job.attempts[0].outcome, Some(Outcome::Cancelled));
    let counts = store.counts(&ann()).await.unwrap();
    assert_eq!((counts.queued, counts.running), (0, 0));

    submit(&store, &noop()).await;
    let done = claim_one(&store, &worker).await;
    store
        .finish(done.id, done.token, &Finish::Nothing)
        .await
        .unwrap();
    let answer = store.cancel(done.id, &ann()).await.unwrap();
    assert_eq!(answer, Cancel::AlreadyOver(JobState::Succeeded));
    assert_eq!(
        store.cancel(noop().id, &ann()).await.unwrap(),
        Cancel::NotFound
    );
}

#[tokio::test]
async fn what_a_fenced_attempt_wrote_is_swept() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let worker = worker(&store, "w").await;
    submit(&store, &noop()).await;
    let claimed = claim_one(&store, &worker).await;
    let parts = new_result().parts;
    let write = async || {
        store
            .put_part(claimed.id, &parts[0], Bytes::from_static(b"part"))
            .await
            .unwrap();
    };
    let blobs = async || redis.ask::<Vec<String>>(&["KEYS", "assay:*"]).await.len();
    write().await;
    store.abandon(claimed.id).await.unwrap();
    assert_eq!(blobs().await, 1, "a running job's part stays");
    store.cancel(claimed.id, &ann()).await.unwrap();
    assert_eq!(store.sweep().await.unwrap(), 1);
    assert_eq!(blobs().await, 0);
    // The worker had not heard yet and wrote on.
    write().await;
    store.abandon(claimed.id).await.unwrap();
    assert_eq!(blobs().await, 0);
}

#[tokio::test]
async fn a_deleted_job_takes_its_result_along() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let worker = worker(&store, "w").await;
    let id = submit(&store, &noop()).await;
    let answer = store.delete_job(id, &ann()).await.unwrap();
    assert_eq!(answer, DeleteJob::NotOver(JobState::Queued));
    let claimed = claim_one(&store, &worker).await;
    let result = new_result();
    store
        .put_part(id, &result.parts[0], Bytes::from_static(b"part"))
        .await
        .unwrap();
    store.keep_parts(&result.parts).await.unwrap();
    let leaves = Finish::Result(Box::new(result.clone()));
    store.finish(id, claimed.token, &leaves).await.unwrap();

    let answer = store.delete_job(id, &owner("bob")).await.unwrap();
    assert_eq!(answer, DeleteJob::NotYours);
    assert_eq!(
        store.delete_job(id, &ann()).await.unwrap(),
        DeleteJob::Deleted
    );
    assert_eq!(store.job(id).await.unwrap(), None);
    assert_eq!(store.result(result.id).await.unwrap(), None);
    let left: Vec<String> = redis.ask(&["KEYS", "*"]).await;
    let of_it: Vec<_> = left
        .iter()
        .filter(|key| key.contains(&id.to_string()) || key.starts_with("assay:"))
        .collect();
    assert!(of_it.is_empty(), "{of_it:?}");
    let listed = store.jobs(&JobFilter::default(), None, 10).await.unwrap();
    assert!(listed.items.is_empty());
    assert_eq!(
        store.delete_job(id, &ann()).await.unwrap(),
        DeleteJob::NotFound
    );
}

#[tokio::test]
async fn a_label_and_a_pin_can_be_changed() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let id = submit(&store, &noop()).await;
    let edit = |label: Option<&str>| JobEdit {
        label: Some(label.map(str::to_owned)),
        pinned: Some(label.is_some()),
    };
    let answer = store
        .edit_job(id, &owner("bob"), &edit(Some("x")))
        .await
        .unwrap();
    assert_eq!(answer, Edit::NotYours);
    let answer = store
        .edit_job(id, &ann(), &edit(Some("mine")))
        .await
        .unwrap();
    assert_eq!(answer, Edit::Done);
    let job = store.job(id).await.unwrap().unwrap();
    assert_eq!((job.label.as_deref(), job.pinned), (Some("mine"), true));
    store.edit_job(id, &ann(), &edit(None)).await.unwrap();
    let job = store.job(id).await.unwrap().unwrap();
    assert_eq!((job.label, job.pinned), (None, false));
    let answer = store
        .edit_job(noop().id, &ann(), &edit(None))
        .await
        .unwrap();
    assert_eq!(answer, Edit::NotFound);
}

#[tokio::test]
async fn lists_go_newest_first_in_pages_and_by_filter() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let animals = table(&store, "animals").await;
    let worker = worker(&store, "w").await;
    let mut ids = Vec::new();
    for n in 0..7 {
        let mut job = if n == 2 {
            describe(std::slice::from_ref(&animals))
        } else {
            noop()
        };
        job.spec.label = Some(format!("Job {n}"));
        ids.push(submit(&store, &job).await);
    }
    ids.reverse();
    claim_one(&store, &worker).await;
    let anns = JobFilter {
        owner: Some(ann()),
        states: vec![JobState::Queued, JobState::Running],
        ..JobFilter::default()
    };
    let mut listed = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = store.jobs(&anns, cursor.as_deref(), 3).await.unwrap();
        assert!(page.items.len() <= 3);
        listed.extend(page.items.iter().map(|job| job.id));
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(listed, ids);

    let found = async |filter: JobFilter| -> Vec<_> {
        let page = store.jobs(&filter, None, 10).await.unwrap();
        page.items.into_iter().map(|job| job.label).collect()
    };
    let label = |n: u32| Some(format!("Job {n}"));
    let running = JobFilter {
        states: vec![JobState::Running],
        ..JobFilter::default()
    };
    assert_eq!(found(running).await, [label(0)]);
    let reads = JobFilter {
        owner: Some(ann()),
        dataset: Some(animals.id),
        states: vec![JobState::Queued],
        ..JobFilter::default()
    };
    assert_eq!(found(reads).await, [label(2)]);
    let text = JobFilter {
        text: Some("JOB 5".to_owned()),
        ..JobFilter::default()
    };
    assert_eq!(found(text).await, [label(5)]);
    let by_input = JobFilter {
        text: Some("anim".to_owned()),
        states: vec![JobState::Queued],
        ..JobFilter::default()
    };
    assert_eq!(found(by_input).await, [label(2)]);
    let bobs = JobFilter {
        owner: Some(owner("bob")),
        ..JobFilter::default()
    };
    assert!(found(bobs).await.is_empty());
}

#[tokio::test]
async fn no_field_of_a_job_breaks_the_compact_form_of_its_hash() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let animals = table(&store, "animals").await;
    let worker = worker(&store, &"w".repeat(64)).await;
    let mut job = describe(&[animals]);
    job.spec.owner = owner(&"o".repeat(64));
    submit(&store, &job).await;
    let claimed = claim_one(&store, &worker).await;
    let progress = Progress {
        stage: "compute".to_owned(),
        rows: u64::MAX,
        of_rows: u64::MAX,
        bytes: u64::MAX,
        of_bytes: u64::MAX,
    };
    store
        .progress(claimed.id, claimed.token, &progress)
        .await
        .unwrap();
    let key = format!("{{assay}}:job:{}", claimed.id);
    let encoding: String = redis.ask(&["OBJECT", "ENCODING", &key]).await;
    assert_eq!(encoding, "listpack");
}
