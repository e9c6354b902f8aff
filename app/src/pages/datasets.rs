//! The list of data sets, and loading one more.

use assay_model::{Dataset, Event, Page, words};
use leptos::prelude::*;

use super::bench::live_mark;
use crate::{
    clock, live, load,
    parts::{self, problem, upload::upload},
    urls,
};

/// Data sets as lists hold them, kept true by events.
#[derive(Clone, Copy)]
pub struct Datasets(pub RwSignal<Vec<Dataset>>);

impl Datasets {
    /// These data sets.
    pub fn new(datasets: Vec<Dataset>) -> Self {
        Self(RwSignal::new(datasets))
    }

    /// Takes in what an event says.
    pub fn apply(self, event: &Event) {
        let _ = self.0.try_update(|datasets| match event {
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
pub fn page() -> AnyView {
    load::loaded(paths, |replies| match replies.read::<Page<Dataset>>(0) {
        Ok(page) => list(page.items),
        Err(problem) => problem::page(&problem),
    })
}

fn paths() -> Vec<String> {
    vec![format!("{}?limit=1000", urls::api::DATASETS)]
}

fn list(datasets: Vec<Dataset>) -> AnyView {
    let datasets = Datasets::new(datasets);
    live::on_event(move |event| {
        datasets.apply(event);
        if matches!(event, Event::Reset(_)) {
            load::refresh(paths(), move |replies| {
                if let Ok(page) = replies.read::<Page<Dataset>>(0) {
                    let _ = datasets.0.try_set(page.items);
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
            return view! {
                <section class="card">
                    <h2>"No data sets yet"</h2>
                    <p class="soft">"Load a file here, or the sample from "<a href=urls::BENCH>"the bench"</a>"."</p>
                </section>
            }
            .into_any();
        }
        let rows = datasets
            .0
            .get()
            .into_iter()
            .map(|dataset| row(&dataset))
            .collect_view();
        view! {
            <section class="card flush">
                <div class="table-scroll" tabindex="0" role="region" aria-label="Data sets">
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">"Name"</th>
                                <th scope="col" class="right">"Rows"</th>
                                <th scope="col" class="right">"Size"</th>
                                <th scope="col" class="right">"Columns"</th>
                                <th scope="col" class="right">"Version"</th>
                                <th scope="col" class="right">"Loaded"</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </section>
        }
        .into_any()
    };
    view! {
        {parts::head("Data sets", ().into_any(), view! { <p class="lead">{summary}</p> }.into_any(), ().into_any())}
        <div class="columns">
            <div class="stack">{body}</div>
            <aside class="stack" aria-label="Load a file">{upload()}</aside>
        </div>
    }
    .into_any()
}

fn row(dataset: &Dataset) -> AnyView {
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
    view! {
        <tr>
            <td>
                <a class="strong" href=urls::dataset(&name)>{name.clone()}</a>
                {live_mark(dataset)}
            </td>
            <td class="right">{words::count(dataset.rows)}</td>
            <td class="right">{bytes}</td>
            <td class="right">{words::count(dataset.schema.columns.len() as u64)}</td>
            <td class="right">{version}</td>
            <td class="right soft">{clock::ago(dataset.created)}</td>
        </tr>
    }
    .into_any()
}
