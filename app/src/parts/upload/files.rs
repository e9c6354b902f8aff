//! Files in the browser: dropped, chosen, and handed from one page to the next.

use std::cell::RefCell;

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, DragEvent, Element, Event, File, FileList, HtmlInputElement};

use super::FILE;

/// Files, in the order in which they were given.
pub type Files = Vec<File>;

thread_local! {
    /// Files on their way to the page that loads them.
    static HANDED: RefCell<Files> = const { RefCell::new(Vec::new()) };
}

/// Keeps files for the page that loads them; whether there are any.
pub fn hand(files: Files) -> bool {
    let has_some = !files.is_empty();
    HANDED.set(files);
    has_some
}

/// The files that the page before gave.
pub fn handed() -> Files {
    HANDED.take()
}

/// The files that were dropped.
pub fn dropped(event: &Event) -> Files {
    let event: Option<&DragEvent> = event.dyn_ref();
    let transfer = event.and_then(DragEvent::data_transfer);
    listed(transfer.and_then(|transfer| transfer.files()))
}

/// The files that were chosen. The field is emptied, so that the same file can be chosen
/// once more.
pub fn chosen() -> Files {
    let input = document().get_element_by_id(FILE);
    let input: Option<HtmlInputElement> = input.and_then(|input| input.dyn_into().ok());
    let Some(input) = input else {
        return Vec::new();
    };
    let files = listed(input.files());
    input.set_value("");
    files
}

/// The text that is pasted.
pub fn pasted(event: &Event) -> Option<String> {
    let event: &ClipboardEvent = event.dyn_ref()?;
    let text = event.clipboard_data()?.get_data("text/plain").ok()?;
    (!text.trim().is_empty()).then_some(text)
}

/// Lets a field take any number of files.
pub fn take_many(element: &Element) {
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        input.set_multiple(true);
    }
}

fn listed(files: Option<FileList>) -> Files {
    let files = files.into_iter();
    files
        .flat_map(|files| (0..files.length()).filter_map(move |at| files.get(at)))
        .collect()
}
