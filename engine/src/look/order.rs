//! Which rows stand where in the order of a column.
//!
//! A row's place is its number in the table. The places of the rows near either end of an
//! order come from one pass over the column that keeps the best; those of the whole order
//! from a sort, which may spill. Both are kept, within a bound, for as long as they are
//! asked for: parts never change, so what was found stays true. Several looks that need
//! the same order at once wait for one of them to find it.

use std::sync::Arc;

use assay_model::analysis::{Op, OrderBy};
use datafusion::{
    arrow::{array::AsArray, datatypes::Int64Type, record_batch::RecordBatch},
    logical_expr::{SortExpr, ident, lit},
    prelude::DataFrame,
};
use futures::TryStreamExt;
use object_store::path::Path;
use quick_cache::{
    DefaultHashBuilder, OptionsBuilder, Weighter,
    sync::{Cache, DefaultLifecycle},
};

use super::Look;
use crate::{
    Engine, EngineError, Input, Part, ProgressCounter,
    kinds::Run,
    table::{PART, ROW},
};

/// So many rows at either end of an order are found without sorting the whole.
const END: u64 = 1_000;
/// Memory for orders: those of 33 million rows, whole.
const HELD_BYTES: u64 = 128 << 20;
/// A row's number in its part in the lower half, the part's number in the upper.
const PART_STEP: i64 = 1 << 32;
/// The name of that number beside the column itself, which may have any name.
const PLACE: &str = "\0place";

/// The orders that were looked at of late.
pub(crate) type Orders = Cache<Order, Arc<[u32]>, ByBytes, DefaultHashBuilder, Lifecycle>;
type Lifecycle = DefaultLifecycle<Order, Arc<[u32]>>;

/// An empty memory of orders.
pub(crate) fn orders() -> Orders {
    let mut options = OptionsBuilder::new();
    // One shard: an entry may be nearly as large as the whole.
    options
        .shards(1)
        .estimated_items_capacity(64)
        .weight_capacity(HELD_BYTES)
        .hot_allocation(0.9);
    match options.build() {
        Ok(options) => Cache::with_options(
            options,
            ByBytes,
            DefaultHashBuilder::default(),
            DefaultLifecycle::default(),
        ),
        Err(_) => unreachable!("both capacities are given"),
    }
}

/// An order of some rows of a table, or a stretch of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Order {
    /// The table, by what it consists of.
    parts: Vec<Path>,
    /// Which rows, as JSON.
    filter: String,
    column: String,
    descending: bool,
    stretch: Stretch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stretch {
    /// The first [`END`].
    Head,
    /// The last [`END`].
    Tail,
    Whole,
}

#[derive(Clone)]
pub(crate) struct ByBytes;

impl Weighter<Order, Arc<[u32]>> for ByBytes {
    fn weight(&self, order: &Order, places: &Arc<[u32]>) -> u64 {
        let paths: usize = order
            .parts
            .iter()
            .map(|path| path.as_ref().len() + 24)
            .sum();
        (places.len() * size_of::<u32>() + paths + order.filter.len() + 200) as u64
    }
}

/// The places of the rows on a page.
pub(super) async fn page(
    engine: &Engine,
    input: &Input,
    parts: &[Part],
    look: &Look,
) -> Result<Vec<u32>, EngineError> {
    let Some(by) = &look.order else {
        return Ok(Vec::new());
    };
    let rows: u64 = parts.iter().map(|part| part.rows).sum();
    let mut order = Order {
        parts: parts.iter().map(|part| part.path.clone()).collect(),
        filter: serde_json::to_string(&(&look.filter, &look.equals)).unwrap_or_default(),
        column: by.column.clone(),
        descending: by.descending,
        stretch: Stretch::Whole,
    };
    // How many rows pass a filter is not known beforehand, nor where their order ends.
    let is_near_end = look.passes_all() && rows - look.offset.min(rows) <= END;
    let known = engine.orders.get(&order);
    let (places, first) = if let Some(whole) = known {
        (whole, 0)
    } else if look.end() <= END {
        order.stretch = Stretch::Head;
        (find(engine, input, parts, look, by, order).await?, 0)
    } else if is_near_end {
        order.stretch = Stretch::Tail;
        let tail = find(engine, input, parts, look, by, order).await?;
        let first = rows - tail.len() as u64;
        (tail, first)
    } else {
        if rows * size_of::<u32>() as u64 > HELD_BYTES * 9 / 10 {
            return Err(too_deep());
        }
        (find(engine, input, parts, look, by, order).await?, 0)
    };
    let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(places.len());
    let (from, to) = (
        size(look.offset.saturating_sub(first)),
        size(look.end().saturating_sub(first)),
    );
    Ok(places[from..to].to_vec())
}

/// A sort key; nulls come last either way.
pub(super) fn key(by: &OrderBy) -> SortExpr {
    ident(&by.column).sort(!by.descending, false)
}

fn too_deep() -> EngineError {
    EngineError::invalid(
        "offset",
        format!(
            "This table is too large to be looked at in the middle of an order. Look at its first or last {} rows, filter it, or run the analysis “rows”.",
            assay_model::words::count(END)
        ),
    )
}

/// A stretch of an order, remembered.
async fn find(
    engine: &Engine,
    input: &Input,
    parts: &[Part],
    look: &Look,
    by: &OrderBy,
    order: Order,
) -> Result<Arc<[u32]>, EngineError> {
    let stretch = order.stretch;
    let compute = compute(engine, input, parts, look, by, stretch);
    // “In the last 30 days” means other rows tomorrow.
    let is_lasting = look.filter.conditions().all(|one| one.op != Op::Last);
    if is_lasting {
        engine.orders.get_or_insert_async(&order, compute).await
    } else {
        compute.await
    }
}

async fn compute(
    engine: &Engine,
    input: &Input,
    parts: &[Part],
    look: &Look,
    by: &OrderBy,
    stretch: Stretch,
) -> Result<Arc<[u32]>, EngineError> {
    let progress = Arc::new(ProgressCounter::new());
    let run = Run::new(engine, input, &progress);
    let frame = look.passing(run.frame().await?, input.schema())?;
    let mut places = collect(sorted(frame, by, stretch)?, parts).await?;
    if stretch == Stretch::Tail {
        places.reverse();
    }
    Ok(places.into())
}

/// The places of a stretch, that of the tail the last first.
fn sorted(frame: DataFrame, by: &OrderBy, stretch: Stretch) -> Result<DataFrame, EngineError> {
    let end = usize::try_from(END).unwrap_or(usize::MAX);
    let place = ident(PART) * lit(PART_STEP) + ident(ROW);
    Ok(match stretch {
        Stretch::Head => {
            let keys = vec![
                key(by),
                ident(PART).sort(true, false),
                ident(ROW).sort(true, false),
            ];
            frame
                .sort(keys)?
                .limit(0, Some(end))?
                .select(vec![place.alias(PLACE)])?
        }
        Stretch::Tail => {
            let keys = vec![
                ident(&by.column).sort(by.descending, true),
                ident(PART).sort(false, false),
                ident(ROW).sort(false, false),
            ];
            frame
                .sort(keys)?
                .limit(0, Some(end))?
                .select(vec![place.alias(PLACE)])?
        }
        // What is sorted is as narrow as can be, since it is all rows.
        Stretch::Whole => frame
            .select(vec![ident(&by.column), place.alias(PLACE)])?
            .sort(vec![key(by), ident(PLACE).sort(true, false)])?
            .select(vec![ident(PLACE)])?,
    })
}

async fn collect(frame: DataFrame, parts: &[Part]) -> Result<Vec<u32>, EngineError> {
    let starts: Vec<i64> = parts
        .iter()
        .scan(0, |next, part| {
            let start = *next;
            *next += part.rows.cast_signed();
            Some(start)
        })
        .collect();
    let mut places = Vec::new();
    let mut stream = frame.execute_stream().await?;
    while let Some(batch) = stream.try_next().await? {
        push(&batch, &starts, &mut places);
    }
    Ok(places)
}

fn push(batch: &RecordBatch, starts: &[i64], places: &mut Vec<u32>) {
    let values = batch.column(0).as_primitive::<Int64Type>().values();
    places.extend(values.iter().filter_map(|value| {
        let part = usize::try_from(value / PART_STEP).ok()?;
        u32::try_from(starts.get(part)? + value % PART_STEP).ok()
    }));
}
