//! The rail: what there is, how many jobs are under way, whether the page is live.

use crate::sig::Sig;
use std::time::Duration;

use assay_model::{Event, JobId, JobState, Status};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    live::{self, Link},
    load,
    node::{self, IntoNode, Node, div, el, p, span},
    theme, urls,
};

/// Jobs whose state the rail remembers, to ask for the count only when one has changed.
const REMEMBERED: usize = 64;

/// The rail.
pub fn rail(link: Sig<Link>) -> Node {
    let items = [
        (urls::BENCH, "Bench"),
        (urls::DATASETS, "Data sets"),
        (urls::NEW, "New analysis"),
        (urls::JOBS, "Jobs"),
    ];
    let items: Vec<_> = items
        .into_iter()
        .map(|(address, name)| item(address, name))
        .collect();
    let state = el("span")
        .class(move || link.get().class())
        .add(move || link.get().word());
    let foot = div("rail-foot")
        .add(p("live alive-only").attr("role", "status").add(state))
        .add(theme::toggle());
    el("header")
        .class("rail")
        .add(
            node::link(urls::BENCH, logo())
                .class("brand")
                .attr("aria-label", "Assay: to the bench")
                .add("Assay"),
        )
        .add(el("nav").attr("aria-label", "Main").add(items))
        .add(foot)
        .into_node()
}

fn item(address: &'static str, name: &'static str) -> Node {
    let path = use_location().pathname;
    let current = move || is_within(&path.get(), address).then_some("page");
    let count = (address == urls::JOBS).then(|| {
        load::loaded_quietly(urls::api::STATUS, |replies| {
            match replies.read::<Status>(0) {
                Ok(status) => count(status.running + status.queued),
                Err(_) => Node::Empty,
            }
        })
    });
    node::link(address, name)
        .class("rail-item")
        .attr("aria-current", current)
        .add(count)
        .into_node()
}

/// Jobs under way, kept true by events: whatever state a job has come to, the sum is
/// asked for once more, a moment later so that many changes ask once.
fn count(first: u64) -> Node {
    let now = Sig::new(first);
    let states = Sig::new(Vec::<(JobId, JobState)>::new());
    let is_asked = Sig::new(false);
    live::on_event(move |event| {
        let is_news = match event {
            Event::Job(job) => {
                let mut is_news = false;
                states.update(|states| is_news = note(states, job.id, job.state));
                is_news
            }
            Event::JobDeleted(_) | Event::Reset(_) => true,
            _ => false,
        };
        if !is_news || is_asked.try_peek(|asked| *asked) != Some(false) {
            return;
        }
        is_asked.set(true);
        let ask = move || {
            is_asked.set(false);
            load::refresh(vec![urls::api::STATUS.to_owned()], move |replies| {
                if let Ok(status) = replies.read::<Status>(0) {
                    now.set(status.running + status.queued);
                }
            });
        };
        set_timeout(ask, Duration::from_millis(300));
    });
    let shown = move || {
        let now = now.get();
        (now > 0).then(|| {
            span("count")
                .add(now.to_string())
                .add(span("hidden").add(" under way"))
        })
    };
    shown.into_node()
}

/// Whether this is a state that the job was not known to be in.
fn note(states: &mut Vec<(JobId, JobState)>, id: JobId, state: JobState) -> bool {
    if let Some(known) = states.iter_mut().find(|(have, _)| *have == id) {
        return std::mem::replace(&mut known.1, state) != state;
    }
    if states.len() == REMEMBERED {
        states.remove(0);
    }
    states.push((id, state));
    true
}

fn is_within(path: &str, address: &str) -> bool {
    path == address
        || (address != urls::BENCH
            && path
                .strip_prefix(address)
                .is_some_and(|rest| rest.starts_with('/')))
}

fn logo() -> Node {
    const CUP: &str = "<svg width=\"20\" height=\"20\" viewBox=\"0 0 20 20\" aria-hidden=\"true\"><path d=\"M3 6h14M5 6c0 7 1.5 11 5 11s5-4 5-11M7.2 11h5.6\"/></svg>";
    span("logo").html(CUP).into_node()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_lights_its_own_item_only() {
        assert!(is_within("/jobs/1", urls::JOBS));
        assert!(is_within("/", urls::BENCH));
        assert!(!is_within("/jobs", urls::BENCH));
        assert!(!is_within("/newer", urls::NEW));
    }

    #[test]
    fn progress_without_a_new_state_is_no_news() {
        let id: JobId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        let mut states = Vec::new();
        assert!(note(&mut states, id, JobState::Running));
        assert!(!note(&mut states, id, JobState::Running));
        assert!(note(&mut states, id, JobState::Failed));
    }
}
