//! One data set: what it is, its columns, its first rows, how to read it from elsewhere.

mod columns;
mod delete;
mod elsewhere;
mod import;
mod look;
mod rows;
mod versions;

use assay_model::{Collection, CollectionType, Dataset, Event, ImportReport, Status, words};
use leptos::prelude::With;
use leptos_router::hooks::use_params_map;

use self::{
    columns::columns,
    delete::delete,
    elsewhere::{elsewhere, export},
    import::import,
    rows::rows,
    versions::{Versions, versions},
};
use super::bench::{live_mark, size};
use crate::{
    clock, live,
    load::{self, Replies},
    node::{El, IntoNode, Node, div, el, link, p, several},
    parts::{self, problem},
    sig::Sig,
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
            urls::api::versions(&name),
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

/// The data set as it stands; it follows what is told of it.
fn followed(dataset: &Dataset) -> Sig<Dataset> {
    let id = dataset.id;
    let followed = Sig::new(dataset.clone());
    live::on_event(move |event| match event {
        Event::Dataset(now) if now.id == id => followed.set((**now).clone()),
        Event::Reset(_) => {
            // By its id, for the name may be another by now.
            load::refresh(vec![urls::api::dataset(&id.to_string())], move |replies| {
                if let Ok(now) = replies.read(0) {
                    followed.set(now);
                }
            });
        }
        _ => {}
    });
    followed
}

/// What there is of a data set, in a line.
fn facts(dataset: &Dataset) -> Vec<El> {
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
    facts.into_iter().map(|fact| el("span").add(fact)).collect()
}

fn one(dataset: &Dataset, replies: &Replies) -> Node {
    let now = followed(dataset);
    let name = dataset.name.to_string();
    let below = div("facts-line")
        .add(live_mark(dataset))
        .add(move || now.with(facts))
        .add(el("span").add("loaded ").add(clock::ago(dataset.created)));
    let crumbs = el("nav")
        .class("crumbs")
        .attr("aria-label", "Where one is")
        .add(link(urls::DATASETS, "Data sets"));
    let actions = several![
        delete(dataset),
        export(&name),
        link(urls::analyse(&name), "Analyse").class("button main")
    ];
    let collection = dataset.collection.as_ref().map(what_it_reads);
    let source = dataset
        .source
        .as_ref()
        .map(|source| p("lead").add(format!("From {source}.")));
    let columns = replies.get(1).map(|reply| columns(now, reply));
    let address = replies.read::<Status>(2).ok();
    let address = address.map(|status| status.redis.address);
    let report = replies.read::<Import>(0).ok().and_then(|it| it.import);
    let history = replies.read::<Versions>(3).ok();
    let history = history.as_ref().and_then(versions);
    let aside = el("aside")
        .class("stack")
        .attr("aria-label", "About the data set")
        .add(import(report))
        .add(history)
        .add(elsewhere(dataset, address));
    several![
        parts::head(&name, crumbs.into_node(), below.into_node(), actions),
        collection,
        source,
        div("columns").add(div("stack").add(rows(now))).add(aside),
        div("below").add(columns),
    ]
}

/// Which records a collection reads, in a sentence.
fn what_it_reads(collection: &Collection) -> El {
    let what = match collection.kind {
        CollectionType::Hash => "Every hash whose key matches ",
        CollectionType::Json => "Every JSON object whose key matches ",
        CollectionType::String => "Every string whose key matches ",
        CollectionType::Stream => "Every entry of the streams whose keys match ",
        CollectionType::List => "The elements of the list ",
        CollectionType::Set => "The members of the set ",
        CollectionType::Zset => "The members of the sorted set ",
    };
    let of = match &collection.source {
        Some(source) => format!(" in the Redis “{source}”, read where it is."),
        None => " in Redis, read where it is.".to_owned(),
    };
    p("lead")
        .add(what)
        .add(el("code").add(collection.pattern.as_str()))
        .add(of)
}
