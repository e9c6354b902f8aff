//! Rows to look at: some of a table or result, straight from the parts that hold them;
//! and the whole of a data set, batch by batch.

use std::{ops::Range, sync::Arc};

use assay_model::ResultColumn;
use bytes::Bytes;
use datafusion::{
    arrow::{
        datatypes::{Schema as ArrowSchema, SchemaRef},
        record_batch::RecordBatch,
    },
    parquet::{
        arrow::{
            ParquetRecordBatchStreamBuilder,
            arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, RowSelection},
            async_reader::AsyncFileReader,
        },
        errors::{ParquetError, Result as ParquetResult},
        file::metadata::ParquetMetaData,
    },
};
use futures::{
    FutureExt, StreamExt, TryFutureExt, TryStreamExt, future::BoxFuture, stream, stream::BoxStream,
};
use object_store::{ObjectStore, ObjectStoreExt};

use crate::{
    Engine, EngineError, Input, Part, ProgressCounter, Rows, cells::Cells, fit::fit, records,
    table, types,
};

/// Batches of a data set, or why there are no more.
pub(crate) type Batches = BoxStream<'static, Result<RecordBatch, EngineError>>;

/// Some rows of the parts of a table or result.
pub(crate) async fn page(
    engine: &Engine,
    parts: &[Part],
    offset: u64,
    limit: u64,
) -> Result<Rows, EngineError> {
    let schema = Arc::new(schema(engine, parts).await?);
    let batches: Vec<_> = rows_of_parts(engine, parts, &schema, offset, limit)
        .try_collect()
        .await?;
    Ok(Rows {
        columns: result_columns(&schema),
        rows: all_cells(&batches)?,
    })
}

/// The Arrow schema of a data set, as its batches have it.
pub(crate) async fn input_schema(engine: &Engine, input: &Input) -> Result<SchemaRef, EngineError> {
    match input {
        Input::Table { schema, parts } if parts.is_empty() => {
            Ok(Arc::new(types::storage_schema(schema)))
        }
        Input::Table { parts, .. } => Ok(Arc::new(self::schema(engine, parts).await?)),
        Input::Records { schema, .. } => Ok(Arc::new(types::storage_schema(schema))),
    }
}

/// The whole of a data set.
pub(crate) fn batches(engine: &Engine, input: &Input) -> Batches {
    match input {
        Input::Table { parts, .. } => {
            let (engine, parts) = (engine.clone(), parts.clone());
            let rows = async move {
                let schema = Arc::new(self::schema(&engine, &parts).await?);
                Ok::<_, EngineError>(rows_of_parts(&engine, &parts, &schema, 0, u64::MAX))
            };
            stream::once(rows).try_flatten().boxed()
        }
        Input::Records { schema, source } => {
            let progress = Arc::new(ProgressCounter::new());
            records::batches(schema, source.as_ref(), &progress)
        }
    }
}

/// The cells of all rows.
pub(crate) fn all_cells(
    batches: &[RecordBatch],
) -> Result<Vec<Vec<serde_json::Value>>, EngineError> {
    let mut rows = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    for batch in batches {
        let cells = Cells::new(batch)?;
        rows.extend((0..cells.rows()).map(|row| cells.row(row)));
    }
    Ok(rows)
}

/// The columns of a schema, as results name them.
pub(crate) fn result_columns(schema: &ArrowSchema) -> Vec<ResultColumn> {
    types::columns(schema.fields())
        .iter()
        .map(ResultColumn::from)
        .collect()
}

/// The columns of a table or result, as its last part has them: see [`crate::fit`].
pub(crate) async fn schema(engine: &Engine, parts: &[Part]) -> Result<ArrowSchema, EngineError> {
    match parts.last() {
        Some(part) => table::arrow_schema(&*table::footer(engine, part).await?),
        None => Ok(ArrowSchema::empty()),
    }
}

/// Rows `offset..offset + limit` of the parts, with the columns of `schema`; parts outside
/// of it are not opened, and in the others the page index leads to the rows.
pub(crate) fn rows_of_parts(
    engine: &Engine,
    parts: &[Part],
    schema: &SchemaRef,
    offset: u64,
    limit: u64,
) -> Batches {
    let mut wanted = Vec::new();
    let (mut skip, mut take) = (offset, limit);
    for part in parts {
        let first = skip.min(part.rows);
        let rows = (part.rows - first).min(take);
        skip -= first;
        take -= rows;
        if rows > 0 {
            wanted.push((part.clone(), first, rows));
        }
    }
    let (engine, schema) = (engine.clone(), Arc::clone(schema));
    stream::iter(wanted)
        .then(move |(part, first, rows)| part_rows(engine.clone(), part, first, rows))
        .try_flatten()
        .map(move |batch| Ok(fit(batch?, &schema)?))
        .boxed()
}

async fn part_rows(
    engine: Engine,
    part: Part,
    first: u64,
    rows: u64,
) -> Result<Batches, EngineError> {
    let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let total = size(part.rows);
    let range = size(first)..size(first.saturating_add(rows)).min(total);
    let selection = RowSelection::from_consecutive_ranges(std::iter::once(range), total);
    selected_rows(engine, part, selection).await
}

/// Some rows of a part: row groups and pages that hold none of them are not fetched.
pub(crate) async fn selected_rows(
    engine: Engine,
    part: Part,
    selection: RowSelection,
) -> Result<Batches, EngineError> {
    let footer = table::footer(&engine, &part).await?;
    let metadata = ArrowReaderMetadata::try_new(footer, ArrowReaderOptions::new())?;
    let reader = PartReader {
        store: engine.store,
        part,
        footer: Arc::clone(metadata.metadata()),
    };
    let stream = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, metadata)
        .with_row_selection(selection)
        .with_batch_size(BATCH_ROWS)
        .build()?;
    Ok(stream.map_err(EngineError::from).boxed())
}

/// Fetches ranges of a part whose footer has been read.
struct PartReader {
    store: Arc<dyn ObjectStore>,
    part: Part,
    footer: Arc<ParquetMetaData>,
}

impl AsyncFileReader for PartReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        let bytes = async move { self.store.get_range(&self.part.path, range).await };
        bytes
            .map_err(|error| ParquetError::External(Box::new(error)))
            .boxed()
    }

    fn get_byte_ranges(
        &mut self,
        ranges: Vec<Range<u64>>,
    ) -> BoxFuture<'_, ParquetResult<Vec<Bytes>>> {
        let bytes = async move { self.store.get_ranges(&self.part.path, &ranges).await };
        bytes
            .map_err(|error| ParquetError::External(Box::new(error)))
            .boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        _: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, ParquetResult<Arc<ParquetMetaData>>> {
        let footer = Arc::clone(&self.footer);
        async { Ok(footer) }.boxed()
    }
}

const BATCH_ROWS: usize = 8_192;
