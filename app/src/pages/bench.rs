//! The bench: what runs, what has just finished, what there is to work with.

use assay_model::{Dataset, Event, Job, JobState, Page, RedisStatus, Status, words};
use leptos::prelude::*;

use crate::{
    api::Client,
    live, load,
    pages::datasets::Datasets,
    parts::{
        self,
        job_row::Jobs,
        press::{Doer, press},
        problem,
        upload::upload,
    },
    urls,
};

/// Jobs that the bench asks for; more stand in the list of jobs.
const ASKED: u64 = 50;
/// Finished jobs that it shows.
const FINISHED: usize = 6;
/// Data sets that it shows.
const DATASETS: usize = 8;

/// The page.
pub fn page() -> AnyView {
    load::loaded(paths, |replies| {
        match (
            replies.read::<Page<Job>>(0),
            replies.read::<Page<Dataset>>(1),
            replies.read::<Status>(2),
        ) {
            (Ok(jobs), Ok(datasets), Ok(status)) => bench(jobs.items, datasets.items, status),
            (Err(problem), ..) | (_, Err(problem), _) | (.., Err(problem)) => {
                problem::page(&problem)
            }
        }
    })
}

fn paths() -> Vec<String> {
    vec![
        urls::api::jobs("", "", "", ASKED),
        urls::api::DATASETS.to_owned(),
        urls::api::STATUS.to_owned(),
    ]
}

fn bench(jobs: Vec<Job>, datasets: Vec<Dataset>, status: Status) -> AnyView {
    let jobs = Jobs::new(jobs);
    let datasets = Datasets::new(datasets);
    let status = RwSignal::new(status);
    live::on_event(move |event| {
        jobs.apply(event, |_| true);
        datasets.apply(event);
        if matches!(event, Event::Reset(_) | Event::Worker(_)) {
            load::refresh(paths(), move |replies| {
                if let Ok(page) = replies.read::<Page<Job>>(0) {
                    let _ = jobs.0.try_set(page.items);
                }
                if let Ok(page) = replies.read::<Page<Dataset>>(1) {
                    let _ = datasets.0.try_set(page.items);
                }
                if let Ok(now) = replies.read::<Status>(2) {
                    let _ = status.try_set(now);
                }
            });
        }
    });

    let active = jobs.ids(usize::MAX, |job| !job.state.is_terminal());
    let finished = jobs.ids(FINISHED, |job| job.state.is_terminal());
    let is_new = Memo::new(move |_| datasets.0.with(Vec::is_empty) && jobs.0.with(Vec::is_empty));
    let summary = move || jobs.0.with(|jobs| summary(jobs));
    let actions = view! {
        <a class="button" href=urls::DATASETS>"Load data"</a>
        <a class="button main" href=urls::NEW>"New analysis" <kbd class="alive-only">"N"</kbd></a>
    };
    let now = move || {
        if active.with(Vec::is_empty) {
            view! { <p class="soft">"Nothing runs and nothing waits."</p> }.into_any()
        } else {
            jobs.list(active, false)
        }
    };
    let done = move || {
        let some = !finished.with(Vec::is_empty);
        some.then(|| parts::card("Finished", jobs.list(finished, false)))
    };
    let main = move || {
        if is_new.get() {
            welcome()
        } else {
            view! {
                {parts::card("Now", now.into_any())}
                {done}
            }
            .into_any()
        }
    };
    view! {
        {parts::head("Bench", ().into_any(), view! { <p class="lead">{summary}</p> }.into_any(), actions.into_any())}
        <div class="columns">
            <div class="stack">{main}</div>
            <aside class="stack" aria-label="At hand">
                {at_hand(datasets)}
                {upload()}
                {move || parts::card("Redis", redis(&status.get()))}
            </aside>
        </div>
    }
    .into_any()
}

fn summary(jobs: &[Job]) -> String {
    let count = |wanted: JobState| jobs.iter().filter(|job| job.state == wanted).count() as u64;
    let parts = [
        (count(JobState::Running), "running"),
        (count(JobState::Queued), "waiting"),
    ];
    let said: Vec<_> = parts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{} {word}", words::count(*n)))
        .collect();
    if said.is_empty() {
        "What runs, what has finished, what there is to work with".to_owned()
    } else {
        said.join(", ")
    }
}

/// The first visit: one thing to do.
fn welcome() -> AnyView {
    let doer = Doer::here();
    let load = press(
        "Load the sample and run a first analysis",
        "button main large",
        format!("{}?analyse=true", urls::SAMPLE),
        move || {
            let client = Client::here();
            doer.work(async move {
                let job = client.load_sample().await?;
                Ok(job.map(|job| format!("{}?follow=1", urls::job(job.id))))
            });
        },
    );
    view! {
        <section class="card welcome">
            <h2>"Begin here"</h2>
            <p>
                "The sample is every flight that left New York in 2013, with the weather, the planes, the airports and the airlines: 336,776 flights in all. It loads in seconds, and a first analysis asks which airline leaves latest."
            </p>
            {load}
            <p class="soft">"Or load a file of your own: drop it anywhere on the dashed field."</p>
        </section>
    }
    .into_any()
}

fn at_hand(datasets: Datasets) -> AnyView {
    let list = move || {
        let all = datasets.0.get();
        if all.is_empty() {
            return view! { <p class="soft">"None yet."</p> }.into_any();
        }
        let more = all.len().saturating_sub(DATASETS) as u64;
        let rows = all.into_iter().take(DATASETS).map(|dataset| {
            let name = dataset.name.to_string();
            view! {
                <dt><a href=urls::dataset(&name)>{name.clone()}</a>{live_mark(&dataset)}</dt>
                <dd>{size(&dataset)}</dd>
            }
        });
        let more = (more > 0).then(
            || view! { <p><a href=urls::DATASETS>{format!("{} more", words::count(more))}</a></p> },
        );
        view! {
            <dl class="facts">{rows.collect_view()}</dl>
            {more}
        }
        .into_any()
    };
    parts::card("Data sets", list.into_any())
}

/// Says of a collection that it is read where it is.
pub fn live_mark(dataset: &Dataset) -> Option<AnyView> {
    let is_live = dataset.collection.is_some();
    is_live.then(|| view! { <span class="tagline" title="Read in Redis where it is, each time anew">"live"</span> }.into_any())
}

/// How much there is of a data set.
pub fn size(dataset: &Dataset) -> String {
    if dataset.collection.is_some() {
        words::counted(dataset.rows, "key", "keys")
    } else {
        words::counted(dataset.rows, "row", "rows")
    }
}

fn redis(status: &Status) -> AnyView {
    let RedisStatus {
        memory_used,
        memory_max,
        persistence,
        warning,
    } = &status.redis;
    let memory = match memory_max {
        Some(most) => format!("{} of {}", words::bytes(*memory_used), words::bytes(*most)),
        None => words::bytes(*memory_used),
    };
    let safe = if persistence == "off" { "bad" } else { "good" };
    let workers = format!(
        "{}, {}",
        words::count(status.workers),
        words::counted(status.slots, "slot", "slots")
    );
    let warning = warning
        .clone()
        .map(|warning| view! { <p class="hint bad">{warning}</p> });
    view! {
        <dl class="facts">
            <dt>"Memory"</dt>
            <dd>{memory}</dd>
            <dt>"Persistence"</dt>
            <dd class=safe>{persistence.clone()}</dd>
            <dt>"Workers"</dt>
            <dd>{workers}</dd>
        </dl>
        {warning}
    }
    .into_any()
}
