//! A job in a list, and lists of jobs that move.

use crate::sig::{Made, Sig, made};
use assay_model::{Event, Job, JobId, JobState};

use super::{
    press::{Doer, press},
    standing,
};
use crate::{
    api::Client,
    clock, figures,
    node::{IntoNode, Node, each, el, link, span},
    urls,
};

/// Jobs, newest first, of which all parts of a page show some.
#[derive(Clone, Copy)]
pub struct Jobs(pub Sig<Vec<Job>>);

impl Jobs {
    /// These jobs.
    pub fn new(jobs: Vec<Job>) -> Self {
        Self(Sig::new(jobs))
    }

    /// Takes in what an event says. `admits` decides whether a job that is not there yet
    /// belongs there.
    pub fn apply(self, event: &Event, admits: impl Fn(&Job) -> bool) {
        match event {
            Event::Job(job) => {
                self.0.update(|jobs| merge(jobs, job, admits(job)));
            }
            Event::JobDeleted(gone) => {
                self.0.update(|jobs| jobs.retain(|job| job.id.0 != gone.id));
            }
            _ => {}
        }
    }

    /// The ids of those under way: what runs, then what waits, the first in line first.
    pub fn under_way(self) -> Made<Vec<JobId>> {
        let jobs = self.0;
        made(move || {
            jobs.with(|jobs| {
                let in_state = |state| jobs.iter().rev().filter(move |job| job.state == state);
                let all = in_state(JobState::Running).chain(in_state(JobState::Queued));
                all.map(|job| job.id).collect()
            })
        })
    }

    /// The ids of those that are over, the newest first, `most` at most.
    pub fn over(self, most: usize) -> Made<Vec<JobId>> {
        let jobs = self.0;
        made(move || {
            jobs.with(|jobs| {
                let over: Vec<_> = jobs.iter().filter(|job| job.state.is_terminal()).collect();
                let latest = figures::order(over.len(), &mut |a, b| {
                    over[b].finished.cmp(&over[a].finished)
                });
                latest
                    .into_iter()
                    .take(most)
                    .map(|place| over[place].id)
                    .collect()
            })
        })
    }

    /// All ids, the newest first.
    pub fn all(self) -> Made<Vec<JobId>> {
        let jobs = self.0;
        made(move || jobs.with(|jobs| jobs.iter().map(|job| job.id).collect()))
    }

    /// The list of those ids; each row follows its job.
    pub fn list(self, ids: Made<Vec<JobId>>, with_buttons: bool) -> Node {
        let keys = move || ids.with(|ids| ids.iter().map(JobId::to_string).collect());
        let rows = each(keys, move |key| match key.parse() {
            Ok(id) => row(self.0, id, with_buttons),
            Err(_) => Node::Empty,
        });
        el("ul").class("jobs").add(rows).into_node()
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

fn row(jobs: Sig<Vec<Job>>, id: JobId, with_buttons: bool) -> Node {
    let now = clock::signal();
    let first = jobs.peek(|jobs| jobs.iter().find(|job| job.id == id).cloned());
    let Some(first) = first else {
        return Node::Empty;
    };
    // The row stands a moment longer than its job when the job goes; it keeps the last.
    let last = Sig::new(first);
    let job = made(move || {
        let found = jobs.with(|jobs| jobs.iter().find(|job| job.id == id).cloned());
        found.unwrap_or_else(|| last.peek(Clone::clone))
    });
    let title = move || job.with(|job| job.title.clone());
    let class = move || job.with(|job| standing::class(job.state));
    let words = move || job.with(|job| standing::in_words(job, now.get()));
    let facts = move || job.with(|job| standing::facts(job, now.get()));
    let aside = move || {
        let finished = job.with(|job| job.finished);
        match (job.with(standing::percent), finished) {
            (Some(percent), _) => format!("{percent} %").into_node(),
            (None, Some(finished)) => clock::ago(finished),
            (None, None) => Node::Empty,
        }
    };
    let is_measured = made(move || job.with(standing::percent).is_some());
    let bar = move || {
        is_measured.get().then(|| {
            let percent = move || job.with(standing::percent).unwrap_or(0).to_string();
            el("progress")
                .attr("max", "100")
                .attr("value", percent)
                .attr("aria-label", title)
        })
    };
    let is_over = made(move || job.with(|job| job.state.is_terminal()));
    let buttons = move || {
        with_buttons.then(|| {
            let button = if is_over.get() {
                run_again(id, "button small")
            } else {
                cancel(id, "button small")
            };
            span("job-buttons").add(button)
        })
    };
    el("li")
        .class("job")
        .add(link(urls::job(id), title).class("job-name"))
        .add(el("span").class(class).add(words))
        .add(span("job-facts").add(facts))
        .add(span("job-aside").add(aside))
        .add(bar)
        .add(buttons)
        .into_node()
}

/// The button that cancels a job. What comes of it arrives as an event.
pub fn cancel(id: JobId, class: &'static str) -> Node {
    let doer = Doer::here();
    press("Cancel", class, urls::cancel_job(id), move || {
        let client = Client::here();
        doer.work(async move { client.cancel(id).await.map(|_| None) });
    })
}

/// The button that runs a job again, as a new one, and goes to its page.
pub fn run_again(id: JobId, class: &'static str) -> Node {
    let doer = Doer::here();
    press("Run again", class, urls::retry_job(id), move || {
        let client = Client::here();
        doer.work(async move { client.retry(id).await.map(|job| Some(urls::job(job.id))) });
    })
}
