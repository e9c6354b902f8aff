//! `ObjectStore` over Redis strings.

use std::{collections::HashSet, fmt, ops::Range};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::DateTime;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    Attributes, CopyOptions, GetOptions, GetRange, GetResult, GetResultPayload, ListResult,
    MultipartUpload, ObjectMeta, ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, path::Path,
};
use redis::Value;

use super::{key_of, list::Listing};
use crate::{Store, StoreError, jobs::take};

impl Store {
    /// The bytes of parts, as the engine takes them.
    pub fn blobs(&self) -> RedisBlobs {
        RedisBlobs(self.clone())
    }
}

/// The `ObjectStore` over this store's data keys.
#[derive(Debug, Clone)]
pub struct RedisBlobs(Store);

impl fmt::Display for RedisBlobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redis {}", self.0.keys().data_prefix())
    }
}

#[async_trait]
impl ObjectStore for RedisBlobs {
    /// `PutMode::Create` that loses its connection may find its own first try and answer
    /// `AlreadyExists`.
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> object_store::Result<PutResult> {
        let mut set = redis::cmd("SET");
        set.arg(key_of(self.0.keys(), location))
            .arg(Bytes::from(payload).as_ref());
        match options.mode {
            PutMode::Overwrite => {}
            PutMode::Create => {
                set.arg("NX");
            }
            PutMode::Update(_) => return Err(not_supported("a conditional update")),
        }
        let done: Option<String> = self.0.redis().bulk_command(&set).await.map_err(generic)?;
        if done.is_none() {
            return Err(object_store::Error::AlreadyExists {
                path: location.to_string(),
                source: "the key is there".into(),
            });
        }
        Ok(PutResult {
            e_tag: None,
            version: None,
        })
    }

    async fn put_multipart_opts(
        &self,
        _location: &Path,
        _options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        Err(not_supported("a multipart upload"))
    }

    async fn get_opts(
        &self,
        location: &Path,
        options: GetOptions,
    ) -> object_store::Result<GetResult> {
        let key = key_of(self.0.keys(), location);
        let mut pipe = redis::pipe();
        pipe.cmd("EXISTS").arg(&key);
        pipe.cmd("STRLEN").arg(&key);
        if !options.head {
            let (start, end) = match &options.range {
                None => (0, -1),
                Some(GetRange::Bounded(range)) => (to_index(range.start), to_index(range.end) - 1),
                Some(GetRange::Offset(start)) => (to_index(*start), -1),
                Some(GetRange::Suffix(length)) => (-to_index(*length), -1),
            };
            pipe.cmd("GETRANGE").arg(&key).arg(start).arg(end);
        }
        let values: Vec<Value> = self.0.redis().bulk_pipeline(&pipe).await.map_err(generic)?;
        let mut values = values.into_iter();
        let exists: bool = take(&mut values).map_err(generic)?;
        let size: u64 = take(&mut values).map_err(generic)?;
        if !exists {
            return Err(not_found(location));
        }
        let meta = meta(location.clone(), size);
        options.check_preconditions(&meta)?;
        let range = match &options.range {
            None => 0..size,
            Some(range) => range.as_range(size).map_err(generic)?,
        };
        let bytes = if options.head {
            Bytes::new()
        } else {
            Bytes::from(take::<Vec<u8>>(&mut values).map_err(generic)?)
        };
        // A suffix of length 0 has no spelling in GETRANGE: -0 is the start.
        let bytes = if range.is_empty() {
            Bytes::new()
        } else {
            bytes
        };
        Ok(GetResult {
            payload: GetResultPayload::Stream(
                futures::stream::once(async move { Ok(bytes) }).boxed(),
            ),
            meta,
            range,
            attributes: Attributes::default(),
        })
    }

    /// All ranges in one pipeline. They are not coalesced: Redis copies out of memory, and
    /// bytes between the ranges would only be carried.
    async fn get_ranges(
        &self,
        location: &Path,
        ranges: &[Range<u64>],
    ) -> object_store::Result<Vec<Bytes>> {
        let key = key_of(self.0.keys(), location);
        let mut pipe = redis::pipe();
        pipe.cmd("EXISTS").arg(&key);
        for range in ranges {
            pipe.cmd("GETRANGE")
                .arg(&key)
                .arg(range.start)
                .arg(to_index(range.end) - 1);
        }
        let values: Vec<Value> = self.0.redis().bulk_pipeline(&pipe).await.map_err(generic)?;
        let mut values = values.into_iter();
        if !take::<bool>(&mut values).map_err(generic)? {
            return Err(not_found(location));
        }
        ranges
            .iter()
            .map(|range| {
                let bytes = take::<Vec<u8>>(&mut values).map_err(generic)?;
                let wanted = range.end.saturating_sub(range.start);
                if range.start >= range.end || bytes.len() as u64 != wanted {
                    return Err(generic(StoreError::corrupt(
                        &key,
                        format!("bytes {range:?} are not there"),
                    )));
                }
                Ok(Bytes::from(bytes))
            })
            .collect()
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        let store = self.0.clone();
        locations
            .and_then(move |location| {
                let store = store.clone();
                async move {
                    let mut unlink = redis::cmd("UNLINK");
                    unlink.arg(key_of(store.keys(), &location));
                    let gone: bool = store.redis().command(&unlink).await.map_err(generic)?;
                    if gone {
                        Ok(location)
                    } else {
                        Err(not_found(&location))
                    }
                }
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        let scan = Listing::new(self.0.clone(), prefix);
        futures::stream::try_unfold(scan, |mut scan| async move {
            match scan.step().await {
                Ok(Some(metas)) => Ok(Some((
                    futures::stream::iter(metas.into_iter().map(Ok)),
                    scan,
                ))),
                Ok(None) => Ok(None),
                Err(error) => Err(generic(error)),
            }
        })
        .try_flatten()
        .boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        let root = prefix.cloned().unwrap_or_default();
        let mut prefixes = HashSet::new();
        let mut objects = Vec::new();
        let mut all = self.list(prefix);
        while let Some(meta) = all.try_next().await? {
            let Some(mut rest) = meta.location.prefix_match(&root) else {
                continue;
            };
            let Some(first) = rest.next() else {
                continue;
            };
            let below = rest.next().is_some().then(|| root.clone().join(first));
            drop(rest);
            match below {
                Some(below) => {
                    prefixes.insert(below);
                }
                None => objects.push(meta),
            }
        }
        let mut common_prefixes: Vec<Path> = prefixes.into_iter().collect();
        common_prefixes.sort_unstable();
        objects.sort_unstable_by(|a: &ObjectMeta, b| a.location.cmp(&b.location));
        Ok(ListResult {
            common_prefixes,
            objects,
        })
    }

    async fn copy_opts(
        &self,
        _from: &Path,
        _to: &Path,
        _options: CopyOptions,
    ) -> object_store::Result<()> {
        Err(not_supported("copying"))
    }
}

/// What there is to say of an object.
pub(super) fn meta(location: Path, size: u64) -> ObjectMeta {
    ObjectMeta {
        location,
        last_modified: DateTime::UNIX_EPOCH,
        size,
        e_tag: None,
        version: None,
    }
}

/// An offset as GETRANGE takes it. No string is near as long as to make a difference.
fn to_index(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}

fn generic(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> object_store::Error {
    object_store::Error::Generic {
        store: "Redis",
        source: source.into(),
    }
}

fn not_found(location: &Path) -> object_store::Error {
    object_store::Error::NotFound {
        path: location.to_string(),
        source: "no such key".into(),
    }
}

fn not_supported(what: &str) -> object_store::Error {
    object_store::Error::NotSupported {
        source: format!("Redis blobs do not support {what}").into(),
    }
}
