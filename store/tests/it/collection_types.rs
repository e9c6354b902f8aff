//! What collections of each type read, small and in pieces.

use assay_model::{CollectionType, ColumnType, Written};
use assay_store::{
    collection::{Depth, PutRecord, RecordBody, Wanted},
    infer::KEY_COLUMN,
};

use crate::{
    collections::{Row, collection, fill, of_type, scan_all},
    fixture::Redis,
};

fn plain(text: &str) -> Written {
    Written::Plain(text.to_owned())
}

fn quoted(text: &str) -> Written {
    Written::Quoted(text.to_owned())
}

fn row(key: &str, values: &[(&str, Written)]) -> Row {
    let values = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    (key.to_owned(), values.collect())
}

async fn check(redis: &Redis, kind: CollectionType, pattern: &str, expected: &[Row]) {
    let store = redis.store().await;
    let (mut found, stamp) = scan_all(&store, &of_type(kind, pattern), Wanted::All).await;
    found.sort_by(|one, other| format!("{one:?}").cmp(&format!("{other:?}")));
    assert_eq!(found, expected, "{kind:?} {pattern}");
    assert_eq!((stamp.records, stamp.vanished), (expected.len() as u64, 0));
    assert!(stamp.ended.is_some());
}

#[tokio::test]
async fn each_type_gives_its_records() {
    let redis = Redis::start().await;
    for words in [
        &["SET", "note:1", "hello"][..],
        &["SET", "note:2", ""],
        &[
            "SET",
            "doc:1",
            r#"{"head": "lion", "size": {"arms": 8}, "tags": ["a"]}"#,
        ],
        &["SET", "doc:2", "no object"],
        &["XADD", "log:a", "1-1", "level", "info"],
        &["XADD", "log:a", "1-2", "level", "warn", "code", "7"],
        &["XADD", "log:b", "5-0", "level", "info"],
        &["RPUSH", "line", "first", "second"],
        &["SADD", "heads", "lion", "goat"],
        &["ZADD", "scores", "1.5", "ann", "inf", "bob"],
    ] {
        redis.ask::<redis::Value>(words).await;
    }
    check(
        &redis,
        CollectionType::String,
        "note:*",
        &[
            row("note:1", &[("value", plain("hello"))]),
            row("note:2", &[("value", plain(""))]),
        ],
    )
    .await;
    check(
        &redis,
        CollectionType::Json,
        "doc:*",
        &[
            row(
                "doc:1",
                &[
                    ("head", quoted("lion")),
                    ("size.arms", plain("8")),
                    ("tags", quoted(r#"["a"]"#)),
                ],
            ),
            row("doc:2", &[("value", plain("no object"))]),
        ],
    )
    .await;
    check(
        &redis,
        CollectionType::Stream,
        "log:*",
        &[
            row("log:a", &[("_id", quoted("1-1")), ("level", plain("info"))]),
            row(
                "log:a",
                &[
                    ("_id", quoted("1-2")),
                    ("level", plain("warn")),
                    ("code", plain("7")),
                ],
            ),
            row("log:b", &[("_id", quoted("5-0")), ("level", plain("info"))]),
        ],
    )
    .await;
    check(
        &redis,
        CollectionType::List,
        "line",
        &[
            row("line", &[("_index", plain("0")), ("value", plain("first"))]),
            row(
                "line",
                &[("_index", plain("1")), ("value", plain("second"))],
            ),
        ],
    )
    .await;
    check(
        &redis,
        CollectionType::Set,
        "heads",
        &[
            row("heads", &[("value", plain("goat"))]),
            row("heads", &[("value", plain("lion"))]),
        ],
    )
    .await;
    check(
        &redis,
        CollectionType::Zset,
        "scores",
        &[
            row(
                "scores",
                &[("value", plain("ann")), ("score", plain("1.5"))],
            ),
            row(
                "scores",
                &[("value", plain("bob")), ("score", plain("Infinity"))],
            ),
        ],
    )
    .await;
    check(&redis, CollectionType::List, "nothing", &[]).await;

    let store = redis.store().await;
    let scores = of_type(CollectionType::Zset, "scores");
    let look = store.look(&scores, None, Depth::Sample).await.unwrap();
    assert_eq!(look.records, 2);
    let column = look.schema.get("score").unwrap();
    assert_eq!((column.kind, &column.note), (ColumnType::Number, &None));
    let not_a_list = of_type(CollectionType::List, "heads");
    let look = store.look(&not_a_list, None, Depth::Sample).await.unwrap();
    assert_eq!(look.holds_other.as_deref(), Some("set"));
}

/// Commands that read something large in one go.
const GREEDY: [&str; 8] = [
    "keys", "hgetall", "hvals", "hkeys", "smembers", "get", "zrange", "sort",
];

#[tokio::test]
async fn what_is_large_is_read_in_pieces() {
    let redis = Redis::start().await;
    fill(&redis, 5_000, |pipe, n| {
        let (field, text) = (format!("f{n}"), format!("v{n}"));
        pipe.cmd("HSET").arg("big:hash").arg(field).arg(n).ignore();
        pipe.cmd("RPUSH").arg("big:list").arg(&text).ignore();
        pipe.cmd("SADD").arg("big:set").arg(&text).ignore();
        pipe.cmd("ZADD").arg("big:zset").arg(n).arg(&text).ignore();
        pipe.cmd("XADD").arg("big:stream").arg("*").arg("n").arg(n);
        pipe.ignore();
    })
    .await;
    let text = "ä".repeat(1_500_000);
    redis.ask::<()>(&["SET", "big:text", &text]).await;
    redis.ask::<()>(&["CONFIG", "RESETSTAT"]).await;

    let store = redis.store().await;
    let (hashes, _) = scan_all(&store, &collection("big:*"), Wanted::All).await;
    assert_eq!((hashes.len(), hashes[0].1.len()), (1, 5_000));
    let strings = of_type(CollectionType::String, "big:*");
    let (strings, _) = scan_all(&store, &strings, Wanted::All).await;
    assert_eq!(strings, [row("big:text", &[("value", plain(&text))])]);
    for (kind, key) in [
        (CollectionType::List, "big:list"),
        (CollectionType::Set, "big:set"),
        (CollectionType::Zset, "big:zset"),
        (CollectionType::Stream, "big:stre*"),
    ] {
        let (rows, stamp) = scan_all(&store, &of_type(kind, key), Wanted::All).await;
        let mut rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
        rows.sort();
        rows.dedup();
        assert_eq!((rows.len(), stamp.records), (5_000, 5_000), "{key}");
        let look = store
            .look(&of_type(kind, key), None, Depth::Sample)
            .await
            .unwrap();
        assert_eq!(look.records, 5_000, "{key}");
    }
    let statistics: String = redis.ask(&["INFO", "commandstats"]).await;
    for command in GREEDY {
        assert!(
            !statistics.contains(&format!("cmdstat_{command}:")),
            "{statistics}"
        );
    }
}

#[tokio::test]
async fn a_look_says_what_there_is_and_whether_it_has_changed() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let animals = collection("animal:*");
    let look = async || store.look(&animals, None, Depth::Sample).await.unwrap();
    let empty = look().await;
    assert_eq!((empty.records, empty.schema.columns.len()), (0, 1));
    redis
        .ask::<()>(&["HSET", "animal:1", "head", "lion", "arms", "8"])
        .await;
    let one = look().await;
    assert_eq!((one.records, one.schema.columns.len()), (1, 3));
    assert_eq!(one, look().await, "nothing has changed");
    redis.ask::<()>(&["HSET", "animal:1", "arms", "9"]).await;
    let other = look().await;
    assert_ne!(one.digest, other.digest, "a value has");
    assert_eq!(one.schema, other.schema);
}

#[tokio::test]
async fn types_are_those_of_a_sample_of_many_and_of_all_when_asked() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    fill(&redis, 60_000, |pipe, n| {
        pipe.cmd("HSET").arg(format!("n:{n}")).arg("x").arg(n);
        pipe.ignore();
    })
    .await;
    let numbers = collection("n:*");
    let look = store.look(&numbers, None, Depth::Sample).await.unwrap();
    assert_eq!(look.records, 60_000);
    let note = look.schema.get(KEY_COLUMN).unwrap().note.clone().unwrap();
    assert!(
        note.starts_with("The types are those of 50,") && note.contains(" of 60,000 records"),
        "{note}"
    );
    assert_eq!(look.schema.get("x").unwrap().kind, ColumnType::Integer);

    // One record in a thousand thousands may be of another mind: a look at all finds it.
    redis.ask::<()>(&["HSET", "n:7", "x", "seven"]).await;
    let all = store
        .look(&numbers, Some(&look.schema), Depth::All)
        .await
        .unwrap();
    let x = all.schema.get("x").unwrap();
    assert_eq!(x.kind, ColumnType::Text);
    assert_eq!(
        x.note.as_deref().map(|note| note.contains("several types")),
        Some(true)
    );
    // A later look at some does not forget it.
    let some = store
        .look(&numbers, Some(&all.schema), Depth::Sample)
        .await
        .unwrap();
    assert_eq!(some.schema.get("x").unwrap().kind, ColumnType::Text);
}

#[tokio::test]
async fn a_sample_is_the_same_for_the_same_seed_and_has_nobody_twice() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let mut raw = redis.raw().await;
    let mut pipe = redis::pipe();
    for n in 0..1_000 {
        pipe.cmd("HSET")
            .arg(format!("animal:{n}"))
            .arg("n")
            .arg(n)
            .ignore();
        pipe.cmd("RPUSH").arg("line").arg(n % 10).ignore();
    }
    pipe.query_async::<()>(&mut raw).await.unwrap();
    let line = of_type(CollectionType::List, "line");
    for collection in [collection("animal:*"), line] {
        let sample = async |count, seed| {
            let records = store
                .sample_records(&collection, count, seed)
                .await
                .unwrap();
            crate::collections::rows(records)
        };
        let one = sample(5, 1).await;
        assert_eq!(one, sample(5, 1).await);
        assert_ne!(one, sample(5, 2).await);
        let all = sample(2_000, 1).await;
        assert_eq!(all.len(), 1_000, "there are no more");
        let different: std::collections::BTreeSet<String> =
            all.iter().map(|row| format!("{row:?}")).collect();
        assert_eq!(different.len(), 1_000);
    }
}

#[tokio::test]
async fn records_of_json_and_text_are_read_and_written_by_key() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let text = RecordBody::Text("{\"big\": 123456789012345678901234567890}".to_owned());
    let docs = of_type(CollectionType::Json, "doc:*");
    assert_eq!(store.record(&docs, "doc:1").await.unwrap(), None);
    let put = store.put_record(&docs, "doc:1", &text).await.unwrap();
    assert_eq!(put, PutRecord::Done);
    assert_eq!(
        store.record(&docs, "doc:1").await.unwrap(),
        Some(text.clone())
    );
    redis.ask::<()>(&["HSET", "doc:2", "x", "1"]).await;
    let put = store.put_record(&docs, "doc:2", &text).await.unwrap();
    assert_eq!(put, PutRecord::OtherType);
    assert_eq!(store.record(&docs, "doc:2").await.unwrap(), None);
    let log = of_type(CollectionType::Stream, "doc:*");
    assert_eq!(store.record(&log, "doc:1").await.unwrap(), None);
}
