//! Looking at rows: a page of a data set, in its own order or in that of a column.
//!
//! Cost. A page in the order of the data decodes the pages of Parquet that hold it,
//! wherever it lies. A page in another order needs to know which rows stand on it: near
//! either end one pass over the column finds them ([`order`]), anywhere else the whole
//! column is sorted once and the order kept, so that only the first such look is slow.
//! Then the rows are fetched by their places ([`fetch`]). A filter costs a pass in the
//! order of the data up to the last row of the page.

mod fetch;
mod order;

use std::sync::Arc;

use assay_model::{
    Analysis, Schema,
    analysis::{Filter, OrderBy, Rows as RowsAnalysis},
};
use chrono::Utc;
use datafusion::prelude::DataFrame;

pub(crate) use order::{Orders, orders};

use crate::{
    Engine, EngineError, Input, ProgressCounter, Rows, filter,
    kinds::Run,
    measure::order_of_rows,
    read::{self, all_cells, result_columns},
};

/// Rows to look at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Look {
    /// Skip so many.
    pub offset: u64,
    /// At most so many.
    pub limit: u64,
    /// Columns and the values, written as text, that they must have.
    pub equals: Vec<(String, String)>,
    /// Only these rows.
    pub filter: Filter,
    /// In the order of this column; rows that tie, and all without it, in the order of the
    /// data.
    pub order: Option<OrderBy>,
}

impl Look {
    fn end(&self) -> u64 {
        self.offset.saturating_add(self.limit)
    }

    /// Whether every row passes.
    pub fn passes_all(&self) -> bool {
        self.equals.is_empty() && self.filter.is_empty()
    }

    /// The checks of the analysis `rows`, which asks the same in other words.
    pub(crate) fn check(&self, schema: &Schema) -> Result<(), EngineError> {
        let rows = RowsAnalysis {
            filter: self.filter.clone(),
            order_by: self.order.iter().cloned().collect(),
            ..RowsAnalysis::default()
        };
        Analysis::Rows(rows).validate(schema).map_err(|mut errors| {
            for error in &mut errors {
                if error.field.starts_with("order_by") {
                    "order_by".clone_into(&mut error.field);
                }
            }
            EngineError::Invalid(errors)
        })
    }

    /// The rows of a frame that pass.
    pub(crate) fn passing(
        &self,
        frame: DataFrame,
        schema: &Schema,
    ) -> Result<DataFrame, EngineError> {
        let mut frame = frame;
        if let Some(condition) = filter::equals(&self.equals, schema, frame.schema())? {
            frame = frame.filter(condition)?;
        }
        match filter::expression(&self.filter, "filter", frame.schema(), Utc::now())? {
            Some(condition) => Ok(frame.filter(condition)?),
            None => Ok(frame),
        }
    }
}

/// Some rows of a data set.
pub(crate) async fn look(engine: &Engine, input: &Input, look: &Look) -> Result<Rows, EngineError> {
    look.check(input.schema())?;
    match input {
        Input::Table { parts, .. } if look.order.is_some() => {
            let places = order::page(engine, input, parts, look).await?;
            fetch::rows(engine, parts, &places).await
        }
        Input::Table { parts, .. } if look.passes_all() => {
            read::page(engine, parts, look.offset, look.limit).await
        }
        _ => stream(engine, input, look).await,
    }
}

/// Rows by a pass over the data that ends with the last row wanted, unless they are to be
/// in another order.
async fn stream(engine: &Engine, input: &Input, look: &Look) -> Result<Rows, EngineError> {
    let progress = Arc::new(ProgressCounter::new());
    let run = match look.order {
        Some(_) => Run::new(engine, input, &progress),
        None => Run::in_order(engine, input, &progress),
    };
    let mut frame = look.passing(run.frame().await?, input.schema())?;
    if let Some(by) = &look.order {
        let mut keys = vec![order::key(by)];
        keys.extend(order_of_rows());
        frame = frame.sort(keys)?;
    }
    let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let frame = frame
        .limit(size(look.offset), Some(size(look.limit)))?
        .select(run.visible())?;
    let columns = result_columns(frame.schema().as_arrow());
    let batches = frame.collect().await?;
    Ok(Rows {
        columns,
        rows: all_cells(&batches)?,
    })
}
