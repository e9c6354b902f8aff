//! What is wrong with a field, at the field, with what to put there instead.

use assay_model::FieldError;
use leptos::web_sys::Event;

use super::{Form, state};
use crate::node::{El, IntoNode, Node, div, el, link, p};

/// The errors of the fields that `is_here` picks.
pub fn list(form: Form, is_here: impl Fn(&str) -> bool + Send + 'static) -> Node {
    let shown = move || {
        let is_checked = form.is_checked.get();
        let errors = is_checked
            .then(|| form.made.get().err())
            .flatten()
            .unwrap_or_default();
        let here = errors
            .into_iter()
            .filter(|error| is_here(state::field_of(error)));
        here.map(|error| one(form, error)).collect::<Vec<_>>()
    };
    div("errors")
        .attr("aria-live", "polite")
        .add(shown)
        .into_node()
}

/// An error; what it suggests is a link to the form so mended, or a press.
fn one(form: Form, error: FieldError) -> El {
    let mended = form.data.peek(|data| state::with_suggestion(data, &error));
    let remedy = mended.zip(error.suggestion).map(|(mended, suggestion)| {
        let address = form.address(|_| mended.clone());
        let press = move |event: Event| {
            event.prevent_default();
            form.change(mended.clone());
        };
        link(address, "Use ")
            .class("remedy")
            .on("click", press)
            .add(el("b").add(suggestion))
    });
    p("hint bad").add(format!("{} ", error.message)).add(remedy)
}
