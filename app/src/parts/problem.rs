//! What went wrong, said calmly, where it went wrong.

use assay_model::{Problem, ProblemKind};
#[cfg(feature = "ssr")]
use leptos::prelude::*;

use crate::{
    api::Reply,
    node::{IntoNode, Node, div, el, link, p, several},
    parts::{card as plain_card, head},
    urls,
};

/// A problem in a card.
pub fn card(problem: &Problem) -> Node {
    let more: Vec<_> = problem
        .errors
        .iter()
        .skip(1)
        .map(|error| el("li").add(error.message.clone()))
        .collect();
    let more = (!more.is_empty()).then(|| el("ul").add(more));
    el("section")
        .class("card problem")
        .attr("role", "alert")
        .add(el("h2").add(problem.title.clone()))
        .add(el("p").add(problem.detail.clone()))
        .add(more)
        .into_node()
}

/// A problem in place of a whole page, with the HTTP status to match.
pub fn page(problem: &Problem) -> Node {
    set_status(problem.status);
    let away = problem
        .is(ProblemKind::NotFound)
        .then(|| el("p").add(link(urls::BENCH, "Go to the bench").class("button")));
    several![
        head(&problem.title, Node::Empty, Node::Empty, Node::Empty),
        p("lead").add(problem.detail.clone()),
        div("stack").add(away),
    ]
}

/// The server, or its Redis, is away; the page asks again by itself.
pub fn trying_again(reply: &Reply) -> Node {
    let Err(problem) = reply.read::<()>() else {
        return Node::Empty;
    };
    set_status(503);
    let again = p("soft alive-only").add("Trying again by itself; nothing is lost.");
    several![
        head(&problem.title, Node::Empty, Node::Empty, Node::Empty),
        div("").attr("role", "status").add(plain_card(
            "What happened",
            several![el("p").add(problem.detail.clone()), again]
        )),
    ]
}

/// Gives the page its HTTP status, where there is one to give.
pub fn set_status(status: u16) {
    #[cfg(feature = "ssr")]
    if let Some(sink) = use_context::<crate::shell::PageStatus>() {
        sink.0(status);
    }
    #[cfg(not(feature = "ssr"))]
    let _ = status;
}
