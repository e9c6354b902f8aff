//! Charts as small Vega-Lite specifications with their data inside.
//!
//! The data is always called `key`, `value` and `split`, so that no column name needs
//! Vega's escapes; the titles say what they are.

use assay_model::ColumnType;
use datafusion::arrow::{
    array::{Array, AsArray},
    compute::cast,
    datatypes::{DataType, Float64Type},
    error::ArrowError,
    record_batch::RecordBatch,
};
use serde_json::{Map, Value, json};

use crate::{EngineError, cells::Cells, types};

/// Most points of a line.
pub(crate) const MOST_POINTS: usize = 2_000;
/// Most bars.
const MOST_BARS: usize = 30;
/// Most colours that one can tell apart.
const MOST_SPLITS: usize = 8;

/// What a chart of groups is drawn from.
pub(crate) struct Chart<'a> {
    pub(crate) title: String,
    /// The group columns, the first of the batches.
    pub(crate) keys: &'a [String],
    /// Which column holds the value.
    pub(crate) value: usize,
    pub(crate) value_title: String,
    /// The first rows of the result.
    pub(crate) head: &'a [RecordBatch],
    /// Rows of the result.
    pub(crate) rows: u64,
    /// Whether the result holds every group.
    pub(crate) is_whole: bool,
}

impl Chart<'_> {
    /// A line over a date, else horizontal bars in the order of the result; a second
    /// key gives the colours where they are few. `None` when there is nothing to draw.
    pub(crate) fn specification(&self) -> Result<Option<Value>, EngineError> {
        let Some(schema) = self.head.first().map(RecordBatch::schema) else {
            return Ok(None);
        };
        let is_time = schema.fields().first().is_some_and(|field| {
            matches!(
                types::column_type(field.data_type()),
                ColumnType::Date | ColumnType::Timestamp
            )
        });
        let mut points = self.points()?;
        let splits = self.splits(&points);
        if points.is_empty() || (self.keys.len() > 1 && splits.is_none() && is_time) {
            return Ok(None);
        }
        let is_line = is_time && self.keys.len() <= 2 && points.len() > 1;
        if is_line {
            if self.rows > MOST_POINTS as u64 {
                return Ok(None);
            }
            // ISO dates sort as text.
            points.sort_by(|a, b| a.keys[0].as_str().cmp(&b.keys[0].as_str()));
        } else {
            points.truncate(MOST_BARS);
        }
        let shown = points.len() as u64;
        let values: Vec<_> = points
            .iter()
            .map(|point| point.datum(splits.is_some()))
            .collect();
        let (across, along) = if is_line { ("y", "x") } else { ("x", "y") };
        let mut encoding = Map::new();
        let mut key = json!({"field": "key", "type": if is_line { "temporal" } else { "nominal" }, "title": self.key_title(splits.is_some())});
        if !is_line {
            // The order of the result, not of the alphabet.
            key["sort"] = Value::Null;
        }
        encoding.insert(along.to_owned(), key);
        encoding.insert(
            across.to_owned(),
            json!({"field": "value", "type": "quantitative", "title": self.value_title}),
        );
        if splits.is_some() {
            let split = json!({"field": "split", "type": "nominal", "title": self.keys[1]});
            if !is_line {
                encoding.insert("yOffset".to_owned(), json!({"field": "split"}));
            }
            encoding.insert("color".to_owned(), split);
        }
        let mut title = json!({"text": self.title});
        if !is_line && shown < self.rows {
            let of_all = if self.is_whole {
                format!(" of {}", assay_model::words::count(self.rows))
            } else {
                String::new()
            };
            title["subtitle"] = json!(format!("The first {shown}{of_all} groups"));
        }
        Ok(Some(json!({
            "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
            "title": title,
            "data": {"values": values},
            "mark": {"type": if is_line { "line" } else { "bar" }},
            "encoding": encoding,
        })))
    }

    /// The groups and their values; what is not finite cannot be drawn and is a gap.
    fn points(&self) -> Result<Vec<Point>, EngineError> {
        let mut points = Vec::new();
        for batch in self.head {
            let cells = Cells::new(batch)?;
            let numbers = cast(batch.column(self.value), &DataType::Float64)?;
            let numbers = numbers.as_primitive::<Float64Type>();
            for row in 0..cells.rows() {
                let value = match cells.value(self.value, row) {
                    value if value.is_number() => value,
                    // Decimals and integers past 2^53 are text as cells.
                    _ if numbers.is_valid(row) => json!(numbers.value(row)),
                    _ => Value::Null,
                };
                points.push(Point {
                    keys: (0..self.keys.len())
                        .map(|key| cells.value(key, row))
                        .collect(),
                    value,
                });
            }
        }
        Ok(points)
    }

    /// The values of the second of two keys, when they are few.
    fn splits(&self, points: &[Point]) -> Option<usize> {
        if self.keys.len() != 2 {
            return None;
        }
        let mut seen: Vec<&Value> = Vec::new();
        for point in points {
            let split = &point.keys[1];
            if !seen.contains(&split) {
                seen.push(split);
            }
            if seen.len() > MOST_SPLITS {
                return None;
            }
        }
        Some(seen.len())
    }

    fn key_title(&self, is_split: bool) -> String {
        if is_split {
            self.keys[0].clone()
        } else {
            self.keys.join(" · ")
        }
    }
}

struct Point {
    keys: Vec<Value>,
    value: Value,
}

impl Point {
    fn datum(&self, is_split: bool) -> Value {
        match self.keys.as_slice() {
            [key] => json!({"key": key, "value": self.value}),
            [key, split] if is_split => json!({"key": key, "value": self.value, "split": split}),
            keys => {
                let words: Vec<_> = keys.iter().map(word).collect();
                json!({"key": words.join(" · "), "value": self.value})
            }
        }
    }
}

/// What a group is called in a sentence: `F9`, `month 3`, `EWR · F9`.
pub(crate) fn group_name(group: &RecordBatch, keys: &[String]) -> Result<String, ArrowError> {
    let cells = Cells::new(group)?;
    let names = keys.iter().enumerate().map(|(i, key)| {
        let value = cells.value(i, 0);
        match &value {
            Value::String(text) if !text.is_empty() => text.clone(),
            Value::String(_) => format!("{key} “”"),
            other => format!("{key} {}", word(other)),
        }
    });
    Ok(names.collect::<Vec<_>>().join(" · "))
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
