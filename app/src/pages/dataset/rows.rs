//! The rows of a data set.

use assay_model::{Dataset, ResultColumn, words};
use serde_json::{Map, Value};

use crate::{
    node::{IntoNode, Node, el},
    parts::table::table,
};

/// A card with these rows.
pub fn rows(dataset: &Dataset, items: Vec<Map<String, Value>>) -> Node {
    let columns: Vec<ResultColumn> = dataset
        .schema
        .columns
        .iter()
        .map(ResultColumn::from)
        .collect();
    let shown = items.len() as u64;
    let rows = items
        .into_iter()
        .map(|mut item| {
            columns
                .iter()
                .map(|column| item.remove(&column.name).unwrap_or_default())
                .collect()
        })
        .collect();
    let heading = format!("First {}", words::counted(shown, "row", "rows"));
    el("section")
        .class("card flush")
        .add(el("h2").add(heading.as_str()))
        .add(table(heading, columns, rows))
        .into_node()
}
