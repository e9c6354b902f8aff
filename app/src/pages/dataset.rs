//! One data set: what it is, its columns, its first rows, how to read it from elsewhere.

use assay_model::{Dataset, Page, ResultColumn, words};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use serde_json::{Map, Value};

use super::bench::{live_mark, size};
use crate::{
    api::Client,
    clock, load,
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
pub fn page() -> AnyView {
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

fn one(dataset: &Dataset, rows: AnyView) -> AnyView {
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
    let facts = facts
        .into_iter()
        .map(|fact| view! { <span>{fact}</span> })
        .collect_view();
    let below = view! {
        <div class="facts-line">
            {live_mark(dataset)}
            {facts}
            <span>"loaded " {clock::ago(dataset.created)}</span>
        </div>
    };
    let crumbs = view! { <nav class="crumbs" aria-label="Where one is"><a href=urls::DATASETS>"Data sets"</a></nav> };
    let actions = view! {
        {delete(&name)}
        <a class="button main" href=urls::analyse(&name)>"Analyse"</a>
    };
    let collection = dataset.collection.as_ref().map(|collection| {
        view! { <p class="lead">"Every Redis hash whose key matches "<code>{collection.pattern.clone()}</code>", read where it is."</p> }
    });
    let source = dataset
        .source
        .clone()
        .map(|source| view! { <p class="lead">"From " {source} "."</p> });
    view! {
        {parts::head(name.clone(), crumbs.into_any(), below.into_any(), actions.into_any())}
        {collection}
        {source}
        <div class="columns">
            <div class="stack">
                {rows}
            </div>
            <aside class="stack" aria-label="About the data set">
                {columns(dataset)}
                {elsewhere(&name)}
            </aside>
        </div>
    }
    .into_any()
}

fn rows(dataset: &Dataset, items: Vec<Map<String, Value>>) -> AnyView {
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
    view! {
        <section class="card flush">
            <h2>{heading.clone()}</h2>
            {table(heading, columns, rows)}
        </section>
    }
    .into_any()
}

fn columns(dataset: &Dataset) -> AnyView {
    let rows = dataset.schema.columns.iter().map(|column| {
        let note = column
            .note
            .clone()
            .map(|note| view! { <span class="hint">{note}</span> });
        view! {
            <dt>{column.name.clone()}{note}</dt>
            <dd class="soft">{column.kind.word()}</dd>
        }
    });
    parts::card(
        "Columns",
        view! { <dl class="facts">{rows.collect_view()}</dl> }.into_any(),
    )
}

fn elsewhere(name: &str) -> AnyView {
    let (curl, python) = (name.to_owned(), name.to_owned());
    let body = view! {
        <p class="soft">"Anything that speaks HTTP or Redis can read these rows."</p>
        <pre class="snippet" tabindex="0">{snippets::curl_rows(name)}</pre>
        <div class="actions">
            {copy_button("Copy as curl", "button small", move || snippets::curl_rows(&curl))}
            {copy_button("Copy as Python", "button small", move || snippets::python_rows(&python))}
        </div>
    };
    parts::card("Read it from elsewhere", body.into_any())
}

fn delete(name: &str) -> AnyView {
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
    view! {
        <details class="menu">
            <summary class="button">"Delete"</summary>
            <div class="menu-body">
                <p>"Its rows go with it. Results that were made from it stay."</p>
                {button}
            </div>
        </details>
    }
    .into_any()
}
