//! Files in, Parquet parts out.
//!
//! A text file is read twice: first to find the type of each column over the whole
//! file, then to fill the columns. Nothing is guessed from a sample, so a value on the
//! last line counts as much as one on the first, and none is lost.
//!
//! Parsing runs on a thread of its own, fed from the spool and emptied into the sink;
//! what is held at a time is some chunks, one batch and one part, whatever the size of
//! the file.

mod build;
mod csv;
mod error;
mod format;
mod infer;
mod json;
mod parquet;
mod spool;

use std::{path::Path, sync::Arc};

use assay_model::Schema;
use async_trait::async_trait;
use bytes::Bytes;
use datafusion::arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use futures::{StreamExt, stream::BoxStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use error::ImportError;
pub use format::Format;

pub(crate) use build::{Cell, ColumnBuilder};

use crate::{
    Part, PartSink, ProgressCounter,
    progress::Stage,
    write::{FinishedPart, PartWriter},
};
use spool::{SpoolReader, with_reader};

/// The bytes of a spooled file, from the beginning.
pub type SpoolStream = BoxStream<'static, std::io::Result<Bytes>>;

/// A file that has arrived and can be read more than once.
#[async_trait]
pub trait Spool: Send + Sync {
    /// Its size.
    fn bytes(&self) -> u64;

    /// Reads it from the beginning.
    async fn open(&self) -> std::io::Result<SpoolStream>;
}

/// What is known of a file beforehand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportOptions {
    /// Its format; found from name and first bytes when left out.
    pub format: Option<Format>,
    /// Its name.
    pub file_name: Option<String>,
}

/// A file that has become a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// What it turned out to be.
    pub format: Format,
    /// Its columns.
    pub schema: Schema,
    /// Its parts, as the sink placed them.
    pub parts: Vec<Part>,
    /// Its rows.
    pub rows: u64,
    /// Its size as parts.
    pub bytes: u64,
}

/// Imports a file.
pub(crate) async fn run(
    spill_dir: &Path,
    source: &dyn Spool,
    options: &ImportOptions,
    sink: &dyn PartSink,
    progress: &Arc<ProgressCounter>,
    cancel: &CancellationToken,
) -> Result<Imported, ImportError> {
    let import = Import {
        source,
        sink,
        progress,
        cancel,
    };
    let work = async {
        progress.begin(Stage::Read, 1, 0, 0);
        let start = import.start().await?;
        let format = format::find(options, &start)?;
        match format {
            Format::Csv | Format::Tsv => {
                let delimiter = csv::delimiter(format, &start);
                let found = import
                    .learn(move |reader| csv::learn(reader, delimiter))
                    .await?;
                import
                    .fill(format, found, move |reader, plan, out| {
                        csv::fill(reader, delimiter, plan, out)
                    })
                    .await
            }
            Format::Json | Format::Ndjson => {
                let found = import
                    .learn(move |reader| json::learn(reader, format))
                    .await?;
                import
                    .fill(format, found, move |reader, plan, out| {
                        json::fill(reader, format, plan, out)
                    })
                    .await
            }
            Format::Parquet => parquet::import(&import, spill_dir).await,
        }
    };
    cancel
        .run_until_cancelled(work)
        .await
        .unwrap_or(Err(ImportError::Cancelled))
}

/// What the steps of an import share.
struct Import<'a> {
    source: &'a dyn Spool,
    sink: &'a dyn PartSink,
    progress: &'a Arc<ProgressCounter>,
    cancel: &'a CancellationToken,
}

/// What the first reading of a text file finds.
struct Plan {
    /// The columns, as people see them.
    schema: Schema,
    /// The columns, as they are held.
    arrow: SchemaRef,
}

impl Import<'_> {
    /// The first bytes of the file.
    async fn start(&self) -> Result<Vec<u8>, ImportError> {
        let mut stream = self.source.open().await.map_err(ImportError::Spool)?;
        let mut start = Vec::new();
        while start.len() < START_BYTES {
            match stream.next().await {
                Some(chunk) => start.extend_from_slice(&chunk.map_err(ImportError::Spool)?),
                None => break,
            }
        }
        start.truncate(START_BYTES);
        Ok(start)
    }

    /// Reads the file for its types.
    async fn learn(
        &self,
        learn: impl FnOnce(SpoolReader) -> Result<Plan, ImportError> + Send + 'static,
    ) -> Result<Plan, ImportError> {
        // Both readings count.
        let twice = self.source.bytes() * 2;
        self.progress.begin(Stage::Read, 1, 0, twice);
        with_reader(self, learn).await
    }

    /// Reads the file into parts.
    async fn fill(
        &self,
        format: Format,
        plan: Plan,
        fill: impl FnOnce(SpoolReader, &Plan, &mut Output) -> Result<(), ImportError> + Send + 'static,
    ) -> Result<Imported, ImportError> {
        self.progress.enter(Stage::Parse);
        let schema = plan.schema.clone();
        let (output, parts) = Output::new(&plan.arrow, self.progress);
        let parse = with_reader(self, move |reader| {
            let mut output = output;
            fill(reader, &plan, &mut output)?;
            output.finish()
        });
        self.collect(format, schema, parse, parts).await
    }

    /// Puts parts away while they are made.
    async fn collect(
        &self,
        format: Format,
        schema: Schema,
        parse: impl Future<Output = Result<(), ImportError>>,
        mut finished: mpsc::Receiver<FinishedPart>,
    ) -> Result<Imported, ImportError> {
        let put = async move {
            let mut parts = Vec::new();
            while let Some(part) = finished.recv().await {
                parts.push(part.put(self.sink).await.map_err(ImportError::Sink)?);
            }
            Ok::<_, ImportError>(parts)
        };
        let (parsed, parts) = futures::join!(parse, put);
        // A sink that failed is why the parser found its door shut.
        let parts = parts?;
        parsed?;
        Ok(Imported {
            format,
            schema,
            rows: parts.iter().map(|part| part.rows).sum(),
            bytes: parts.iter().map(|part| part.bytes).sum(),
            parts,
        })
    }
}

/// Where a parser's batches go: into parts, and those to the sink.
struct Output {
    writer: PartWriter,
    finished: mpsc::Sender<FinishedPart>,
    progress: Arc<ProgressCounter>,
}

impl Output {
    fn new(
        schema: &SchemaRef,
        progress: &Arc<ProgressCounter>,
    ) -> (Self, mpsc::Receiver<FinishedPart>) {
        let (finished, receiver) = mpsc::channel(1);
        let output = Self {
            writer: PartWriter::new(schema),
            finished,
            progress: Arc::clone(progress),
        };
        (output, receiver)
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), ImportError> {
        for part in self.writer.write(batch).map_err(ImportError::internal)? {
            self.send(part)?;
        }
        self.progress.add_rows(batch.num_rows() as u64);
        Ok(())
    }

    fn finish(mut self) -> Result<(), ImportError> {
        let schema = Arc::clone(self.writer.schema());
        let writer = std::mem::replace(&mut self.writer, PartWriter::new(&schema));
        match writer.finish().map_err(ImportError::internal)? {
            Some(part) => self.send(part),
            None => Ok(()),
        }
    }

    fn send(&self, part: FinishedPart) -> Result<(), ImportError> {
        // Nobody listens when the sink has failed or the import is over.
        self.finished
            .blocking_send(part)
            .map_err(|_| ImportError::Cancelled)
    }
}

/// What format and separator are found from.
const START_BYTES: usize = 64 << 10;
/// Rows of a batch, and the bytes of text that end it earlier.
const BATCH_ROWS: usize = 8_192;
const BATCH_BYTES: usize = 8 << 20;
