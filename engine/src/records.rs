//! A collection for `DataFusion`: records read where they are, typed by the schema that
//! was inferred from them.
//!
//! The data may have changed since then: a text that does not read as its column's type
//! becomes null and is counted as a misfit, so that a result can say how many there
//! were. Reading is one stream, in the order of the scan; what computes on it is spread
//! over the cores.

use std::{collections::HashMap, sync::Arc};

use assay_model::Schema;
use datafusion::{
    arrow::{
        array::{ArrayRef, Int64Array},
        datatypes::{DataType, Field, Schema as ArrowSchema, SchemaRef},
        record_batch::RecordBatch,
    },
    catalog::streaming::StreamingTable,
    execution::{SendableRecordBatchStream, TaskContext},
    physical_plan::{stream::RecordBatchStreamAdapter, streaming::PartitionStream},
};
use futures::{StreamExt, TryStreamExt};

use crate::{
    EngineError, ProgressCounter, Record, RecordSource,
    import::{Cell, ColumnBuilder},
    read::Batches,
    table::{PART, ROW},
    types,
};

/// The provider, with the hidden columns of the order of the data.
pub(crate) fn provider(
    schema: &Schema,
    source: Arc<dyn RecordSource>,
    progress: &Arc<ProgressCounter>,
) -> Result<StreamingTable, EngineError> {
    let mut fields: Vec<_> = types::storage_schema(schema)
        .fields()
        .iter()
        .cloned()
        .collect();
    fields.push(Arc::new(Field::new(PART, DataType::Int64, false)));
    fields.push(Arc::new(Field::new(ROW, DataType::Int64, false)));
    let arrow = Arc::new(ArrowSchema::new(fields));
    let scan = Scan {
        columns: schema.clone(),
        arrow: Arc::clone(&arrow),
        source,
        progress: Arc::clone(progress),
    };
    Ok(StreamingTable::try_new(arrow, vec![Arc::new(scan)])?)
}

/// The records as batches of the schema.
pub(crate) fn batches(
    schema: &Schema,
    source: &dyn RecordSource,
    progress: &Arc<ProgressCounter>,
) -> Batches {
    let arrow = Arc::new(types::storage_schema(schema));
    let columns = schema.clone();
    let progress = Arc::clone(progress);
    source
        .scan()
        .map_err(EngineError::Source)
        .map(move |records| build(&columns, &arrow, &records?, &progress))
        .boxed()
}

struct Scan {
    columns: Schema,
    arrow: SchemaRef,
    source: Arc<dyn RecordSource>,
    progress: Arc<ProgressCounter>,
}

impl std::fmt::Debug for Scan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scan").finish_non_exhaustive()
    }
}

impl PartitionStream for Scan {
    fn schema(&self) -> &SchemaRef {
        &self.arrow
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let arrow = Arc::clone(&self.arrow);
        let mut first = 0;
        let numbered =
            batches(&self.columns, self.source.as_ref(), &self.progress).map(move |batch| {
                let batch = batch.map_err(EngineError::through)?;
                let rows = batch.num_rows().cast_signed() as i64;
                let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
                columns.push(Arc::new(Int64Array::from_value(0, batch.num_rows())));
                columns.push(Arc::new(Int64Array::from_iter_values(first..first + rows)));
                first += rows;
                Ok(RecordBatch::try_new(Arc::clone(&arrow), columns)?)
            });
        Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.arrow),
            numbered,
        ))
    }
}

fn build(
    schema: &Schema,
    arrow: &SchemaRef,
    records: &[Record],
    progress: &ProgressCounter,
) -> Result<RecordBatch, EngineError> {
    let index: HashMap<&str, usize> = schema
        .columns
        .iter()
        .enumerate()
        .skip(1)
        .map(|(i, column)| (column.name.as_str(), i))
        .collect();
    let mut builders: Vec<_> = arrow
        .fields()
        .iter()
        .map(|field| ColumnBuilder::new(field.data_type()))
        .collect();
    let mut misfits = 0;
    for (n, record) in records.iter().enumerate() {
        for (name, value) in &record.fields {
            let builder = index.get(name.as_str()).and_then(|i| builders.get_mut(*i));
            // A field twice in one record: the first holds.
            if let Some(builder) = builder.filter(|builder| builder.len() == n) {
                misfits += u64::from(!builder.append(&Cell::Written(value)));
            }
        }
        for (i, builder) in builders.iter_mut().enumerate() {
            if i == 0 {
                builder.append(&Cell::Text(&record.key));
            } else if builder.len() == n {
                builder.append(&Cell::Null);
            }
        }
    }
    progress.add_misfits(misfits);
    progress.add_rows(records.len() as u64);
    let columns = builders.iter_mut().map(ColumnBuilder::finish).collect();
    Ok(RecordBatch::try_new(Arc::clone(arrow), columns)?)
}
