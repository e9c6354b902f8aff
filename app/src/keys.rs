//! The keyboard: what a key does wherever one is, and the list of it.

use crate::node::{IntoNode, Node, el};

/// The list of keys, and the keys themselves.
pub fn dialog() -> Node {
    #[cfg(feature = "hydrate")]
    leptos::prelude::Effect::new(browser::listen);
    let rows = [
        ("N", "New analysis"),
        ("Ctrl Enter", "Run the analysis that one is describing"),
        ("?", "This list"),
        ("Esc", "Close"),
    ];
    let facts = rows
        .into_iter()
        .fold(el("dl").class("facts"), |list, (key, does)| {
            list.add(el("dt").add(does))
                .add(el("dd").add(el("kbd").add(key)))
        });
    let close = el("form")
        .attr("method", "dialog")
        .add(el("button").class("button").add("Close"));
    el("dialog")
        .class("keys")
        .attr("id", "keys")
        .attr("aria-labelledby", "keys-title")
        .add(el("h2").attr("id", "keys-title").add("Keys"))
        .add(facts)
        .add(close)
        .into_node()
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::{ev, prelude::*};
    use leptos_router::hooks::use_navigate;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlDialogElement};

    use crate::urls;

    pub fn listen() {
        let navigate = use_navigate();
        let handle = window_event_listener(ev::keydown, move |event| {
            if event.ctrl_key() || event.meta_key() || event.alt_key() || is_typing(&event) {
                return;
            }
            match event.key().as_str() {
                "n" | "N" => {
                    event.prevent_default();
                    navigate(urls::NEW, leptos_router::NavigateOptions::default());
                }
                "?" => {
                    let dialog = document().get_element_by_id("keys");
                    if let Some(dialog) =
                        dialog.and_then(|dialog| dialog.dyn_into::<HtmlDialogElement>().ok())
                    {
                        // An open one stays open.
                        let _ = dialog.show_modal();
                    }
                }
                _ => {}
            }
        });
        on_cleanup(move || handle.remove());
    }

    /// A key meant for a field is none of ours.
    fn is_typing(event: &web_sys::KeyboardEvent) -> bool {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        target.is_some_and(|element| {
            matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
                || element
                    .closest("dialog[open]")
                    .is_ok_and(|open| open.is_some())
        })
    }
}
