//! A spool as a plain reader for the thread that parses.

use std::{
    io::{self, Read},
    sync::Arc,
};

use bytes::{Buf, Bytes};
use futures::StreamExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Import, ImportError};
use crate::ProgressCounter;

/// The longest that one record may be.
const MOST_RECORD: u64 = 64 << 20;

/// Runs `work` on a thread of its own over the whole of the spool.
pub(super) async fn with_reader<T: Send + 'static>(
    import: &Import<'_>,
    work: impl FnOnce(SpoolReader) -> Result<T, ImportError> + Send + 'static,
) -> Result<T, ImportError> {
    let mut stream = import.source.open().await.map_err(ImportError::Spool)?;
    let (sender, chunks) = mpsc::channel(2);
    let reader = SpoolReader {
        chunks,
        chunk: Bytes::new(),
        at_start: true,
        read: 0,
        mark: 0,
        progress: Arc::clone(import.progress),
        cancel: import.cancel.clone(),
    };
    let worker = tokio::task::spawn_blocking(move || work(reader));
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

/// Reads what is fed to it, counts it, and leaves out a byte-order mark.
pub(super) struct SpoolReader {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    chunk: Bytes,
    at_start: bool,
    read: u64,
    mark: u64,
    progress: Arc<ProgressCounter>,
    cancel: CancellationToken,
}

/// Why a read failed, carried through the parser's own errors.
#[derive(Debug, thiserror::Error)]
enum ReadFailure {
    #[error("cancelled")]
    Cancelled,
    #[error("record too long")]
    Endless,
    #[error("spool")]
    Spool(#[source] io::Error),
}

impl SpoolReader {
    /// A record begins here; the next mark must come within 64 MB.
    pub(super) fn mark(&mut self) {
        self.mark = self.read;
    }

    /// What a failed read was about; `line` is where the record began.
    pub(super) fn failure(error: io::Error, line: u64) -> ImportError {
        let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref()) else {
            return ImportError::Spool(error);
        };
        match inner {
            ReadFailure::Cancelled => ImportError::Cancelled,
            ReadFailure::Endless => ImportError::Endless { line },
            ReadFailure::Spool(inner) => {
                ImportError::Spool(io::Error::new(inner.kind(), inner.to_string()))
            }
        }
    }
}

impl Read for SpoolReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other(ReadFailure::Cancelled));
        }
        if self.read - self.mark > MOST_RECORD {
            return Err(io::Error::other(ReadFailure::Endless));
        }
        while self.chunk.is_empty() {
            match self.chunks.blocking_recv() {
                Some(Ok(chunk)) => self.chunk = chunk,
                Some(Err(error)) => return Err(io::Error::other(ReadFailure::Spool(error))),
                None => return Ok(0),
            }
            self.progress.add_bytes(self.chunk.len() as u64);
            if std::mem::take(&mut self.at_start) && self.chunk.starts_with(b"\xEF\xBB\xBF") {
                self.chunk.advance(3);
            }
        }
        let n = buffer.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut buffer[..n]);
        self.read += n as u64;
        Ok(n)
    }
}
