//! A table for `DataFusion`: parts whose sizes, rows and footers are known beforehand,
//! so that planning asks the store for nothing but a footer that is not cached.
//!
//! `DataFusion` splits the parts among its partitions by byte ranges (whole row
//! groups), prunes row groups and pages by their statistics, and decodes the columns of
//! a filter first.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::DateTime;
use datafusion::{
    arrow::datatypes::{DataType, Field, Schema as ArrowSchema, SchemaRef},
    catalog::{Session, TableProvider},
    common::{Statistics, config::TableParquetOptions, stats::Precision},
    datasource::{
        TableType,
        listing::PartitionedFile,
        physical_plan::{
            FileGroup, FileScanConfigBuilder, ParquetSource,
            parquet::{CachedParquetFileReaderFactory, metadata::DFParquetMetadata},
        },
        source::DataSourceExec,
        table_schema::TableSchema,
    },
    error::Result,
    logical_expr::Expr,
    parquet::{
        arrow::{RowNumber, parquet_to_arrow_schema},
        file::metadata::{PageIndexPolicy, ParquetMetaData},
    },
    physical_plan::ExecutionPlan,
    scalar::ScalarValue,
};
use object_store::ObjectMeta;

use crate::{Engine, EngineError, Part, ProgressCounter, reader::CountingReaderFactory, types};

/// A hidden column: which part a row is in. With [`ROW`] it is the order of the data.
pub(crate) const PART: &str = "\0part";
/// A hidden column: which row of its part a row is.
pub(crate) const ROW: &str = "\0row";

/// The provider.
pub(crate) struct Table {
    engine: Engine,
    parts: Vec<Part>,
    schema: TableSchema,
    progress: Arc<ProgressCounter>,
}

impl Table {
    /// Reads the last part's footer, for the columns and their types (see [`crate::fit`]),
    /// and nothing else.
    pub(crate) async fn open(
        engine: &Engine,
        schema: &assay_model::Schema,
        parts: &[Part],
        progress: &Arc<ProgressCounter>,
    ) -> Result<Self, EngineError> {
        let file_schema = match parts.last() {
            Some(part) => arrow_schema(&*footer(engine, part).await?)?,
            None => types::storage_schema(schema),
        };
        let part = Arc::new(Field::new(PART, DataType::Int64, false));
        let row = Field::new(ROW, DataType::Int64, false).with_extension_type(RowNumber);
        let schema = TableSchema::builder(Arc::new(types::with_views(&file_schema)))
            .with_table_partition_cols(vec![part])
            .with_virtual_columns(vec![Arc::new(row)])
            .build();
        Ok(Self {
            engine: engine.clone(),
            parts: parts.to_vec(),
            schema,
            progress: Arc::clone(progress),
        })
    }
}

/// A part's footer and page index, from the cache when they are there.
pub(crate) async fn footer(
    engine: &Engine,
    part: &Part,
) -> Result<Arc<ParquetMetaData>, EngineError> {
    let meta = object_meta(part);
    let metadata = DFParquetMetadata::new(engine.store.as_ref(), &meta)
        .with_metadata_size_hint(Some(footer_hint(part)))
        .with_file_metadata_cache(Some(engine.runtime.cache_manager.get_file_metadata_cache()))
        .with_page_index_policy(Some(PageIndexPolicy::Optional))
        .fetch_metadata()
        .await?;
    Ok(metadata)
}

/// The Arrow schema of a part, as it was written.
pub(crate) fn arrow_schema(metadata: &ParquetMetaData) -> Result<ArrowSchema, EngineError> {
    let file = metadata.file_metadata();
    Ok(parquet_to_arrow_schema(
        file.schema_descr(),
        file.key_value_metadata(),
    )?)
}

fn footer_hint(part: &Part) -> usize {
    usize::try_from(part.footer_bytes).unwrap_or(usize::MAX)
}

/// Parts never change, so the time of change is the same for all; the cache of footers
/// compares it.
fn object_meta(part: &Part) -> ObjectMeta {
    ObjectMeta {
        location: part.path.clone(),
        last_modified: DateTime::UNIX_EPOCH,
        size: part.bytes,
        e_tag: None,
        version: None,
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table")
            .field("parts", &self.parts.len())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl TableProvider for Table {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let options = TableParquetOptions {
            global: state.config_options().execution.parquet.clone(),
            ..TableParquetOptions::default()
        };
        let readers = CountingReaderFactory {
            inner: CachedParquetFileReaderFactory::new(
                Arc::clone(&self.engine.store),
                self.engine.runtime.cache_manager.get_file_metadata_cache(),
            ),
            progress: Arc::clone(&self.progress),
            uncounted: Arc::default(),
        };
        let source = ParquetSource::new(self.schema.clone())
            .with_table_parquet_options(options)
            .with_parquet_file_reader_factory(Arc::new(readers));
        let files = self.parts.iter().enumerate().map(|(n, part)| {
            let mut file = PartitionedFile::new_from_meta(object_meta(part))
                .with_metadata_size_hint(footer_hint(part));
            file.partition_values = vec![ScalarValue::Int64(i64::try_from(n).ok())];
            file
        });
        let rows: u64 = self.parts.iter().map(|part| part.rows).sum();
        let bytes: u64 = self.parts.iter().map(|part| part.bytes).sum();
        let exactly = |n: u64| usize::try_from(n).map_or(Precision::Absent, Precision::Exact);
        let statistics = Statistics {
            num_rows: exactly(rows),
            total_byte_size: exactly(bytes).to_inexact(),
            ..Statistics::new_unknown(&self.schema())
        };
        let config = FileScanConfigBuilder::new(self.engine.store_url.clone(), Arc::new(source))
            .with_file_groups(vec![FileGroup::new(files.collect())])
            .with_statistics(statistics)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}
