//! Reads the bytes of parts for `DataFusion`, with footers from the cache, and counts
//! what is read.
//!
//! Why count here and not in a stream on top: filters run inside the scan, so the rows
//! that come out of it say nothing of how far it is.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;
use datafusion::{
    datasource::{
        listing::PartitionedFile,
        physical_plan::parquet::{CachedParquetFileReaderFactory, ParquetFileReaderFactory},
    },
    error::Result,
    parquet::{
        arrow::{arrow_reader::ArrowReaderOptions, async_reader::AsyncFileReader},
        errors::Result as ParquetResult,
        file::metadata::{ColumnChunkMetaData, ParquetMetaData},
    },
    physical_plan::metrics::ExecutionPlanMetricsSet,
};
use futures::{FutureExt, future::BoxFuture};

use crate::ProgressCounter;

/// Makes readers that count.
#[derive(Debug)]
pub(crate) struct CountingReaderFactory {
    pub(crate) inner: CachedParquetFileReaderFactory,
    pub(crate) progress: Arc<ProgressCounter>,
}

impl ParquetFileReaderFactory for CountingReaderFactory {
    fn create_reader(
        &self,
        partition_index: usize,
        file: PartitionedFile,
        metadata_size_hint: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>> {
        let inner = self
            .inner
            .create_reader(partition_index, file, metadata_size_hint, metrics)?;
        Ok(Box::new(CountingReader {
            inner,
            progress: Arc::clone(&self.progress),
            row_groups: Vec::new(),
        }))
    }
}

struct CountingReader {
    inner: Box<dyn AsyncFileReader + Send>,
    progress: Arc<ProgressCounter>,
    /// Row groups not yet counted: where their bytes lie, and their rows. Partitions
    /// share a file by whole row groups, so no two readers count the same one.
    row_groups: Vec<(Range<u64>, u64)>,
}

impl CountingReader {
    fn count(&mut self, range: &Range<u64>) {
        self.progress.add_bytes(range.end - range.start);
        if let Some(i) = self
            .row_groups
            .iter()
            .position(|(bytes, _)| bytes.contains(&range.start))
        {
            let (_, rows) = self.row_groups.swap_remove(i);
            self.progress.add_rows(rows);
        }
    }
}

impl AsyncFileReader for CountingReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        self.count(&range);
        self.inner.get_bytes(range)
    }

    fn get_byte_ranges(
        &mut self,
        ranges: Vec<Range<u64>>,
    ) -> BoxFuture<'_, ParquetResult<Vec<Bytes>>> {
        for range in &ranges {
            self.count(range);
        }
        self.inner.get_byte_ranges(ranges)
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, ParquetResult<Arc<ParquetMetaData>>> {
        async move {
            let metadata = self.inner.get_metadata(options).await?;
            if self.row_groups.is_empty() {
                self.row_groups = metadata
                    .row_groups()
                    .iter()
                    .filter_map(|group| {
                        let columns =
                            || group.columns().iter().map(ColumnChunkMetaData::byte_range);
                        let start = columns().map(|(start, _)| start).min()?;
                        let end = columns().map(|(start, length)| start + length).max()?;
                        Some((start..end, u64::try_from(group.num_rows()).unwrap_or(0)))
                    })
                    .collect();
            }
            Ok(metadata)
        }
        .boxed()
    }
}
