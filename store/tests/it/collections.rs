//! Records that others keep in Redis.

use std::collections::{BTreeMap, BTreeSet};

use assay_model::{Collection, CollectionType, ColumnType};
use assay_store::{
    Store,
    collection::{PutRecord, Record, ScanStamp},
    infer::Inference,
};
use futures::TryStreamExt;
use proptest::{
    prop_assert_eq,
    test_runner::{Config, TestRunner},
};

use crate::fixture::{Redis, noop, submit};

fn collection(pattern: &str) -> Collection {
    Collection {
        pattern: pattern.to_owned(),
        kind: CollectionType::Hash,
    }
}

async fn scan(store: &Store, pattern: &str) -> (Vec<Record>, ScanStamp) {
    let (stream, watch) = store.scan(&collection(pattern));
    let batches: Vec<Vec<Record>> = stream.try_collect().await.unwrap();
    (batches.into_iter().flatten().collect(), watch.stamp())
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

    let (records, stamp) = scan(&store, "animal:*").await;
    let keys: BTreeSet<&str> = records.iter().map(|record| record.key.as_str()).collect();
    assert_eq!((records.len(), keys.len()), (5000, 5000));
    let arms: BTreeMap<&str, &str> = records
        .iter()
        .map(|record| (record.key.as_str(), record.fields[1].1.as_str()))
        .collect();
    assert_eq!(arms["animal:4321"], "4321");
    assert_eq!((stamp.records, stamp.vanished), (5000, 0));
    assert!(stamp.began.unwrap() <= stamp.ended.unwrap());

    let mut inference = Inference::default();
    for record in &records {
        inference.push(record);
    }
    let types: Vec<_> = inference
        .schema()
        .columns
        .iter()
        .map(|column| column.kind)
        .collect();
    assert_eq!(
        types,
        [ColumnType::Text, ColumnType::Text, ColumnType::Integer]
    );
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
                ["assayer:1", "another:1"].contains(&record.key.as_str()),
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
                .put_record(&own, key, &fields(&[("x", "2")]))
                .await
                .unwrap();
            assert_eq!(put, PutRecord::NotInCollection, "{pattern} {key}");
            assert!(
                !store.delete_record(&own, key).await.unwrap(),
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
            .put_record(&animals, key, &fields(pairs))
            .await
            .unwrap()
    };
    assert_eq!(
        put("animal:7", &[("head", "lion"), ("arms", "8")]).await,
        PutRecord::Done
    );
    assert_eq!(put("animal:7", &[("head", "goat")]).await, PutRecord::Done);
    let found = store.record(&animals, "animal:7").await.unwrap().unwrap();
    assert_eq!(found.fields, fields(&[("head", "goat")]));
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
    assert!(!store.delete_record(&animals, "animal:text").await.unwrap());
    assert!(store.delete_record(&animals, "animal:7").await.unwrap());
    assert!(!store.delete_record(&animals, "animal:7").await.unwrap());
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
    assert_eq!(records[0].fields, fields(&[("picture", "//4=")]));
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
                let scanned: BTreeSet<String> = records.into_iter().map(|it| it.key).collect();
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
