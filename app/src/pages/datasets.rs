//! The list of data sets, and loading one more.

use crate::sig::Sig;
use assay_model::{Dataset, Event, Page, Status, words};
use leptos::prelude::With;
use leptos_router::hooks::use_query_map;

use super::bench::live_mark;
use crate::{
    clock, live, load,
    node::{El, IntoNode, Node, div, el, link, p, several},
    parts::{self, problem, storage::storage, table::scroll, undo::undo, upload::upload},
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

/// The page.
pub fn page() -> Node {
    let query = use_query_map();
    let all = move || {
        let mut all = paths();
        all.push(urls::api::STATUS.to_owned());
        let deleted = query.with(|query| query.get("deleted"));
        all.extend(deleted.and_then(|id| Some(urls::api::restore(id.parse().ok()?))));
        all
    };
    load::loaded(all, |replies| match replies.read::<Page<Dataset>>(0) {
        Ok(page) => several![
            replies.read::<Dataset>(2).ok().as_ref().map(undo),
            list(
                page.items,
                replies.read::<Status>(1).ok().as_ref().map(storage)
            ),
        ],
        Err(problem) => problem::page(&problem),
    })
}

fn paths() -> Vec<String> {
    vec![format!("{}?limit=1000", urls::api::DATASETS)]
}

fn list(datasets: Vec<Dataset>, room: Option<Node>) -> Node {
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
                .add("Load a file here, or the sample from ")
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
        .attr("aria-label", "Load a file")
        .add(upload())
        .add(room);
    several![
        parts::head(
            "Data sets",
            Node::Empty,
            p("lead").add(summary).into_node(),
            Node::Empty
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
