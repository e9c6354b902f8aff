//! What takes how much room.

use assay_model::{Status, words};

use crate::{
    node::{Node, div, el, link, p},
    parts, urls,
};

/// Tables listed.
const LISTED: usize = 5;

/// The card.
pub fn storage(status: &Status) -> Node {
    let (used, storage) = (status.redis.memory_used, &status.storage);
    let words = match storage.limit {
        Some(limit) => format!("{} of {} in use", words::bytes(used), words::bytes(limit)),
        None => format!("{} in use, without a limit", words::bytes(used)),
    };
    let bar = storage.limit.map(|limit| {
        el("progress")
            .attr("max", limit.to_string())
            .attr("value", used.min(limit).to_string())
            .attr("aria-label", "Room in use")
    });
    let full = storage.left.filter(|left| *left == 0).map(|_| {
        p("soft").add("There is no room for more files. Delete data sets, or give the server more.")
    });
    let largest =
        storage
            .datasets
            .iter()
            .take(LISTED)
            .fold(el("dl").class("facts"), |list, dataset| {
                let name = dataset.name.as_str();
                list.add(el("dt").add(link(urls::dataset(name), name)))
                    .add(el("dd").class("soft").add(words::bytes(dataset.bytes)))
            });
    let body = div("stack")
        .add(p("soft").add(words))
        .add(bar)
        .add(full)
        .add((!storage.datasets.is_empty()).then_some(largest));
    parts::card("Room", body)
}
