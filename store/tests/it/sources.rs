//! Collections of another Redis.

use assay_model::{Collection, CollectionType, Problem};
use assay_store::{
    collection::{DeleteRecord, Depth, PutRecord, RecordBody, Wanted},
    sources::{Access, Source},
};

use crate::{collections::scan_all, fixture::Redis};

fn source(url: String, access: Access) -> Source {
    Source {
        name: "shop".parse().unwrap(),
        url,
        access,
    }
}

fn orders() -> Collection {
    Collection {
        source: Some("shop".parse().unwrap()),
        pattern: "order:*".to_owned(),
        kind: CollectionType::Hash,
    }
}

#[tokio::test]
async fn a_source_is_read_and_written_only_where_that_was_said() {
    let (redis, shop) = (Redis::start().await, Redis::start().await);
    shop.ask::<()>(&["HSET", "order:1", "item", "tea"]).await;
    redis.ask::<()>(&["HSET", "order:2", "item", "own"]).await;
    let body = RecordBody::Fields(vec![("item".to_owned(), "cups".to_owned())]);
    for access in [Access::Read, Access::Write] {
        let store = redis.store().await;
        let store = store.with_sources(&[source(shop.url(), access)]).unwrap();
        let (rows, _) = scan_all(&store, &orders(), Wanted::All).await;
        let keys: Vec<_> = rows.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["order:1"]);
        let put = store.put_record(&orders(), "order:1", &body).await.unwrap();
        let gone = store.delete_record(&orders(), "order:1").await.unwrap();
        let item: Option<String> = shop.ask(&["HGET", "order:1", "item"]).await;
        match access {
            Access::Read => {
                assert_eq!((put, gone), (PutRecord::ReadOnly, DeleteRecord::ReadOnly));
                assert_eq!(item.as_deref(), Some("tea"));
            }
            Access::Write => {
                assert_eq!((put, gone), (PutRecord::Done, DeleteRecord::Deleted));
                assert_eq!(item, None);
            }
        }
    }
    let keys: Vec<String> = shop.ask(&["KEYS", "*"]).await;
    assert!(keys.is_empty(), "nothing of Assay's is put there: {keys:?}");
}

#[tokio::test]
async fn its_own_keys_are_hidden_also_where_they_are_met_through_a_source() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let store = store
        .with_sources(&[source(redis.url(), Access::Read)])
        .unwrap();
    redis.ask::<()>(&["HSET", "assay:x", "a", "1"]).await;
    let all = Collection {
        pattern: "*".to_owned(),
        ..orders()
    };
    let (rows, _) = scan_all(&store, &all, Wanted::All).await;
    assert_eq!(rows, []);
}

#[tokio::test]
async fn a_source_that_is_away_unknown_or_closed_is_named() {
    let mut shop = Redis::start().await;
    let redis = Redis::start().await;
    let url = shop.url();
    let store = redis.store().await;
    let store = store.with_sources(&[source(url, Access::Read)]).unwrap();
    shop.ask::<()>(&["CONFIG", "SET", "requirepass", "secret"])
        .await;
    let error = store
        .look(&orders(), None, Depth::Sample)
        .await
        .unwrap_err();
    let problem = Problem::from(&error);
    assert!(problem.detail.contains("“shop” "), "{problem:?}");
    assert!(!error.is_passing(), "a password does not come by waiting");
    shop.kill();
    let error = store
        .look(&orders(), None, Depth::Sample)
        .await
        .unwrap_err();
    assert!(error.is_passing(), "{error:?}");
    let problem = Problem::from(&error);
    assert_eq!(problem.status, 424);
    assert!(
        problem.detail.contains("“shop” cannot be reached"),
        "{problem:?}"
    );

    let unknown = Collection {
        source: Some("till".parse().unwrap()),
        ..orders()
    };
    let error = store.look(&unknown, None, Depth::Sample).await.unwrap_err();
    assert!(Problem::from(&error).detail.contains("“till”"), "{error:?}");
}
