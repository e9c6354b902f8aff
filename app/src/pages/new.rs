//! A new analysis: which data set, which kind, the fields of that kind; what will run
//! and what it will read; the same in other words.
//!
//! The whole form lives in the address. A plain form posts it; in the browser each
//! change is checked by the code that the server checks with, and the address follows.

use assay_model::{
    Analysis, Dataset, FieldError, JobRequest, Page, Problem, ProblemKind,
    form::{FormData, KindInfo},
    schema::nearest,
    words,
};
use leptos::{ev, prelude::*};
use leptos_router::hooks::use_location;

use crate::{
    api::Client,
    form::{Form, state},
    load,
    parts::{self, copy::copy_button, press::Doer, problem},
    snippets, urls,
};

/// The page.
pub fn page() -> AnyView {
    let search = use_location().search;
    load::loaded(
        || vec![format!("{}?limit=1000", urls::api::DATASETS)],
        move |replies| match replies.read::<Page<Dataset>>(0) {
            Ok(page) => {
                let datasets = StoredValue::new(page.items);
                (move || {
                    datasets.with_value(|datasets| {
                        described(&urls::parse_query(&search.get()), datasets)
                    })
                })
                .into_any()
            }
            Err(problem) => problem::page(&problem),
        },
    )
}

/// The form that an address describes.
fn described(query: &FormData, datasets: &[Dataset]) -> AnyView {
    if datasets.is_empty() {
        return nothing_to_analyse();
    }
    let wanted = query.one("dataset");
    let found = match wanted {
        Some(wanted) => datasets.iter().find(|dataset| {
            dataset.name.folded() == wanted.to_ascii_lowercase() || dataset.id.to_string() == wanted
        }),
        None => datasets.first(),
    };
    let Some(dataset) = found else {
        return unknown_data_set(wanted.unwrap_or_default(), datasets);
    };
    let wanted = query.one("kind").unwrap_or(Analysis::KINDS[0].name);
    let Some(info) = Analysis::KINDS.iter().find(|info| info.name == wanted) else {
        let detail = format!(
            "There is no analysis of kind “{}”.",
            words::shorten(wanted, 40)
        );
        return problem::page(&Problem::new(ProblemKind::NotFound, detail));
    };
    let is_checked = query.one("check").is_some();
    let mut data = state::started(query.clone(), info.name);
    data.pairs
        .retain(|(name, _)| name != "check" && name != "dataset" && name != "kind");
    data.push("dataset", dataset.name.as_str());
    data.push("kind", info.name);
    let form = Form::new(data, info.name, dataset.schema.clone(), is_checked);
    if is_checked && form.made.with_untracked(Result::is_err) {
        problem::set_status(422);
    }
    Shown {
        form,
        info: *info,
        dataset: StoredValue::new(dataset.clone()),
    }
    .page(datasets)
}

fn nothing_to_analyse() -> AnyView {
    view! {
        {parts::head("New analysis", ().into_any(), ().into_any(), ().into_any())}
        <section class="card">
            <h2>"There is no data set yet"</h2>
            <p>"An analysis needs rows. "<a href=urls::DATASETS>"Load a file"</a>" or take the sample from "<a href=urls::BENCH>"the bench"</a>"."</p>
        </section>
    }
    .into_any()
}

fn unknown_data_set(wanted: &str, datasets: &[Dataset]) -> AnyView {
    problem::set_status(404);
    let near = nearest(wanted, datasets.iter().map(|dataset| dataset.name.as_str()));
    let shown = datasets.iter().take(20).map(|dataset| {
        let name = dataset.name.to_string();
        view! { <li><a href=urls::analyse(&name)>{name.clone()}</a></li> }
    });
    let near = near
        .map(|near| view! { " Did you mean "<a href=urls::analyse(&near)>{near.clone()}</a>"?" });
    view! {
        {parts::head("New analysis", ().into_any(), ().into_any(), ().into_any())}
        <section class="card">
            <p>{format!("There is no data set “{}”.", words::shorten(wanted, 60))}{near}</p>
            <ul class="plain">{shown.collect_view()}</ul>
        </section>
    }
    .into_any()
}

#[derive(Clone, Copy)]
struct Shown {
    form: Form,
    info: KindInfo,
    dataset: StoredValue<Dataset>,
}

impl Shown {
    fn page(self, datasets: &[Dataset]) -> AnyView {
        let form = self.form;
        let doer = Doer::here();
        let error = RwSignal::new(None::<Problem>);
        #[cfg(feature = "hydrate")]
        browser::follow(form);
        let submit = move |event: ev::SubmitEvent| {
            event.prevent_default();
            self.run(&doer, error);
        };
        let refused = move || error.get().map(|problem| problem::card(&problem));
        let name = self.dataset.with_value(|dataset| dataset.name.to_string());
        let label = move |event| {
            let typed = event_target_value(&event);
            // The label is no part of the analysis, so typing it is no reason to check.
            form.data
                .update(|data| *data = state::with_one(data, "label", &typed));
        };
        let first_label = form
            .data
            .with_untracked(|data| data.one("label").unwrap_or_default().to_owned());
        view! {
            {parts::head("New analysis", ().into_any(), ().into_any(), ().into_any())}
            {self.data_sets(datasets)}
            <div class="columns">
                <div class="stack">
                    {self.kinds()}
                    {self.other_errors()}
                    <form method="post" action=urls::NEW id="analysis" class="analysis" on:submit=submit>
                        <input type="hidden" name="dataset" value=name />
                        <input type="hidden" name="kind" value=self.info.name />
                        {form.controls()}
                        <label class="field">
                            <span class="label">"Name of the job"</span>
                            <input
                                class="input"
                                name="label"
                                maxlength=assay_model::limits::LABEL_CHARS.to_string()
                                autocomplete="off"
                                placeholder=move || self.title()
                                value=first_label
                                on:input=label
                            />
                        </label>
                        {refused}
                        <div class="actions">
                            <button class="button main">"Run" <kbd class="alive-only">"Ctrl ↵"</kbd></button>
                            <button class="button without-program" formmethod="get" formaction=urls::NEW>"Add rows and check"</button>
                        </div>
                    </form>
                </div>
                <aside class="stack" aria-label="What will run">{self.preview()}</aside>
            </div>
        }
        .into_any()
    }

    /// Which data set, and the chooser for another.
    fn data_sets(self, datasets: &[Dataset]) -> AnyView {
        let doer = Doer::here();
        let kind = self.info.name;
        let here = self.dataset.with_value(|dataset| dataset.name.clone());
        let facts = self.dataset.with_value(|dataset| {
            let size = super::bench::size(dataset);
            if dataset.version == 0 {
                size
            } else {
                format!("version {}, {size}", words::count(dataset.version))
            }
        });
        let options = datasets.iter().map(|dataset| {
            let name = dataset.name.to_string();
            view! { <option value=name.clone() selected=dataset.name == here>{name.clone()}</option> }
        });
        let choose = move |event| {
            doer.go(&format!(
                "{}&kind={kind}",
                urls::analyse(&event_target_value(&event))
            ))
        };
        view! {
            <form method="get" action=urls::NEW class="data-set">
                <label for="data-set" class="label">"Data set"</label>
                <select id="data-set" name="dataset" class="input" on:change=choose>{options.collect_view()}</select>
                <input type="hidden" name="kind" value=kind />
                <button class="button without-program">"Choose"</button>
                <span class="soft small">{facts}</span>
            </form>
        }
        .into_any()
    }

    /// The kinds, by picture and sentence; conditions on rows go along to another kind.
    fn kinds(self) -> AnyView {
        let kind = move |info: &'static KindInfo| {
            let is_here = info.name == self.info.name;
            let address = move || {
                self.form.data.with(|data| {
                    let mut other = FormData::default();
                    other.push("dataset", data.one("dataset").unwrap_or_default());
                    other.push("kind", info.name);
                    let kept = data
                        .pairs
                        .iter()
                        .filter(|(name, value)| name.starts_with("filter_") && !value.is_empty());
                    if kept.clone().next().is_some() {
                        other.pairs.extend(
                            data.pairs
                                .iter()
                                .filter(|(name, _)| name.starts_with("filter_"))
                                .cloned(),
                        );
                    }
                    urls::new_analysis(&other)
                })
            };
            view! {
                <a class="kind" href=address aria-current=is_here.then_some("true")>
                    <svg width="30" height="22" viewBox="0 0 30 22" aria-hidden="true"><path d=info.icon /></svg>
                    <b>{info.title}</b>
                    <span>{info.sentence}</span>
                </a>
            }
        };
        view! { <nav class="kinds" aria-label="Kind of analysis">{Analysis::KINDS.iter().map(kind).collect_view()}</nav> }.into_any()
    }

    /// Errors that belong to no field that is drawn.
    fn other_errors(self) -> AnyView {
        let is_other = move |error: &FieldError| {
            self.form.fields.with_value(|fields| {
                !fields
                    .iter()
                    .any(|field| field.name == state::field_of(error))
            })
        };
        let shown = move || {
            let errors = self
                .form
                .is_checked
                .get()
                .then(|| self.form.made.get().err())
                .flatten()
                .unwrap_or_default();
            errors
                .into_iter()
                .filter(|error| is_other(error))
                .map(|error| crate::form::error(self.form, error))
                .collect_view()
        };
        view! { <div class="errors">{shown}</div> }.into_any()
    }

    fn title(self) -> String {
        self.form.made.with(|made| {
            made.as_ref()
                .map_or_else(|_| "named after what it does".to_owned(), Analysis::title)
        })
    }

    /// What will run, in words, and what it reads.
    fn preview(self) -> AnyView {
        let body = move || match self.form.made.get() {
            Ok(analysis) => {
                let cost = self.dataset.with_value(|dataset| cost(&analysis, dataset));
                let buttons = self.request().map(|request| copies(request, &analysis));
                view! {
                    <p>{analysis.in_words()}</p>
                    <p class="soft small">{cost}</p>
                    <div class="actions">{buttons}</div>
                }
                .into_any()
            }
            Err(errors) => {
                let n = errors.len() as u64;
                let first = errors
                    .into_iter()
                    .next()
                    .map(|error| error.message)
                    .unwrap_or_default();
                let more = (n > 1).then(|| format!(" And {} more.", words::count(n - 1)));
                view! { <p class="soft">{first}{more}</p> }.into_any()
            }
        };
        parts::card(
            "What will run",
            view! { <div aria-live="polite">{body}</div> }.into_any(),
        )
    }

    fn request(self) -> Option<JobRequest> {
        let analysis = self.form.made.get().ok()?;
        let label = self
            .form
            .data
            .with(|data| data.one("label").map(str::to_owned));
        Some(JobRequest {
            dataset: self.dataset.with_value(|dataset| dataset.name.to_string()),
            analysis: serde_json::to_value(&analysis).ok()?,
            label,
            priority: 0,
            timeout_s: None,
            fresh: false,
        })
    }

    /// Submits, and goes to the job's page; or shows what is wrong.
    fn run(self, doer: &Doer, error: RwSignal<Option<Problem>>) {
        self.form.is_checked.set(true);
        error.set(None);
        let Some(request) = untrack(|| self.request()) else {
            return;
        };
        let client = Client::here();
        doer.work(async move {
            match client.submit(&request).await {
                Ok(job) => Ok(Some(urls::job(job.id))),
                Err(problem) => {
                    error.set(Some(problem));
                    Ok(None)
                }
            }
        });
    }
}

fn copies(request: JobRequest, analysis: &Analysis) -> AnyView {
    let command = snippets::command(&request.dataset, analysis, request.label.as_deref());
    let command = command
        .map(|command| copy_button("Copy as assay run", "button small", move || command.clone()));
    let curl = request.clone();
    view! {
        {copy_button("Copy as curl", "button small", move || snippets::curl(&curl))}
        {copy_button("Copy as Python", "button small", move || snippets::python(&request))}
        {command}
    }
    .into_any()
}

/// What it reads: `Reads 2 of 19 columns, 336,776 rows.`
fn cost(analysis: &Analysis, dataset: &Dataset) -> String {
    let all = dataset.schema.columns.len();
    let read = analysis.columns().map_or(all, |columns| columns.len());
    format!(
        "Reads {} of {}, {}.",
        words::count(read as u64),
        words::counted(all as u64, "column", "columns"),
        super::bench::size(dataset)
    )
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::{ev, prelude::*};
    use wasm_bindgen::{JsCast, JsValue};
    use web_sys::HtmlFormElement;

    use crate::form::Form;

    /// The address follows the form, and Ctrl Enter runs it.
    pub fn follow(form: Form) {
        Effect::new(move |was: Option<()>| {
            let address = form.address(Clone::clone);
            if was.is_some()
                && let Some(history) = window().history().ok()
            {
                // Browsers refuse only when a page does this hundreds of times a minute;
                // the next change sets it right.
                let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
            }
        });
        let handle = window_event_listener(ev::keydown, |event| {
            if (event.ctrl_key() || event.meta_key()) && event.key() == "Enter" {
                event.prevent_default();
                let form = document().get_element_by_id("analysis");
                if let Some(form) = form.and_then(|form| form.dyn_into::<HtmlFormElement>().ok()) {
                    // As a press on Run, with what that checks.
                    let _ = form.request_submit();
                }
            }
        });
        on_cleanup(move || handle.remove());
    }
}
