//! A word in passing: that something was copied, that something could not be done.

use crate::sig::Sig;
use assay_model::Problem;
use leptos::prelude::*;

use crate::node::{IntoNode, Node, div, el, p};

#[derive(Debug, Clone, PartialEq, Eq)]
struct Notice {
    text: String,
    is_bad: bool,
}

#[derive(Clone, Copy)]
struct Notices(Sig<Option<Notice>>);

/// Makes room for notices.
pub fn provide() {
    provide_context(Notices(Sig::new(None)));
}

/// A way to say something later, when the context is no longer at hand.
#[derive(Clone, Copy)]
pub struct Voice(Option<Notices>);

impl Voice {
    /// The voice of this page.
    pub fn here() -> Self {
        Self(use_context())
    }

    /// Says that something went well; it goes by itself.
    #[cfg(feature = "hydrate")]
    pub fn say(self, text: &str) {
        self.show(text.to_owned(), false);
    }

    /// Says that something went wrong; it stays until it is closed.
    pub fn warn(self, problem: &Problem) {
        self.show(problem.detail.clone(), true);
    }

    fn show(self, text: String, is_bad: bool) {
        let Some(Notices(notices)) = self.0 else {
            return;
        };
        let notice = Notice { text, is_bad };
        notices.set(Some(notice.clone()));
        if !is_bad {
            let clear = move || {
                notices.update(|shown| {
                    if shown.as_ref() == Some(&notice) {
                        *shown = None;
                    }
                });
            };
            set_timeout(clear, std::time::Duration::from_secs(4));
        }
    }
}

/// Where notices stand.
pub fn region() -> Node {
    let Some(Notices(notices)) = use_context() else {
        return Node::Empty;
    };
    // What is said belongs to the page it was said on.
    #[cfg(feature = "hydrate")]
    {
        let path = leptos_router::hooks::use_location().pathname;
        Effect::new(move || {
            path.track();
            notices.set(None);
        });
    }
    let body = move || {
        notices.get().map(|notice| {
            let close = el("button")
                .attr("type", "button")
                .class("bare")
                .attr("aria-label", "Close")
                .on("click", move |_| notices.set(None))
                .add("×");
            p(if notice.is_bad {
                "notice bad"
            } else {
                "notice"
            })
            .add(notice.text)
            .add(close)
        })
    };
    div("notices")
        .attr("role", "status")
        .attr("aria-live", "polite")
        .add(body)
        .into_node()
}
