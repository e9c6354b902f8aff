//! A new analysis: which data set, which kind, the fields of that kind; what will run
//! and what it will read; the same in other words.
//!
//! The whole form lives in the address. A plain form posts it; in the browser each
//! change is checked by the code that the server checks with, and the address follows.

use crate::sig::Sig;
use assay_model::{
    Analysis, Dataset, JobRequest, Page, Problem, ProblemKind,
    form::{FormData, KindInfo},
    schema::nearest,
    words,
};
use leptos::{prelude::*, web_sys::Event};
use leptos_router::hooks::use_location;

use crate::{
    api::Client,
    form::{Form, error_list, state},
    load,
    node::{IntoNode, Node, div, el, link, p, several, span, typed},
    parts::{self, copy::copy_button, press::Doer, problem},
    snippets, urls,
};

/// The page.
pub fn page() -> Node {
    let search = use_location().search;
    load::loaded(
        || vec![format!("{}?limit=1000", urls::api::DATASETS)],
        move |replies| match replies.read::<Page<Dataset>>(0) {
            Ok(page) => {
                let datasets = page.items;
                (move || described(&urls::parse_query(&search.get()), &datasets)).into_node()
            }
            Err(problem) => problem::page(&problem),
        },
    )
}

/// The form that an address describes.
fn described(query: &FormData, datasets: &[Dataset]) -> Node {
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
    if is_checked && form.made.peek(Result::is_err) {
        problem::set_status(422);
    }
    Shown {
        form,
        info: *info,
        dataset: Sig::new(dataset.clone()),
    }
    .page(datasets)
}

fn nothing_to_analyse() -> Node {
    let how = el("p")
        .add("An analysis needs rows. ")
        .add(link(urls::DATASETS, "Load a file"))
        .add(" or take the sample from ")
        .add(link(urls::BENCH, "the bench"))
        .add(".");
    several![head(), parts::card("There is no data set yet", how)]
}

fn unknown_data_set(wanted: &str, datasets: &[Dataset]) -> Node {
    problem::set_status(404);
    let near = nearest(wanted, datasets.iter().map(|dataset| dataset.name.as_str()));
    let near = near.map(|near| {
        several![
            " Did you mean ",
            link(urls::analyse(&near), near.as_str()),
            "?"
        ]
    });
    let there_is = datasets.iter().take(20).map(|dataset| {
        let name = dataset.name.as_str();
        el("li").add(link(urls::analyse(name), name))
    });
    let words = el("p")
        .add(format!(
            "There is no data set “{}”.",
            words::shorten(wanted, 60)
        ))
        .add(near);
    let list = el("ul").class("plain").add(there_is.collect::<Vec<_>>());
    several![
        head(),
        parts::card("Which data set?", several![words, list])
    ]
}

fn head() -> Node {
    parts::head("New analysis", Node::Empty, Node::Empty, Node::Empty)
}

#[derive(Clone, Copy)]
struct Shown {
    form: Form,
    info: KindInfo,
    dataset: Sig<Dataset>,
}

impl Shown {
    fn page(self, datasets: &[Dataset]) -> Node {
        let form = self.form;
        let doer = Doer::here();
        let error = Sig::new(None::<Problem>);
        #[cfg(feature = "hydrate")]
        browser::follow(form);
        let submit = move |event: Event| {
            event.prevent_default();
            self.run(&doer, error);
        };
        let name = self.dataset.peek(|dataset| dataset.name.to_string());
        let described = el("form")
            .attr("method", "post")
            .attr("action", urls::NEW)
            .attr("id", "analysis")
            .class("analysis")
            .on("submit", submit)
            .add(
                el("input")
                    .attr("type", "hidden")
                    .attr("name", "dataset")
                    .attr("value", name),
            )
            .add(
                el("input")
                    .attr("type", "hidden")
                    .attr("name", "kind")
                    .attr("value", self.info.name),
            )
            .add(form.controls())
            .add(self.label())
            .add(move || error.with(|error| error.as_ref().map(problem::card)))
            .add(
                div("actions")
                    .add(
                        el("button")
                            .class("button main")
                            .add("Run ")
                            .add(el("kbd").class("alive-only").add("Ctrl ↵")),
                    )
                    .add(
                        el("button")
                            .class("button without-program")
                            .attr("formmethod", "get")
                            .attr("formaction", urls::NEW)
                            .add("Add rows and check"),
                    ),
            );
        let is_drawn = move |field: &str| {
            form.fields
                .peek(|fields| fields.iter().any(|known| known.name == field))
        };
        let main = div("stack")
            .add(self.kinds())
            .add(error_list(form, move |field| !is_drawn(field)))
            .add(described);
        let aside = el("aside")
            .class("stack")
            .attr("aria-label", "What will run")
            .add(self.preview());
        several![
            head(),
            self.data_sets(datasets),
            div("columns").add(main).add(aside)
        ]
    }

    fn label(self) -> Node {
        let data = self.form.data;
        // The label is no part of the analysis, so typing it is no reason to check.
        let change = move |event: Event| {
            data.update(|data| *data = state::with_one(data, "label", &typed(&event)));
        };
        let input = el("input")
            .class("input")
            .attr("name", "label")
            .attr("maxlength", assay_model::limits::LABEL_CHARS.to_string())
            .attr("autocomplete", "off")
            .attr("placeholder", move || self.title())
            .attr(
                "value",
                data.peek(|data| data.one("label").unwrap_or_default().to_owned()),
            )
            .on("input", change);
        el("label")
            .class("field")
            .add(span("label").add("Name of the job"))
            .add(input)
            .into_node()
    }

    /// Which data set, and the chooser for another.
    fn data_sets(self, datasets: &[Dataset]) -> Node {
        let doer = Doer::here();
        let kind = self.info.name;
        let (here, facts) = self.dataset.peek(|dataset| {
            let size = super::bench::size(dataset);
            let version = words::count(dataset.version);
            let facts = if dataset.version == 0 {
                size
            } else {
                format!("version {version}, {size}")
            };
            (dataset.name.clone(), facts)
        });
        let options = datasets.iter().map(|dataset| {
            let name = dataset.name.as_str();
            el("option")
                .attr("value", name.to_owned())
                .attr("selected", dataset.name == here)
                .add(name)
        });
        let choose =
            move |event: Event| doer.go(&format!("{}&kind={kind}", urls::analyse(&typed(&event))));
        let chooser = el("select")
            .class("input")
            .attr("id", "data-set")
            .attr("name", "dataset")
            .on("change", choose)
            .add(options.collect::<Vec<_>>());
        el("form")
            .attr("method", "get")
            .attr("action", urls::NEW)
            .class("data-set")
            .add(
                el("label")
                    .attr("for", "data-set")
                    .class("label")
                    .add("Data set"),
            )
            .add(chooser)
            .add(
                el("input")
                    .attr("type", "hidden")
                    .attr("name", "kind")
                    .attr("value", kind),
            )
            .add(el("button").class("button without-program").add("Choose"))
            .add(span("soft small").add(facts))
            .into_node()
    }

    /// The kinds, by picture and sentence; conditions on rows go along to another kind.
    fn kinds(self) -> Node {
        let kind = move |info: &'static KindInfo| {
            let address = move || {
                self.form.data.with(|data| {
                    let mut other = FormData::default();
                    other.push("dataset", data.one("dataset").unwrap_or_default());
                    other.push("kind", info.name);
                    if data.one("filter_column").is_some() {
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
            let picture = format!(
                "<svg width=\"30\" height=\"22\" viewBox=\"0 0 30 22\" aria-hidden=\"true\"><path d=\"{}\"/></svg>",
                info.icon
            );
            link(address, span("picture").html(picture))
                .class("kind")
                .attr(
                    "aria-current",
                    (info.name == self.info.name).then_some("true"),
                )
                .add(el("b").add(info.title))
                .add(el("span").add(info.sentence))
        };
        let kinds: Vec<_> = Analysis::KINDS.iter().map(kind).collect();
        el("nav")
            .class("kinds")
            .attr("aria-label", "Kind of analysis")
            .add(kinds)
            .into_node()
    }

    fn title(self) -> String {
        self.form.made.with(|made| {
            made.as_ref()
                .map_or_else(|_| "named after what it does".to_owned(), Analysis::title)
        })
    }

    /// What will run, in words, and what it reads.
    fn preview(self) -> Node {
        let body = move || match self.form.made.get() {
            Ok(analysis) => {
                let cost = self.dataset.peek(|dataset| cost(&analysis, dataset));
                let buttons = self.request().map(|request| copies(request, &analysis));
                several![
                    el("p").add(analysis.in_words()),
                    p("soft small").add(cost),
                    div("actions").add(buttons),
                ]
            }
            Err(errors) => {
                let more = errors.len().saturating_sub(1) as u64;
                let first = errors.into_iter().next().map(|error| error.message);
                let more = (more > 0).then(|| format!(" And {} more.", words::count(more)));
                p("soft").add(first).add(more).into_node()
            }
        };
        parts::card(
            "What will run",
            el("div").attr("aria-live", "polite").add(body),
        )
    }

    fn request(self) -> Option<JobRequest> {
        let analysis = self.form.made.get().ok()?;
        let label = self
            .form
            .data
            .with(|data| data.one("label").map(str::to_owned));
        Some(JobRequest {
            dataset: self.dataset.peek(|dataset| dataset.name.to_string()),
            analysis: serde_json::to_value(&analysis).ok()?,
            label,
            priority: 0,
            timeout_s: None,
            fresh: false,
        })
    }

    /// Submits, and goes to the job's page; or shows what is wrong.
    fn run(self, doer: &Doer, error: Sig<Option<Problem>>) {
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

fn copies(request: JobRequest, analysis: &Analysis) -> Node {
    let command = snippets::command(&request.dataset, analysis, request.label.as_deref());
    let command = command
        .map(|command| copy_button("Copy as assay run", "button small", move || command.clone()));
    let curl = request.clone();
    several![
        copy_button("Copy as curl", "button small", move || snippets::curl(
            &curl
        )),
        copy_button("Copy as Python", "button small", move || snippets::python(
            &request
        )),
        command,
    ]
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
