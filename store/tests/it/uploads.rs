//! The spool.

use assay_store::StoreError;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};

use crate::fixture::{Redis, until};

#[tokio::test]
async fn a_body_comes_out_as_it_went_in_and_can_be_read_again() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let body: Vec<u8> = (0..20_000_000_u32).map(|n| (n / 7) as u8).collect();
    let mut writer = store.new_upload();
    for piece in body.chunks(65_537) {
        writer.push(Bytes::copy_from_slice(piece)).await.unwrap();
    }
    assert_eq!(writer.bytes(), 20_000_000);
    let upload = writer.finish().await.unwrap();
    assert_eq!((upload.bytes, upload.chunks), (20_000_000, 3));
    for _ in 0..2 {
        let pieces: Vec<Bytes> = store.read_upload(&upload).try_collect().await.unwrap();
        assert!(pieces.concat() == body);
    }
    let life: i64 = redis
        .ask(&["TTL", &format!("assay:upload:{}:0", upload.id)])
        .await;
    assert!(life > 0);
    store.delete_upload(&upload).await.unwrap();
    let gone = store.read_upload(&upload).next().await.unwrap();
    assert_eq!(gone.unwrap_err().kind(), std::io::ErrorKind::NotFound);
}

#[tokio::test]
async fn an_empty_body_is_one_without_bytes() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let upload = store.new_upload().finish().await.unwrap();
    assert_eq!((upload.bytes, upload.chunks), (0, 0));
    assert!(store.read_upload(&upload).next().await.is_none());
    store.delete_upload(&upload).await.unwrap();
}

#[tokio::test]
async fn an_abandoned_body_leaves_nothing() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let mut writer = store.new_upload();
    writer.push(Bytes::from(vec![7; 10_000_000])).await.unwrap();
    writer.abandon().await.unwrap();
    let left: Vec<String> = redis.ask(&["KEYS", "assay:*"]).await;
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_body_that_is_dropped_in_its_middle_leaves_nothing() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let mut writer = store.new_upload();
    writer.push(Bytes::from(vec![7; 20_000_000])).await.unwrap();
    drop(writer);
    until("it has gone", async || {
        let left: Vec<String> = redis.ask(&["KEYS", "assay:*"]).await;
        left.is_empty()
    })
    .await;
}

#[tokio::test]
async fn a_full_redis_is_told_as_such_and_keeps_nothing_of_the_body() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let used: String = redis.ask(&["INFO", "memory"]).await;
    let used: u64 = used
        .lines()
        .find_map(|line| line.strip_prefix("used_memory:"))
        .and_then(|figure| figure.trim().parse().ok())
        .unwrap();
    let most = (used + 12_000_000).to_string();
    let _: String = redis.ask(&["CONFIG", "SET", "maxmemory", &most]).await;
    let mut writer = store.new_upload();
    let mut random = 1_u64;
    let failed = loop {
        // Bytes that do not compress.
        let piece: Vec<u8> = (0..4_000_000)
            .map(|_| {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                (random >> 56) as u8
            })
            .collect();
        if let Err(error) = writer.push(Bytes::from(piece)).await {
            break error;
        }
    };
    assert!(matches!(failed, StoreError::Full(_)), "{failed}");
    writer.abandon().await.unwrap();
    let left: Vec<String> = redis.ask(&["KEYS", "assay:*"]).await;
    assert!(left.is_empty(), "{left:?}");
}
