//! One data set: what it is, its columns, its first rows, how to read it from elsewhere.

mod columns;
mod delete;
mod elsewhere;
mod rows;

use assay_model::{Collection, CollectionType, Dataset, DatasetId, Event, Page, Problem, words};
use leptos::prelude::With;
use leptos_router::hooks::use_params_map;
use serde_json::{Map, Value};

use self::{columns::columns, delete::delete, elsewhere::elsewhere, rows::rows};
use super::bench::{live_mark, size};
use crate::{
    clock, live,
    load::{self, Replies},
    node::{El, IntoNode, Node, div, el, link, p, several},
    parts::{self, problem},
    sig::{Sig, made},
    urls,
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
            let shown = Shown {
                dataset: Sig::new(dataset),
                rows: Sig::new(first_rows(&replies, 1)),
            };
            shown.follow();
            shown.page()
        }
        Err(problem) => problem::page(&problem),
    })
}

type Rows = Result<Vec<Map<String, Value>>, Problem>;

fn first_rows(replies: &Replies, at: usize) -> Rows {
    let page = replies.read::<Page<Map<String, Value>>>(at);
    page.map(|page| page.items)
}

/// What stands on the page; it follows the data set as that changes.
#[derive(Clone, Copy)]
struct Shown {
    dataset: Sig<Dataset>,
    rows: Sig<Rows>,
}

impl Shown {
    fn follow(self) {
        live::on_event(move |event| match event {
            Event::Dataset(dataset) if self.is(dataset.id) => {
                self.dataset.set((**dataset).clone());
                self.read_again();
            }
            Event::Reset(_) => self.read_again(),
            _ => {}
        });
    }

    fn is(self, id: DatasetId) -> bool {
        self.dataset.try_peek(|dataset| dataset.id == id) == Some(true)
    }

    /// Fetches what is shown once more. By its id, for the name may be another by now.
    fn read_again(self) {
        let Some(id) = self.dataset.try_peek(|dataset| dataset.id.to_string()) else {
            return;
        };
        let paths = vec![urls::api::dataset(&id), urls::api::rows(&id, FIRST)];
        load::refresh(paths, move |replies| {
            if let Ok(dataset) = replies.read(0) {
                self.dataset.set(dataset);
                self.rows.set(first_rows(&replies, 1));
            }
        });
    }

    fn page(self) -> Node {
        let Self { dataset, rows } = self;
        let fixed = dataset.peek(Clone::clone);
        // The table is drawn anew only when it says something else: one may be sorting it.
        let table = made(move || (dataset.with(|dataset| dataset.schema.clone()), rows.get()));
        let of = fixed.clone();
        let shown = move || {
            let (schema, items) = table.get();
            match items {
                Ok(items) => {
                    let dataset = Dataset {
                        schema,
                        ..of.clone()
                    };
                    self::rows(&dataset, items)
                }
                Err(problem) => problem::card(&problem),
            }
        };
        one(&fixed, self, shown.into_node())
    }
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

fn one(dataset: &Dataset, shown: Shown, rows: Node) -> Node {
    let name = dataset.name.to_string();
    let below = div("facts-line")
        .add(live_mark(dataset))
        .add(move || shown.dataset.with(facts))
        .add(el("span").add("loaded ").add(clock::ago(dataset.created)));
    let crumbs = el("nav")
        .class("crumbs")
        .attr("aria-label", "Where one is")
        .add(link(urls::DATASETS, "Data sets"));
    let actions = several![
        delete(&name),
        link(urls::analyse(&name), "Analyse").class("button main")
    ];
    let collection = dataset.collection.as_ref().map(what_it_reads);
    let source = dataset
        .source
        .as_ref()
        .map(|source| p("lead").add(format!("From {source}.")));
    let aside = el("aside")
        .class("stack")
        .attr("aria-label", "About the data set")
        .add(move || shown.dataset.with(columns))
        .add(elsewhere(&name));
    several![
        parts::head(&name, crumbs.into_node(), below.into_node(), actions),
        collection,
        source,
        div("columns").add(div("stack").add(rows)).add(aside),
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
