//! How a job got to where it is: asked for, tried, ended.

use assay_model::{Attempt, Job, JobState, words};

use super::standing;
use crate::{
    clock,
    node::{IntoNode, Node, el, span},
};

/// The timeline of a job.
pub fn timeline(job: &Job) -> Node {
    let mut items = vec![item(
        "wait",
        "Submitted".to_owned(),
        clock::moment(job.created),
    )];
    items.extend(job.attempts.iter().map(attempt));
    if let Some(finished) = job.finished {
        let mark = match job.state {
            JobState::Succeeded => "good",
            JobState::Failed => "bad",
            _ => "wait",
        };
        items.push(item(
            mark,
            standing::state(job.state).to_owned(),
            clock::moment(finished),
        ));
    }
    el("ol").class("timeline").add(items).into_node()
}

fn attempt(attempt: &Attempt) -> Node {
    let (how, mark) = standing::outcome(attempt.outcome);
    let worker = words::shorten(attempt.worker.as_str(), 16);
    let what = format!("Attempt {} on {worker} {how}", attempt.n);
    let when = match attempt.ended {
        Some(ended) => format!(
            "after {}",
            words::duration(ended.millis_since(attempt.started))
        )
        .into_node(),
        None => clock::moment(attempt.started),
    };
    item(mark, what, when)
}

fn item(mark: &'static str, what: String, when: Node) -> Node {
    el("li")
        .class(mark)
        .add(what)
        .add(span("when").add(when))
        .into_node()
}
