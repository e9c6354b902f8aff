//! One data set: what it is, its columns, its first rows, how to read it from elsewhere.

use assay_model::{Dataset, Page, ResultColumn, words};
use leptos::prelude::With;
use leptos_router::hooks::use_params_map;
use serde_json::{Map, Value};

use super::bench::{live_mark, size};
use crate::{
    api::Client,
    clock, load,
    node::{IntoNode, Node, div, el, link, p, several, span},
    parts::{
        self,
        copy::copy_button,
        press::{Doer, press},
        problem,
        table::table,
    },
    snippets, urls,
};

/// Rows shown.
const FIRST: u64 = 20;

/// The page.
pub fn page() -> Node {
    let params = use_params_map();
    let paths = move || {
        let name = params.with(|params| params.get("name")).unwrap_or_default();
        vec![urls::api::dataset(&name), urls::api::rows(&name, FIRST)]
    };
    load::loaded(paths, |replies| match replies.read::<Dataset>(0) {
        Ok(dataset) => {
            let rows = match replies.read::<Page<Map<String, Value>>>(1) {
                Ok(page) => rows(&dataset, page.items),
                Err(problem) => problem::card(&problem),
            };
            one(&dataset, rows)
        }
        Err(problem) => problem::page(&problem),
    })
}

fn one(dataset: &Dataset, rows: Node) -> Node {
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
        delete(&name),
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
        .add(elsewhere(&name));
    several![
        parts::head(&name, crumbs.into_node(), below.into_node(), actions),
        collection,
        source,
        div("columns").add(div("stack").add(rows)).add(aside),
    ]
}

fn rows(dataset: &Dataset, items: Vec<Map<String, Value>>) -> Node {
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

fn columns(dataset: &Dataset) -> Node {
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

fn elsewhere(name: &str) -> Node {
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

fn delete(name: &str) -> Node {
    let doer = Doer::here();
    let gone = name.to_owned();
    let button = press(
        "Delete for good",
        "button danger",
        urls::delete_dataset(name),
        move || {
            let (client, name) = (Client::here(), gone.clone());
            doer.work(async move {
                client.delete_dataset(&name).await?;
                Ok(Some(urls::DATASETS.to_owned()))
            });
        },
    );
    let body = div("menu-body")
        .add(el("p").add("Its rows go with it. Results that were made from it stay."))
        .add(button);
    el("details")
        .class("menu")
        .add(el("summary").class("button").add("Delete"))
        .add(body)
        .into_node()
}
