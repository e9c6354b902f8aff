//! Loading a file: dropped or chosen, named, sent, with how far it is.
//!
//! Without the program it is a plain form; with it the file goes as the body of one
//! request, so that the server can read it while it arrives.

#[cfg(feature = "hydrate")]
mod send;

use assay_model::words;
use leptos::{ev, html, prelude::*};

use super::press::Doer;
use crate::urls;

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
    name: RwSignal<String>,
    /// Name and size of the file chosen.
    file: RwSignal<Option<(String, f64)>>,
    sending: RwSignal<Option<Sending>>,
    error: RwSignal<Option<String>>,
    is_over: RwSignal<bool>,
    input: NodeRef<html::Input>,
}

/// The drop zone with its form.
pub fn upload() -> AnyView {
    let upload = Upload {
        name: RwSignal::default(),
        file: RwSignal::new(None),
        sending: RwSignal::new(None),
        error: RwSignal::new(None),
        is_over: RwSignal::new(false),
        input: NodeRef::new(),
    };
    let doer = Doer::here();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        upload.submit(&doer);
    };
    let over = move |event: ev::DragEvent| {
        event.prevent_default();
        upload.is_over.set(true);
    };
    let drop = move |event: ev::DragEvent| {
        event.prevent_default();
        upload.is_over.set(false);
        upload.take_dropped(&event);
    };
    let chosen = move || match upload.file.get() {
        Some((file, size)) => format!("{file}, {}", words::bytes(size as u64)),
        None => "CSV, TSV, JSON, Parquet or Excel".to_owned(),
    };
    let class = move || {
        if upload.is_over.get() {
            "drop over"
        } else {
            "drop"
        }
    };
    let progress = move || {
        upload.sending.get().map(|sending| {
            view! {
                <div class="sending">
                    <progress max=sending.of.max(1.0) prop:value=sending.sent value=sending.sent aria-label="Upload" />
                    <span class="job-facts">{sending.in_words()}</span>
                    <button type="button" class="button small" on:click=move |_| upload.cancel()>"Cancel"</button>
                </div>
            }
        })
    };
    let error = move || {
        upload
            .error
            .get()
            .map(|error| view! { <p class="hint bad" role="alert">{error}</p> })
    };
    let details = move || {
        if upload.file.with(Option::is_some) {
            "drop-more shown"
        } else {
            "drop-more"
        }
    };
    view! {
        <form
            method="post"
            action=urls::DATASETS
            enctype="multipart/form-data"
            class=class
            on:submit=submit
            on:dragover=over
            on:dragleave=move |_| upload.is_over.set(false)
            on:drop=drop
        >
            <label class="drop-file">
                <span class="drop-title">"Drop a file here or choose one"</span>
                <span class="job-facts">{chosen}</span>
                <input type="file" name="file" required=true node_ref=upload.input on:change=move |_| upload.take_chosen() />
            </label>
            <div class=details>
                <label class="field">
                    <span class="label">"Name of the data set"</span>
                    <input
                        class="input"
                        name="name"
                        maxlength="100"
                        autocomplete="off"
                        placeholder="from the file"
                        prop:value=upload.name
                        on:input=move |event| upload.name.set(event_target_value(&event))
                    />
                </label>
                <button class="button main">"Load"</button>
            </div>
            {progress}
            {error}
        </form>
    }
    .into_any()
}

#[cfg(not(feature = "hydrate"))]
impl Upload {
    fn submit(self, doer: &Doer) {
        let _ = (self, doer);
    }

    fn take_dropped(self, event: &ev::DragEvent) {
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
