//! One data set: what it is, its columns, its first rows, how to read it from elsewhere.

mod columns;
mod delete;
mod elsewhere;
mod import;
mod look;
mod rows;

use assay_model::{Dataset, ImportReport, Status, words};
use leptos::prelude::With;
use leptos_router::hooks::use_params_map;

use self::{
    columns::columns,
    delete::delete,
    elsewhere::{elsewhere, export},
    import::import,
    rows::rows,
};
use super::bench::{live_mark, size};
use crate::{
    clock,
    load::{self, Replies},
    node::{IntoNode, Node, div, el, link, p, several},
    parts::{self, problem},
    urls,
};

/// The page.
pub fn page() -> Node {
    let params = use_params_map();
    let paths = move || {
        let name = params.with(|params| params.get("name")).unwrap_or_default();
        vec![
            urls::api::dataset(&name),
            urls::api::profile(&name),
            urls::api::STATUS.to_owned(),
        ]
    };
    load::loaded(paths, |replies| match replies.read::<Dataset>(0) {
        Ok(dataset) => one(&dataset, &replies),
        Err(problem) => problem::page(&problem),
    })
}

/// What the answer says besides the data set.
#[derive(serde::Deserialize)]
struct Import {
    #[serde(default)]
    import: Option<ImportReport>,
}

fn one(dataset: &Dataset, replies: &Replies) -> Node {
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
        export(&name),
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
    let columns = replies.get(1).map(|reply| columns(dataset, reply));
    let address = replies.read::<Status>(2).ok();
    let address = address.map(|status| status.redis.address);
    let report = replies.read::<Import>(0).ok().and_then(|it| it.import);
    let aside = el("aside")
        .class("stack")
        .attr("aria-label", "About the data set")
        .add(import(report))
        .add(elsewhere(dataset, address));
    several![
        parts::head(&name, crumbs.into_node(), below.into_node(), actions),
        collection,
        source,
        div("columns")
            .add(div("stack").add(rows(dataset)))
            .add(aside),
        div("below").add(columns),
    ]
}
