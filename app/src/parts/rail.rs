//! The rail: what there is, how many jobs are under way, whether the page is live.

use std::time::Duration;

use assay_model::{Event, JobId, JobState, Status};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    live::{self, Link},
    load, theme, urls,
};

/// Jobs whose state the rail remembers, to ask for the count only when one has changed.
const REMEMBERED: usize = 64;

/// The rail.
pub fn rail(link: RwSignal<Link>) -> AnyView {
    let items = [
        (urls::BENCH, "Bench"),
        (urls::DATASETS, "Data sets"),
        (urls::NEW, "New analysis"),
        (urls::JOBS, "Jobs"),
    ];
    let items = items.map(|(address, name)| item(address, name));
    view! {
        <header class="rail">
            <a class="brand" href=urls::BENCH aria-label="Assay: to the bench">
                {logo()}
                "Assay"
            </a>
            <nav aria-label="Main">{items.into_iter().collect_view()}</nav>
            <div class="rail-foot">
                <p class="live" role="status">
                    <span class=move || link.get().class()>{move || link.get().word()}</span>
                </p>
                {theme::toggle()}
            </div>
        </header>
    }
    .into_any()
}

fn item(address: &'static str, name: &'static str) -> AnyView {
    let path = use_location().pathname;
    let current = move || is_within(&path.get(), address).then_some("page");
    let count = if address == urls::JOBS {
        load::loaded_quietly(urls::api::STATUS, |replies| {
            match replies.read::<Status>(0) {
                Ok(status) => count(status.running + status.queued),
                Err(_) => ().into_any(),
            }
        })
    } else {
        ().into_any()
    };
    view! {
        <a class="rail-item" href=address aria-current=current>
            {name}
            {count}
        </a>
    }
    .into_any()
}

/// Jobs under way, kept true by events: whatever state a job has come to, the sum is
/// asked for once more, a moment later so that many changes ask once.
fn count(first: u64) -> AnyView {
    let now = RwSignal::new(first);
    let states = StoredValue::new(Vec::<(JobId, JobState)>::new());
    let is_asked = StoredValue::new(false);
    live::on_event(move |event| {
        let is_news = match event {
            Event::Job(job) => states.try_update_value(|states| note(states, job.id, job.state)),
            Event::JobDeleted(_) | Event::Reset(_) => Some(true),
            _ => None,
        };
        if is_news != Some(true) || is_asked.try_get_value() != Some(false) {
            return;
        }
        is_asked.set_value(true);
        let ask = move || {
            let _ = is_asked.try_set_value(false);
            load::refresh(vec![urls::api::STATUS.to_owned()], move |replies| {
                if let Ok(status) = replies.read::<Status>(0) {
                    let _ = now.try_set(status.running + status.queued);
                }
            });
        };
        set_timeout(ask, Duration::from_millis(300));
    });
    let shown = move || {
        let now = now.get();
        (now > 0).then(
            || view! { <span class="count">{now}<span class="hidden">" under way"</span></span> },
        )
    };
    shown.into_any()
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

fn logo() -> AnyView {
    view! {
        <svg width="20" height="20" viewBox="0 0 20 20" class="logo" aria-hidden="true">
            <path d="M3 6h14M5 6c0 7 1.5 11 5 11s5-4 5-11" />
            <path d="M7.2 11h5.6" />
        </svg>
    }
    .into_any()
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
