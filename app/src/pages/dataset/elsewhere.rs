//! How to read a data set from elsewhere.

use assay_model::Dataset;

use crate::{
    node::{El, Node, div, el, p, several},
    parts::{self, copy::copy_button, export},
    snippets, urls,
};

/// A card with snippets to copy; `redis` is where the data lies, if that is known.
pub fn elsewhere(dataset: &Dataset, redis: Option<String>) -> Node {
    let name = dataset.name.to_string();
    let redis = redis.filter(|_| dataset.collection.is_none());
    let (curl, http, direct) = (name.clone(), name.clone(), name.clone());
    let from_redis = redis.map(|address| {
        let text = snippets::pandas_redis(&direct, &address);
        el("details")
            .class("more")
            .add(el("summary").add("Straight from Redis"))
            .add(snippet(&text))
            .add(div("actions").add(copy_button(
                "Copy as pandas from Redis",
                "button small",
                move || text.clone(),
            )))
    });
    let body = several![
        p("soft").add("Anything that speaks HTTP or Redis can read these rows."),
        snippet(&snippets::pandas_http(&name)),
        div("actions")
            .add(copy_button("Copy as pandas", "button small", move || {
                snippets::pandas_http(&http)
            }))
            .add(copy_button("Copy as curl", "button small", move || {
                snippets::curl_rows(&curl)
            })),
        from_redis,
    ];
    parts::card("Read it from elsewhere", body)
}

fn snippet(text: &str) -> El {
    el("pre").class("snippet").attr("tabindex", "0").add(text)
}

/// The whole as a file, in any of the formats.
pub fn export(name: &str) -> Node {
    export::menu(&export::FORMATS, |format| urls::api::export(name, format))
}
