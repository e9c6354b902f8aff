//! The spool: a file's bytes while they arrive, until its import has read them.
//!
//! A body is cut into chunks of 8 MB, each a zstd-compressed string of its own that lives a
//! day. Whatever its size, a server holds two chunks of it at most.

use std::io;

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt, stream};
use serde::{Deserialize, Serialize};
use tokio::{runtime::Handle, task::JoinHandle};
use uuid::Uuid;

use crate::{Store, StoreError};

/// Bytes of a chunk before compression.
const CHUNK: usize = 8 * 1024 * 1024;
/// Seconds that a chunk lives.
const TTL_S: u64 = 24 * 60 * 60;
/// Compression that keeps up with a fast network.
const LEVEL: i32 = 1;
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
        if upload.chunks == 0 {
            return Ok(());
        }
        let mut pipe = redis::pipe();
        for n in 0..upload.chunks {
            pipe.cmd("UNLINK")
                .arg(self.keys().upload(upload.id, n))
                .ignore();
        }
        self.redis().pipeline(&pipe).await
    }
}

impl UploadWriter {
    /// Takes some bytes. It waits while Redis is slower than the sender.
    pub async fn push(&mut self, mut bytes: Bytes) -> Result<(), StoreError> {
        self.upload.bytes += bytes.len() as u64;
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
        let upload = self.take();
        let pending = self.pending.take();
        let store = self.store.clone();
        // Outside of a runtime nothing can be sent, and the chunks go by their time to live.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        if upload.chunks > 0 {
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
