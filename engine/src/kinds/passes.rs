//! Rows that one run reads several times.
//!
//! A table is read anew each time; its version does not change. A collection does, and
//! figures of two scans would not fit together: it is scanned once, and what passes is
//! held in memory, within the engine's bounds.

use std::sync::Arc;

use assay_model::analysis::Filter;
use datafusion::{
    catalog::MemTable,
    execution::memory_pool::{MemoryConsumer, MemoryReservation},
    logical_expr::ident,
    prelude::DataFrame,
};
use futures::TryStreamExt;

use super::Run;
use crate::{EngineError, Input};

/// The rows of an input that pass a filter, again and again.
pub(super) struct Passes<'a> {
    run: &'a Run<'a>,
    filter: &'a Filter,
    held: Option<Held>,
}

struct Held {
    rows: Arc<MemTable>,
    /// Kept for as long as the rows are.
    _memory: MemoryReservation,
}

impl<'a> Passes<'a> {
    /// Makes ready for `passes` over these columns.
    pub(super) async fn over(
        run: &'a Run<'a>,
        filter: &'a Filter,
        columns: &[String],
        passes: u64,
    ) -> Result<Self, EngineError> {
        let held = match run.input {
            Input::Table { .. } => {
                run.begin(passes);
                None
            }
            Input::Records { .. } => {
                run.begin(1);
                Some(hold(run, filter, columns).await?)
            }
        };
        Ok(Self { run, filter, held })
    }

    /// The rows, for one pass.
    pub(super) async fn frame(&self) -> Result<DataFrame, EngineError> {
        match &self.held {
            None => self.run.filtered(self.filter).await,
            Some(held) => Ok(self.run.context.read_table(Arc::clone(&held.rows) as _)?),
        }
    }
}

async fn hold(run: &Run<'_>, filter: &Filter, columns: &[String]) -> Result<Held, EngineError> {
    let columns = columns.iter().map(ident).collect::<Vec<_>>();
    let frame = run.filtered(filter).await?.select(columns)?;
    let schema = Arc::clone(frame.schema().inner());
    let pool = Arc::clone(&run.context.runtime_env().memory_pool);
    let memory = MemoryConsumer::new("records of several passes").register(&pool);
    let mut batches = Vec::new();
    let mut stream = frame.execute_stream().await?;
    while let Some(batch) = stream.try_next().await? {
        memory.try_grow(batch.get_array_memory_size())?;
        batches.push(batch);
    }
    Ok(Held {
        rows: Arc::new(MemTable::try_new(schema, vec![batches])?),
        _memory: memory,
    })
}
