//! `rows`: filter, choose, sort, limit.
//!
//! Cost: without an order, one stream that stops at the limit; with one, a pass over
//! the filtered rows that keeps the best `offset + limit` and, of the other columns,
//! decodes only what those need. Nulls come last; rows that tie keep the order of the
//! data.

use assay_model::analysis::Rows;
use datafusion::logical_expr::ident;
use futures::TryStreamExt;

use super::{ResultWriter, Run, cut, key};
use crate::{EngineError, Outcome, PartSink, measure::order_of_rows, read::result_columns};

pub(super) async fn run(
    rows: &Rows,
    run: &Run<'_>,
    sink: &dyn PartSink,
) -> Result<Outcome, EngineError> {
    run.begin(1);
    let mut frame = run.filtered(&rows.filter).await?;
    if !rows.order_by.is_empty() {
        let keys = rows.order_by.iter();
        let mut keys: Vec<_> = keys.map(|by| key(&by.column, by.descending)).collect();
        keys.extend(order_of_rows());
        frame = frame.sort(keys)?;
    }
    let columns = if rows.columns.is_empty() {
        run.visible()
    } else {
        rows.columns.iter().map(ident).collect()
    };
    let (frame, mut cut) = cut(frame, rows.offset.unwrap_or(0), rows.limit())?;
    let frame = frame.select(columns)?;
    let schema = frame.schema().as_arrow().clone();
    let mut stream = frame.execute_stream().await?;
    let mut writer = ResultWriter::new(&schema, sink);
    while let Some(batch) = stream.try_next().await? {
        let Some(batch) = cut.of(&batch) else { break };
        writer.write(&batch).await?;
    }
    Ok(run.outcome(result_columns(&schema), writer.finish().await?))
}
