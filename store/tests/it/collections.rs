//! Records that others keep in Redis.

use std::collections::{BTreeMap, BTreeSet};

use assay_model::{Collection, CollectionType, Records, Written};
use assay_store::{
    Store,
    collection::{DeleteRecord, PutRecord, RecordBody, ScanStamp, Wanted},
};
use futures::{StreamExt, TryStreamExt, stream};
use proptest::{
    prop_assert_eq,
    test_runner::{Config, TestRunner},
};

use crate::fixture::{Redis, noop, submit};

pub fn collection(pattern: &str) -> Collection {
    of_type(CollectionType::Hash, pattern)
}

pub fn of_type(kind: CollectionType, pattern: &str) -> Collection {
    Collection {
        source: None,
        pattern: pattern.to_owned(),
        kind,
    }
}

/// A record as a test names it.
pub type Row = (String, Vec<(String, Written)>);

/// All that a scan gives, by three streams at once.
pub async fn scan_all(
    store: &Store,
    collection: &Collection,
    wanted: Wanted,
) -> (Vec<Row>, ScanStamp) {
    let (streams, watch) = store.scan(collection, wanted, 3).unwrap();
    let batches: Vec<Records> = stream::select_all(streams).try_collect().await.unwrap();
    (batches.into_iter().flat_map(rows).collect(), watch.stamp())
}

/// Sends a command for each number below `count`, some at a time: an answer must come
/// soon, also where many tests run at once.
pub async fn fill(redis: &Redis, count: u32, command: impl Fn(&mut redis::Pipeline, u32)) {
    let mut raw = redis.raw().await;
    for first in (0..count).step_by(1_000) {
        let mut pipe = redis::pipe();
        for n in first..count.min(first + 1_000) {
            command(&mut pipe, n);
        }
        pipe.query_async::<()>(&mut raw).await.unwrap();
    }
}

pub fn rows(records: Records) -> Vec<Row> {
    let Records { names, rows } = records;
    let row = |record: assay_model::Record| {
        let values = record
            .values
            .into_iter()
            .map(|(at, value)| (names[at].clone(), value));
        (record.key.as_str().to_owned(), values.collect())
    };
    rows.into_iter().map(row).collect()
}

async fn scan(store: &Store, pattern: &str) -> (Vec<Row>, ScanStamp) {
    scan_all(store, &collection(pattern), Wanted::All).await
}

fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[tokio::test]
async fn a_scan_gives_each_record_once_and_says_when() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let mut raw = redis.raw().await;
    let mut pipe = redis::pipe();
    for n in 0..5000 {
        let key = format!("animal:{n}");
        pipe.cmd("HSET")
            .arg(key)
            .arg("head")
            .arg("lion")
            .arg("arms")
            .arg(n)
            .ignore();
    }
    pipe.cmd("SET").arg("animal:text").arg("no record").ignore();
    pipe.cmd("HSET")
        .arg("plant:1")
        .arg("leaf")
        .arg("1")
        .ignore();
    pipe.query_async::<()>(&mut raw).await.unwrap();

    let wanted =
        |names: &[&str]| Wanted::Fields(names.iter().map(|name| (*name).to_owned()).collect());
    for wanted in [
        Wanted::All,
        wanted(&["head", "arms"]),
        wanted(&["arms", "wings"]),
    ] {
        let (records, stamp) = scan_all(&store, &collection("animal:*"), wanted.clone()).await;
        let records: BTreeMap<&str, _> = records
            .iter()
            .map(|(key, values)| (key.as_str(), values))
            .collect();
        assert_eq!(records.len(), 5000, "{wanted:?}");
        assert!(
            records["animal:4321"]
                .contains(&("arms".to_owned(), Written::Plain("4321".to_owned()))),
            "{wanted:?}"
        );
        assert_eq!((stamp.records, stamp.vanished), (5000, 0));
        assert!(stamp.began.unwrap() <= stamp.ended.unwrap());
    }
    for none in [wanted(&[]), wanted(&["wings"])] {
        let (records, stamp) = scan_all(&store, &collection("animal:*"), none).await;
        assert!(records.iter().all(|(_, values)| values.is_empty()));
        assert_eq!((records.len(), stamp.records), (5000, 5000));
    }
}

#[tokio::test]
async fn keys_that_go_in_mid_scan_are_counted() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    for wanted in [Wanted::Fields(vec!["n".to_owned()]), Wanted::All] {
        fill(&redis, 20_000, |pipe, n| {
            let key = format!("animal:{n}");
            pipe.cmd("HSET").arg(key).arg("n").arg(n).ignore();
        })
        .await;
        let (mut streams, watch) = store.scan(&collection("animal:*"), wanted, 1).unwrap();
        let mut stream = streams.remove(0);
        let first = stream.next().await.unwrap().unwrap().rows.len() as u64;
        // The walk is ahead by now, but not at the end.
        redis.ask::<()>(&["FLUSHALL"]).await;
        let rest: Vec<Records> = stream.try_collect().await.unwrap();
        let rest: usize = rest.iter().map(|records| records.rows.len()).sum();
        let stamp = watch.stamp();
        assert_eq!(stamp.records, first + rest as u64);
        assert!(stamp.vanished > 0, "{stamp:?}");
        assert!(stamp.records + stamp.vanished <= 20_000, "{stamp:?}");
    }
}

#[tokio::test]
async fn assays_own_keys_are_part_of_no_collection() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let job = submit(&store, &noop()).await;
    for key in ["assay:mine", "{assay}mine", "assayer:1", "another:1"] {
        redis.ask::<()>(&["HSET", key, "x", "1"]).await;
    }
    for pattern in ["*", "a*", "?ssay:*", "\\{assay*", "[a{]*"] {
        let (records, _) = scan(&store, pattern).await;
        for record in &records {
            assert!(
                ["assayer:1", "another:1"].contains(&record.0.as_str()),
                "{pattern}: {record:?}"
            );
        }
        let own = collection(pattern);
        for key in ["assay:mine", "{assay}mine", &format!("{{assay}}:job:{job}")] {
            assert_eq!(
                store.record(&own, key).await.unwrap(),
                None,
                "{pattern} {key}"
            );
            let put = store
                .put_record(&own, key, &RecordBody::Fields(fields(&[("x", "2")])))
                .await
                .unwrap();
            assert_eq!(put, PutRecord::NotInCollection, "{pattern} {key}");
            assert_eq!(
                store.delete_record(&own, key).await.unwrap(),
                DeleteRecord::NotFound,
                "{pattern} {key}"
            );
        }
    }
    assert_eq!(scan(&store, "*").await.0.len(), 2);
    assert!(store.job(job).await.unwrap().is_some());
}

#[tokio::test]
async fn a_record_is_read_written_whole_and_deleted_by_its_key() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let animals = collection("animal:*");
    let put = async |key: &str, pairs: &[(&str, &str)]| {
        store
            .put_record(&animals, key, &RecordBody::Fields(fields(pairs)))
            .await
            .unwrap()
    };
    assert_eq!(
        put("animal:7", &[("head", "lion"), ("arms", "8")]).await,
        PutRecord::Done
    );
    assert_eq!(put("animal:7", &[("head", "goat")]).await, PutRecord::Done);
    let found = store.record(&animals, "animal:7").await.unwrap().unwrap();
    assert_eq!(found, RecordBody::Fields(fields(&[("head", "goat")])));
    assert_eq!(
        put("plant:7", &[("x", "1")]).await,
        PutRecord::NotInCollection
    );
    redis.ask::<()>(&["SET", "animal:text", "x"]).await;
    assert_eq!(
        put("animal:text", &[("x", "1")]).await,
        PutRecord::OtherType
    );
    assert_eq!(store.record(&animals, "animal:text").await.unwrap(), None);
    for (key, answer) in [
        ("animal:text", DeleteRecord::NotFound),
        ("animal:7", DeleteRecord::Deleted),
        ("animal:7", DeleteRecord::NotFound),
    ] {
        assert_eq!(store.delete_record(&animals, key).await.unwrap(), answer);
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_stand_in_base64() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let mut command = redis::cmd("HSET");
    command
        .arg("animal:1")
        .arg("picture")
        .arg(&[0xff_u8, 0xfe][..]);
    command
        .query_async::<()>(&mut redis.raw().await)
        .await
        .unwrap();
    let (records, _) = scan(&store, "animal:*").await;
    let encoded = Written::Base64("//4=".to_owned());
    assert_eq!(records[0].1, [("picture".to_owned(), encoded)]);
}

#[tokio::test]
async fn an_empty_collection_is_one_without_records() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let (records, stamp) = scan(&store, "nothing:*").await;
    assert!(records.is_empty());
    assert!(stamp.ended.is_some());
}

/// The store asks Redis for a collection's keys and itself whether one key belongs: the two
/// must agree whatever the pattern.
#[test]
fn a_key_belongs_exactly_if_a_scan_finds_it() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let redis = runtime.block_on(Redis::start());
    let store = runtime.block_on(redis.store());
    let keys: Vec<String> = [
        "a", "b", "ab", "ba", "aab", "a-b", "a]", "[a", "a\\b", "^", "a*", "?", "-",
    ]
    .map(str::to_owned)
    .to_vec();
    runtime.block_on(async {
        for key in &keys {
            redis.ask::<()>(&["HSET", key, "x", "1"]).await;
        }
    });
    let config = Config {
        cases: 400,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&"[ab*?\\[\\]^\\\\-]{1,6}", |pattern| {
            let (scanned, asked) = runtime.block_on(async {
                let (records, _) = scan(&store, &pattern).await;
                let scanned: BTreeSet<String> = records.into_iter().map(|(key, _)| key).collect();
                let mut asked = BTreeSet::new();
                for key in &keys {
                    if store
                        .record(&collection(&pattern), key)
                        .await
                        .unwrap()
                        .is_some()
                    {
                        asked.insert(key.clone());
                    }
                }
                (scanned, asked)
            });
            prop_assert_eq!(scanned, asked, "{}", pattern);
            Ok(())
        })
        .unwrap();
}
