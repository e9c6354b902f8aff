//! How to read a data set from elsewhere.

use crate::{
    node::{Node, div, el, p, several},
    parts::{self, copy::copy_button},
    snippets,
};

/// A card with snippets to copy.
pub fn elsewhere(name: &str) -> Node {
    let (curl, python) = (name.to_owned(), name.to_owned());
    let body = several![
        p("soft").add("Anything that speaks HTTP or Redis can read these rows."),
        el("pre")
            .class("snippet")
            .attr("tabindex", "0")
            .add(snippets::curl_rows(name)),
        div("actions")
            .add(copy_button("Copy as curl", "button small", move || {
                snippets::curl_rows(&curl)
            }))
            .add(copy_button("Copy as Python", "button small", move || {
                snippets::python_rows(&python)
            })),
    ];
    parts::card("Read it from elsewhere", body)
}
