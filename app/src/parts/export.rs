//! The menu of the files that rows can be had as.

use crate::node::{IntoNode, Node, el, link};

/// The formats of rows, and what they are called.
pub const FORMATS: [(&str, &str); 5] = [
    ("csv", "CSV"),
    ("json", "JSON"),
    ("ndjson", "NDJSON"),
    ("parquet", "Parquet"),
    ("arrow", "Arrow"),
];

/// The menu; `address` says where the file in a format is.
pub fn menu(formats: &[(&'static str, &'static str)], address: impl Fn(&str) -> String) -> Node {
    let links = formats.iter().map(|(format, word)| {
        el("li").add(
            link(address(format), *word)
                .attr("rel", "external")
                .attr("download", ""),
        )
    });
    let list = el("ul").class("menu-body").add(links.collect::<Vec<_>>());
    el("details")
        .class("menu")
        .add(el("summary").class("button").add("Export"))
        .add(list)
        .into_node()
}
