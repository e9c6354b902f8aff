//! Parts of data sets and results: written as rubbish, kept by the transition that names
//! them, swept when nothing does any more.

use assay_model::{DatasetId, JobId, ResultId, Token};
use bytes::Bytes;
use object_store::path::Path;

use super::key_of;
use crate::{Store, StoreError, reply::Reply};

/// Seconds that a part lives unless it is kept: longer than any attempt may take.
const PART_TTL_S: u64 = 25 * 60 * 60;

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

/// The path of a part that an attempt adds to a data set. Which version will name it shows
/// only when the attempt ends, so it is called after the attempt.
pub fn added_part(id: DatasetId, token: Token, n: u32) -> Path {
    Path::from_iter([
        "dataset",
        &id.to_string(),
        &token.to_string(),
        "part",
        &n.to_string(),
    ])
}

/// The path of a part of a result.
pub fn result_part(id: ResultId, n: u32) -> Path {
    Path::from_iter(["result", &id.to_string(), "part", &n.to_string()])
}

impl Store {
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
