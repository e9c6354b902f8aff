//! The page: rendered on the server, alive in the browser.
//!
//! Every page is complete as the server sends it: its data stands in it, its forms post
//! without JavaScript. The browser's program then takes it over and adds what lives:
//! lists that move, checks as one types, an upload that tells how far it is.
//!
//! The same code runs in both places (features `ssr` and `hydrate`). Data is reached
//! only through [`api`]; nothing here knows of Redis, axum or DataFusion.

pub mod api;
mod chart;
mod clock;
mod figures;
mod form;
mod json;
mod keys;
mod live;
mod load;
mod node;
mod origin;
mod pages;
mod parts;
#[cfg(feature = "ssr")]
mod shell;
mod sig;
mod snippets;
mod theme;
pub mod urls;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

pub use origin::Origin;
#[cfg(feature = "ssr")]
pub use shell::{PageStatus, SiteAssets, shell};
pub use theme::Theme;

use pages::later::Later;
use parts::{notice, rail};

/// The page, whichever it is.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    clock::provide();
    notice::provide();
    let link = live::provide();
    #[cfg(feature = "hydrate")]
    Effect::new(mark_alive);
    let mode = SsrMode::Async;
    view! {
        <Title formatter=|title: String| format!("{title} · Assay") />
        <Router>
            <a class="skip" href="#main" rel="external">"Skip to the page"</a>
            {rail::rail(link)}
            <main id="main" tabindex="-1">
                <FlatRoutes fallback=pages::not_found::page>
                    <Route path=path!("/") view=pages::bench::page ssr=mode.clone() />
                    <Route path=path!("/datasets") view=Later::Datasets ssr=mode.clone() />
                    <Route path=path!("/datasets/:name") view=Later::Dataset ssr=mode.clone() />
                    <Route path=path!("/load") view=Later::Import ssr=mode.clone() />
                    <Route path=path!("/new") view=Later::New ssr=mode.clone() />
                    <Route path=path!("/jobs") view=Later::Jobs ssr=mode.clone() />
                    <Route path=path!("/jobs/:id") view=Later::Job ssr=mode />
                </FlatRoutes>
            </main>
            {keys::dialog()}
            {notice::region()}
        </Router>
    }
}

/// Takes over the page that the server rendered.
#[cfg(feature = "hydrate")]
pub fn hydrate() {
    leptos::mount::hydrate_lazy(App);
}

/// From here on, what only works with the program may be shown.
#[cfg(feature = "hydrate")]
fn mark_alive() {
    let root = web_sys::window().and_then(|window| window.document()?.document_element());
    if let Some(root) = root {
        // Fails only for a name that cannot be one.
        let _ = root.set_attribute("data-alive", "");
    }
}
