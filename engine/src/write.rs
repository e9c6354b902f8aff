//! Batches to Parquet parts.
//!
//! A row group ends at 1,000,000 rows or 64 MB in memory, a part before 64 MB on the
//! way out, so that a part fits a Redis string with room and a reader's memory stays
//! bounded.

use std::sync::Arc;

use bytes::Bytes;
use datafusion::{
    arrow::{
        compute::cast,
        datatypes::{Schema as ArrowSchema, SchemaRef},
        record_batch::{RecordBatch, RecordBatchOptions},
    },
    parquet::{
        arrow::ArrowWriter,
        basic::{Compression, ZstdLevel},
        errors::ParquetError,
        file::{
            metadata::{ParquetMetaData, RowGroupMetaData},
            properties::{EnabledStatistics, WriterProperties},
        },
        schema::types::ColumnPath,
    },
};

use crate::{BoxError, Part, PartSink, types};

/// A part is closed once it has so many bytes; the rest up to 64 MB is for the footer
/// and for what the estimate misses.
const PART_BYTES: usize = 56 << 20;
pub(crate) const ROW_GROUP_BYTES: usize = 64 << 20;
pub(crate) const ROW_GROUP_ROWS: usize = 1_000_000;
/// The size of a batch is looked at no later than after so many rows.
const SLICE_ROWS: usize = 8_192;

/// Writes part after part.
pub(crate) struct PartWriter {
    schema: SchemaRef,
    properties: WriterProperties,
    open: Option<ArrowWriter<Vec<u8>>>,
    rows: u64,
    closed: u32,
}

/// A part that is ready to be put away.
pub(crate) struct FinishedPart {
    n: u32,
    bytes: Bytes,
    rows: u64,
    footer_bytes: u64,
}

impl PartWriter {
    /// A writer of batches of this schema; views in it are written as plain text and
    /// bytes.
    pub(crate) fn new(schema: &ArrowSchema) -> Self {
        Self {
            schema: Arc::new(types::without_views(schema)),
            properties: properties(schema),
            open: None,
            rows: 0,
            closed: 0,
        }
    }

    /// Writes a batch; gives the parts that it filled.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<Vec<FinishedPart>, ParquetError> {
        let batch = conform(batch, &self.schema)?;
        let mut finished = Vec::new();
        let step = slice_rows(&batch);
        let mut at = 0;
        while at < batch.num_rows() {
            let slice = batch.slice(at, step.min(batch.num_rows() - at));
            at += slice.num_rows();
            let writer = self.writer()?;
            writer.write(&slice)?;
            if writer.memory_size() > ROW_GROUP_BYTES {
                writer.flush()?;
            }
            let full = writer.bytes_written() + writer.in_progress_size() > PART_BYTES;
            self.rows += slice.num_rows() as u64;
            if full {
                finished.extend(self.close()?);
            }
        }
        Ok(finished)
    }

    /// Closes the last part. There is one even without rows, since it holds the types.
    pub(crate) fn finish(mut self) -> Result<Option<FinishedPart>, ParquetError> {
        if self.closed == 0 {
            self.writer()?;
        }
        self.close()
    }

    fn writer(&mut self) -> Result<&mut ArrowWriter<Vec<u8>>, ParquetError> {
        match &mut self.open {
            Some(writer) => Ok(writer),
            none => {
                let writer = ArrowWriter::try_new(
                    Vec::new(),
                    Arc::clone(&self.schema),
                    Some(self.properties.clone()),
                )?;
                Ok(none.insert(writer))
            }
        }
    }

    fn close(&mut self) -> Result<Option<FinishedPart>, ParquetError> {
        let Some(mut writer) = self.open.take() else {
            return Ok(None);
        };
        let metadata = writer.finish()?;
        let bytes = std::mem::take(writer.inner_mut());
        let rows = std::mem::take(&mut self.rows);
        let part = FinishedPart::new(self.closed, rows, &metadata, bytes);
        self.closed += 1;
        Ok(Some(part))
    }
}

impl FinishedPart {
    /// A part that was written whole.
    pub(crate) fn new(n: u32, rows: u64, metadata: &ParquetMetaData, bytes: Vec<u8>) -> Self {
        Self {
            n,
            rows,
            footer_bytes: footer_bytes(metadata, &bytes),
            bytes: Bytes::from(bytes),
        }
    }

    /// Puts the part away.
    pub(crate) async fn put(self, sink: &dyn PartSink) -> Result<Part, BoxError> {
        let bytes = self.bytes.len() as u64;
        Ok(Part {
            path: sink.put(self.n, self.bytes).await?,
            rows: self.rows,
            bytes,
            footer_bytes: self.footer_bytes,
        })
    }
}

/// How parts and Parquet exports are written.
///
/// Floating point gets no statistics: Parquet leaves NaN out of them, so a reader that
/// skips row groups by them would miss a NaN, which is greater than any number.
pub(crate) fn properties(schema: &ArrowSchema) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).unwrap_or_default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS));
    for field in schema
        .fields()
        .iter()
        .filter(|field| field.data_type().is_floating())
    {
        let path = ColumnPath::from(vec![field.name().clone()]);
        properties = properties.set_column_statistics_enabled(path, EnabledStatistics::None);
    }
    properties.build()
}

/// The same rows under the schema that is written.
pub(crate) fn conform(
    batch: &RecordBatch,
    schema: &SchemaRef,
) -> Result<RecordBatch, ParquetError> {
    let columns = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(column, field)| {
            if column.data_type() == field.data_type() {
                Ok(Arc::clone(column))
            } else {
                cast(column, field.data_type())
            }
        })
        .collect::<Result<Vec<_>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(
        Arc::clone(schema),
        columns,
        &options,
    )?)
}

/// Rows of a batch that make some megabytes at most.
fn slice_rows(batch: &RecordBatch) -> usize {
    let each = batch.get_array_memory_size() / batch.num_rows().max(1);
    ((4 << 20) / each.max(1)).clamp(1, SLICE_ROWS)
}

/// Bytes from the page index, which stands before the footer, to the end.
fn footer_bytes(metadata: &ParquetMetaData, bytes: &[u8]) -> u64 {
    let size = bytes.len() as u64;
    let index = metadata
        .row_groups()
        .iter()
        .flat_map(RowGroupMetaData::columns)
        .flat_map(|column| [column.column_index_offset(), column.offset_index_offset()])
        .flatten()
        .filter_map(|offset| u64::try_from(offset).ok())
        .min();
    let footer = bytes.last_chunk::<8>().map_or(8, |&[a, b, c, d, ..]| {
        u64::from(u32::from_le_bytes([a, b, c, d])) + 8
    });
    index
        .map_or(footer, |index| size.saturating_sub(index))
        .max(footer)
}
