//! A word in passing: that something was copied, that something could not be done.

use assay_model::Problem;
use leptos::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Notice {
    text: String,
    is_bad: bool,
}

#[derive(Clone, Copy)]
struct Notices(RwSignal<Option<Notice>>);

/// Makes room for notices.
pub fn provide() {
    provide_context(Notices(RwSignal::new(None)));
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
pub fn region() -> AnyView {
    let Some(Notices(notices)) = use_context() else {
        return ().into_any();
    };
    let body = move || {
        notices.get().map(|notice| {
            let class = if notice.is_bad { "notice bad" } else { "notice" };
            view! {
                <p class=class>
                    {notice.text}
                    <button type="button" class="bare" aria-label="Close" on:click=move |_| notices.set(None)>"×"</button>
                </p>
            }
        })
    };
    view! { <div class="notices" role="status" aria-live="polite">{body}</div> }.into_any()
}
