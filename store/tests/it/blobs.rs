//! The blob store as `object_store`'s own tests see it, and the cache over it.

use std::{
    fmt,
    ops::Range,
    slice,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use assay_model::JobId;
use assay_store::{Prefix, Store, StoreError, blobs::RedisBlobs, cache::CachedBlobs};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, integration,
    path::Path,
};
use uuid::Uuid;

use crate::fixture::Redis;

#[tokio::test]
async fn it_does_what_object_stores_do() {
    let redis = Redis::start().await;
    let prefix: Prefix = "blobs".parse().unwrap();
    let blobs = Store::connect(&redis.url(), prefix).await.unwrap().blobs();
    integration::list_uses_directories_correctly(&blobs).await;
    integration::list_with_delimiter(&blobs).await;
    integration::list_with_offset_exclusivity(&blobs).await;
    let missing = integration::get_nonexistent_object(&blobs, None).await;
    assert!(matches!(missing, Err(object_store::Error::NotFound { .. })));
    // This one copies and renames while it tests the rest.
    integration::put_get_delete_list(&Counting::new(blobs)).await;
}

#[tokio::test]
async fn what_it_does_not_do_it_says() {
    let redis = Redis::start().await;
    let blobs = redis.store().await.blobs();
    let (one, other) = (Path::from("a/one"), Path::from("a/other"));
    blobs.put(&one, "x".into()).await.unwrap();
    for outcome in [
        blobs.copy(&one, &other).await,
        blobs.rename(&one, &other).await,
        blobs.put_multipart(&other).await.map(drop),
    ] {
        assert!(
            matches!(outcome, Err(object_store::Error::NotSupported { .. })),
            "{outcome:?}"
        );
    }
    assert!(blobs.head(&one).await.is_ok());
}

#[tokio::test]
async fn empty_is_not_missing() {
    let redis = Redis::start().await;
    let blobs = redis.store().await.blobs();
    let (empty, missing) = (Path::from("a/empty"), Path::from("a/missing"));
    blobs.put(&empty, PutPayload::new()).await.unwrap();
    assert_eq!(blobs.head(&empty).await.unwrap().size, 0);
    assert_eq!(
        blobs.get(&empty).await.unwrap().bytes().await.unwrap(),
        Bytes::new()
    );
    assert_eq!(blobs.list(None).count().await, 1);
    for outcome in [
        blobs.head(&missing).await.map(drop),
        blobs.get(&missing).await.map(drop),
        blobs.get_range(&missing, 0..1).await.map(drop),
        blobs
            .get_ranges(&missing, slice::from_ref(&(0..1)))
            .await
            .map(drop),
        blobs.delete(&missing).await,
    ] {
        assert!(
            matches!(outcome, Err(object_store::Error::NotFound { .. })),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn ranges_come_in_order_and_only_whole() {
    let redis = Redis::start().await;
    let blobs = redis.store().await.blobs();
    let path = Path::from("a/b");
    blobs.put(&path, "0123456789".into()).await.unwrap();
    let ranges = blobs.get_ranges(&path, &[7..10, 0..1, 2..5]).await.unwrap();
    assert_eq!(ranges, ["789", "0", "234"].map(Bytes::from));
    assert!(
        blobs
            .get_ranges(&path, slice::from_ref(&(8..12)))
            .await
            .is_err()
    );
    let create = PutOptions::from(PutMode::Create);
    let again = blobs.put_opts(&path, "x".into(), create).await;
    assert!(matches!(
        again,
        Err(object_store::Error::AlreadyExists { .. })
    ));
}

#[tokio::test]
async fn a_part_that_is_not_kept_has_an_end() {
    let redis = Redis::start().await;
    let store = redis.store().await;
    let (job, path) = (JobId(Uuid::now_v7()), Path::from("result/x/part/0"));
    let life = async || redis.ask::<i64>(&["TTL", "assay:result:x:part:0"]).await;
    store
        .put_part(job, &path, Bytes::from_static(b"x"))
        .await
        .unwrap();
    assert!(life().await > 0);
    store.keep_parts(std::slice::from_ref(&path)).await.unwrap();
    assert_eq!(life().await, -1);
    let gone = store.keep_parts(&[Path::from("result/y/part/0")]).await;
    assert!(matches!(gone, Err(StoreError::Corrupt { .. })));
}

/// Counts what is asked of the store below, and copies by reading and writing.
#[derive(Debug)]
struct Counting {
    inner: RedisBlobs,
    calls: AtomicUsize,
    ranges: AtomicUsize,
}

impl Counting {
    fn new(inner: RedisBlobs) -> Self {
        Self {
            inner,
            calls: AtomicUsize::new(0),
            ranges: AtomicUsize::new(0),
        }
    }
}

impl fmt::Display for Counting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl ObjectStore for Counting {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> object_store::Result<PutResult> {
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(
        &self,
        location: &Path,
        options: GetOptions,
    ) -> object_store::Result<GetResult> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(
        &self,
        location: &Path,
        ranges: &[Range<u64>],
    ) -> object_store::Result<Vec<Bytes>> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.ranges.fetch_add(ranges.len(), Ordering::Relaxed);
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(
        &self,
        from: &Path,
        to: &Path,
        _options: CopyOptions,
    ) -> object_store::Result<()> {
        let bytes = self.inner.get(from).await?.bytes().await?;
        self.inner.put(to, bytes.into()).await.map(drop)
    }
}

async fn cached(redis: &Redis, bytes: u64) -> (Arc<Counting>, CachedBlobs, Path) {
    let counting = Arc::new(Counting::new(redis.store().await.blobs()));
    let path = Path::from("a/b");
    let body: Vec<u8> = (0..=255).cycle().take(1_000_000).collect();
    counting.put(&path, body.into()).await.unwrap();
    let cache = CachedBlobs::new(counting.clone(), bytes);
    (counting, cache, path)
}

#[tokio::test]
async fn a_range_is_fetched_once() {
    let redis = Redis::start().await;
    let (counting, cache, path) = cached(&redis, 10_000_000).await;
    let first = cache.get_ranges(&path, &[0..3, 10..12]).await.unwrap();
    assert_eq!(
        first,
        [
            Bytes::from_static(&[0, 1, 2]),
            Bytes::from_static(&[10, 11])
        ]
    );
    let more = cache
        .get_ranges(&path, &[10..12, 20..21, 0..3])
        .await
        .unwrap();
    assert_eq!(more[1], Bytes::from_static(&[20]));
    assert_eq!((&more[0], &more[2]), (&first[1], &first[0]));
    // The same memory, not a copy of it.
    assert_eq!(more[2].as_ptr(), first[0].as_ptr());
    assert_eq!(counting.calls.load(Ordering::Relaxed), 2);
    assert_eq!(counting.ranges.load(Ordering::Relaxed), 3);
    let twice = cache.get_ranges(&path, &[5..6, 5..6]).await.unwrap();
    assert_eq!(twice[0], twice[1]);

    let before = counting.calls.load(Ordering::Relaxed);
    for _ in 0..3 {
        assert_eq!(cache.get_range(&path, 100..104).await.unwrap().len(), 4);
        assert_eq!(cache.head(&path).await.unwrap().size, 1_000_000);
    }
    assert_eq!(counting.calls.load(Ordering::Relaxed), before + 2);
}

#[tokio::test]
async fn readers_of_the_same_ranges_at_once_share_one_fetch_of_each() {
    let redis = Redis::start().await;
    let (counting, cache, path) = cached(&redis, 10_000_000).await;
    let readers = (0..16).map(|n| {
        let (cache, path) = (cache.clone(), path.clone());
        tokio::spawn(async move {
            let mut ranges: Vec<Range<u64>> = (0..8).map(|i| i * 1000..i * 1000 + 900).collect();
            ranges.rotate_left(n % 8);
            cache.get_ranges(&path, &ranges).await.unwrap()
        })
    });
    for reader in futures::future::join_all(readers).await {
        assert_eq!(reader.unwrap().len(), 8);
    }
    assert_eq!(counting.ranges.load(Ordering::Relaxed), 8);
}

#[tokio::test]
async fn the_cache_keeps_to_its_bound() {
    let redis = Redis::start().await;
    let (_, cache, path) = cached(&redis, 200_000).await;
    for i in 0..50 {
        cache
            .get_range(&path, i * 10_000..(i + 1) * 10_000)
            .await
            .unwrap();
    }
    assert!(cache.held() <= 200_000, "{}", cache.held());
    assert!(cache.held() > 180_000, "{}", cache.held());
}

#[tokio::test]
async fn the_cache_is_an_object_store_too() {
    let redis = Redis::start().await;
    let (_, cache, path) = cached(&redis, 10_000_000).await;
    let suffix = GetOptions::new().with_range(Some(object_store::GetRange::Suffix(2)));
    let suffix = cache.get_opts(&path, suffix).await.unwrap();
    assert_eq!(suffix.range, 999_998..1_000_000);
    assert_eq!(suffix.bytes().await.unwrap().len(), 2);
    let missing = Path::from("a/missing");
    for outcome in [
        cache.head(&missing).await.map(drop),
        cache.get_range(&missing, 0..1).await.map(drop),
        cache
            .get_ranges(&missing, slice::from_ref(&(0..1)))
            .await
            .map(drop),
        cache.get(&missing).await.map(drop),
    ] {
        assert!(
            matches!(outcome, Err(object_store::Error::NotFound { .. })),
            "{outcome:?}"
        );
    }
}
