//! The list of data sets, and loading one more.

use crate::sig::Sig;
use assay_model::{Dataset, DatasetId, Event, Page, Status, form::FormData, words};
use leptos::prelude::Get;
use leptos_router::hooks::use_location;

use super::bench::live_mark;
use crate::{
    clock, live, load,
    node::{El, IntoNode, Node, div, el, link, p, several},
    parts::{
        self, collection::collection, problem, storage::storage, table::scroll, undo::undo,
        upload::upload,
    },
    urls,
};

/// Data sets as lists hold them, kept true by events.
#[derive(Clone, Copy)]
pub struct Datasets(pub Sig<Vec<Dataset>>);

impl Datasets {
    /// These data sets.
    pub fn new(datasets: Vec<Dataset>) -> Self {
        Self(Sig::new(datasets))
    }

    /// Takes in what an event says.
    pub fn apply(self, event: &Event) {
        self.0.update(|datasets| match event {
            Event::Dataset(dataset) => match datasets.iter_mut().find(|have| have.id == dataset.id)
            {
                Some(have) => *have = (**dataset).clone(),
                None => datasets.insert(0, (**dataset).clone()),
            },
            Event::DatasetDeleted(gone) => datasets.retain(|dataset| dataset.id.0 != gone.id),
            _ => {}
        });
    }
}

/// The page. An address may fill in the form that declares a collection.
pub fn page() -> Node {
    let search = use_location().search;
    let query = move || urls::parse_query(&search.get());
    let all = move || {
        let (mut paths, query) = (paths(), query());
        if looks(&query) {
            paths.push(urls::api::collection_preview(&query));
        }
        paths.extend(deleted(&query).map(urls::api::restore));
        paths
    };
    load::loaded(all, move |replies| {
        let page = match replies.read::<Page<Dataset>>(0) {
            Ok(page) => page,
            Err(problem) => return problem::page(&problem),
        };
        let (query, status) = (query(), replies.read::<Status>(1).ok());
        let glance = looks(&query).then(|| replies.read(2));
        let gone = deleted(&query).and_then(|_| replies.read(replies.len() - 1).ok());
        let sources = status.as_ref().map(|status| status.sources.clone());
        let form = collection(&query, &sources.unwrap_or_default(), glance);
        several![
            gone.as_ref().map(undo),
            list(page.items, form, status.as_ref().map(storage)),
        ]
    })
}

/// Whether the address asks for a glance at a collection.
fn looks(query: &FormData) -> bool {
    query.one("pattern").is_some_and(|text| !text.is_empty())
}

/// The data set that was deleted just now.
fn deleted(query: &FormData) -> Option<DatasetId> {
    query.one("deleted")?.parse().ok()
}

fn paths() -> Vec<String> {
    vec![
        format!("{}?limit=1000", urls::api::DATASETS),
        urls::api::STATUS.to_owned(),
    ]
}

fn list(datasets: Vec<Dataset>, form: Node, room: Option<Node>) -> Node {
    let datasets = Datasets::new(datasets);
    live::on_event(move |event| {
        datasets.apply(event);
        if matches!(event, Event::Reset(_)) {
            load::refresh(paths(), move |replies| {
                if let Ok(page) = replies.read::<Page<Dataset>>(0) {
                    datasets.0.set(page.items);
                }
            });
        }
    });
    let summary = move || {
        let n = datasets.0.with(Vec::len) as u64;
        let rows: u64 = datasets
            .0
            .with(|all| all.iter().map(|dataset| dataset.rows).sum());
        format!(
            "{}, {}",
            words::counted(n, "data set", "data sets"),
            words::counted(rows, "row", "rows")
        )
    };
    let body = move || {
        if datasets.0.with(Vec::is_empty) {
            let how = p("soft")
                .add(link(urls::LOAD, "Load a file"))
                .add(", or the sample from ")
                .add(link(urls::BENCH, "the bench"))
                .add(".");
            return parts::card("No data sets yet", how);
        }
        let heads = ["Name", "Rows", "Size", "Columns", "Version", "Loaded"]
            .into_iter()
            .enumerate();
        let heads = heads.map(|(i, head)| {
            el("th")
                .attr("scope", "col")
                .class((i > 0).then_some("right"))
                .add(head)
        });
        let rows: Vec<_> = datasets
            .0
            .with(|datasets| datasets.iter().map(row).collect());
        let table = el("table")
            .add(el("thead").add(el("tr").add(heads.collect::<Vec<_>>())))
            .add(el("tbody").add(rows));
        el("section")
            .class("card flush")
            .add(scroll("Data sets".to_owned(), table))
            .into_node()
    };
    let aside = el("aside")
        .class("stack")
        .attr("aria-label", "Add a data set")
        .add(upload())
        .add(form)
        .add(room);
    several![
        parts::head(
            "Data sets",
            Node::Empty,
            p("lead").add(summary).into_node(),
            link(urls::LOAD, "Load data")
                .class("button main")
                .into_node()
        ),
        div("columns").add(div("stack").add(body)).add(aside),
    ]
}

fn row(dataset: &Dataset) -> El {
    let name = dataset.name.to_string();
    let is_live = dataset.collection.is_some();
    let bytes = if is_live {
        "–".to_owned()
    } else {
        words::bytes(dataset.bytes)
    };
    let version = if is_live {
        "–".to_owned()
    } else {
        words::count(dataset.version)
    };
    let figure = |text: String| el("td").class("right").add(text);
    el("tr")
        .add(
            el("td")
                .add(link(urls::dataset(&name), name.as_str()).class("strong"))
                .add(live_mark(dataset)),
        )
        .add(figure(words::count(dataset.rows)))
        .add(figure(bytes))
        .add(figure(words::count(dataset.schema.columns.len() as u64)))
        .add(figure(version))
        .add(
            el("td")
                .class("right soft")
                .add(clock::ago(dataset.created)),
        )
}
