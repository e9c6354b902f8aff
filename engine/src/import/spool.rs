//! A spool as a plain reader for the thread that parses.

use std::{
    io::{self, Read},
    sync::Arc,
};

use bytes::{Buf, Bytes};
use futures::StreamExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Import, ImportError, packing};
use crate::ProgressCounter;

/// What is in a spooled file, unpacked.
pub(super) type Unpacked = Box<dyn Read + Send>;

/// Runs `work` on a thread of its own over the whole of the file.
pub(super) async fn with_reader<T: Send + 'static>(
    import: &Import<'_>,
    work: impl FnOnce(Unpacked) -> Result<T, ImportError> + Send + 'static,
) -> Result<T, ImportError> {
    let mut stream = import.source.open().await.map_err(ImportError::Spool)?;
    let (sender, chunks) = mpsc::channel(2);
    let reader = SpoolReader {
        chunks,
        chunk: Bytes::new(),
        progress: Arc::clone(import.progress),
        cancel: import.cancel.clone(),
    };
    let bytes = import.source.bytes();
    let worker = tokio::task::spawn_blocking(move || {
        work(packing::unpack(reader, bytes).map_err(ImportError::of_read)?)
    });
    let feed = async move {
        while let Some(chunk) = stream.next().await {
            if sender.send(chunk).await.is_err() {
                break;
            }
        }
    };
    let ((), result) = futures::join!(feed, worker);
    result.map_err(ImportError::internal)?
}

/// Reads what is fed to it, and counts it.
struct SpoolReader {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    chunk: Bytes,
    progress: Arc<ProgressCounter>,
    cancel: CancellationToken,
}

impl Read for SpoolReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(ImportError::Cancelled.into_read());
        }
        while self.chunk.is_empty() {
            match self.chunks.blocking_recv() {
                Some(Ok(chunk)) => self.chunk = chunk,
                Some(Err(error)) => return Err(ImportError::Spool(error).into_read()),
                None => return Ok(0),
            }
            self.progress.add_bytes(self.chunk.len() as u64);
        }
        let n = buffer.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut buffer[..n]);
        Ok(n)
    }
}
