//! Where this server is reached, for what people copy into a terminal.

#[cfg(not(feature = "hydrate"))]
use leptos::prelude::use_context;

/// The scheme, name and port under which the reader sees the page. The server puts it
/// into the context; the browser knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(pub String);

/// The origin of the page.
#[cfg(feature = "hydrate")]
pub fn origin() -> String {
    let origin = web_sys::window().and_then(|window| window.location().origin().ok());
    origin.unwrap_or_default()
}

/// The origin of the page.
#[cfg(not(feature = "hydrate"))]
pub fn origin() -> String {
    use_context::<Origin>().map_or_else(|| "http://127.0.0.1:3000".to_owned(), |origin| origin.0)
}
