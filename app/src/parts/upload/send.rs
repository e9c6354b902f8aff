//! The browser's side of an upload. `fetch` cannot tell how far a body is;
//! `XMLHttpRequest` can.

use std::cell::RefCell;

use assay_model::{Dataset, DatasetName, Job};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{DragEvent, Event, File, HtmlInputElement, ProgressEvent, XmlHttpRequest};

use super::{FILE, Sending, Upload};
use crate::{api::Reply, parts::press::Doer, urls};

thread_local! {
    /// The upload under way; one at a time.
    static UNDER_WAY: RefCell<Option<XmlHttpRequest>> = const { RefCell::new(None) };
    /// A file that was dropped: an input cannot hold it in every browser.
    static DROPPED: RefCell<Option<File>> = const { RefCell::new(None) };
}

impl Upload {
    pub fn take_chosen(self) {
        DROPPED.set(None);
        let file = chosen();
        self.take(file.as_ref());
    }

    pub fn take_dropped(self, event: Event) {
        let event: DragEvent = event.unchecked_into();
        let files = event.data_transfer().and_then(|transfer| transfer.files());
        let file = files.and_then(|files| files.get(0));
        self.take(file.as_ref());
        DROPPED.set(file);
        // The form must not ask for a file that it has already been given.
        if let Some(input) = input() {
            input.set_required(false);
        }
    }

    pub fn submit(self, doer: &Doer) {
        let Some(file) = DROPPED.with_borrow(Clone::clone).or_else(chosen) else {
            return self.error.set(Some("Choose a file first.".to_owned()));
        };
        let typed = self.name.peek(Clone::clone);
        let name = match typed.trim().parse::<DatasetName>() {
            Ok(name) => name,
            Err(error) => return self.error.set(Some(error.message)),
        };
        self.error.set(None);
        if self.send(&file, name.as_str(), doer.clone()).is_err() {
            self.error
                .set(Some("The browser could not read the file.".to_owned()));
        }
    }

    pub fn cancel(self) {
        if let Some(request) = UNDER_WAY.take() {
            // One that has ended takes no notice.
            let _ = request.abort();
        }
        self.sending.set(None);
    }

    fn take(self, file: Option<&File>) {
        self.error.set(None);
        self.file.set(file.map(|file| (file.name(), file.size())));
        let name = file.and_then(|file| DatasetName::from_file_name(&file.name()));
        self.name
            .set(name.map(|name| name.to_string()).unwrap_or_default());
    }

    fn send(self, file: &File, name: &str, doer: Doer) -> Result<(), JsValue> {
        let request = XmlHttpRequest::new()?;
        request.open_with_async("POST", &urls::api::upload(name), true)?;
        request.set_request_header("Content-Type", "application/octet-stream")?;
        request.set_request_header("Accept", "application/json")?;

        let began = js_sys::Date::now();
        let on_progress = Closure::<dyn FnMut(ProgressEvent)>::new(move |event: ProgressEvent| {
            let seconds = ((js_sys::Date::now() - began) / 1e3).max(0.001);
            let (sent, of) = (event.loaded(), event.total());
            self.sending.set(Some(Sending {
                sent,
                of,
                rate: sent / seconds,
            }));
        });
        request
            .upload()?
            .set_onprogress(Some(on_progress.as_ref().unchecked_ref()));

        let on_end = Closure::<dyn FnMut()>::new({
            let request = request.clone();
            move || self.end(&request, &doer)
        });
        request.set_onload(Some(on_end.as_ref().unchecked_ref()));
        request.set_onerror(Some(on_end.as_ref().unchecked_ref()));
        // Both go with the page; an upload is rare enough.
        on_progress.forget();
        on_end.forget();

        self.sending.set(Some(Sending {
            of: file.size(),
            ..Sending::default()
        }));
        request.send_with_opt_blob(Some(file))?;
        UNDER_WAY.set(Some(request));
        Ok(())
    }

    /// To the data set when it is there already, else to the job that makes it.
    fn end(self, request: &XmlHttpRequest, doer: &Doer) {
        UNDER_WAY.set(None);
        DROPPED.set(None);
        self.sending.set(None);
        crate::live::wrote();
        let reply = Reply {
            status: request.status().unwrap_or(0),
            body: request.response_text().ok().flatten().unwrap_or_default(),
        };
        let address = if reply.status == 201 {
            reply
                .read::<Dataset>()
                .map(|dataset| urls::dataset(dataset.name.as_str()))
        } else {
            reply.read::<Job>().map(|job| urls::job(job.id))
        };
        match address {
            Ok(address) => doer.go(&address),
            Err(problem) => {
                self.error.set(Some(problem.detail));
            }
        }
    }
}

/// The field that holds the file.
fn input() -> Option<HtmlInputElement> {
    document().get_element_by_id(FILE)?.dyn_into().ok()
}

fn chosen() -> Option<File> {
    input()?.files()?.get(0)
}
