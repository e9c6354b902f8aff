//! A button that does something: a plain form, which the browser's program takes over.

use std::{pin::Pin, sync::Arc};

use assay_model::Problem;
use leptos::{task::spawn_local, web_sys::Event};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::notice::Voice;
use crate::node::{IntoNode, Node, el};

/// A button that posts to `action`, or calls `act` where there is a program to do so.
pub fn press(
    label: &'static str,
    class: &'static str,
    action: String,
    act: impl Fn() + Send + 'static,
) -> Node {
    let submit = move |event: Event| {
        event.prevent_default();
        act();
    };
    el("form")
        .attr("method", "post")
        .attr("action", action)
        .class("press")
        .on("submit", submit)
        .add(el("button").class(class).add(label))
        .into_node()
}

/// Does things at the server for a part of the page, and knows where to go and what to
/// say afterwards. To be made where the context is at hand; it serves when it is not.
#[derive(Clone)]
pub struct Doer {
    /// How it says things.
    pub voice: Voice,
    navigate: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Doer {
    /// The doer of this part of the page.
    pub fn here() -> Self {
        let navigate = use_navigate();
        Self {
            voice: Voice::here(),
            navigate: Arc::new(move |address| navigate(address, NavigateOptions::default())),
        }
    }

    /// Goes to a page.
    pub fn go(&self, address: &str) {
        (self.navigate)(address);
    }

    /// Does something, then goes to the address that it gives or says what went wrong.
    pub fn work(&self, work: impl Future<Output = Result<Option<String>, Problem>> + 'static) {
        let doer = self.clone();
        let work: Pin<Box<dyn Future<Output = _>>> = Box::pin(work);
        spawn_local(async move {
            match work.await {
                Ok(Some(address)) => doer.go(&address),
                Ok(None) => {}
                Err(problem) => doer.voice.warn(&problem),
            }
        });
    }
}
