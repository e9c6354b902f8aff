//! One job: where it stands while it waits and runs; then the finding, the chart, the
//! table, and how it came about.

mod facts;
mod outcome;
mod since;

use crate::sig::{Sig, made};
use assay_model::{
    Analysis, Event, Job, JobId, JobKind, JobRequest, JobState, Page, Problem, ProblemKind,
    ResultPage,
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use facts::fact;

use crate::{
    api::Reply,
    clock, live, load,
    node::{El, IntoNode, Node, div, el, link, p, several},
    parts::{
        self,
        copy::copy_button,
        job_row::{cancel, run_again},
        press::Doer,
        problem, standing,
        timeline::timeline,
    },
    snippets, urls,
};

/// Rows of the table at once.
const ROWS: u64 = 50;
/// The page.
pub fn page() -> Node {
    let params = use_params_map();
    let query = use_query_map();
    let id = made(move || {
        params
            .with(|params| params.get("id"))
            .and_then(|id| id.parse::<JobId>().ok())
    });
    let offset = made(move || {
        query
            .with(|query| query.get("offset"))
            .and_then(|n| n.parse().ok())
            .unwrap_or(0)
    });
    let follows = made(move || query.with(|query| query.get("follow").is_some()));
    let paths = move || match id.get() {
        Some(id) => paths(id, offset.get()),
        None => Vec::new(),
    };
    load::loaded_while(paths, has_result, move |replies| {
        if id.peek(Clone::clone).is_none() {
            return problem::page(&Problem::new(
                ProblemKind::NotFound,
                "There is no job at this address.",
            ));
        }
        match replies.read::<Job>(0) {
            Ok(job) => Shown {
                id: job.id,
                offset: offset.peek(Clone::clone),
                follows: follows.peek(Clone::clone),
                result: Sig::new(is_analysed(&job).then(|| replies.read(1))),
                job: Sig::new(job),
                is_gone: Sig::new(false),
            }
            .page(),
            Err(problem) => problem::page(&problem),
        }
    })
}

/// Whether there is a result to ask for.
fn has_result(reply: &Reply) -> bool {
    reply.read::<Job>().is_ok_and(|job| is_analysed(&job))
}

fn is_analysed(job: &Job) -> bool {
    job.state == JobState::Succeeded && job.kind == JobKind::Analysis
}

/// The job and, once it has succeeded, the first rows of its result.
fn paths(id: JobId, offset: u64) -> Vec<String> {
    vec![urls::api::job(id), urls::api::result(id, offset, ROWS)]
}

#[derive(Clone, Copy)]
struct Shown {
    id: JobId,
    offset: u64,
    /// Whether to go on to the first analysis of what this job imports.
    follows: bool,
    job: Sig<Job>,
    /// Whether somebody has deleted it meanwhile.
    is_gone: Sig<bool>,
    /// The first rows of the result, or why there are none; nothing while they are on
    /// their way.
    result: Sig<Option<Result<ResultPage, Problem>>>,
}

impl Shown {
    fn page(self) -> Node {
        self.keep_true();
        (move || {
            if self.is_gone.get() {
                let detail = "This job has been deleted, and its result with it.";
                problem::page(&Problem::new(ProblemKind::NotFound, detail))
            } else {
                self.whole()
            }
        })
        .into_node()
    }

    fn whole(self) -> Node {
        let state = made(move || self.job.with(|job| job.state));
        let title = move || self.job.with(|job| job.title.clone());
        let words = div("page-title")
            .add(move || self.crumbs())
            .add(el("h1").add(title))
            .add(self.facts());
        let timeline = el("section")
            .class("card")
            .add(el("h2").add("Timeline"))
            .add(move || self.job.with(timeline));
        several![
            parts::window_title(title),
            el("header")
                .class("page-head")
                .add(words)
                .add(div("actions").add(move || self.actions(state.get()))),
            move || self.finding(),
            self.since(),
            div("columns")
                .add(
                    div("stack")
                        .add(move || self.standing(state.get()))
                        .add(move || self.result(state.get())),
                )
                .add(
                    el("aside")
                        .class("stack")
                        .attr("aria-label", "How it came about")
                        .add(self.what_ran())
                        .add(timeline),
                ),
        ]
    }

    /// Follows the job by its events, and fetches its result when there is one.
    fn keep_true(self) {
        let doer = Doer::here();
        live::on_event(move |event| match event {
            Event::Job(job) if job.id == self.id => self.take((**job).clone(), &doer),
            Event::Job(job) if self.follows && self.is_followed_by(job) => {
                doer.go_on(&urls::job(job.id));
            }
            Event::JobDeleted(gone) if gone.id == self.id.0 => self.is_gone.set(true),
            Event::Reset(_) => {
                let doer = doer.clone();
                load::refresh(vec![urls::api::job(self.id)], move |replies| {
                    if let Ok(job) = replies.read::<Job>(0) {
                        self.take(job, &doer);
                    }
                });
            }
            _ => {}
        });
    }

    fn take(self, job: Job, doer: &Doer) {
        let state = job.state;
        let Some(was_over) = self.job.try_peek(|job| job.state.is_terminal()) else {
            // The page was left while the answer was on its way.
            return;
        };
        if was_over && !state.is_terminal() {
            // A late word about progress.
            return;
        }
        if self.job.peek(|have| *have != job) {
            self.job.set(job);
        }
        if state != JobState::Succeeded {
            return;
        }
        if self.result.peek(|result| !matches!(result, Some(Ok(_)))) && self.job.peek(is_analysed) {
            load::refresh(
                vec![urls::api::result(self.id, self.offset, ROWS)],
                move |replies| self.result.set(Some(replies.read(0))),
            );
        }
        if self.follows {
            self.look_for_analysis(doer.clone());
        }
    }

    /// The analysis may have been submitted before this page listened.
    fn look_for_analysis(self, doer: Doer) {
        let Some(dataset) = self.job.peek(|job| job.dataset.clone()) else {
            return;
        };
        let path = urls::api::jobs("", "", dataset.name.as_str(), 10);
        load::refresh(vec![path], move |replies| {
            let jobs = replies
                .read::<Page<Job>>(0)
                .map(|page| page.items)
                .unwrap_or_default();
            if let Some(job) = jobs.iter().find(|job| self.is_followed_by(job)) {
                doer.go_on(&urls::job(job.id));
            }
        });
    }

    fn is_followed_by(self, other: &Job) -> bool {
        let dataset = self.job.try_peek(|job| job.dataset.clone()).flatten();
        other.kind == JobKind::Analysis
            && matches!((dataset, &other.dataset), (Some(made), Some(read)) if made.id == read.id)
    }

    fn crumbs(self) -> Node {
        let dataset = self
            .job
            .with(|job| job.dataset.as_ref().map(|dataset| dataset.name.to_string()));
        let dataset =
            dataset.map(|name| several![" / ", link(urls::dataset(&name), name.as_str())]);
        let crumbs = el("nav").class("crumbs").attr("aria-label", "Where one is");
        crumbs
            .add(link(urls::JOBS, "Jobs"))
            .add(dataset)
            .into_node()
    }

    fn actions(self, state: JobState) -> Node {
        if !state.is_terminal() {
            return cancel(self.id, "button");
        }
        let edit = self.job.peek(edit_address);
        let export =
            (state == JobState::Succeeded && edit.is_some()).then(|| outcome::export(self.id));
        let edit = edit.map(|address| link(address, "Edit").class("button"));
        let address = move || format!("{}{}", crate::origin::origin(), urls::job(self.id));
        several![
            edit,
            run_again(self.id, "button"),
            export,
            copy_button("Share", "button main", address)
        ]
    }

    fn finding(self) -> Option<El> {
        let finding = self.job.with(|job| job.result.as_ref()?.finding.clone())?;
        let part = |(i, part): (usize, &str)| {
            if i % 2 == 1 {
                el("b").add(part).into_node()
            } else {
                part.into_node()
            }
        };
        Some(
            p("finding").add(
                finding
                    .split("**")
                    .enumerate()
                    .map(part)
                    .collect::<Vec<_>>(),
            ),
        )
    }

    /// What there is to say before there is a result.
    fn standing(self, state: JobState) -> Node {
        let now = clock::signal();
        match state {
            JobState::Queued => {
                let why = move || {
                    let why = self.job.with(|job| {
                        job.waiting
                            .as_ref()
                            .map(|waiting| standing::why_waiting(waiting, now.get()))
                    });
                    why.unwrap_or_else(|| {
                        "It starts as soon as a worker has a free slot.".to_owned()
                    })
                };
                let leave = p("soft")
                    .add("One may leave this page: nothing is lost, and the result stays here.");
                parts::card("Waiting", several![el("p").add(why), leave])
            }
            JobState::Running => {
                let percent = move || {
                    self.job
                        .with(standing::percent)
                        .map(|percent| percent.to_string())
                };
                let bar = el("progress")
                    .attr("max", "100")
                    .attr("value", percent)
                    .attr("aria-label", "Progress");
                let facts = move || {
                    self.job
                        .with(|job| standing::progress(job, now.get()))
                        .unwrap_or_else(|| "Started".to_owned())
                };
                let share = move || percent().map(|percent| fact(format!("{percent} %")));
                parts::card(
                    "Running",
                    several![bar, p("facts-line").add(el("span").add(facts)).add(share)],
                )
            }
            JobState::Failed => self
                .job
                .peek(|job| job.error.as_ref().map(problem::card))
                .into_node(),
            JobState::Cancelled => parts::card(
                "Cancelled",
                p("soft").add("It was ended before it was done, so there is no result."),
            ),
            JobState::Succeeded => Node::Empty,
        }
    }

    fn what_ran(self) -> Option<Node> {
        let request = self.job.peek(request)?;
        let words = self
            .job
            .peek(|job| analysis(job).as_ref().map(Analysis::in_words))?;
        let (curl, python) = (request.clone(), request.clone());
        let buttons = div("actions")
            .add(copy_button("curl", "button small", move || {
                snippets::curl(&curl)
            }))
            .add(copy_button("Python", "button small", move || {
                snippets::python(&python)
            }))
            .add(copy_button("JSON", "button small", move || {
                snippets::json(&request)
            }));
        Some(parts::card(
            "What ran",
            several![p("small").add(words), buttons],
        ))
    }
}

/// The form as this job was described by.
fn edit_address(job: &Job) -> Option<String> {
    let analysis = analysis(job)?;
    let dataset = job.dataset.as_ref()?;
    let mut form = assay_model::form::FormData::default();
    form.push("dataset", dataset.name.as_str());
    form.push("kind", analysis.kind());
    form.pairs.extend(analysis.to_form().pairs);
    if let Some(label) = &job.label {
        form.push("label", label);
    }
    Some(urls::new_analysis(&form))
}

/// What the job asks.
fn analysis(job: &Job) -> Option<Analysis> {
    Analysis::parse(job.analysis.clone()?).ok()
}

/// The request that makes the same job again.
fn request(job: &Job) -> Option<JobRequest> {
    Some(JobRequest {
        dataset: job.dataset.as_ref()?.name.to_string(),
        analysis: job.analysis.clone()?,
        label: job.label.clone(),
        priority: job.priority,
        timeout_s: None,
        fresh: false,
    })
}
