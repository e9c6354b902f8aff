//! The browser's side of loading: files are kept, looked at, and sent one after the other,
//! also while one looks at other pages. `fetch` cannot tell how far a body is;
//! `XMLHttpRequest` can.

use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::BTreeMap,
};

use assay_model::{
    Dataset, DatasetName, Event, FieldError, Job, JobState, Preview, form::FormData,
};
use gloo_net::http::Request;
use leptos::{
    prelude::{Effect, Owner, window},
    task::spawn_local,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{File, ProgressEvent, XmlHttpRequest};

use super::{
    Loader,
    entry::{Entries, Entry, Phase, Sending, Stage, Step},
};
use crate::{
    api::{Client, Reply},
    live, load,
    parts::{press::Doer, upload},
    sig::Sig,
    urls,
};

/// Bytes of a file that are looked at.
const LOOK: f64 = 1e6;
/// How often the rate of an upload is told anew, and how much of the past counts, in
/// milliseconds.
const RATE_AFTER: f64 = 500.0;
/// What a pasted table is called.
const PASTED: &str = "pasted";

thread_local! {
    /// The files' entries, which no page owns.
    static ENTRIES: OnceCell<(Owner, Entries)> = const { OnceCell::new() };
    /// The files themselves.
    static FILES: RefCell<BTreeMap<u32, File>> = const { RefCell::new(BTreeMap::new()) };
    /// The upload under way; one at a time.
    static UNDER_WAY: RefCell<Option<(u32, XmlHttpRequest)>> = const { RefCell::new(None) };
    /// The last id that was given.
    static LAST: Cell<u32> = const { Cell::new(0) };
}

impl Loader {
    /// The loader of this page: with what was handed to it, and what is still under way.
    pub fn here() -> Self {
        let entries = ENTRIES.with(|entries| {
            let (_, entries) = entries.get_or_init(|| {
                let owner = Owner::default();
                let entries = owner.with(|| Entries(Sig::new(Vec::new())));
                (owner, entries)
            });
            *entries
        });
        entries
            .0
            .update(|all| all.retain(|entry| entry.stage.phase() != Phase::Done));
        let loader = Self {
            entries,
            doer: Doer::here(),
        };
        let (on_start, on_event) = (loader.clone(), loader.clone());
        Effect::new(move || {
            on_start.take(upload::handed());
            on_start.refresh();
        });
        live::on_event(move |event| match event {
            Event::Job(job) => on_event.apply(job),
            Event::Reset(_) => on_event.refresh(),
            _ => {}
        });
        loader
    }

    /// Takes files in and looks at each.
    pub fn take(&self, files: upload::Files) {
        for file in files {
            let name = DatasetName::from_file_name(&file.name());
            let name = name.map(|name| name.to_string()).unwrap_or_default();
            self.add(file, name);
        }
    }

    /// Takes in a table that was pasted.
    pub fn paste(&self, table: &str) {
        let parts = js_sys::Array::of1(&JsValue::from_str(table));
        // Fails only where the browser has no files at all.
        if let Ok(file) = File::new_with_str_sequence(&parts, PASTED) {
            self.add(file, PASTED.to_owned());
        }
    }

    fn add(&self, file: File, name: String) {
        let id = LAST.get() + 1;
        LAST.set(id);
        let entry = Entry::new(id, file.name(), file.size() as u64, name);
        FILES.with_borrow_mut(|files| files.insert(id, file));
        self.entries.0.update(|all| all.push(entry));
        self.look(id);
    }

    /// Looks at the beginning of a file, with the options as they are now.
    pub fn look(&self, id: u32) {
        let Some(file) = FILES.with_borrow(|files| files.get(&id).cloned()) else {
            return;
        };
        let mut nth = 0;
        self.entries.change(id, |entry| {
            entry.looks += 1;
            nth = entry.looks;
            entry.stage = Stage::Looking;
            entry.problem = None;
            entry.errors.retain(|error| error.field == "name");
        });
        let Some(entry) = self.entries.get(id) else {
            return;
        };
        let mut query = FormData::new(entry.options.to_fields());
        query.push("source", entry.file);
        query.push("whole", (file.size() <= LOOK).to_string());
        let address = urls::api::preview(&query);
        let entries = self.entries;
        spawn_local(async move {
            let reply = post_start(&address, &file).await;
            let reply = reply.unwrap_or_else(|_| Reply::none());
            entries.change(id, |entry| {
                if entry.looks != nth {
                    return;
                }
                let is_open = entry.stage == Stage::Looking;
                match reply.read::<Preview>() {
                    Ok(look) => {
                        entry.look = Some(look);
                        if is_open {
                            entry.stage = Stage::Open;
                        }
                    }
                    Err(problem) if is_open => entry.take_problem(Step::Look, problem),
                    Err(_) => {}
                }
            });
        });
    }

    /// Puts all that is open in line to be sent.
    pub fn load_all(&self) {
        let mut names: Vec<String> = Vec::new();
        self.entries.0.update(|all| {
            for entry in all {
                if entry.stage.phase() != Phase::Open {
                    names.push(entry.name.to_ascii_lowercase());
                    continue;
                }
                entry.errors.clear();
                entry.problem = None;
                let error = match entry.name.trim().parse::<DatasetName>() {
                    Ok(name) if names.contains(&name.folded()) => {
                        let message = "Another file here has this name.";
                        Some(FieldError::new("name", message))
                    }
                    Ok(name) => {
                        names.push(name.folded());
                        None
                    }
                    Err(error) => Some(error),
                };
                match error {
                    Some(error) => entry.errors.push(error),
                    None => entry.stage = Stage::Waiting,
                }
            }
        });
        self.send_next();
    }

    /// Stops a file on its way; it can be loaded again.
    pub fn cancel(&self, id: u32) {
        let stage = self.entries.get(id).map(|entry| entry.stage);
        match stage {
            Some(Stage::Importing(job)) => {
                let loader = self.clone();
                spawn_local(async move {
                    match Client::here().cancel(job.id).await {
                        Ok(job) => loader.apply(&job),
                        Err(problem) => loader.doer.voice.warn(&problem),
                    }
                });
            }
            Some(Stage::Waiting | Stage::Sending(_)) => {
                self.entries.change(id, |entry| entry.stop(CANCELLED));
                if UNDER_WAY.with_borrow(|sending| sending.as_ref().is_some_and(|it| it.0 == id))
                    && let Some((_, request)) = UNDER_WAY.take()
                {
                    // One that has ended takes no notice.
                    let _ = request.abort();
                    self.send_next();
                }
            }
            _ => {}
        }
    }

    /// Takes a file off the page.
    pub fn remove(&self, id: u32) {
        FILES.with_borrow_mut(|files| files.remove(&id));
        self.entries
            .0
            .update(|all| all.retain(|entry| entry.id != id));
    }

    /// Sends the next file in line, unless one is being sent.
    fn send_next(&self) {
        if UNDER_WAY.with_borrow(Option::is_some) {
            return;
        }
        let next = self.entries.0.peek(|all| {
            let waits = |entry: &&Entry| entry.stage == Stage::Waiting;
            all.iter().find(waits).cloned()
        });
        let Some(entry) = next else { return };
        let file = FILES.with_borrow(|files| files.get(&entry.id).cloned());
        let sent = file.map(|file| self.send(&entry, &file));
        if !matches!(sent, Some(Ok(()))) {
            self.entries.change(entry.id, |entry| {
                entry.stop("The browser could not read the file.");
            });
        }
    }

    fn send(&self, entry: &Entry, file: &File) -> Result<(), JsValue> {
        let id = entry.id;
        let mut query = FormData::new(entry.options.to_fields());
        query.push("name", entry.name.trim());
        query.push("source", entry.file.clone());
        let request = XmlHttpRequest::new()?;
        request.open_with_async("POST", &urls::api::upload(&query), true)?;
        request.set_request_header("Content-Type", "application/octet-stream")?;
        request.set_request_header("Accept", "application/json")?;
        // The job at once, so that it can be followed and cancelled.
        request.set_request_header("Prefer", "wait=0")?;

        let began = js_sys::Date::now();
        let entries = self.entries;
        let on_progress = Closure::<dyn FnMut(ProgressEvent)>::new(move |event: ProgressEvent| {
            let elapsed = js_sys::Date::now() - began;
            let (sent, of) = (event.loaded(), event.total());
            let rate = if elapsed < RATE_AFTER {
                0.0
            } else {
                sent * 1e3 / elapsed
            };
            entries.change(id, |entry| {
                if matches!(entry.stage, Stage::Sending(_)) {
                    entry.stage = Stage::Sending(Sending { sent, of, rate });
                }
            });
        });
        request
            .upload()?
            .set_onprogress(Some(on_progress.as_ref().unchecked_ref()));
        let on_end = Closure::<dyn FnMut()>::new({
            let (loader, request) = (self.clone(), request.clone());
            move || loader.end(id, &request)
        });
        request.set_onload(Some(on_end.as_ref().unchecked_ref()));
        request.set_onerror(Some(on_end.as_ref().unchecked_ref()));
        // Both go with the page; an upload is rare enough.
        on_progress.forget();
        on_end.forget();

        request.send_with_opt_blob(Some(file))?;
        entries.change(id, |entry| {
            entry.stage = Stage::Sending(Sending {
                of: file.size(),
                ..Sending::default()
            });
        });
        UNDER_WAY.set(Some((id, request)));
        Ok(())
    }

    fn end(&self, id: u32, request: &XmlHttpRequest) {
        if UNDER_WAY.with_borrow(|sending| sending.as_ref().is_some_and(|it| it.0 == id)) {
            UNDER_WAY.set(None);
        }
        live::wrote();
        let reply = Reply {
            status: request.status().unwrap_or(0),
            body: request.response_text().ok().flatten().unwrap_or_default(),
        };
        match reply.read::<Job>() {
            Ok(job) => {
                self.entries
                    .change(id, |entry| entry.stage = Stage::Importing(Box::new(job)));
                // It may be over before its events are listened to.
                self.refresh();
            }
            Err(_) if reply.status == 0 => self.entries.change(id, |entry| entry.stop(BROKE_OFF)),
            Err(problem) => self
                .entries
                .change(id, |entry| entry.take_problem(Step::Load, problem)),
        }
        self.send_next();
    }

    /// Asks how the jobs of all imports stand.
    fn refresh(&self) {
        let jobs = self.entries.0.peek(|all| {
            let job = |entry: &Entry| match &entry.stage {
                Stage::Importing(job) => Some(urls::api::job(job.id)),
                _ => None,
            };
            all.iter().filter_map(job).collect::<Vec<_>>()
        });
        for path in jobs {
            let loader = self.clone();
            load::refresh(vec![path], move |replies| {
                if let Ok(job) = replies.read::<Job>(0) {
                    loader.apply(&job);
                }
            });
        }
    }

    /// Takes in how a job stands, if it is one of an import here. One that is over never
    /// goes back.
    fn apply(&self, job: &Job) {
        let id = self.entries.0.peek(|all| {
            let is_its = |entry: &&Entry| matches!(&entry.stage, Stage::Importing(have) if have.id == job.id);
            all.iter().find(is_its).map(|entry| entry.id)
        });
        let Some(id) = id else { return };
        match (job.state, &job.dataset) {
            (JobState::Succeeded, Some(dataset)) => self.arrived(id, dataset.name.to_string()),
            (JobState::Failed, _) => self.entries.change(id, |entry| {
                if let Some(problem) = &job.error {
                    entry.take_problem(Step::Load, problem.clone());
                }
            }),
            (JobState::Cancelled, _) => self.entries.change(id, |entry| entry.stop(CANCELLED)),
            _ => self.entries.change(id, |entry| {
                entry.stage = Stage::Importing(Box::new(job.clone()));
            }),
        }
    }

    /// A single file leads on to its data set, as long as one waits for it here.
    fn arrived(&self, id: u32, name: String) {
        FILES.with_borrow_mut(|files| files.remove(&id));
        let address = urls::dataset(&name);
        let data = urls::api::dataset(&name);
        self.entries
            .change(id, |entry| entry.stage = Stage::Loaded(name.clone(), None));
        let is_alone = self.entries.0.peek(|all| all.len() == 1);
        let is_here = window().location().pathname().as_deref() == Ok(urls::LOAD);
        if is_alone && is_here {
            return self.doer.go(&address);
        }
        let entries = self.entries;
        load::refresh(vec![data], move |replies| {
            if let Ok(dataset) = replies.read::<Dataset>(0) {
                entries.change(id, |entry| {
                    entry.stage = Stage::Loaded(name.clone(), Some(dataset.rows));
                });
            }
        });
    }
}

/// What is said of a file that was stopped.
const CANCELLED: &str = "Cancelled. Nothing of it is stored.";
/// What is said of one that did not arrive.
const BROKE_OFF: &str = "The connection broke off. Nothing of it is stored; load it again.";

/// Posts the beginning of a file.
async fn post_start(address: &str, file: &File) -> Result<Reply, gloo_net::Error> {
    let start = file
        .slice_with_f64_and_f64(0.0, LOOK)
        .map_err(|error| gloo_net::Error::GlooError(format!("{error:?}")))?;
    let response = Request::post(address)
        .header("Accept", "application/json")
        .header("Content-Type", "application/octet-stream")
        .body(start)?
        .send()
        .await?;
    Ok(Reply {
        status: response.status(),
        body: response.text().await?,
    })
}
