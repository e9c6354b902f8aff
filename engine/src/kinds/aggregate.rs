//! `aggregate`: group by columns, measure each group.
//!
//! Cost: one pass over the columns named, a hash table of the groups in memory that
//! spills when it must; median and quantiles keep every value of their column. A null
//! key is a group; a measure passes over the nulls of its column and is null where
//! there is nothing else.

use assay_model::{
    analysis::{Aggregate, Kind, Measure, MeasureFn},
    words,
};
use datafusion::{
    arrow::{
        array::{Array, AsArray, Float64Array},
        compute::cast,
        datatypes::{DataType, Float64Type, Schema as ArrowSchema},
        record_batch::RecordBatch,
    },
    logical_expr::ident,
};
use futures::TryStreamExt;

use super::{Cut, ResultWriter, Run, cut, key, only};
use crate::{
    EngineError, Outcome, PartSink,
    chart::{self, Chart},
    measure,
    progress::Stage,
    read::result_columns,
    types,
};

pub(super) async fn run(
    aggregate: &Aggregate,
    run: &Run<'_>,
    sink: &dyn PartSink,
) -> Result<Outcome, EngineError> {
    run.begin(1);
    let frame = run.filtered(&aggregate.filter).await?;
    let measures = aggregate
        .measures
        .iter()
        .map(|one| measure::expression(one, frame.schema()))
        .collect::<Result<Vec<_>, _>>()?;
    let groups = aggregate.group_by.iter().map(ident).collect();
    let frame = only(
        frame.aggregate(groups, measures)?,
        &aggregate.having,
        "having",
    )?;
    let names = aggregate.measures.iter().map(Measure::output_name);
    let columns = aggregate.group_by.iter().cloned().chain(names);
    let frame = frame
        .select(columns.map(ident).collect::<Vec<_>>())?
        .sort(sort_keys(aggregate))?;
    // One more than was asked for tells whether there are more.
    let (frame, mut cut) = cut(frame, 0, aggregate.limit() + 1)?;
    let mut asked = Cut::first(aggregate.limit());
    let mut found = 0;
    let schema = frame.schema().as_arrow().clone();
    let mut stream = frame.execute_stream().await?;
    let mut writer = ResultWriter::new(&schema, sink);
    let mut digest = Digest::new(aggregate, &schema);
    while let Some(batch) = stream.try_next().await? {
        run.progress.enter(Stage::Write);
        let Some(batch) = cut.of(&batch) else { break };
        found += batch.num_rows() as u64;
        let Some(batch) = asked.of(&batch) else {
            break;
        };
        digest.take(&batch)?;
        writer.write(&batch).await?;
    }
    let outcome = run.outcome(result_columns(&schema), writer.finish().await?);
    let groups = Groups {
        shown: outcome.rows,
        are_all: found <= aggregate.limit(),
    };
    Ok(Outcome {
        finding: digest.finding(aggregate, groups),
        chart: digest.chart(aggregate, groups)?,
        ..outcome
    })
}

/// The keys that were asked for; the group columns decide what they leave open, so that
/// the order is always the same.
fn sort_keys(aggregate: &Aggregate) -> Vec<datafusion::logical_expr::SortExpr> {
    let asked = aggregate.order_by.iter();
    let rest = aggregate
        .group_by
        .iter()
        .filter(|name| aggregate.order_by.iter().all(|by| by.column != **name));
    asked
        .map(|by| key(&by.column, by.descending))
        .chain(rest.map(|name| key(name, false)))
        .collect()
}

/// The groups of a result.
#[derive(Clone, Copy)]
struct Groups {
    shown: u64,
    /// Whether the limit left none out.
    are_all: bool,
}

/// What chart and finding need of a result that may be large: its first rows and the
/// figures of its main measure.
struct Digest {
    /// The measure that is drawn and spoken of: the first of a column, else the first;
    /// always a number.
    main: Option<usize>,
    /// The measure that counts rows.
    count: Option<usize>,
    keys: usize,
    head: Vec<RecordBatch>,
    head_rows: usize,
    top: Option<Top>,
    /// Groups with a value, and the sum of their values and counts.
    groups: u64,
    sum: f64,
    counted: f64,
}

struct Top {
    value: f64,
    count: Option<u64>,
    /// The batch that holds the group, cut to its row.
    group: RecordBatch,
}

impl Digest {
    fn new(aggregate: &Aggregate, schema: &ArrowSchema) -> Self {
        let keys = aggregate.group_by.len();
        let is_number = |i: &usize| {
            let field = schema.fields().get(keys + i);
            field.is_some_and(|field| types::column_type(field.data_type()).is_numeric())
        };
        let numbers = || (0..aggregate.measures.len()).filter(is_number);
        let of_column = |i: &usize| aggregate.measures[*i].column.is_some();
        let counts =
            |i: &usize| aggregate.measures[*i].function == MeasureFn::Count && !of_column(i);
        Self {
            main: numbers().find(of_column).or_else(|| numbers().next()),
            count: numbers().find(counts),
            keys,
            head: Vec::new(),
            head_rows: 0,
            top: None,
            groups: 0,
            sum: 0.0,
            counted: 0.0,
        }
    }

    fn take(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        if self.head_rows < chart::MOST_POINTS {
            let rows = batch.num_rows().min(chart::MOST_POINTS - self.head_rows);
            self.head.push(batch.slice(0, rows));
            self.head_rows += rows;
        }
        let Some(main) = self.main else { return Ok(()) };
        let values = numbers(batch, self.keys + main)?;
        let counts = match self.count {
            Some(count) => Some(numbers(batch, self.keys + count)?),
            None => None,
        };
        for row in (0..batch.num_rows()).filter(|row| values.is_valid(*row)) {
            let value = values.value(row);
            let count = counts.as_ref().map(|counts| counts.value(row));
            self.groups += 1;
            self.sum += value;
            self.counted += count.unwrap_or(0.0);
            let is_top = self.top.as_ref().is_none_or(|top| value > top.value);
            if is_top && !value.is_nan() {
                self.top = Some(Top {
                    value,
                    count: count.map(|count| count as u64),
                    group: batch.slice(row, 1),
                });
            }
        }
        Ok(())
    }

    /// `**F9** has the highest mean of dep_delay: 20.2 over 685 rows, 7.6 more than the
    /// mean of all groups.`
    ///
    /// Where the limit left groups out it speaks of those shown, unless they come in an
    /// order in which no other can be higher.
    fn finding(&self, aggregate: &Aggregate, groups: Groups) -> Option<String> {
        if groups.shown == 0 {
            return Some("**No group**: no row passes the conditions.".to_owned());
        }
        let top = self.top.as_ref()?;
        let measure = aggregate.measures.get(self.main?)?;
        let name = chart::group_name(&top.group, &aggregate.group_by).ok()?;
        let highest_first = aggregate
            .order_by
            .first()
            .is_some_and(|by| by.descending && by.column == measure.output_name());
        let is_of_all = groups.are_all || highest_first;
        let of_shown = if is_of_all {
            String::new()
        } else {
            format!("Of the first {} groups, ", words::count(groups.shown))
        };
        let value = words::number(top.value);
        if self.main == self.count {
            let rows = words::counted(top.value as u64, "row", "rows");
            let of_all = if groups.are_all {
                format!(" of {}", words::number(self.counted))
            } else {
                String::new()
            };
            return Some(match groups.shown {
                1 if groups.are_all => format!("**{name}** is the only group: {rows}."),
                1 if !is_of_all => format!("**{name}**, the first group, has {rows}."),
                _ => format!("{of_shown}**{name}** has the most rows: {value}{of_all}."),
            });
        }
        let over = top.count.map_or(String::new(), |count| {
            format!(" over {}", words::counted(count, "row", "rows"))
        });
        let what = measure.in_words();
        if self.groups == 1 && groups.are_all {
            return Some(format!("**{name}** has a {what} of {value}{over}."));
        }
        if groups.shown == 1 && !is_of_all {
            return Some(format!(
                "**{name}**, the first group, has a {what} of {value}{over}."
            ));
        }
        let mean = self.sum / self.groups as f64;
        let more = if groups.are_all && mean.is_finite() && top.value > mean {
            let more = words::number(top.value - mean);
            format!(", {more} more than the mean of all groups")
        } else {
            String::new()
        };
        Some(format!(
            "{of_shown}**{name}** has the highest {what}: {value}{over}{more}."
        ))
    }

    fn chart(
        &self,
        aggregate: &Aggregate,
        groups: Groups,
    ) -> Result<Option<serde_json::Value>, EngineError> {
        let Some(main) = self.main else {
            return Ok(None);
        };
        let chart = Chart {
            title: aggregate.title(),
            keys: &aggregate.group_by,
            value: self.keys + main,
            value_title: aggregate.measures[main].in_words(),
            head: &self.head,
            rows: groups.shown,
            is_whole: groups.are_all,
        };
        chart.specification()
    }
}

fn numbers(batch: &RecordBatch, column: usize) -> Result<Float64Array, EngineError> {
    let column = cast(batch.column(column), &DataType::Float64)?;
    Ok(column.as_primitive::<Float64Type>().clone())
}
