//! Bytes in Redis strings, behind `ObjectStore`.
//!
//! A path is a key with `:` for `/`: `dataset/<id>/v1/part/0` is the string
//! `assay:dataset:<id>:v1:part:0`, which any Redis client can read. A `:` or `%` within a
//! segment of a path is percent-encoded in the key, so that no two paths share one.
//!
//! Redis keeps no times and no tags, so every object seems to be of 1970 and conditions on
//! tags cannot be met. A string holds 512 MB at most; Assay's parts have 64. Copying,
//! renaming and multipart uploads are not supported: parts are written once.
//!
//! A failure of Redis arrives as `object_store::Error::Generic` with a [`StoreError`] as
//! its source.

use std::{collections::HashSet, fmt, ops::Range};

use assay_model::{DatasetId, JobId, ResultId};
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

use crate::{Store, StoreError, jobs::take, keys::Keys, reply::Reply};

/// Seconds that a part lives unless it is kept: longer than any attempt may take.
const PART_TTL_S: u64 = 25 * 60 * 60;
/// Keys looked at in one step of a scan.
const SCAN_STEP: usize = 1000;

/// The path of a part of a version of a data set.
pub fn dataset_part(id: DatasetId, version: u64, n: u32) -> Path {
    Path::from_iter([
        "dataset",
        &id.to_string(),
        &format!("v{version}"),
        "part",
        &n.to_string(),
    ])
}

/// The path of a part of a result.
pub fn result_part(id: ResultId, n: u32) -> Path {
    Path::from_iter(["result", &id.to_string(), "part", &n.to_string()])
}

/// The key that a path stands for.
pub(crate) fn key_of(keys: &Keys, path: &Path) -> String {
    let mut key = keys.data_prefix().to_owned();
    for c in path.as_ref().chars() {
        match c {
            '/' => key.push(':'),
            ':' => key.push_str("%3A"),
            '%' => key.push_str("%25"),
            other => key.push(other),
        }
    }
    key
}

/// The path that a key stands for; `None` for a key that no path has.
fn path_of(keys: &Keys, key: &str) -> Option<Path> {
    let path = key
        .strip_prefix(keys.data_prefix())?
        .replace(':', "/")
        .replace("%3A", ":")
        .replace("%25", "%");
    Path::parse(path).ok()
}

impl Store {
    /// The bytes of parts, as the engine takes them.
    pub fn blobs(&self) -> RedisBlobs {
        RedisBlobs(self.clone())
    }

    /// Writes a part for a job. Until the job's `finish` names it, it is rubbish: noted as
    /// such before it is there, and gone by itself after a day if all else fails.
    pub async fn put_part(&self, job: JobId, path: &Path, bytes: Bytes) -> Result<(), StoreError> {
        let key = key_of(self.keys(), path);
        let writing = self.keys().writing(job);
        let mut note = redis::pipe();
        note.cmd("SADD").arg(&writing).arg(&key).ignore();
        note.cmd("EXPIRE").arg(&writing).arg(PART_TTL_S).ignore();
        self.redis().pipeline::<()>(&note).await?;
        let mut set = redis::cmd("SET");
        set.arg(key).arg(bytes.as_ref()).arg("EX").arg(PART_TTL_S);
        self.redis().bulk_command(&set).await
    }

    /// Makes parts permanent: to be called before the `finish` that names them.
    pub async fn keep_parts(&self, parts: &[Path]) -> Result<(), StoreError> {
        if parts.is_empty() {
            return Ok(());
        }
        let mut pipe = redis::pipe();
        for part in parts {
            let key = key_of(self.keys(), part);
            pipe.cmd("PERSIST").arg(&key).ignore();
            pipe.cmd("EXISTS").arg(&key);
        }
        let there: Vec<bool> = self.redis().pipeline(&pipe).await?;
        match there.iter().position(|there| !there) {
            None => Ok(()),
            Some(i) => Err(StoreError::corrupt(
                key_of(self.keys(), &parts[i]),
                "the part is gone",
            )),
        }
    }

    /// Deletes the bytes that nothing refers to any more; says how many parts. Deletions and
    /// [`Store::reap_expired`] do this themselves.
    pub async fn sweep(&self) -> Result<u64, StoreError> {
        let rubbish = self.keys().rubbish();
        let mut swept = 0;
        loop {
            let mut look = redis::cmd("SRANDMEMBER");
            let keys: Vec<String> = self.redis().command(look.arg(&rubbish).arg(100)).await?;
            if keys.is_empty() {
                return Ok(swept);
            }
            let mut unlink = redis::pipe();
            for key in &keys {
                unlink.cmd("UNLINK").arg(key).ignore();
            }
            self.redis().bulk_pipeline::<()>(&unlink).await?;
            let mut forget = redis::cmd("SREM");
            self.redis()
                .command::<()>(forget.arg(&rubbish).arg(&keys))
                .await?;
            swept += keys.len() as u64;
        }
    }

    /// Deletes what a worker has written for a job that it lost, unless the job goes on
    /// with another worker: then that one's `finish` sees to it.
    pub async fn abandon(&self, job: JobId) -> Result<(), StoreError> {
        let call = self.scripts().abandon.with([job.to_string()]);
        self.redis().script::<Reply>(&call).await?;
        self.sweep().await.map(drop)
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
        let scan = Scan {
            store: self.0.clone(),
            pattern: pattern(self.0.keys(), prefix),
            cursor: Some(0),
            seen: HashSet::new(),
        };
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

/// A walk over the keys of a listing.
struct Scan {
    store: Store,
    pattern: String,
    /// `None` at the end.
    cursor: Option<u64>,
    seen: HashSet<Path>,
}

impl Scan {
    /// What the next step finds; `None` at the end.
    async fn step(&mut self) -> Result<Option<Vec<ObjectMeta>>, StoreError> {
        let Some(cursor) = self.cursor else {
            return Ok(None);
        };
        let mut command = redis::cmd("SCAN");
        command.arg(cursor).arg("MATCH").arg(&self.pattern);
        command
            .arg("COUNT")
            .arg(SCAN_STEP)
            .arg("TYPE")
            .arg("string");
        let (next, found): (u64, Vec<Vec<u8>>) = self.store.redis().command(&command).await?;
        self.cursor = (next != 0).then_some(next);
        let found: Vec<(String, Path)> = found
            .into_iter()
            .filter_map(|key| String::from_utf8(key).ok())
            .filter_map(|key| path_of(self.store.keys(), &key).map(|path| (key, path)))
            .filter(|(_, path)| self.seen.insert(path.clone()))
            .collect();
        if found.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let mut pipe = redis::pipe();
        for (key, _) in &found {
            pipe.cmd("EXISTS").arg(key);
            pipe.cmd("STRLEN").arg(key);
        }
        let facts: Vec<u64> = self.store.redis().pipeline(&pipe).await?;
        Ok(Some(
            found
                .into_iter()
                .zip(facts.chunks_exact(2))
                .filter(|(_, facts)| facts[0] == 1)
                .map(|((_, path), facts)| meta(path, facts[1]))
                .collect(),
        ))
    }
}

/// The glob of all keys below a path.
fn pattern(keys: &Keys, prefix: Option<&Path>) -> String {
    let mut pattern = String::new();
    let below = match prefix {
        Some(prefix) if !prefix.as_ref().is_empty() => key_of(keys, prefix) + ":",
        _ => keys.data_prefix().to_owned(),
    };
    for c in below.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '^' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('*');
    pattern
}

fn meta(location: Path, size: u64) -> ObjectMeta {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Prefix;

    #[test]
    fn a_part_has_the_key_of_the_design() {
        let keys = Keys::new(&Prefix::default());
        let id: DatasetId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        assert_eq!(
            key_of(&keys, &dataset_part(id, 2, 7)),
            "assay:dataset:01890a5d-ac96-774b-bcce-b302099a8057:v2:part:7"
        );
    }

    #[test]
    fn no_two_paths_share_a_key() {
        let keys = Keys::new(&Prefix::default());
        for text in ["a/b", "a:b", "a%3Ab", "a%253Ab", "a"] {
            let path = Path::parse(text).unwrap();
            assert_eq!(path_of(&keys, &key_of(&keys, &path)), Some(path), "{text}");
        }
    }
}
