//! One job: where it stands while it waits and runs; then the finding, the chart, the
//! table, and how it came about.

use assay_model::{
    DatasetRef, Event, Job, JobId, JobKind, JobRequest, JobState, Page, Problem, ProblemKind,
    ResultPage, words,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::{
    chart, clock, live, load,
    parts::{
        self,
        copy::copy_button,
        job_row::{cancel, run_again},
        press::Doer,
        problem, standing,
        table::table,
        timeline::timeline,
    },
    snippets, urls,
};

/// Rows of the table at once.
const ROWS: u64 = 50;
/// The files that a result can be had as, and what they are called.
const FORMATS: [(&str, &str); 6] = [
    ("csv", "CSV"),
    ("json", "JSON"),
    ("ndjson", "NDJSON"),
    ("parquet", "Parquet"),
    ("arrow", "Arrow"),
    ("vega-lite", "Chart as Vega-Lite"),
];

/// The page.
pub fn page() -> AnyView {
    let params = use_params_map();
    let query = use_query_map();
    let id = Memo::new(move |_| {
        params
            .with(|params| params.get("id"))
            .and_then(|id| id.parse::<JobId>().ok())
    });
    let offset = Memo::new(move |_| {
        query
            .with(|query| query.get("offset"))
            .and_then(|n| n.parse().ok())
            .unwrap_or(0)
    });
    let follows = Memo::new(move |_| query.with(|query| query.get("follow").is_some()));
    let paths = move || match id.get() {
        Some(id) => paths(id, offset.get()),
        None => Vec::new(),
    };
    load::loaded(paths, move |replies| {
        if id.get_untracked().is_none() {
            return problem::page(&Problem::new(
                ProblemKind::NotFound,
                "There is no job at this address.",
            ));
        }
        match replies.read::<Job>(0) {
            Ok(job) => Shown {
                id: job.id,
                offset: offset.get_untracked(),
                follows: follows.get_untracked(),
                job: RwSignal::new(job),
                result: RwSignal::new(replies.read(1).ok()),
            }
            .page(),
            Err(problem) => problem::page(&problem),
        }
    })
}

/// The job and, once it has succeeded, the first rows of its result. An unfinished job
/// has none; that answer is simply not a result.
fn paths(id: JobId, offset: u64) -> Vec<String> {
    vec![urls::api::job(id), urls::api::result(id, offset, ROWS)]
}

#[derive(Clone, Copy)]
struct Shown {
    id: JobId,
    offset: u64,
    /// Whether to go on to the first analysis of what this job imports.
    follows: bool,
    job: RwSignal<Job>,
    result: RwSignal<Option<ResultPage>>,
}

impl Shown {
    fn page(self) -> AnyView {
        self.keep_true();
        let state = Memo::new(move |_| self.job.with(|job| job.state));
        let title = move || self.job.with(Job::title);
        view! {
            <Title text=title />
            <header class="page-head">
                <div class="page-title">
                    {move || self.crumbs()}
                    <h1>{title}</h1>
                    {self.facts()}
                </div>
                <div class="actions">{move || self.actions(state.get())}</div>
            </header>
            {move || self.finding()}
            <div class="columns">
                <div class="stack">
                    {move || self.standing(state.get())}
                    {move || self.result(state.get())}
                </div>
                <aside class="stack" aria-label="How it came about">
                    {self.what_ran()}
                    <section class="card">
                        <h2>"Timeline"</h2>
                        {move || self.job.with(timeline)}
                    </section>
                </aside>
            </div>
        }
        .into_any()
    }

    /// Follows the job by its events, and fetches its result when there is one.
    fn keep_true(self) {
        let doer = Doer::here();
        live::on_event(move |event| match event {
            Event::Job(job) if job.id == self.id => self.take((**job).clone(), &doer),
            Event::Job(job) if self.follows && self.is_followed_by(job) => {
                doer.go(&urls::job(job.id))
            }
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
        let was_over = self
            .job
            .try_with_untracked(|job| job.state.is_terminal())
            .unwrap_or(true);
        if was_over && !state.is_terminal() {
            // A late word about progress.
            return;
        }
        if self.job.with_untracked(|have| *have != job) {
            self.job.set(job);
        }
        if state != JobState::Succeeded {
            return;
        }
        if self.result.with_untracked(Option::is_none) {
            load::refresh(
                vec![urls::api::result(self.id, self.offset, ROWS)],
                move |replies| {
                    if let Ok(page) = replies.read(0) {
                        let _ = self.result.try_set(Some(page));
                    }
                },
            );
        }
        if self.follows {
            self.look_for_analysis(doer.clone());
        }
    }

    /// The analysis may have been submitted before this page listened.
    fn look_for_analysis(self, doer: Doer) {
        let Some(dataset) = self.job.with_untracked(|job| job.dataset.clone()) else {
            return;
        };
        let path = urls::api::jobs("", "", dataset.name.as_str(), 10);
        load::refresh(vec![path], move |replies| {
            let jobs = replies
                .read::<Page<Job>>(0)
                .map(|page| page.items)
                .unwrap_or_default();
            if let Some(job) = jobs.iter().find(|job| self.is_followed_by(job)) {
                doer.go(&urls::job(job.id));
            }
        });
    }

    fn is_followed_by(self, other: &Job) -> bool {
        let dataset = self
            .job
            .try_with_untracked(|job| job.dataset.clone())
            .flatten();
        other.kind == JobKind::Analysis
            && matches!((dataset, &other.dataset), (Some(made), Some(read)) if made.id == read.id)
    }

    fn crumbs(self) -> AnyView {
        let dataset = self
            .job
            .with(|job| job.dataset.as_ref().map(|dataset| dataset.name.to_string()));
        let dataset =
            dataset.map(|name| view! { " / "<a href=urls::dataset(&name)>{name.clone()}</a> });
        view! { <nav class="crumbs" aria-label="Where one is"><a href=urls::JOBS>"Jobs"</a>{dataset}</nav> }.into_any()
    }

    fn facts(self) -> AnyView {
        let now = clock::signal();
        let class = move || self.job.with(|job| standing::class(job.state));
        let words = move || self.job.with(|job| standing::in_words(job, now.get()));
        let took = move || {
            self.job.with(|job| {
                standing::took(
                    job,
                    if job.finished.is_some() {
                        job.created
                    } else {
                        now.get()
                    },
                )
            })
        };
        let read = move || {
            let rows = self.result.with(|result| {
                result
                    .as_ref()
                    .map(|result| result.inputs.iter().map(|input| input.rows).sum::<u64>())
            });
            rows.map(|rows| view! { <span>{words::counted(rows, "row read", "rows read")}</span> })
        };
        let version = move || {
            let dataset = self.job.with(|job| job.dataset.clone());
            dataset.map(|DatasetRef { name, version, .. }| {
                let version = if version == 0 {
                    name.to_string()
                } else {
                    format!("{name}, version {version}")
                };
                view! { <span>{version}</span> }
            })
        };
        view! {
            <div class="facts-line">
                <span class=class role="status">{words}</span>
                {move || took().map(|took| view! { <span>{took}</span> })}
                {read}
                {version}
                <span>"submitted " {clock::ago(self.job.with_untracked(|job| job.created))}</span>
            </div>
        }
        .into_any()
    }

    fn actions(self, state: JobState) -> AnyView {
        if !state.is_terminal() {
            return cancel(self.id, "button");
        }
        let edit = self.job.with_untracked(edit_address).map(|address| {
            view! { <a class="button" href=address>"Edit"</a> }
        });
        let export = (state == JobState::Succeeded && edit.is_some()).then(|| export(self.id));
        let share = copy_button("Share", "button main", move || {
            format!("{}{}", crate::origin::origin(), urls::job(self.id))
        });
        view! { {edit} {run_again(self.id, "button")} {export} {share} }.into_any()
    }

    fn finding(self) -> AnyView {
        let finding = self.job.with(|job| {
            job.result
                .as_ref()
                .and_then(|result| result.finding.clone())
        });
        finding.map_or_else(
            || ().into_any(),
            |finding| {
                let parts = finding.split("**").map(str::to_owned).enumerate();
                let parts = parts.map(|(i, part)| {
                    if i % 2 == 1 {
                        view! { <b>{part}</b> }.into_any()
                    } else {
                        part.into_any()
                    }
                });
                view! { <p class="finding">{parts.collect_view()}</p> }.into_any()
            },
        )
    }

    /// What there is to say before there is a result.
    fn standing(self, state: JobState) -> AnyView {
        let now = clock::signal();
        match state {
            JobState::Queued => {
                let why = move || {
                    self.job.with(|job| {
                        job.waiting
                            .as_ref()
                            .map(|waiting| standing::why_waiting(waiting, now.get()))
                    })
                };
                view! {
                    <section class="card">
                        <h2>"Waiting"</h2>
                        <p>{move || why().unwrap_or_else(|| "It starts as soon as a worker has a free slot.".to_owned())}</p>
                        <p class="soft">"One may leave this page: nothing is lost, and the result stays here."</p>
                    </section>
                }
                .into_any()
            }
            JobState::Running => {
                let done = move || self.job.with(standing::fraction);
                let facts = move || {
                    self.job
                        .with(|job| standing::progress(job, now.get()))
                        .unwrap_or_else(|| "Started".to_owned())
                };
                let bar = move || match done() {
                    Some(done) => {
                        let percent = (done * 100.0).round();
                        view! { <progress max="100" prop:value=percent value=percent aria-label="Progress" /> }.into_any()
                    }
                    None => view! { <progress max="100" aria-label="Progress" /> }.into_any(),
                };
                view! {
                    <section class="card">
                        <h2>"Running"</h2>
                        {bar}
                        <p class="facts-line">
                            <span>{facts}</span>
                            <span>{move || done().map(|done| format!("{:.0} %", done * 100.0))}</span>
                        </p>
                    </section>
                }
                .into_any()
            }
            JobState::Failed => match self.job.with_untracked(|job| job.error.clone()) {
                Some(error) => problem::card(&error),
                None => ().into_any(),
            },
            JobState::Cancelled => view! {
                <section class="card">
                    <h2>"Cancelled"</h2>
                    <p class="soft">"It was ended before it was done, so there is no result."</p>
                </section>
            }
            .into_any(),
            JobState::Succeeded => ().into_any(),
        }
    }

    fn result(self, state: JobState) -> AnyView {
        if state != JobState::Succeeded {
            return ().into_any();
        }
        if self.job.with_untracked(|job| job.kind == JobKind::Import) {
            return self.imported();
        }
        match self.result.get() {
            Some(page) => {
                let chart = page.chart.as_ref().and_then(chart::chart);
                view! { {chart} {self.rows(page)} }.into_any()
            }
            None => view! { <p class="loading" role="status">"Fetching the result"</p> }.into_any(),
        }
    }

    fn imported(self) -> AnyView {
        let name = self
            .job
            .with(|job| job.dataset.as_ref().map(|dataset| dataset.name.to_string()));
        let Some(name) = name else {
            return ().into_any();
        };
        view! {
            <section class="card">
                <h2>"The data set is ready"</h2>
                <p>"It is called "<a class="strong" href=urls::dataset(&name)>{name.clone()}</a>"."</p>
                <div class="actions">
                    <a class="button main" href=urls::analyse(&name)>"Analyse"</a>
                    <a class="button" href=urls::dataset(&name)>"Look at it"</a>
                </div>
            </section>
        }
        .into_any()
    }

    fn rows(self, page: ResultPage) -> AnyView {
        let shown = page.rows.len() as u64;
        if page.row_count == 0 {
            return view! { <section class="card"><p class="soft">"The result has no rows."</p></section> }.into_any();
        }
        let (first, last) = (self.offset + 1, self.offset + shown);
        let to = |offset: u64| {
            let address = urls::job(self.id);
            if offset == 0 {
                address
            } else {
                format!("{address}?offset={offset}")
            }
        };
        let before = (self.offset > 0).then(|| view! { <a class="button small" href=to(self.offset.saturating_sub(ROWS))>"Before"</a> });
        let after = (last < page.row_count)
            .then(|| view! { <a class="button small" href=to(last)>"After"</a> });
        let pager = (shown < page.row_count).then(|| {
            let range = format!("Rows {} to {} of {}", words::count(first), words::count(last), words::count(page.row_count));
            view! { <nav class="pager" aria-label="Pages of the table"><span class="soft">{range}</span>{before}{after}</nav> }
        });
        view! {
            <section class="card flush">
                {table("Result".to_owned(), page.columns, page.rows)}
                {pager}
            </section>
            {scan_note(&page.inputs)}
        }
        .into_any()
    }

    fn what_ran(self) -> AnyView {
        let Some(request) = self.job.with_untracked(request) else {
            return ().into_any();
        };
        let words = self
            .job
            .with_untracked(|job| job.analysis.as_ref().map(assay_model::Analysis::in_words));
        let (curl, python) = (request.clone(), request.clone());
        let body = view! {
            <p class="small">{words}</p>
            <div class="actions">
                {copy_button("curl", "button small", move || snippets::curl(&curl))}
                {copy_button("Python", "button small", move || snippets::python(&python))}
                {copy_button("JSON", "button small", move || snippets::json(&request))}
            </div>
        };
        parts::card("What ran", body.into_any())
    }
}

/// For a collection: between when and when it was read, and what went meanwhile.
fn scan_note(inputs: &[assay_model::result::InputStamp]) -> AnyView {
    let notes = inputs.iter().filter_map(|input| {
        let (began, ended) = (input.scan_began?, input.scan_ended?);
        let vanished = input.vanished.filter(|n| *n > 0);
        let vanished = vanished.map(|n| format!("; {} meanwhile", words::counted(n, "key went", "keys went")));
        let took = words::duration(ended.millis_since(began));
        Some(view! {
            <p class="soft small">
                {input.dataset.name.to_string()} " was read where it is at " {clock::moment(began)} ", in " {took} {vanished} "."
            </p>
        })
    });
    notes.collect_view().into_any()
}

fn export(id: JobId) -> AnyView {
    let links = FORMATS.map(|(format, name)| view! { <li><a href=urls::api::download(id, format) rel="external" download="">{name}</a></li> });
    view! {
        <details class="menu">
            <summary class="button">"Export"</summary>
            <ul class="menu-body">{links.to_vec()}</ul>
        </details>
    }
    .into_any()
}

/// The form as this job was described by.
fn edit_address(job: &Job) -> Option<String> {
    let analysis = job.analysis.as_ref()?;
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

/// The request that makes the same job again.
fn request(job: &Job) -> Option<JobRequest> {
    Some(JobRequest {
        dataset: job.dataset.as_ref()?.name.to_string(),
        analysis: serde_json::to_value(job.analysis.as_ref()?).ok()?,
        label: job.label.clone(),
        priority: job.priority,
        timeout_s: None,
        fresh: false,
    })
}
