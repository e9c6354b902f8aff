//! What is wrong with a field, at the field, with what to put there instead.

use assay_model::FieldError;
use leptos::{ev, prelude::*};

use super::{Form, state};

/// The errors of a field.
pub fn list(form: Form, field: &'static str) -> AnyView {
    let shown = move || {
        let errors = form
            .is_checked
            .get()
            .then(|| form.made.get().err())
            .flatten()
            .unwrap_or_default();
        errors
            .into_iter()
            .filter(|error| state::field_of(error) == field)
            .map(|error| one(form, error))
            .collect_view()
    };
    view! { <div class="errors" aria-live="polite">{shown}</div> }.into_any()
}

/// An error; what it suggests is a link to the form so mended, or a press.
pub fn one(form: Form, error: FieldError) -> AnyView {
    let mended = form
        .data
        .with_untracked(|data| state::with_suggestion(data, &error));
    let remedy = mended.zip(error.suggestion.clone()).map(|(mended, suggestion)| {
        let address = form.address(|_| mended.clone());
        let press = move |event: ev::MouseEvent| {
            event.prevent_default();
            form.change(mended.clone());
        };
        view! { " "<a class="remedy" href=address on:click=press>"Use " <b>{suggestion}</b></a> }
    });
    view! { <p class="hint bad">{error.message}{remedy}</p> }.into_any()
}
