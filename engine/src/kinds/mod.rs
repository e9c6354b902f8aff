//! The kinds of analysis: one file each, with its cost and what it does with nulls at
//! its head. What they share is here: opening the input, writing the result.

mod aggregate;
mod describe;
mod passes;
mod rows;

use std::sync::Arc;

use assay_model::{Analysis, ColumnProfile, ResultColumn, analysis::Filter};
use chrono::Utc;
use datafusion::{
    arrow::{datatypes::Schema as ArrowSchema, record_batch::RecordBatch},
    logical_expr::{Expr, SortExpr, ident},
    prelude::{DataFrame, SessionContext},
};

use crate::{
    Engine, EngineError, Input, Outcome, Part, PartSink, ProgressCounter, engine::Partitions,
    filter, progress::Stage, records::RecordsTable, table::Table, write::PartWriter,
};

/// Runs an analysis that has been checked against the input's schema.
pub(crate) async fn run(
    engine: &Engine,
    analysis: &Analysis,
    input: &Input,
    sink: &dyn PartSink,
    progress: &Arc<ProgressCounter>,
) -> Result<Outcome, EngineError> {
    match analysis {
        Analysis::Aggregate(aggregate) => {
            let run = Run::new(engine, input, progress);
            aggregate::run(aggregate, &run, sink).await
        }
        Analysis::Describe(describe) => {
            let run = Run::new(engine, input, progress);
            describe::run(describe, &run, sink).await
        }
        Analysis::Rows(rows) if rows.order_by.is_empty() => {
            let run = Run::in_order(engine, input, progress);
            rows::run(rows, &run, sink).await
        }
        Analysis::Rows(rows) => {
            let run = Run::new(engine, input, progress);
            rows::run(rows, &run, sink).await
        }
    }
}

/// How many rows there are, and each column at a glance.
pub(crate) async fn glance(
    engine: &Engine,
    input: &Input,
    progress: &Arc<ProgressCounter>,
) -> Result<(u64, Vec<ColumnProfile>), EngineError> {
    describe::glance(&Run::new(engine, input, progress)).await
}

/// What a kind works with.
pub(crate) struct Run<'a> {
    engine: &'a Engine,
    input: &'a Input,
    progress: &'a Arc<ProgressCounter>,
    context: SessionContext,
}

impl<'a> Run<'a> {
    /// A run over all cores; rows come in any order.
    pub(crate) fn new(
        engine: &'a Engine,
        input: &'a Input,
        progress: &'a Arc<ProgressCounter>,
    ) -> Self {
        Self {
            engine,
            input,
            progress,
            context: engine.session(Partitions::All),
        }
    }

    /// A run in one stream, in the order of the data, that reads no further than a
    /// limit needs.
    pub(crate) fn in_order(
        engine: &'a Engine,
        input: &'a Input,
        progress: &'a Arc<ProgressCounter>,
    ) -> Self {
        Self {
            context: engine.session(Partitions::One),
            ..Self::new(engine, input, progress)
        }
    }

    /// Says how much is to be read, over so many passes.
    fn begin(&self, passes: u64) {
        let of_rows = self.input.rows().unwrap_or(0);
        self.progress.begin(Stage::Scan, passes, of_rows, 0);
    }

    /// The input, with the hidden columns of the order of the data.
    pub(crate) async fn frame(&self) -> Result<DataFrame, EngineError> {
        Ok(match self.input {
            Input::Table { schema, parts } => {
                let table = Table::open(self.engine, schema, parts, self.progress).await?;
                self.context.read_table(Arc::new(table))?
            }
            Input::Records { schema, source } => {
                let records = RecordsTable::new(schema, Arc::clone(source), self.progress);
                self.context.read_table(Arc::new(records))?
            }
        })
    }

    /// The columns that people see.
    pub(crate) fn visible(&self) -> Vec<Expr> {
        let columns = self.input.schema().columns.iter();
        columns.map(|column| ident(&column.name)).collect()
    }

    /// The rows that pass.
    async fn filtered(&self, filter: &Filter) -> Result<DataFrame, EngineError> {
        only(self.frame().await?, filter, "filter")
    }

    /// The outcome of a run that wrote its result.
    fn outcome(&self, columns: Vec<ResultColumn>, written: Written) -> Outcome {
        Outcome {
            columns,
            rows: written.parts.iter().map(|part| part.rows).sum(),
            bytes: written.parts.iter().map(|part| part.bytes).sum(),
            parts: written.parts,
            chart: None,
            finding: None,
            rows_read: self.progress.rows(),
            misfits: self.progress.misfits(),
        }
    }
}

/// The rows of a frame that pass; `field` is what errors call the filter.
fn only(frame: DataFrame, filter: &Filter, field: &str) -> Result<DataFrame, EngineError> {
    match filter::expression(filter, field, frame.schema(), Utc::now())? {
        Some(condition) => Ok(frame.filter(condition)?),
        None => Ok(frame),
    }
}

/// The rows of a sorted frame from `offset` on, `limit` at most.
///
/// A few are kept while the rest pass by. Many would not fit beside the other work and
/// could not spill, so there the whole is sorted, which can, and the stream is cut.
fn cut(frame: DataFrame, offset: u64, limit: u64) -> Result<(DataFrame, Cut), EngineError> {
    let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    if offset.saturating_add(limit) <= FEW {
        let frame = frame.limit(size(offset), Some(size(limit)))?;
        return Ok((
            frame,
            Cut {
                skip: 0,
                take: usize::MAX,
            },
        ));
    }
    let cut = Cut {
        skip: size(offset),
        take: size(limit),
    };
    Ok((frame, cut))
}

/// So many rows are held in memory without a thought.
const FEW: u64 = 10_000;

/// What is still to be left out of a stream and to be taken from it.
struct Cut {
    skip: usize,
    take: usize,
}

impl Cut {
    /// The first `limit` rows.
    fn first(limit: u64) -> Self {
        Self {
            skip: 0,
            take: usize::try_from(limit).unwrap_or(usize::MAX),
        }
    }

    /// The wanted rows of the next batch; `None` when no more are.
    fn of(&mut self, batch: &RecordBatch) -> Option<RecordBatch> {
        if self.take == 0 {
            return None;
        }
        let skip = self.skip.min(batch.num_rows());
        let take = self.take.min(batch.num_rows() - skip);
        self.skip -= skip;
        self.take -= take;
        Some(batch.slice(skip, take))
    }
}

/// A sort key; nulls come last either way.
fn key(column: &str, descending: bool) -> SortExpr {
    ident(column).sort(!descending, false)
}

/// Writes a result part by part.
struct ResultWriter<'a> {
    writer: PartWriter,
    sink: &'a dyn PartSink,
    parts: Vec<Part>,
}

/// A result that has been written.
struct Written {
    parts: Vec<Part>,
}

impl<'a> ResultWriter<'a> {
    fn new(schema: &ArrowSchema, sink: &'a dyn PartSink) -> Self {
        Self {
            writer: PartWriter::new(schema),
            sink,
            parts: Vec::new(),
        }
    }

    async fn write(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        for part in self.writer.write(batch)? {
            let part = part.put(self.sink).await.map_err(EngineError::Sink)?;
            self.parts.push(part);
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<Written, EngineError> {
        if let Some(part) = self.writer.finish()? {
            let part = part.put(self.sink).await.map_err(EngineError::Sink)?;
            self.parts.push(part);
        }
        Ok(Written { parts: self.parts })
    }
}
