//! The spool.

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};

use crate::fixture::Redis;

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
