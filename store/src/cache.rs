//! A bounded cache over any `ObjectStore` of immutable objects.
//!
//! A worker that runs one analysis after another over the same parts reads the same ranges
//! again: the Parquet reader asks for the same column chunks. Ranges are kept as they were
//! asked for and handed out without copying. Reads of the same range at the same time go to
//! the store once.
//!
//! Why ranges and not whole parts? A query reads a few columns of many; whole parts would
//! push out what is read often with what is read never.

use std::{fmt, ops::Range, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use object_store::{
    CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult,
    path::Path,
};
use quick_cache::{Weighter, sync::Cache, sync::GuardResult};

/// What an entry weighs besides its bytes, about.
const OVERHEAD: u64 = 200;
/// How long a column chunk is that is worth keeping, about. The cache parts itself into
/// shards by how many of these it holds, each with its share of the bytes: a smaller figure
/// would make shards that one chunk fills.
const USUAL_RANGE: u64 = 8 * 1024 * 1024;
/// Objects whose size is remembered.
const SIZES: usize = 100_000;

type Key = (Path, Range<u64>);

/// A cache over `inner`, which must never change an object once it is there.
#[derive(Clone)]
pub struct CachedBlobs {
    inner: Arc<dyn ObjectStore>,
    ranges: Arc<Cache<Key, Bytes, ByBytes>>,
    metas: Arc<Cache<Path, ObjectMeta>>,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Key, Bytes> for ByBytes {
    fn weight(&self, _key: &Key, bytes: &Bytes) -> u64 {
        bytes.len() as u64 + OVERHEAD
    }
}

impl CachedBlobs {
    /// A cache of at most `bytes` bytes.
    pub fn new(inner: Arc<dyn ObjectStore>, bytes: u64) -> Self {
        let items = usize::try_from(bytes / USUAL_RANGE)
            .unwrap_or(usize::MAX)
            .clamp(32, 100_000);
        Self {
            inner,
            ranges: Arc::new(Cache::with_weighter(items, bytes, ByBytes)),
            metas: Arc::new(Cache::new(SIZES)),
        }
    }

    /// Bytes held, with overhead.
    pub fn held(&self) -> u64 {
        self.ranges.weight()
    }

    async fn range(&self, location: &Path, range: &Range<u64>) -> object_store::Result<Bytes> {
        self.ranges
            .get_or_insert_async(&(location.clone(), range.clone()), async {
                self.inner.get_range(location, range.clone()).await
            })
            .await
    }

    async fn meta(&self, location: &Path) -> object_store::Result<ObjectMeta> {
        self.metas
            .get_or_insert_async(location, self.inner.head(location))
            .await
    }
}

impl fmt::Debug for CachedBlobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedBlobs")
            .field("inner", &self.inner)
            .field("held", &self.held())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for CachedBlobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cached {}", self.inner)
    }
}

#[async_trait]
impl ObjectStore for CachedBlobs {
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

    /// Whole objects pass through uncached, and so does whatever has conditions.
    async fn get_opts(
        &self,
        location: &Path,
        options: GetOptions,
    ) -> object_store::Result<GetResult> {
        let conditions = options.if_match.is_some()
            || options.if_none_match.is_some()
            || options.if_modified_since.is_some()
            || options.if_unmodified_since.is_some()
            || options.version.is_some();
        let plain = !conditions && (options.head || options.range.is_some());
        if !plain {
            return self.inner.get_opts(location, options).await;
        }
        let meta = self.meta(location).await?;
        let range = match &options.range {
            None => 0..meta.size,
            Some(range) => {
                let invalid = |error| object_store::Error::Generic {
                    store: "cache",
                    source: Box::new(error),
                };
                range.as_range(meta.size).map_err(invalid)?
            }
        };
        let bytes = if options.head || range.is_empty() {
            Bytes::new()
        } else {
            self.range(location, &range).await?
        };
        Ok(GetResult {
            payload: GetResultPayload::Stream(
                futures::stream::once(async move { Ok(bytes) }).boxed(),
            ),
            meta,
            range,
            attributes: object_store::Attributes::default(),
        })
    }

    /// What is missing is fetched in one call. A range that another reader is fetching at
    /// this moment is waited for last, holding nothing, so that no two readers wait for
    /// each other.
    async fn get_ranges(
        &self,
        location: &Path,
        ranges: &[Range<u64>],
    ) -> object_store::Result<Vec<Bytes>> {
        let mut found: Vec<Option<Bytes>> = vec![None; ranges.len()];
        let mut guards = Vec::new();
        let mut missing = Vec::new();
        for (slot, range) in found.iter_mut().zip(ranges) {
            let key = (location.clone(), range.clone());
            match self.ranges.get_value_or_guard(&key, Some(Duration::ZERO)) {
                GuardResult::Value(bytes) => *slot = Some(bytes),
                GuardResult::Guard(guard) => {
                    guards.push(guard);
                    missing.push(range.clone());
                }
                GuardResult::Timeout => {}
            }
        }
        if !missing.is_empty() {
            let fetched = self.inner.get_ranges(location, &missing).await?;
            for (guard, bytes) in guards.into_iter().zip(&fetched) {
                // It fails only if the entry was removed meanwhile: then it is not cached.
                let _ = guard.insert(bytes.clone());
            }
            for (range, bytes) in missing.iter().zip(fetched) {
                for (slot, _) in found
                    .iter_mut()
                    .zip(ranges)
                    .filter(|(slot, wanted)| slot.is_none() && *wanted == range)
                {
                    *slot = Some(bytes.clone());
                }
            }
        }
        let mut all = Vec::with_capacity(ranges.len());
        for (slot, range) in found.into_iter().zip(ranges) {
            all.push(match slot {
                Some(bytes) => bytes,
                None => self.range(location, range).await?,
            });
        }
        Ok(all)
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
        options: CopyOptions,
    ) -> object_store::Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
