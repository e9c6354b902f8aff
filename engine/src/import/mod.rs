//! Files in, Parquet parts out.
//!
//! Whatever a file is, it is spooled first and read from its beginning, unpacked on the
//! way; parsing runs on threads of its own, fed from the spool and emptied into the sink.
//! What is held at a time is some blocks, one row group and some parts, whatever the size
//! of the file.
//!
//! The type of a column hangs on all of its values: a value on the last line counts as
//! much as one on the first, and none is lost.

mod adopt;
mod arrow;
mod blocks;
mod build;
mod columns;
mod delimited;
mod dialect;
mod error;
mod fields;
mod format;
mod infer;
mod json;
mod output;
mod packing;
mod pages;
mod parquet;
mod preview;
mod share;
mod spool;
mod text;
mod workbook;

use std::{io::Read, path::Path, sync::Arc};

use assay_model::{FileFormat, ImportOptions, ImportReport, Schema};
use async_trait::async_trait;
use bytes::Bytes;
use datafusion::arrow::datatypes::SchemaRef;
use futures::stream::BoxStream;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

pub use error::{ImportError, Place};
pub use preview::preview;

pub(crate) use build::{Cell, ColumnBuilder};

use crate::{Part, PartSink, ProgressCounter, progress::Stage, write::FinishedPart};
use delimited::{Certainty, Done, Setup, Source};
use output::Output;
use spool::{Unpacked, with_reader};

/// The bytes of a spooled file, from the beginning.
pub type SpoolStream = BoxStream<'static, std::io::Result<Bytes>>;

/// A file that has arrived and can be read more than once.
#[async_trait]
pub trait Spool: Send + Sync {
    /// Its size.
    fn bytes(&self) -> u64;

    /// What it is called where it comes from.
    fn file_name(&self) -> Option<&str>;

    /// Reads it from the beginning.
    async fn open(&self) -> std::io::Result<SpoolStream>;
}

/// A file that has become a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// How it was read.
    pub report: ImportReport,
    /// Its columns.
    pub schema: Schema,
    /// Its parts, as the sink placed them.
    pub parts: Vec<Part>,
    /// Its rows.
    pub rows: u64,
    /// Its size as parts.
    pub bytes: u64,
}

/// What an import may use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Means<'a> {
    pub(crate) spill_dir: &'a Path,
    pub(crate) threads: usize,
}

/// Imports a file.
pub(crate) async fn run(
    means: Means<'_>,
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
        // More threads would hold more blocks than the memory of an import is meant for.
        threads: means.threads.clamp(1, MOST_THREADS),
    };
    let work = async {
        progress.begin(Stage::Read, 1, 0, 0);
        let start = with_reader(&import, |reader| beginning(reader, START_BYTES)).await?;
        let format = format::find(options, source.file_name(), &start)?;
        match format {
            FileFormat::Csv | FileFormat::Tsv => {
                let setup = Setup::find(format, options, &start, import.threads)?;
                import.delimited(setup).await
            }
            FileFormat::Json | FileFormat::Ndjson => {
                json::import(&import, format, options, &start).await
            }
            FileFormat::Parquet => parquet::import(&import, options, means.spill_dir).await,
            FileFormat::Arrow => arrow::import(&import, options).await,
            FileFormat::Xlsx => workbook::import(&import, options).await,
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
    threads: usize,
}

impl Import<'_> {
    async fn delimited(&self, setup: Setup) -> Result<Imported, ImportError> {
        self.progress.begin(Stage::Parse, 1, 0, self.source.bytes());
        let (say_parts, parts) = oneshot::channel();
        let (progress, threads) = (Arc::clone(self.progress), self.threads);
        let first = setup.clone();
        // Guessing and filling are one reading of the file.
        let fill = with_reader(self, move |reader| {
            let mut source = Source::open(first.blocks(reader)?, &first)?;
            source.read_ahead(delimited::SAMPLE_BYTES)?;
            let (plan, certainty) = source.plan(&first)?;
            if certainty == Certainty::Open {
                return Ok(None);
            }
            let (output, parts) = Output::new(plan.arrow(), threads, &progress);
            // Nobody takes them only when the import is over.
            let _ = say_parts.send(parts);
            delimited::fill(source, &first, plan, output)
        });
        let put = async {
            match parts.await {
                Ok(parts) => self.put(parts).await,
                Err(_) => Ok(Vec::new()),
            }
        };
        let (filled, parts) = futures::join!(fill, put);
        // A sink that failed is why the parser found its door shut.
        let parts = parts?;
        if let Some(done) = filled? {
            return Ok(imported(done.report, done.plan.schema(), parts));
        }
        self.delimited_again(setup).await
    }

    /// Reads a file whose later values contradict its first: for its types, and for good.
    /// Parts of the first try are written over or left behind.
    async fn delimited_again(&self, setup: Setup) -> Result<Imported, ImportError> {
        let twice = self.source.bytes() * 2;
        self.progress.begin(Stage::Read, 1, 0, twice);
        let plan = {
            let setup = setup.clone();
            with_reader(self, move |reader| {
                delimited::learn(Source::open(setup.blocks(reader)?, &setup)?, &setup)
            })
            .await?
        };
        self.progress.enter(Stage::Parse);
        let (output, parts) = Output::new(plan.arrow(), self.threads, self.progress);
        let fill = with_reader(self, move |reader| {
            let source = Source::open(setup.blocks(reader)?, &setup)?;
            delimited::fill(source, &setup, plan, output)
        });
        let (done, parts) = self.fill(fill, parts).await?;
        let Done { plan, report } =
            done.ok_or_else(|| ImportError::internal("the file has changed between readings"))?;
        Ok(imported(report, plan.schema(), parts))
    }

    /// Puts parts away while they are made.
    async fn fill<T>(
        &self,
        fill: impl Future<Output = Result<T, ImportError>>,
        parts: mpsc::Receiver<FinishedPart>,
    ) -> Result<(T, Vec<Part>), ImportError> {
        let (filled, parts) = futures::join!(fill, self.put(parts));
        // A sink that failed is why the parser found its door shut.
        let parts = parts?;
        Ok((filled?, parts))
    }

    async fn put(
        &self,
        mut finished: mpsc::Receiver<FinishedPart>,
    ) -> Result<Vec<Part>, ImportError> {
        let mut parts = Vec::new();
        while let Some(part) = finished.recv().await {
            parts.push(part.put(self.sink).await.map_err(ImportError::Sink)?);
        }
        Ok(parts)
    }

    /// An output of batches of this schema.
    fn output(&self, schema: SchemaRef) -> (Output, mpsc::Receiver<FinishedPart>) {
        Output::new(schema, self.threads, self.progress)
    }
}

fn imported(report: ImportReport, schema: Schema, parts: Vec<Part>) -> Imported {
    Imported {
        report,
        schema,
        rows: parts.iter().map(|part| part.rows).sum(),
        bytes: parts.iter().map(|part| part.bytes).sum(),
        parts,
    }
}

/// The first bytes of a file.
fn beginning(reader: Unpacked, most: u64) -> Result<Vec<u8>, ImportError> {
    let mut start = Vec::new();
    reader
        .take(most)
        .read_to_end(&mut start)
        .map_err(ImportError::of_read)?;
    Ok(start)
}

/// What format and dialect are found from.
const START_BYTES: u64 = 256 << 10;
/// Rows of a batch.
const BATCH_ROWS: usize = 8_192;
/// The most cores that an import uses.
const MOST_THREADS: usize = 8;
