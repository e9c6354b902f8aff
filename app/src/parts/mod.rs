//! The parts that pages are made of: one a file.

pub mod copy;
pub mod job_row;
pub mod notice;
pub mod press;
pub mod problem;
pub mod rail;
pub mod standing;
pub mod table;
pub mod timeline;
pub mod upload;

use leptos::prelude::*;
use leptos_meta::Title;

/// The head of a page: where one is, its title, and what one can do here.
pub fn head(
    title: impl Into<String>,
    crumbs: AnyView,
    below: AnyView,
    actions: AnyView,
) -> AnyView {
    let title = title.into();
    view! {
        <Title text=title.clone() />
        <header class="page-head">
            <div class="page-title">
                {crumbs}
                <h1>{title}</h1>
                {below}
            </div>
            <div class="actions">{actions}</div>
        </header>
    }
    .into_any()
}

/// A card with its heading.
pub fn card(heading: &'static str, body: AnyView) -> AnyView {
    view! {
        <section class="card">
            <h2>{heading}</h2>
            {body}
        </section>
    }
    .into_any()
}
