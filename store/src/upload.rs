//! The spool: a file's bytes while they arrive, until its import has read them.
//!
//! A body is cut into chunks of 8 MB, each a zstd-compressed string of its own that lives a
//! day. Whatever its size, a server holds two chunks of it at most.

use std::{io, time::Duration};

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt, stream};
use serde::{Deserialize, Serialize};
use tokio::{runtime::Handle, task::JoinHandle, time::Instant};
use uuid::Uuid;

use crate::{Store, StoreError, keys::Keys};

/// Bytes of a chunk before compression.
const CHUNK: usize = 8 * 1024 * 1024;
/// Seconds that a chunk lives.
const TTL_S: u64 = 24 * 60 * 60;
/// Compression that keeps up with a fast network.
const LEVEL: i32 = 1;
/// How often it is noted that a body still arrives.
const NOTE: Duration = Duration::from_secs(10);
/// Chunks that a reader fetches ahead.
const AHEAD: usize = 2;

/// A body that has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// Its id.
    pub id: Uuid,
    /// Its length.
    pub bytes: u64,
    /// Its chunks.
    pub chunks: u32,
}

impl Upload {
    /// The keys of its chunks.
    pub(crate) fn keys(&self, keys: &Keys) -> impl Iterator<Item = String> {
        (0..self.chunks).map(|n| keys.upload(self.id, n))
    }
}

/// Takes a body as it arrives. What it wrote goes when it is dropped unfinished, which is
/// what happens when the sender's connection is cut; [`UploadWriter::abandon`] also waits
/// until it has gone.
#[derive(Debug)]
pub struct UploadWriter {
    store: Store,
    upload: Upload,
    buffer: BytesMut,
    /// The chunk on its way.
    pending: Option<JoinHandle<Result<(), StoreError>>>,
    /// When it was last noted that the body still arrives.
    noted: Option<Instant>,
}

impl Store {
    /// Begins an upload.
    pub fn new_upload(&self) -> UploadWriter {
        UploadWriter {
            store: self.clone(),
            upload: Upload {
                id: Uuid::now_v7(),
                bytes: 0,
                chunks: 0,
            },
            buffer: BytesMut::new(),
            pending: None,
            noted: None,
        }
    }

    /// The bytes of an upload from its start, in order. It can be read any number of times.
    pub fn read_upload(
        &self,
        upload: &Upload,
    ) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
        let (store, id) = (self.clone(), upload.id);
        stream::iter(0..upload.chunks)
            .map(move |n| {
                let store = store.clone();
                async move { read_chunk(&store, id, n).await }
            })
            .buffered(AHEAD)
    }

    /// Deletes the bytes of an upload.
    pub async fn delete_upload(&self, upload: &Upload) -> Result<(), StoreError> {
        let mut pipe = redis::pipe();
        for key in upload.keys(self.keys()) {
            pipe.cmd("UNLINK").arg(key).ignore();
        }
        pipe.cmd("ZREM")
            .arg(self.keys().uploads())
            .arg(upload.id.to_string())
            .ignore();
        self.redis().pipeline(&pipe).await
    }

    /// Notes that an upload still arrives. Its bytes have an owner from before they are
    /// there until a job takes them over.
    async fn note_upload(&self, id: Uuid) -> Result<(), StoreError> {
        let (seconds, micros): (i64, i64) = self.redis().command(&redis::cmd("TIME")).await?;
        let mut note = redis::cmd("ZADD");
        note.arg(self.keys().uploads());
        note.arg(seconds * 1_000 + micros / 1_000)
            .arg(id.to_string());
        self.redis().command(&note).await
    }
}

impl UploadWriter {
    /// Takes some bytes. It waits while Redis is slower than the sender.
    pub async fn push(&mut self, mut bytes: Bytes) -> Result<(), StoreError> {
        self.upload.bytes += bytes.len() as u64;
        if self.noted.is_none_or(|noted| noted.elapsed() > NOTE) {
            self.store.note_upload(self.upload.id).await?;
            self.noted = Some(Instant::now());
        }
        while !bytes.is_empty() {
            let fits = bytes.len().min(CHUNK - self.buffer.len());
            self.buffer.extend_from_slice(&bytes.split_to(fits));
            if self.buffer.len() == CHUNK {
                self.send().await?;
            }
        }
        Ok(())
    }

    /// Bytes taken so far.
    pub fn bytes(&self) -> u64 {
        self.upload.bytes
    }

    /// The body is complete.
    pub async fn finish(mut self) -> Result<Upload, StoreError> {
        if !self.buffer.is_empty() {
            self.send().await?;
        }
        self.settle().await?;
        Ok(self.take())
    }

    /// The body will not be completed: deletes what has arrived.
    pub async fn abandon(mut self) -> Result<(), StoreError> {
        // Whether the chunk on its way arrives makes no difference to its deletion.
        let _ = self.settle().await;
        let upload = self.take();
        self.store.delete_upload(&upload).await
    }

    /// What has been written, which is the caller's care from now on.
    fn take(&mut self) -> Upload {
        let upload = self.upload;
        self.upload.chunks = 0;
        self.noted = None;
        upload
    }

    /// Starts the buffered chunk on its way once the one before it has arrived.
    async fn send(&mut self) -> Result<(), StoreError> {
        self.settle().await?;
        let chunk = self.buffer.split().freeze();
        let key = self.store.keys().upload(self.upload.id, self.upload.chunks);
        self.upload.chunks += 1;
        let store = self.store.clone();
        self.pending = Some(tokio::spawn(async move {
            let packed =
                tokio::task::spawn_blocking(move || zstd::bulk::compress(&chunk, LEVEL)).await;
            let packed = packed
                .map_err(io::Error::other)
                .flatten()
                .map_err(|error| StoreError::corrupt(&key, error))?;
            let mut set = redis::cmd("SET");
            set.arg(&key).arg(packed).arg("EX").arg(TTL_S);
            store.redis().bulk_command(&set).await
        }));
        Ok(())
    }

    async fn settle(&mut self) -> Result<(), StoreError> {
        match self.pending.take() {
            Some(pending) => pending
                .await
                .map_err(|error| StoreError::corrupt("an upload", error))?,
            None => Ok(()),
        }
    }
}

impl Drop for UploadWriter {
    fn drop(&mut self) {
        let has_begun = self.noted.is_some();
        let upload = self.take();
        let pending = self.pending.take();
        let store = self.store.clone();
        // Outside of a runtime nothing can be sent, and the chunks go by their time to live.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        if has_begun {
            runtime.spawn(async move {
                // A chunk that is on its way must not arrive after its deletion.
                if let Some(pending) = pending {
                    pending.await.ok();
                }
                if let Err(error) = store.delete_upload(&upload).await {
                    tracing::warn!(%error, upload = %upload.id, "an upload that broke off stays until its time is over");
                }
            });
        }
    }
}

async fn read_chunk(store: &Store, id: Uuid, n: u32) -> io::Result<Bytes> {
    let mut get = redis::cmd("GET");
    get.arg(store.keys().upload(id, n));
    let packed: Option<Vec<u8>> = store
        .redis()
        .bulk_command(&get)
        .await
        .map_err(io::Error::other)?;
    let Some(packed) = packed else {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            "The uploaded file is gone: it is kept for 24 hours. Upload it again.",
        ));
    };
    let chunk =
        tokio::task::spawn_blocking(move || zstd::bulk::decompress(&packed, CHUNK)).await??;
    Ok(Bytes::from(chunk))
}
