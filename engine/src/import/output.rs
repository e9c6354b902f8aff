//! Batches to Parquet parts, on all cores: the columns of a row group are encoded side by
//! side, and with them goes whatever else there is to do.

use std::{collections::VecDeque, sync::Arc};

use datafusion::{
    arrow::{datatypes::SchemaRef, record_batch::RecordBatch},
    parquet::{
        arrow::{
            ArrowWriter,
            arrow_writer::{
                ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
            },
        },
        errors::ParquetError,
        file::writer::SerializedFileWriter,
    },
};
use tokio::sync::mpsc;

use super::{
    ImportError,
    share::{Task, share},
};
use crate::{
    ProgressCounter,
    write::{self, FinishedPart, ROW_GROUP_BYTES, ROW_GROUP_ROWS},
};

/// Where a parser's batches go: into parts, and those to whoever puts them away.
pub(super) struct Output {
    schema: SchemaRef,
    threads: usize,
    open: Option<OpenPart>,
    closed: u32,
    /// Batches that are not encoded yet.
    waiting: VecDeque<RecordBatch>,
    finished: mpsc::Sender<FinishedPart>,
    progress: Arc<ProgressCounter>,
}

struct OpenPart {
    file: SerializedFileWriter<Vec<u8>>,
    factory: ArrowRowGroupWriterFactory,
    /// The columns of the row group that is being filled.
    columns: Vec<ArrowColumnWriter>,
    group_rows: usize,
    rows: u64,
}

/// A part is closed once it has so many bytes. While one is filled another waits and a
/// third is on its way with a copy of it, so the size of parts is most of the memory that
/// an import takes.
const PART_BYTES: usize = 16 << 20;
/// Bytes of batches that wait until they are encoded together.
const WAITING_BYTES: usize = 8 << 20;

impl Output {
    /// An output of batches of this schema.
    pub(super) fn new(
        schema: SchemaRef,
        threads: usize,
        progress: &Arc<ProgressCounter>,
    ) -> (Self, mpsc::Receiver<FinishedPart>) {
        let (finished, receiver) = mpsc::channel(1);
        let output = Self {
            schema,
            threads,
            open: None,
            closed: 0,
            waiting: VecDeque::new(),
            finished,
            progress: Arc::clone(progress),
        };
        (output, receiver)
    }

    /// Takes a batch; it is encoded with the next work that is done.
    pub(super) fn push(&mut self, batch: RecordBatch) {
        self.progress.add_rows(batch.num_rows() as u64);
        if batch.num_rows() > 0 {
            self.waiting.push_back(batch);
        }
    }

    /// Takes a batch, and encodes what waits once it is worth it.
    pub(super) fn write(&mut self, batch: RecordBatch) -> Result<(), ImportError> {
        self.push(batch);
        let waiting: usize = self
            .waiting
            .iter()
            .map(RecordBatch::get_array_memory_size)
            .sum();
        if waiting < WAITING_BYTES {
            return Ok(());
        }
        self.work(Vec::new(), Vec::new())
    }

    /// Encodes what waits, and does some other work before and after.
    pub(super) fn work<'t>(
        &mut self,
        before: Vec<Task<'t>>,
        after: Vec<Task<'t>>,
    ) -> Result<(), ImportError> {
        let (mut before, mut after) = (before, after);
        while !(self.waiting.is_empty() && before.is_empty() && after.is_empty()) {
            self.step(std::mem::take(&mut before), std::mem::take(&mut after))?;
        }
        Ok(())
    }

    fn step(&mut self, before: Vec<Task<'_>>, after: Vec<Task<'_>>) -> Result<(), ImportError> {
        let (schema, threads) = (Arc::clone(&self.schema), self.threads);
        let (open, waiting) = self.open()?;
        let batches = take(waiting, ROW_GROUP_ROWS - open.group_rows);
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let mut results: Vec<Result<(), ParquetError>> =
            open.columns.iter().map(|_| Ok(())).collect();
        let columns = open.columns.iter_mut().zip(&mut results).enumerate();
        let encode = columns.map(|(i, (writer, result))| {
            let (field, batches) = (schema.field(i), &batches);
            Box::new(move || {
                *result = batches.iter().try_for_each(|batch| {
                    let leaves = compute_leaves(field, batch.column(i))?;
                    leaves.iter().try_for_each(|leaf| writer.write(leaf))
                });
            }) as Task<'_>
        });
        let mut tasks = before;
        if rows > 0 {
            tasks.extend(encode);
        }
        tasks.extend(after);
        share(threads, tasks);
        results
            .into_iter()
            .collect::<Result<(), _>>()
            .map_err(ImportError::internal)?;
        open.group_rows += rows;
        open.rows += rows as u64;
        self.settle()
    }

    /// Writes what waits and closes the last part. There is one even without rows, since
    /// it holds the types.
    pub(super) fn finish(mut self) -> Result<(), ImportError> {
        self.work(Vec::new(), Vec::new())?;
        if self.closed == 0 {
            self.open()?;
        }
        self.close_part()
    }

    fn open(&mut self) -> Result<(&mut OpenPart, &mut VecDeque<RecordBatch>), ImportError> {
        let open = match &mut self.open {
            Some(open) => open,
            none => none.insert(OpenPart::new(&self.schema).map_err(ImportError::internal)?),
        };
        Ok((open, &mut self.waiting))
    }

    /// Closes the row group and the part when they are full.
    fn settle(&mut self) -> Result<(), ImportError> {
        let threads = self.threads;
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        let memory: usize = open
            .columns
            .iter()
            .map(ArrowColumnWriter::memory_size)
            .sum();
        if open.group_rows >= ROW_GROUP_ROWS || memory > ROW_GROUP_BYTES {
            open.close_group(threads).map_err(ImportError::internal)?;
        }
        if open.bytes() > PART_BYTES {
            self.close_part()?;
        }
        Ok(())
    }

    fn close_part(&mut self) -> Result<(), ImportError> {
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        let part = open
            .close_group(self.threads)
            .and_then(|()| open.finish(self.closed))
            .map_err(ImportError::internal)?;
        self.closed += 1;
        // Nobody listens when the sink has failed or the import is over.
        self.finished
            .blocking_send(part)
            .map_err(|_| ImportError::Cancelled)
    }
}

impl OpenPart {
    fn new(schema: &SchemaRef) -> Result<Self, ParquetError> {
        let properties = write::properties(schema);
        let writer = ArrowWriter::try_new(Vec::new(), Arc::clone(schema), Some(properties))?;
        let (file, factory) = writer.into_serialized_writer()?;
        let columns = factory.create_column_writers(0)?;
        Ok(Self {
            file,
            factory,
            columns,
            group_rows: 0,
            rows: 0,
        })
    }

    /// Its size, as far as it is known.
    fn bytes(&self) -> usize {
        let columns = self.columns.iter();
        let encoded = columns.map(ArrowColumnWriter::get_estimated_total_bytes);
        self.file.bytes_written() + encoded.sum::<usize>()
    }

    fn close_group(&mut self, threads: usize) -> Result<(), ParquetError> {
        if self.group_rows == 0 {
            return Ok(());
        }
        self.group_rows = 0;
        let columns = std::mem::take(&mut self.columns);
        let mut chunks: Vec<Option<Result<ArrowColumnChunk, ParquetError>>> = Vec::new();
        chunks.resize_with(columns.len(), || None);
        let close = columns.into_iter().zip(&mut chunks);
        let close = close
            .map(|(column, chunk)| Box::new(move || *chunk = Some(column.close())) as Task<'_>);
        share(threads, close.collect());
        let mut group = self.file.next_row_group()?;
        for chunk in chunks.into_iter().flatten() {
            chunk?.append_to_row_group(&mut group)?;
        }
        group.close()?;
        let groups = self.file.flushed_row_groups().len();
        self.columns = self.factory.create_column_writers(groups)?;
        Ok(())
    }

    fn finish(mut self, n: u32) -> Result<FinishedPart, ParquetError> {
        let metadata = self.file.finish()?;
        let bytes = std::mem::take(self.file.inner_mut());
        Ok(FinishedPart::new(n, self.rows, &metadata, bytes))
    }
}

/// Takes so many rows from the front.
fn take(waiting: &mut VecDeque<RecordBatch>, rows: usize) -> Vec<RecordBatch> {
    let mut taken = Vec::new();
    let mut left = rows;
    while left > 0
        && let Some(batch) = waiting.pop_front()
    {
        let n = batch.num_rows().min(left);
        if n < batch.num_rows() {
            waiting.push_front(batch.slice(n, batch.num_rows() - n));
        }
        taken.push(batch.slice(0, n));
        left -= n;
    }
    taken
}
