//! Reads the bytes of parts for `DataFusion`, with footers from the cache, and counts
//! what is read.
//!
//! Why count here and not in a stream on top: filters run inside the scan, so the rows
//! that come out of it say nothing of how far it is.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

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
use object_store::path::Path;

use crate::ProgressCounter;

/// Makes readers that count.
#[derive(Debug)]
pub(crate) struct CountingReaderFactory {
    pub(crate) inner: CachedParquetFileReaderFactory,
    pub(crate) progress: Arc<ProgressCounter>,
    pub(crate) uncounted: Arc<Uncounted>,
}

/// Row groups not yet counted, by part: where their bytes lie, and their rows. Several
/// readers may serve one part, and pruning may swap one for another.
#[derive(Debug, Default)]
pub(crate) struct Uncounted(Mutex<HashMap<Path, RowGroups>>);

type RowGroups = Vec<(Range<u64>, u64)>;

impl Uncounted {
    fn know(&self, path: &Path, metadata: &ParquetMetaData) {
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.entry(path.clone()).or_insert_with(|| {
            let groups = metadata.row_groups().iter().filter_map(|group| {
                let columns = || group.columns().iter().map(ColumnChunkMetaData::byte_range);
                let start = columns().map(|(start, _)| start).min()?;
                let end = columns().map(|(start, length)| start + length).max()?;
                Some((start..end, u64::try_from(group.num_rows()).unwrap_or(0)))
            });
            groups.collect()
        });
    }

    /// The rows of the group that holds this byte, the first time that it is asked.
    fn count(&self, path: &Path, byte: u64) -> Option<u64> {
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let groups = parts.get_mut(path)?;
        let i = groups.iter().position(|(bytes, _)| bytes.contains(&byte))?;
        Some(groups.swap_remove(i).1)
    }
}

impl ParquetFileReaderFactory for CountingReaderFactory {
    fn create_reader(
        &self,
        partition_index: usize,
        file: PartitionedFile,
        metadata_size_hint: Option<usize>,
        metrics: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>> {
        let path = file.object_meta.location.clone();
        let inner = self
            .inner
            .create_reader(partition_index, file, metadata_size_hint, metrics)?;
        Ok(Box::new(CountingReader {
            inner,
            progress: Arc::clone(&self.progress),
            uncounted: Arc::clone(&self.uncounted),
            path,
        }))
    }
}

struct CountingReader {
    inner: Box<dyn AsyncFileReader + Send>,
    progress: Arc<ProgressCounter>,
    uncounted: Arc<Uncounted>,
    path: Path,
}

impl CountingReader {
    fn count(&self, range: &Range<u64>) {
        self.progress.add_bytes(range.end - range.start);
        if let Some(rows) = self.uncounted.count(&self.path, range.start) {
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
            self.uncounted.know(&self.path, &metadata);
            Ok(metadata)
        }
        .boxed()
    }
}
