//! Loading a file: dropped or chosen, named, sent, with how far it is.
//!
//! Without the program it is a plain form; with it the file goes as the body of one
//! request, so that the server can read it while it arrives.

#[cfg(feature = "hydrate")]
mod send;

use crate::sig::Sig;
use assay_model::words;
use leptos::web_sys::Event;

use super::press::Doer;
use crate::{
    node::{El, IntoNode, Node, div, el, p, span, typed},
    urls,
};

/// The id of the field that holds the file; there is one upload on a page.
const FILE: &str = "upload-file";

/// How far an upload is.
#[derive(Debug, Clone, PartialEq, Default)]
struct Sending {
    sent: f64,
    of: f64,
    /// Bytes a second so far.
    rate: f64,
}

impl Sending {
    fn in_words(&self) -> String {
        let bytes = |size: f64| words::bytes(size as u64);
        if self.of > 0.0 && self.sent >= self.of {
            return "Sent; the server reads it".to_owned();
        }
        format!(
            "{} of {}, {}/s",
            bytes(self.sent),
            bytes(self.of),
            bytes(self.rate)
        )
    }
}

/// What the form holds and does.
#[derive(Clone, Copy)]
struct Upload {
    name: Sig<String>,
    /// Name and size of the file chosen.
    file: Sig<Option<(String, f64)>>,
    sending: Sig<Option<Sending>>,
    error: Sig<Option<String>>,
    is_over: Sig<bool>,
}

/// The drop zone with its form.
pub fn upload() -> Node {
    let upload = Upload {
        name: Sig::new(String::new()),
        file: Sig::new(None),
        sending: Sig::new(None),
        error: Sig::new(None),
        is_over: Sig::new(false),
    };
    let doer = Doer::here();
    let submit = move |event: Event| {
        event.prevent_default();
        upload.submit(&doer);
    };
    let over = move |event: Event| {
        event.prevent_default();
        upload.is_over.set(true);
    };
    let drop = move |event: Event| {
        event.prevent_default();
        upload.is_over.set(false);
        upload.take_dropped(event);
    };
    let chosen = move || match upload.file.get() {
        Some((file, size)) => format!("{file}, {}", words::bytes(size as u64)),
        None => "CSV, TSV, JSON, NDJSON or Parquet".to_owned(),
    };
    let file = el("input")
        .attr("type", "file")
        .attr("name", "file")
        .attr("id", FILE)
        .attr("required", true)
        .on("change", move |_| upload.take_chosen());
    let choose = el("label")
        .class("drop-file")
        .add(span("drop-title").add("Drop a file here or choose one"))
        .add(span("job-facts").add(chosen))
        .add(file);
    let name = el("input")
        .class("input")
        .attr("name", "name")
        .attr("maxlength", "100")
        .attr("autocomplete", "off")
        .attr("placeholder", "from the file")
        .value(move || upload.name.get())
        .on("input", move |event| upload.name.set(typed(&event)));
    let name = el("label")
        .class("field")
        .add(span("label").add("Name of the data set"))
        .add(name);
    let more = el("div")
        .class(move || {
            if upload.file.with(Option::is_some) {
                "drop-more shown"
            } else {
                "drop-more"
            }
        })
        .add(name)
        .add(el("button").class("button main").add("Load"));
    el("form")
        .attr("method", "post")
        .attr("action", urls::DATASETS)
        .attr("enctype", "multipart/form-data")
        .class(move || {
            if upload.is_over.get() {
                "drop over"
            } else {
                "drop"
            }
        })
        .on("submit", submit)
        .on("dragover", over)
        .on("dragleave", move |_| upload.is_over.set(false))
        .on("drop", drop)
        .add(choose)
        .add(more)
        .add(move || upload.progress())
        .add(move || {
            upload
                .error
                .get()
                .map(|error| p("hint bad").attr("role", "alert").add(error))
        })
        .into_node()
}

impl Upload {
    fn progress(self) -> Option<El> {
        let sending = self.sending.get()?;
        let cancel = el("button")
            .attr("type", "button")
            .class("button small")
            .on("click", move |_| self.cancel())
            .add("Cancel");
        let bar = el("progress")
            .attr("max", (sending.of.max(1.0) as u64).to_string())
            .attr("value", (sending.sent as u64).to_string())
            .attr("aria-label", "Upload");
        Some(
            div("sending")
                .add(bar)
                .add(span("job-facts").add(sending.in_words()))
                .add(cancel),
        )
    }
}

#[cfg(not(feature = "hydrate"))]
impl Upload {
    fn submit(self, doer: &Doer) {
        let _ = (self, doer);
    }

    fn take_dropped(self, event: Event) {
        let _ = (self, event);
    }

    fn take_chosen(self) {
        let _ = self;
    }

    fn cancel(self) {
        let _ = self;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_says_how_far_and_how_fast() {
        let sending = Sending {
            sent: 1.1e9,
            of: 3.4e9,
            rate: 28e6,
        };
        assert_eq!(sending.in_words(), "1.1 GB of 3.4 GB, 28 MB/s");
        let all = Sending {
            sent: 5.0,
            of: 5.0,
            rate: 1.0,
        };
        assert_eq!(all.in_words(), "Sent; the server reads it");
    }
}
