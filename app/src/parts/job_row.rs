//! A job in a list, and lists of jobs that move.

use assay_model::{Event, Job, JobId, JobState};
use leptos::prelude::*;

use super::{
    press::{Doer, press},
    standing,
};
use crate::{api::Client, clock, urls};

/// Jobs, newest first, of which all parts of a page show some.
#[derive(Clone, Copy)]
pub struct Jobs(pub RwSignal<Vec<Job>>);

impl Jobs {
    /// These jobs.
    pub fn new(jobs: Vec<Job>) -> Self {
        Self(RwSignal::new(jobs))
    }

    /// Takes in what an event says. `admits` decides whether a job that is not there yet
    /// belongs there.
    pub fn apply(self, event: &Event, admits: impl Fn(&Job) -> bool) {
        match event {
            Event::Job(job) => {
                let _ = self.0.try_update(|jobs| merge(jobs, job, admits(job)));
            }
            Event::JobDeleted(gone) => {
                let _ = self
                    .0
                    .try_update(|jobs| jobs.retain(|job| job.id.0 != gone.id));
            }
            _ => {}
        }
    }

    /// The ids of those that `wanted` picks, `most` at most.
    pub fn ids(self, most: usize, wanted: fn(&Job) -> bool) -> Memo<Vec<JobId>> {
        let jobs = self.0;
        Memo::new(move |_| {
            jobs.with(|jobs| {
                jobs.iter()
                    .filter(|job| wanted(job))
                    .map(|job| job.id)
                    .take(most)
                    .collect()
            })
        })
    }

    /// The list of those ids; each row follows its job.
    pub fn list(self, ids: Memo<Vec<JobId>>, with_buttons: bool) -> AnyView {
        view! {
            <ul class="jobs">
                <For each=move || ids.get() key=|id| *id children=move |id| row(self.0, id, with_buttons) />
            </ul>
        }
        .into_any()
    }
}

/// Puts a job in its place. One that is over never goes back: an event about its
/// progress may arrive late.
fn merge(jobs: &mut Vec<Job>, job: &Job, is_wanted: bool) {
    match jobs.iter_mut().find(|have| have.id == job.id) {
        Some(have) if have.state.is_terminal() && !job.state.is_terminal() => {}
        Some(have) => *have = job.clone(),
        None if is_wanted => {
            let at = jobs.partition_point(|have| have.created > job.created);
            jobs.insert(at, job.clone());
        }
        None => {}
    }
}

fn row(jobs: RwSignal<Vec<Job>>, id: JobId, with_buttons: bool) -> AnyView {
    let now = clock::signal();
    let first = jobs.with_untracked(|jobs| jobs.iter().find(|job| job.id == id).cloned());
    let Some(first) = first else {
        return ().into_any();
    };
    // The row stands a moment longer than its job when the job goes; it keeps the last.
    let job = Memo::new(move |last: Option<&Job>| {
        let found = jobs.with(|jobs| jobs.iter().find(|job| job.id == id).cloned());
        found
            .or_else(|| last.cloned())
            .unwrap_or_else(|| first.clone())
    });
    let title = move || job.with(Job::title);
    let class = move || job.with(|job| standing::class(job.state));
    let words = move || job.with(|job| standing::in_words(job, now.get()));
    let facts = move || job.with(|job| standing::facts(job, now.get()));
    let aside = move || {
        let finished = job.with(|job| job.finished);
        match (job.with(standing::fraction), finished) {
            (Some(done), _) => format!("{:.0} %", done * 100.0).into_any(),
            (None, Some(finished)) => clock::ago(finished),
            (None, None) => ().into_any(),
        }
    };
    let done = Memo::new(move |_| job.with(standing::fraction));
    let bar = move || {
        let shown = done.with(Option::is_some);
        shown.then(|| {
            view! { <progress max="100" prop:value=move || percent(done.get()) value=percent(done.get_untracked()) aria-label=title /> }
        })
    };
    let state = Memo::new(move |_| job.with(|job| job.state));
    let buttons = move || {
        if with_buttons {
            buttons(id, state.get())
        } else {
            ().into_any()
        }
    };
    view! {
        <li class="job">
            <a class="job-name" href=urls::job(id)>{title}</a>
            <span class=class>{words}</span>
            <span class="job-facts">{facts}</span>
            <span class="job-aside">{aside}</span>
            {bar}
            {buttons}
        </li>
    }
    .into_any()
}

fn percent(done: Option<f64>) -> f64 {
    (done.unwrap_or(0.0) * 100.0).round()
}

fn buttons(id: JobId, state: JobState) -> AnyView {
    let button = if state.is_terminal() {
        run_again(id, "button small")
    } else {
        cancel(id, "button small")
    };
    view! { <span class="job-buttons">{button}</span> }.into_any()
}

/// The button that cancels a job. What comes of it arrives as an event.
pub fn cancel(id: JobId, class: &'static str) -> AnyView {
    let doer = Doer::here();
    press("Cancel", class, urls::cancel_job(id), move || {
        let client = Client::here();
        doer.work(async move { client.cancel(id).await.map(|_| None) });
    })
}

/// The button that runs a job again, as a new one, and goes to its page.
pub fn run_again(id: JobId, class: &'static str) -> AnyView {
    let doer = Doer::here();
    press("Run again", class, urls::retry_job(id), move || {
        let client = Client::here();
        doer.work(async move { client.retry(id).await.map(|job| Some(urls::job(job.id))) });
    })
}
