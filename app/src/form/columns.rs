//! Choosing columns, in order: those chosen as tags, the rest in a chooser.

use assay_model::form::ColumnFilter;
use leptos::web_sys::Event;

use super::{Form, state};
use crate::node::{IntoNode, Node, div, each, el, link, span, typed};

/// The control of a field that takes columns.
pub fn control(form: Form, name: &'static str, admits: ColumnFilter) -> Node {
    let chosen = move || form.data.with(|data| data.filled(name));
    // Tags are told apart by their place, so that the keyboard stays where it was when
    // one goes and the next takes its place.
    let places = move || (0..chosen().len()).map(|place| place.to_string()).collect();
    let tags = each(places, move |place| {
        tag(form, name, place.parse().unwrap_or(0))
    });
    let rest = move || {
        let chosen = chosen();
        let mut options = vec![el("option").attr("value", "").add("Add a column")];
        form.schema.peek(|schema| {
            let rest = schema
                .columns
                .iter()
                .filter(|column| admits.admits(column.kind) && !chosen.contains(&column.name));
            options.extend(rest.map(|column| {
                el("option").attr("value", column.name.clone()).add(format!(
                    "{} ({})",
                    column.name,
                    column.kind.word()
                ))
            }));
        });
        options
    };
    let add = move |event: Event| {
        let picked = typed(&event);
        if !picked.is_empty() {
            let mut values = form.data.peek(|data| data.filled(name));
            values.push(picked);
            form.change(
                form.data
                    .peek(|data| state::with_values(data, name, &values)),
            );
        }
    };
    let add = el("select")
        .class("add")
        .attr("name", name)
        .attr("aria-label", "Add a column")
        .on("change", add)
        .add(rest);
    div("input tags").add(tags).add(add).into_node()
}

fn tag(form: Form, name: &'static str, place: usize) -> Node {
    let column = move || {
        form.data
            .with(|data| data.filled(name).into_iter().nth(place).unwrap_or_default())
    };
    let without = move |data: &assay_model::form::FormData| {
        let mut values = data.filled(name);
        if place < values.len() {
            values.remove(place);
        }
        state::with_values(data, name, &values)
    };
    let remove = move |event: Event| {
        event.prevent_default();
        form.change(form.data.peek(without));
    };
    let cross = link(move || form.address(without), "×")
        .class("remove")
        .attr("aria-label", move || format!("Remove {}", column()))
        .on("click", remove);
    let kept = el("input")
        .attr("type", "hidden")
        .attr("name", name)
        .attr("value", column);
    span("tag").add(column).add(kept).add(cross).into_node()
}
