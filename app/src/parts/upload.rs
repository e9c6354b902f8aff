//! Where files are dropped or chosen. The field here is small: it hands what it gets to the
//! page that loads files. Without the program it is a plain form that loads one itself.

#[cfg(feature = "hydrate")]
mod files;

use leptos::web_sys::Event;

use super::press::Doer;
use crate::{
    node::{El, IntoNode, Node, div, el, link, p, span},
    sig::Sig,
    urls,
};

#[cfg(feature = "hydrate")]
pub use files::{Files, chosen, dropped, handed, pasted};

/// What can be loaded, in a line.
pub const FORMATS: &str = "CSV, TSV, JSON, NDJSON, Parquet, Arrow or Excel";
/// The id of the field that holds files; there is one on a page.
const FILE: &str = "upload-file";

/// The drop field with its form.
pub fn upload() -> Node {
    let is_over = Sig::new(false);
    let over = move |event: Event| {
        event.prevent_default();
        is_over.set(true);
    };
    let doer = Doer::here();
    let drop = {
        let doer = doer.clone();
        move |event: Event| {
            event.prevent_default();
            is_over.set(false);
            hand_over(dropped(&event), &doer);
        }
    };
    let choose = el("label")
        .class("drop-file")
        .add(span("drop-title").add("Drop files here or choose them"))
        .add(span("job-facts").add(FORMATS))
        .add(file_input(move |_| hand_over(chosen(), &doer)));
    let name = el("input")
        .class("input")
        .attr("name", "name")
        .attr("maxlength", "100")
        .attr("autocomplete", "off")
        .attr("placeholder", "from the file");
    let name = el("label")
        .class("field")
        .add(span("label").add("Name of the data set"))
        .add(name);
    let more = div("drop-more without-program")
        .add(name)
        .add(el("button").class("button main").add("Load"));
    let other =
        p("drop-other job-facts").add(link(urls::LOAD, "Paste a table, or say how a file is read"));
    el("form")
        .attr("method", "post")
        .attr("action", urls::DATASETS)
        .attr("enctype", "multipart/form-data")
        .class(move || if is_over.get() { "drop over" } else { "drop" })
        .on("dragover", over)
        .on("dragleave", move |_| is_over.set(false))
        .on("drop", drop)
        .add(choose)
        .add(more)
        .add(other)
        .into_node()
}

/// The field that holds files: one for a plain form, any number where there is a program
/// to take them.
pub fn file_input(chosen: impl FnMut(Event) + Send + 'static) -> El {
    let input = el("input")
        .attr("type", "file")
        .attr("name", "file")
        .attr("id", FILE)
        .attr("required", true)
        .on("change", chosen);
    #[cfg(feature = "hydrate")]
    let input = input.hook(|element| files::take_many(&element));
    input
}

/// Goes to the page that loads files, with these.
fn hand_over(files: Files, doer: &Doer) {
    #[cfg(feature = "hydrate")]
    if files::hand(files) {
        doer.go(urls::LOAD);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (files, doer);
}

/// Files are a thing of the browser.
#[cfg(not(feature = "hydrate"))]
pub struct Files;

/// The files that were dropped.
#[cfg(not(feature = "hydrate"))]
pub fn dropped(event: &Event) -> Files {
    let _ = event;
    Files
}

/// The files that were chosen.
#[cfg(not(feature = "hydrate"))]
pub fn chosen() -> Files {
    Files
}

/// The text that is pasted.
#[cfg(not(feature = "hydrate"))]
pub fn pasted(event: &Event) -> Option<String> {
    let _ = event;
    None
}
