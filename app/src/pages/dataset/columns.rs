//! The columns of a data set.

use assay_model::Dataset;

use crate::{
    node::{Node, el, span},
    parts,
};

/// A card that lists the columns with their types.
pub fn columns(dataset: &Dataset) -> Node {
    let list = dataset
        .schema
        .columns
        .iter()
        .fold(el("dl").class("facts"), |list, column| {
            let note = column.note.as_deref().map(|note| span("hint").add(note));
            list.add(el("dt").add(column.name.as_str()).add(note))
                .add(el("dd").class("soft").add(column.kind.word()))
        });
    parts::card("Columns", list)
}
