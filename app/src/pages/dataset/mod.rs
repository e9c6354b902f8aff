//! One data set: what it is, its columns, its first rows, how to read it from elsewhere.

mod columns;
mod delete;
mod elsewhere;
mod rows;
mod versions;

use assay_model::{Dataset, Page, words};
use leptos::prelude::With;
use leptos_router::hooks::use_params_map;
use serde_json::{Map, Value};

use self::{
    columns::columns,
    delete::delete,
    elsewhere::elsewhere,
    rows::rows,
    versions::{Versions, versions},
};
use super::bench::{live_mark, size};
use crate::{
    clock, load,
    node::{IntoNode, Node, div, el, link, p, several},
    parts::{self, problem},
    urls,
};

/// Rows shown.
const FIRST: u64 = 20;

/// The page.
pub fn page() -> Node {
    let params = use_params_map();
    let paths = move || {
        let name = params.with(|params| params.get("name")).unwrap_or_default();
        vec![
            urls::api::dataset(&name),
            urls::api::rows(&name, FIRST),
            urls::api::versions(&name),
        ]
    };
    load::loaded(paths, |replies| match replies.read::<Dataset>(0) {
        Ok(dataset) => {
            let rows = match replies.read::<Page<Map<String, Value>>>(1) {
                Ok(page) => rows(&dataset, page.items),
                Err(problem) => problem::card(&problem),
            };
            let history = replies.read::<Versions>(2).ok();
            one(&dataset, rows, history.as_ref().and_then(versions))
        }
        Err(problem) => problem::page(&problem),
    })
}

fn one(dataset: &Dataset, rows: Node, history: Option<Node>) -> Node {
    let name = dataset.name.to_string();
    let mut facts = vec![size(dataset)];
    if dataset.collection.is_none() {
        facts.push(words::bytes(dataset.bytes));
        facts.push(format!("version {}", words::count(dataset.version)));
    }
    facts.push(words::counted(
        dataset.schema.columns.len() as u64,
        "column",
        "columns",
    ));
    let facts: Vec<_> = facts.into_iter().map(|fact| el("span").add(fact)).collect();
    let below = div("facts-line")
        .add(live_mark(dataset))
        .add(facts)
        .add(el("span").add("loaded ").add(clock::ago(dataset.created)));
    let crumbs = el("nav")
        .class("crumbs")
        .attr("aria-label", "Where one is")
        .add(link(urls::DATASETS, "Data sets"));
    let actions = several![
        delete(dataset),
        link(urls::analyse(&name), "Analyse").class("button main")
    ];
    let collection = dataset.collection.as_ref().map(|collection| {
        p("lead")
            .add("Every Redis hash whose key matches ")
            .add(el("code").add(collection.pattern.as_str()))
            .add(", read where it is.")
    });
    let source = dataset
        .source
        .as_ref()
        .map(|source| p("lead").add(format!("From {source}.")));
    let aside = el("aside")
        .class("stack")
        .attr("aria-label", "About the data set")
        .add(columns(dataset))
        .add(history)
        .add(elsewhere(&name));
    several![
        parts::head(&name, crumbs.into_node(), below.into_node(), actions),
        collection,
        source,
        div("columns").add(div("stack").add(rows)).add(aside),
    ]
}
