//! The list of jobs, live; by state and by text.

use crate::sig::{Sig, made};
use assay_model::{Event, Job, JobState, Page};
use leptos::{prelude::*, web_sys};
use leptos_router::hooks::use_query_map;

use crate::{
    live, load,
    node::{IntoNode, Node, div, el, link, p, several, typed},
    pages::bench::new_analysis,
    parts::{self, job_row::Jobs, press::Doer, problem, standing},
    urls,
};

/// Jobs in the list.
const ASKED: u64 = 100;

/// What the list is narrowed to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Narrow {
    state: String,
    text: String,
}

impl Narrow {
    fn path(&self) -> String {
        urls::api::jobs(&self.state, &self.text, "", ASKED)
    }

    /// Whether a job that has just come belongs in the list. Whether one that is there
    /// still does is left to the next load: rows do not vanish under the pointer.
    fn admits(&self, job: &Job) -> bool {
        let text = self.text.to_ascii_lowercase();
        let dataset = job
            .dataset
            .as_ref()
            .map(|dataset| dataset.name.folded())
            .unwrap_or_default();
        (self.state.is_empty() || self.state == job.state.as_str())
            && (job.title.to_ascii_lowercase().contains(&text) || dataset.contains(&text))
    }
}

/// The page.
pub fn page() -> Node {
    let query = use_query_map();
    let narrow = made(move || {
        query.with(|query| Narrow {
            state: query
                .get("state")
                .filter(|state| state.parse::<JobState>().is_ok())
                .unwrap_or_default(),
            text: query.get("q").unwrap_or_default(),
        })
    });
    load::loaded(
        move || vec![narrow.get().path()],
        move |replies| match replies.read::<Page<Job>>(0) {
            Ok(page) => narrow.peek(|narrow| list(page, narrow)),
            Err(problem) => problem::page(&problem),
        },
    )
}

fn list(page: Page<Job>, narrow: &Narrow) -> Node {
    let jobs = Jobs::new(page.items);
    let shown = narrow.clone();
    live::on_event(move |event| {
        jobs.apply(event, |job| shown.admits(job));
        if matches!(event, Event::Reset(_)) {
            load::refresh(vec![shown.path()], move |replies| {
                if let Ok(page) = replies.read::<Page<Job>>(0) {
                    jobs.0.set(page.items);
                }
            });
        }
    });
    let all = jobs.all();
    let is_narrow = *narrow != Narrow::default();
    let is_empty = made(move || all.with(Vec::is_empty));
    let body = move || {
        if is_empty.get() {
            empty(is_narrow)
        } else {
            el("section")
                .class("card")
                .add(jobs.list(all, true))
                .into_node()
        }
    };
    let more = page
        .next
        .map(|_| p("soft").add("The newest 100 are shown. Narrow the list to find older ones."));
    several![
        parts::head("Jobs", Node::Empty, Node::Empty, new_analysis()),
        filters(narrow),
        div("stack").add(body).add(more),
    ]
}

fn empty(is_narrow: bool) -> Node {
    if is_narrow {
        parts::card(
            "No job matches",
            el("p").add(link(urls::JOBS, "Show all jobs")),
        )
    } else {
        let how = el("p")
            .add(link(urls::NEW, "Describe an analysis"))
            .add(" or ")
            .add(link(urls::DATASETS, "load a file"))
            .add(".");
        parts::card("No jobs yet", how)
    }
}

fn filters(narrow: &Narrow) -> Node {
    let states = std::iter::once(("", "All")).chain(
        JobState::ALL
            .into_iter()
            .map(|state| (state.as_str(), standing::state(state))),
    );
    let pills: Vec<_> = states
        .map(|(state, word)| {
            let current = (state == narrow.state).then_some("true");
            link(urls::jobs(state, &narrow.text), word)
                .class("pill")
                .attr("aria-current", current)
        })
        .collect();
    let state = narrow.state.clone();
    let kept = (!state.is_empty()).then(|| {
        el("input")
            .attr("type", "hidden")
            .attr("name", "state")
            .attr("value", state.clone())
    });
    let text = Sig::new(narrow.text.clone());
    let doer = Doer::here();
    let submit = move |event: web_sys::Event| {
        event.prevent_default();
        doer.go(&urls::jobs(&state, text.peek(Clone::clone).trim()));
    };
    let field = el("input")
        .class("input")
        .attr("type", "search")
        .attr("name", "q")
        .attr("aria-label", "Find jobs by title or data set")
        .attr("placeholder", "Title or data set")
        .attr("value", narrow.text.clone())
        .on("input", move |event| text.set(typed(&event)));
    let search = el("form")
        .attr("method", "get")
        .attr("action", urls::JOBS)
        .attr("role", "search")
        .class("search")
        .on("submit", submit)
        .add(kept)
        .add(field)
        .add(el("button").class("button").add("Find"));
    div("filters")
        .add(
            el("nav")
                .class("pills")
                .attr("aria-label", "By state")
                .add(pills),
        )
        .add(search)
        .into_node()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_new_job_enters_only_a_list_that_it_fits() {
        let job: Job = serde_json::from_value(json!({
            "id": "01890a5d-ac96-774b-bcce-b302099a8057", "state": "queued", "kind": "analysis",
            "dataset": {"id": "01890a5d-ac96-774b-bcce-b302099a8058", "name": "Flights", "version": 1}, "inputs": [],
            "title": "Delay by airline", "analysis": {"kind": "describe"}, "label": "Delay by airline", "priority": 0, "retry_of": null,
            "timeout_s": 600, "created": "2026-11-24T09:00:00Z", "started": null, "finished": null, "cached": false,
            "pinned": false, "progress": null, "attempts": [], "waiting": null, "result": null, "error": null,
        }))
        .unwrap();
        let admits = |state: &str, text: &str| {
            Narrow {
                state: state.to_owned(),
                text: text.to_owned(),
            }
            .admits(&job)
        };
        assert!(admits("", ""));
        assert!(admits("queued", "AIRLINE"));
        assert!(admits("", "flights"));
        assert!(!admits("failed", ""));
        assert!(!admits("", "weather"));
    }
}
