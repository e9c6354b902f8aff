//! What went wrong, said calmly, where it went wrong.

use assay_model::{Problem, ProblemKind};
use leptos::prelude::*;
use leptos_meta::Title;

use crate::{api::Reply, urls};

/// A problem in a card.
pub fn card(problem: &Problem) -> AnyView {
    let (title, detail) = (problem.title.clone(), problem.detail.clone());
    let more: Vec<_> = problem
        .errors
        .iter()
        .skip(1)
        .map(|error| view! { <li>{error.message.clone()}</li> })
        .collect();
    let more = (!more.is_empty()).then(|| view! { <ul>{more}</ul> });
    view! {
        <section class="card problem" role="alert">
            <h2>{title}</h2>
            <p>{detail}</p>
            {more}
        </section>
    }
    .into_any()
}

/// A problem in place of a whole page, with the HTTP status to match.
pub fn page(problem: &Problem) -> AnyView {
    set_status(problem.status);
    let title = problem.title.clone();
    let away = if problem.is(ProblemKind::NotFound) {
        view! { <p><a class="button" href=urls::BENCH>"Go to the bench"</a></p> }.into_any()
    } else {
        ().into_any()
    };
    view! {
        <Title text=title.clone() />
        <header class="page-head"><div class="page-title"><h1>{title}</h1></div></header>
        <p class="lead">{problem.detail.clone()}</p>
        {away}
    }
    .into_any()
}

/// The server, or its Redis, is away; the page asks again by itself.
pub fn trying_again(reply: &Reply) -> AnyView {
    let problem = match reply.read::<()>() {
        Err(problem) => problem,
        Ok(()) => return ().into_any(),
    };
    set_status(503);
    view! {
        <Title text=problem.title.clone() />
        <header class="page-head"><div class="page-title"><h1>{problem.title.clone()}</h1></div></header>
        <section class="card" role="status">
            <p>{problem.detail.clone()}</p>
            <p class="soft alive-only">"Trying again by itself; nothing is lost."</p>
        </section>
    }
    .into_any()
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
