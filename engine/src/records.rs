//! A collection for `DataFusion`: records read where they are, typed by the schema that
//! was inferred from them.
//!
//! Only the columns that a plan reads are asked for. A run over all cores reads in as many
//! streams as it has partitions, each of which also decodes what it has fetched; one in
//! order reads in one stream, in the order of the scan.
//!
//! The data may have changed since the schema was inferred: a text that does not read as
//! its column's type becomes null and is counted as a misfit, so that whoever asked can
//! infer anew, and a result can say how many there were.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use assay_model::{Records, Schema, Written};
use async_trait::async_trait;
use datafusion::{
    arrow::{
        array::{ArrayRef, Int64Array},
        datatypes::{DataType, Field, Schema as ArrowSchema, SchemaRef},
        record_batch::{RecordBatch, RecordBatchOptions},
    },
    catalog::{Session, TableProvider},
    datasource::TableType,
    error::Result,
    execution::{SendableRecordBatchStream, TaskContext},
    logical_expr::Expr,
    physical_plan::{
        ExecutionPlan,
        stream::RecordBatchStreamAdapter,
        streaming::{PartitionStream, StreamingTableExec},
    },
};
use futures::{StreamExt, TryStreamExt};

use crate::{
    BoxError, EngineError, ProgressCounter, RecordSource, RecordStream,
    import::{Cell, ColumnBuilder},
    read::Batches,
    table::{PART, ROW},
    types,
};

/// The provider, with the hidden columns of the order of the data.
pub(crate) struct RecordsTable {
    arrow: SchemaRef,
    source: Arc<dyn RecordSource>,
    progress: Arc<ProgressCounter>,
}

impl RecordsTable {
    pub(crate) fn new(
        schema: &Schema,
        source: Arc<dyn RecordSource>,
        progress: &Arc<ProgressCounter>,
    ) -> Self {
        let mut fields: Vec<_> = types::storage_schema(schema)
            .fields()
            .iter()
            .cloned()
            .collect();
        fields.push(Arc::new(Field::new(PART, DataType::Int64, false)));
        fields.push(Arc::new(Field::new(ROW, DataType::Int64, false)));
        Self {
            arrow: Arc::new(ArrowSchema::new(fields)),
            source,
            progress: Arc::clone(progress),
        }
    }
}

impl std::fmt::Debug for RecordsTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordsTable").finish_non_exhaustive()
    }
}

#[async_trait]
impl TableProvider for RecordsTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.arrow)
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
        let arrow = match projection {
            Some(columns) => Arc::new(self.arrow.project(columns)?),
            None => Arc::clone(&self.arrow),
        };
        let layout = Arc::new(Layout::new(arrow));
        let streams = self
            .source
            .scan(&layout.wanted, state.config().target_partitions());
        let partitions = streams.into_iter().enumerate().map(|(n, stream)| {
            let partition: Arc<dyn PartitionStream> = Arc::new(Partition {
                number: n,
                layout: Arc::clone(&layout),
                stream: Mutex::new(Some(stream)),
                progress: Arc::clone(&self.progress),
            });
            partition
        });
        Ok(Arc::new(StreamingTableExec::try_new(
            Arc::clone(&layout.arrow),
            partitions.collect(),
            None,
            Vec::new(),
            false,
            limit,
        )?))
    }
}

/// The records as batches of the schema, in the order of the scan.
pub(crate) fn batches(
    schema: &Schema,
    source: &dyn RecordSource,
    progress: &Arc<ProgressCounter>,
) -> Batches {
    let layout = Arc::new(Layout::new(Arc::new(types::storage_schema(schema))));
    let streams = source.scan(&layout.wanted, 1);
    let progress = Arc::clone(progress);
    futures::stream::iter(streams)
        .flat_map(move |stream| decoded(stream, Arc::clone(&layout), 0, Arc::clone(&progress)))
        .boxed()
}

/// One of the streams of a scan. It can be read once; a plan is made for one run.
struct Partition {
    number: usize,
    layout: Arc<Layout>,
    stream: Mutex<Option<RecordStream>>,
    progress: Arc<ProgressCounter>,
}

impl std::fmt::Debug for Partition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Partition")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

impl PartitionStream for Partition {
    fn schema(&self) -> &SchemaRef {
        &self.layout.arrow
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let stream = self
            .stream
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .unwrap_or_else(|| {
                let error: BoxError = "the records of a scan are read once".into();
                futures::stream::iter([Err(error)]).boxed()
            });
        let batches = decoded(
            stream,
            Arc::clone(&self.layout),
            self.number,
            Arc::clone(&self.progress),
        );
        Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.layout.arrow),
            batches.map_err(EngineError::through),
        ))
    }
}

fn decoded(
    stream: RecordStream,
    layout: Arc<Layout>,
    partition: usize,
    progress: Arc<ProgressCounter>,
) -> Batches {
    let mut first = 0;
    stream
        .map(move |records| {
            let records = records.map_err(EngineError::Source)?;
            let batch = layout.build(&records, partition, first, &progress)?;
            first += batch.num_rows();
            Ok(batch)
        })
        .boxed()
}

/// What the columns of a batch are made of.
struct Layout {
    arrow: SchemaRef,
    columns: Vec<From>,
    /// The names of the fields among them.
    wanted: Vec<String>,
    /// Values met so far that did not read as their column's type.
    misfits: AtomicU64,
}

/// What a column is made of.
#[derive(Clone, Copy)]
enum From {
    Key,
    Field,
    Part,
    Row,
}

impl Layout {
    /// The first column of a collection's schema is its key, and has a name that no field
    /// can have.
    fn new(arrow: SchemaRef) -> Self {
        let from = |name: &str| match name {
            KEY => From::Key,
            PART => From::Part,
            ROW => From::Row,
            _ => From::Field,
        };
        let columns: Vec<From> = arrow
            .fields()
            .iter()
            .map(|field| from(field.name()))
            .collect();
        let wanted = arrow
            .fields()
            .iter()
            .zip(&columns)
            .filter(|(_, from)| matches!(from, From::Field))
            .map(|(field, _)| field.name().clone())
            .collect();
        Self {
            arrow,
            columns,
            wanted,
            misfits: AtomicU64::new(0),
        }
    }

    fn build(
        &self,
        records: &Records,
        partition: usize,
        first: usize,
        progress: &ProgressCounter,
    ) -> std::result::Result<RecordBatch, EngineError> {
        let rows = records.rows.len();
        let fields = self.arrow.fields();
        // Which column each name of the batch fills.
        let places: Vec<Option<usize>> = records
            .names
            .iter()
            .map(|name| {
                let at = fields.iter().position(|field| field.name() == name)?;
                matches!(self.columns[at], From::Field).then_some(at)
            })
            .collect();
        let mut builders: Vec<Option<ColumnBuilder>> = self
            .columns
            .iter()
            .zip(fields)
            .map(|(from, field)| {
                matches!(from, From::Key | From::Field)
                    .then(|| ColumnBuilder::new(field.data_type()))
            })
            .collect();
        let mut misfits = 0;
        for (n, record) in records.rows.iter().enumerate() {
            for (at, value) in &record.values {
                let builder = places
                    .get(*at)
                    .copied()
                    .flatten()
                    .and_then(|place| builders.get_mut(place)?.as_mut());
                // A field twice in one record: the first holds.
                if let Some(builder) = builder.filter(|builder| builder.len() == n) {
                    misfits += u64::from(!builder.append(&cell(value)));
                }
            }
            for (from, builder) in self.columns.iter().zip(&mut builders) {
                match (from, builder) {
                    (From::Key, Some(builder)) => {
                        builder.append(&Cell::Text(record.key.as_str()));
                    }
                    (_, Some(builder)) if builder.len() == n => {
                        builder.append(&Cell::Null);
                    }
                    _ => {}
                }
            }
        }
        let before = self.misfits.fetch_add(misfits, Relaxed);
        progress.see_misfits(before + misfits);
        progress.add_rows(rows as u64);
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let columns = self.columns.iter().zip(builders).map(|(from, builder)| {
            let column: ArrayRef = match (from, builder) {
                (_, Some(mut builder)) => builder.finish(),
                (From::Part, None) => Arc::new(Int64Array::from_value(number(partition), rows)),
                (_, None) => Arc::new(Int64Array::from_iter_values(
                    number(first)..number(first + rows),
                )),
            };
            column
        });
        // A plan that only counts reads no columns.
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(
            Arc::clone(&self.arrow),
            columns.collect(),
            &options,
        )?)
    }
}

/// The name of the column that holds the key.
const KEY: &str = "_key";

fn cell(value: &Written) -> Cell<'_> {
    match value {
        Written::Plain(text) => Cell::Written(text),
        Written::Quoted(text) | Written::Base64(text) => Cell::Text(text),
    }
}
