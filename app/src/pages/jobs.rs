//! The list of jobs, live; by state and by text.

use assay_model::{Event, Job, JobState, Page};
use leptos::{ev, prelude::*};
use leptos_router::hooks::use_query_map;

use crate::{
    live, load,
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
        let text = self.text.to_lowercase();
        let dataset = job
            .dataset
            .as_ref()
            .map(|dataset| dataset.name.folded())
            .unwrap_or_default();
        (self.state.is_empty() || self.state == job.state.as_str())
            && (job.title().to_lowercase().contains(&text) || dataset.contains(&text))
    }
}

/// The page.
pub fn page() -> AnyView {
    let query = use_query_map();
    let narrow = Memo::new(move |_| {
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
            Ok(page) => list(page, narrow.get_untracked()),
            Err(problem) => problem::page(&problem),
        },
    )
}

fn list(page: Page<Job>, narrow: Narrow) -> AnyView {
    let jobs = Jobs::new(page.items);
    let shown = narrow.clone();
    live::on_event(move |event| {
        jobs.apply(event, |job| shown.admits(job));
        if matches!(event, Event::Reset(_)) {
            load::refresh(vec![shown.path()], move |replies| {
                if let Ok(page) = replies.read::<Page<Job>>(0) {
                    let _ = jobs.0.try_set(page.items);
                }
            });
        }
    });
    let all = jobs.ids(usize::MAX, |_| true);
    let is_narrow = narrow != Narrow::default();
    let body = move || {
        if all.with(Vec::is_empty) {
            empty(is_narrow)
        } else {
            view! { <section class="card">{jobs.list(all, true)}</section> }.into_any()
        }
    };
    let more = page.next.map(|_| {
        view! { <p class="soft">"The newest 100 are shown. Narrow the list to find older ones."</p> }
    });
    let actions = view! { <a class="button main" href=urls::NEW>"New analysis" <kbd class="alive-only">"N"</kbd></a> };
    view! {
        {parts::head("Jobs", ().into_any(), ().into_any(), actions.into_any())}
        {filters(&narrow)}
        <div class="stack">{body} {more}</div>
    }
    .into_any()
}

fn empty(is_narrow: bool) -> AnyView {
    if is_narrow {
        view! {
            <section class="card">
                <h2>"No job matches"</h2>
                <p><a href=urls::JOBS>"Show all jobs"</a></p>
            </section>
        }
        .into_any()
    } else {
        view! {
            <section class="card">
                <h2>"No jobs yet"</h2>
                <p><a href=urls::NEW>"Describe an analysis"</a>" or "<a href=urls::DATASETS>"load a file"</a>"."</p>
            </section>
        }
        .into_any()
    }
}

fn filters(narrow: &Narrow) -> AnyView {
    let states = std::iter::once(("", "All")).chain(
        JobState::ALL
            .into_iter()
            .map(|state| (state.as_str(), standing::state(state))),
    );
    let links = states.map(|(state, word)| {
        let current = (state == narrow.state).then_some("true");
        view! { <a class="pill" href=urls::jobs(state, &narrow.text) aria-current=current>{word}</a> }
    });
    let state = narrow.state.clone();
    let kept = (!narrow.state.is_empty())
        .then(|| view! { <input type="hidden" name="state" value=narrow.state.clone() /> });
    let text = RwSignal::new(narrow.text.clone());
    let doer = Doer::here();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        doer.go(&urls::jobs(&state, text.get_untracked().trim()));
    };
    view! {
        <div class="filters">
            <nav class="pills" aria-label="By state">{links.collect_view()}</nav>
            <form method="get" action=urls::JOBS role="search" class="search" on:submit=submit>
                {kept}
                <input
                    class="input"
                    type="search"
                    name="q"
                    aria-label="Find jobs by title or data set"
                    placeholder="Title or data set"
                    value=narrow.text.clone()
                    on:input=move |event| text.set(event_target_value(&event))
                />
                <button class="button">"Find"</button>
            </form>
        </div>
    }
    .into_any()
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
            "analysis": {"kind": "describe"}, "label": "Delay by airline", "priority": 0, "retry_of": null,
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
