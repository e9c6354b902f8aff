//! Random rows, the same for the same seed and data.
//!
//! Each row gets a random number, made from the seed and what it is: its place in a table,
//! its values in a collection, which has no places. The rows with the smallest numbers are
//! the sample: every row has the same chance, none is in it twice. Of a table without
//! conditions only the rows drawn are read.

use std::{
    collections::BinaryHeap,
    hash::{DefaultHasher, Hash, Hasher},
};

use futures::TryStreamExt;
use serde_json::Value;

use crate::{
    Engine, EngineError, Input, Look, Part, ProgressCounter, Rows, cells::Cells, kinds::Run, read,
};

/// `look.limit` random rows of those that pass; offset and order of the look mean nothing.
pub(crate) async fn sample(
    engine: &Engine,
    input: &Input,
    look: &Look,
    seed: u64,
) -> Result<Rows, EngineError> {
    look.check(input.schema())?;
    if let Input::Table { parts, .. } = input
        && look.passes_all()
    {
        return of_places(engine, parts, look.limit, seed).await;
    }
    let progress = std::sync::Arc::new(ProgressCounter::new());
    let run = Run::in_order(engine, input, &progress);
    let frame = look.passing(run.frame().await?, input.schema())?;
    let frame = frame.select(run.visible())?;
    let columns = read::result_columns(frame.schema().as_arrow());
    let mut drawn = Drawn::new(look.limit);
    let mut place: u64 = 0;
    let mut batches = frame.execute_stream().await?;
    while let Some(batch) = batches.try_next().await? {
        let cells = Cells::new(&batch)?;
        for i in 0..cells.rows() {
            match input {
                Input::Table { .. } => drawn.push(number(seed, &place), || cells.row(i)),
                Input::Records { .. } => {
                    let row = cells.row(i);
                    let text = Value::from(row.clone()).to_string();
                    drawn.push(number(seed, &text), || row);
                }
            }
            place += 1;
        }
    }
    Ok(Rows {
        columns,
        rows: drawn.sorted(),
    })
}

/// Rows at random places of a table.
async fn of_places(
    engine: &Engine,
    parts: &[Part],
    count: u64,
    seed: u64,
) -> Result<Rows, EngineError> {
    let of: u64 = parts.iter().map(|part| part.rows).sum();
    let mut found = read::page(engine, parts, 0, 0).await?;
    let mut places = Vec::new();
    // Each draw is of the places that are left (Floyd); a table has more rows than
    // anybody draws.
    for last in of.saturating_sub(count)..of {
        let place = number(seed, &last) % (last + 1);
        places.push(if places.contains(&place) { last } else { place });
    }
    for place in places {
        let row = read::page(engine, parts, place, 1).await?;
        found.rows.extend(row.rows);
    }
    Ok(found)
}

fn number(seed: u64, what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    seed.hash(&mut hasher);
    what.hash(&mut hasher);
    hasher.finish()
}

/// The rows with the smallest numbers so far, the largest of them on top.
struct Drawn {
    most: usize,
    heap: BinaryHeap<Row>,
}

struct Row {
    number: u64,
    cells: Vec<Value>,
}

impl Drawn {
    fn new(most: u64) -> Self {
        Self {
            most: usize::try_from(most).unwrap_or(usize::MAX),
            heap: BinaryHeap::new(),
        }
    }

    fn push(&mut self, number: u64, cells: impl FnOnce() -> Vec<Value>) {
        let is_full = self.heap.len() >= self.most;
        if is_full && self.heap.peek().is_none_or(|top| top.number <= number) {
            return;
        }
        let cells = cells();
        self.heap.push(Row { number, cells });
        if is_full {
            self.heap.pop();
        }
    }

    fn sorted(self) -> Vec<Vec<Value>> {
        let rows = self.heap.into_sorted_vec();
        rows.into_iter().map(|row| row.cells).collect()
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Row {}

impl PartialOrd for Row {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Row {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.number.cmp(&other.number)
    }
}
