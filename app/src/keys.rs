//! The keyboard: what a key does wherever one is, and the list of it.

use leptos::{html, prelude::*};

/// The list of keys, and the keys themselves.
pub fn dialog() -> AnyView {
    let dialog = NodeRef::<html::Dialog>::new();
    #[cfg(feature = "hydrate")]
    Effect::new(move || browser::listen(dialog));
    let rows = [
        ("N", "New analysis"),
        ("Ctrl Enter", "Run the analysis that one is describing"),
        ("?", "This list"),
        ("Esc", "Close"),
    ];
    view! {
        <dialog node_ref=dialog class="keys" aria-labelledby="keys-title">
            <h2 id="keys-title">"Keys"</h2>
            <dl class="facts">
                {rows.map(|(key, does)| view! { <dt>{does}</dt><dd><kbd>{key}</kbd></dd> }).to_vec()}
            </dl>
            <form method="dialog"><button class="button">"Close"</button></form>
        </dialog>
    }
    .into_any()
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::{ev, html, prelude::*};
    use leptos_router::hooks::use_navigate;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlDialogElement};

    use crate::urls;

    pub fn listen(dialog: NodeRef<html::Dialog>) {
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
                    let dialog = dialog.get_untracked();
                    if let Some(dialog) =
                        dialog.and_then(|d| d.dyn_into::<HtmlDialogElement>().ok())
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
