//! Buttons that put a text on the clipboard.

use super::notice::Voice;
use crate::node::{IntoNode, Node, el};

/// A button that copies what `text` gives when it is pressed.
pub fn copy_button(
    label: &'static str,
    class: &'static str,
    text: impl Fn() -> String + Send + 'static,
) -> Node {
    let voice = Voice::here();
    let button = el("button")
        .attr("type", "button")
        .class(class)
        .on("click", move |_| copy(text(), voice))
        .add(label);
    el("span").class("alive-only").add(button).into_node()
}

#[cfg(feature = "hydrate")]
fn copy(text: String, voice: Voice) {
    use assay_model::{Problem, ProblemKind};
    use wasm_bindgen_futures::JsFuture;

    leptos::task::spawn_local(async move {
        let copied = match web_sys::window() {
            // A page that did not come over a safe connection has no clipboard.
            Some(window) if window.is_secure_context() => {
                JsFuture::from(window.navigator().clipboard().write_text(&text))
                    .await
                    .is_ok()
            }
            _ => false,
        };
        if copied {
            voice.say("Copied");
        } else {
            voice.warn(&Problem::new(
                ProblemKind::Forbidden,
                "The browser does not let this page copy. Use localhost or HTTPS.",
            ));
        }
    });
}

#[cfg(not(feature = "hydrate"))]
fn copy(text: String, voice: Voice) {
    let _ = (text, voice);
}
