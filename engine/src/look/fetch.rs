//! Rows by their places: of each part only the pages that hold one of them.

use std::sync::Arc;

use datafusion::{
    arrow::{datatypes::SchemaRef, record_batch::RecordBatch},
    common::runtime::SpawnedTask,
    error::DataFusionError,
    parquet::arrow::arrow_reader::RowSelection,
};
use futures::{StreamExt, TryStreamExt};

use crate::{
    Engine, EngineError, Part, Rows,
    fit::fit,
    read::{self, all_cells, result_columns},
};

/// Rows that are worth a task of their own.
const FEW: usize = 8;

/// The rows at these places, in their order.
pub(super) async fn rows(
    engine: &Engine,
    parts: &[Part],
    places: &[u32],
) -> Result<Rows, EngineError> {
    let schema = Arc::new(read::schema(engine, parts).await?);
    let mut tasks = Vec::new();
    for (part, wanted) in by_part(parts, places) {
        let step = wanted.len().div_ceil(engine.threads()).max(FEW);
        for wanted in wanted.chunks(step) {
            let (engine, part, wanted) = (engine.clone(), part.clone(), wanted.to_vec());
            let schema = Arc::clone(&schema);
            tasks.push(SpawnedTask::spawn(async move {
                let batches = some_rows(engine, part, &schema, &wanted).await?;
                Ok::<_, EngineError>((wanted, batches))
            }));
        }
    }
    let mut rows = vec![Vec::new(); places.len()];
    for task in tasks {
        let (wanted, batches) = task
            .join()
            .await
            .map_err(|error| DataFusionError::ExecutionJoin(Box::new(error)))??;
        for (wanted, cells) in wanted.iter().zip(all_cells(&batches)?) {
            if let Some(row) = rows.get_mut(wanted.position) {
                *row = cells;
            }
        }
    }
    Ok(Rows {
        columns: result_columns(&schema),
        rows,
    })
}

/// A row that is wanted.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    /// Its number in its part.
    row: usize,
    /// Where it stands on the page.
    position: usize,
}

/// What is wanted of each part, in the order of its rows.
fn by_part<'a>(parts: &'a [Part], places: &[u32]) -> Vec<(&'a Part, Vec<Wanted>)> {
    let mut sorted: Vec<(u64, usize)> = places
        .iter()
        .enumerate()
        .map(|(position, place)| (u64::from(*place), position))
        .collect();
    sorted.sort_unstable();
    let mut start = 0;
    let mut rest = sorted.as_slice();
    let mut all = Vec::new();
    for part in parts {
        let end = start + part.rows;
        let (here, later) = rest.split_at(rest.partition_point(|(place, _)| *place < end));
        rest = later;
        if !here.is_empty() {
            let wanted = here.iter().map(|(place, position)| Wanted {
                row: usize::try_from(place - start).unwrap_or(usize::MAX),
                position: *position,
            });
            all.push((part, wanted.collect()));
        }
        start = end;
    }
    all
}

async fn some_rows(
    engine: Engine,
    part: Part,
    schema: &SchemaRef,
    wanted: &[Wanted],
) -> Result<Vec<RecordBatch>, EngineError> {
    let total = usize::try_from(part.rows).unwrap_or(usize::MAX);
    let ranges = wanted.iter().map(|wanted| wanted.row..wanted.row + 1);
    let selection = RowSelection::from_consecutive_ranges(ranges, total);
    read::selected_rows(engine, part, selection)
        .await?
        .map(|batch| Ok(fit(batch?, schema)?))
        .try_collect()
        .await
}
