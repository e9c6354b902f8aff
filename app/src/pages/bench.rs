//! The bench: what runs, what has just finished, what there is to work with.

use crate::sig::{Sig, made};
use assay_model::{Dataset, Event, Job, JobState, Page, RedisStatus, Status, words};

use crate::{
    api::Client,
    live, load,
    node::{El, IntoNode, Node, div, el, link, p, several, span},
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
pub fn page() -> Node {
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

fn bench(jobs: Vec<Job>, datasets: Vec<Dataset>, status: Status) -> Node {
    let jobs = Jobs::new(jobs);
    let datasets = Datasets::new(datasets);
    let status = Sig::new(status);
    live::on_event(move |event| {
        jobs.apply(event, |_| true);
        datasets.apply(event);
        if matches!(event, Event::Reset(_) | Event::Worker(_)) {
            load::refresh(paths(), move |replies| {
                if let Ok(page) = replies.read::<Page<Job>>(0) {
                    jobs.0.set(page.items);
                }
                if let Ok(page) = replies.read::<Page<Dataset>>(1) {
                    datasets.0.set(page.items);
                }
                if let Ok(now) = replies.read::<Status>(2) {
                    status.set(now);
                }
            });
        }
    });

    let active = jobs.under_way();
    let finished = jobs.over(FINISHED);
    let is_new = made(move || datasets.0.with(Vec::is_empty) && jobs.0.with(Vec::is_empty));
    let summary = move || jobs.0.with(|jobs| summary(jobs));
    // A page has one main action, and on the first visit that is the sample.
    let go_on = move || (!is_new.get()).then(new_analysis);
    let actions = several![link(urls::LOAD, "Load data").class("button"), go_on];
    let now = move || {
        if active.with(Vec::is_empty) {
            p("soft").add("Nothing runs and nothing waits.").into_node()
        } else {
            jobs.list(active, false)
        }
    };
    let has_finished = made(move || !finished.with(Vec::is_empty));
    let main = move || {
        if is_new.get() {
            return welcome();
        }
        let done = move || {
            has_finished
                .get()
                .then(|| parts::card("Finished", jobs.list(finished, false)))
        };
        several![parts::card("Now", now), done]
    };
    let aside = el("aside")
        .class("stack")
        .attr("aria-label", "At hand")
        .add(at_hand(datasets))
        .add(upload())
        .add(parts::card("Redis", move || status.with(redis)));
    several![
        parts::head(
            "Bench",
            Node::Empty,
            p("lead").add(summary).into_node(),
            actions
        ),
        div("columns").add(div("stack").add(main)).add(aside),
    ]
}

/// The main button of pages from which one goes on to an analysis.
pub fn new_analysis() -> Node {
    link(urls::NEW, "New analysis ")
        .class("button main")
        .add(el("kbd").class("alive-only").add("N"))
        .into_node()
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
fn welcome() -> Node {
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
    el("section")
        .class("card welcome")
        .add(el("h2").add("Begin here"))
        .add(el("p").add("The sample is every flight that left New York in 2013, with the weather, the planes, the airports and the airlines: 336,776 flights in all. It loads in seconds, and a first analysis asks which airline leaves latest."))
        .add(load)
        .add(p("soft").add("Or load a file of your own: drop it on the dashed field."))
        .into_node()
}

fn at_hand(datasets: Datasets) -> Node {
    let list = move || {
        let all = datasets.0.get();
        if all.is_empty() {
            return p("soft").add("None yet.").into_node();
        }
        let more = all.len().saturating_sub(DATASETS) as u64;
        let rows = all
            .iter()
            .take(DATASETS)
            .fold(el("dl").class("facts"), |list, dataset| {
                let name = dataset.name.to_string();
                let term = el("dt")
                    .add(link(urls::dataset(&name), name.as_str()))
                    .add(live_mark(dataset));
                list.add(term).add(el("dd").add(size(dataset)))
            });
        let more = (more > 0)
            .then(|| el("p").add(link(urls::DATASETS, format!("{} more", words::count(more)))));
        several![rows, more]
    };
    parts::card("Data sets", list)
}

/// Says of a collection that it is read where it is.
pub fn live_mark(dataset: &Dataset) -> Option<El> {
    let is_live = dataset.collection.is_some();
    is_live.then(|| {
        span("tagline")
            .attr("title", "Read in Redis where it is, each time anew")
            .add("live")
    })
}

/// How much there is of a data set.
pub fn size(dataset: &Dataset) -> String {
    if dataset.collection.is_some() {
        words::counted(dataset.rows, "record", "records")
    } else {
        words::counted(dataset.rows, "row", "rows")
    }
}

fn redis(status: &Status) -> Node {
    let RedisStatus {
        memory_used,
        memory_max,
        persistence,
        warning,
        ..
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
    let facts = el("dl")
        .class("facts")
        .add(el("dt").add("Memory"))
        .add(el("dd").add(memory))
        .add(el("dt").add("Persistence"))
        .add(el("dd").class(safe).add(persistence.as_str()))
        .add(el("dt").add("Workers"))
        .add(el("dd").add(workers));
    several![
        facts,
        warning.as_deref().map(|warning| p("hint bad").add(warning))
    ]
}
