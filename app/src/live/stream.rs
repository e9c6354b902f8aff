//! The browser's `EventSource`, opened again when it has given up.

use crate::sig::Sig;
use std::{cell::RefCell, rc::Rc, time::Duration};

use assay_model::{Event, ResetReason};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, EventSource, MessageEvent};

use super::Link;
use crate::{load::back_off, urls};

/// After so many tries without success the badge says `Offline`.
const PATIENCE: u32 = 3;

/// How long an event is kept for parts of the page that are about to stand, in
/// milliseconds: longer than fetching what they show takes.
const KEPT: f64 = 10_000.0;
/// What the tabs of a browser tell each other on.
const CHANNEL: &str = "assay";

type Handler = Rc<dyn Fn(&Event)>;

#[derive(Default)]
struct State {
    handlers: Vec<(u32, Handler)>,
    next_handler: u32,
    /// The stream under way.
    source: Option<EventSource>,
    /// How it stands.
    link: Option<Sig<Link>>,
    /// The other tabs.
    tabs: Option<BroadcastChannel>,
    /// Whether this page has sent anything that may have made its reader a visitor.
    has_written: bool,
    /// What was told lately and when, the last of each job and data set.
    recent: Vec<(f64, Rc<Event>)>,
    /// The position of the last event, for when the stream is opened by hand; the
    /// browser remembers it only for its own tries.
    last_id: String,
    failures: u32,
    /// Whether it has ever been open.
    opened: bool,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Adds a handler, until the caller's part of the page goes. What was told while that
/// part fetched what it shows is told to it at once: nobody else would.
pub fn listen(handler: impl Fn(&Event) + 'static) {
    let handler: Handler = Rc::new(handler);
    let (id, recent) = STATE.with_borrow_mut(|state| {
        state.next_handler += 1;
        state
            .handlers
            .push((state.next_handler, Rc::clone(&handler)));
        state.forget_old();
        let recent: Vec<_> = state
            .recent
            .iter()
            .map(|(_, event)| Rc::clone(event))
            .collect();
        (state.next_handler, recent)
    });
    for event in recent {
        handler(&event);
    }
    on_cleanup(move || {
        STATE.with_borrow_mut(|state| state.handlers.retain(|(have, _)| *have != id));
    });
}

/// Opens the stream of this page.
pub fn begin(link: Sig<Link>) {
    // A browser that has none has tabs that learn of a new visitor when they are loaded.
    let tabs = BroadcastChannel::new(CHANNEL).ok();
    if let Some(tabs) = &tabs {
        let on_word = Closure::<dyn FnMut()>::new(open_anew);
        tabs.set_onmessage(Some(on_word.as_ref().unchecked_ref()));
        on_word.forget();
    }
    STATE.with_borrow_mut(|state| {
        state.link = Some(link);
        state.tabs = tabs;
    });
    open(link);
}

/// Says that the page has sent something. The server knows a visitor from the first such
/// request on, and a stream shows what whoever opened it may see: a stream that is older
/// than its visitor would never tell of the visitor's jobs. So the first request of a
/// page has the streams of all tabs opened anew.
pub fn wrote() {
    let tabs = STATE.with_borrow_mut(|state| {
        let is_first = !std::mem::replace(&mut state.has_written, true);
        is_first.then(|| state.tabs.clone())
    });
    if let Some(tabs) = tabs {
        if let Some(tabs) = tabs {
            // Tabs that do not hear it learn of the visitor when they are loaded.
            let _ = tabs.post_message(&JsValue::NULL);
        }
        open_anew();
    }
}

fn open_anew() {
    let link = STATE.with_borrow_mut(|state| {
        state.opened = false;
        state.link
    });
    if let Some(link) = link {
        open(link);
    }
}

fn open(link: Sig<Link>) {
    let last_id = STATE.with_borrow(|state| state.last_id.clone());
    let address = if last_id.is_empty() {
        urls::api::EVENTS.to_owned()
    } else {
        format!(
            "{}?last_event_id={}",
            urls::api::EVENTS,
            urls::encode(&last_id)
        )
    };
    let Ok(source) = EventSource::new(&address) else {
        return link.set(Link::Offline);
    };
    let before = STATE.with_borrow_mut(|state| state.source.replace(source.clone()));
    if let Some(before) = before {
        before.close();
    }

    let on_open = Closure::<dyn FnMut()>::new(move || {
        link.set(Link::Live);
        let is_first = STATE.with_borrow_mut(|state| {
            state.failures = 0;
            !std::mem::replace(&mut state.opened, true)
        });
        if is_first {
            tell(&Event::Reset(ResetReason::Unknown));
        }
    });
    source.set_onopen(Some(on_open.as_ref().unchecked_ref()));

    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(|message: MessageEvent| {
        let id = message.last_event_id();
        if !id.is_empty() {
            STATE.with_borrow_mut(|state| state.last_id = id);
        }
        let data = message.data().as_string().unwrap_or_default();
        // What a newer server says and this page cannot read is skipped, not an error.
        if let Ok(Some(event)) = Event::parse(&message.type_(), &data) {
            let event = Rc::new(event);
            STATE.with_borrow_mut(|state| state.keep(&event));
            tell(&event);
        }
    });
    for name in Event::NAMES {
        let listener = on_message.as_ref().unchecked_ref();
        // Adding a listener fails only for options, and there are none.
        let _ = source.add_event_listener_with_callback(name, listener);
    }

    let on_error = Closure::<dyn FnMut()>::new({
        let source = source.clone();
        move || {
            let failures = STATE.with_borrow_mut(|state| {
                state.failures += 1;
                state.failures
            });
            link.set(if failures > PATIENCE {
                Link::Offline
            } else {
                Link::Reconnecting
            });
            if source.ready_state() == EventSource::CLOSED {
                // It does not come back by itself from an answer that is no stream.
                let wait = back_off(failures - 1) + spread();
                let source = source.clone();
                let again = move || {
                    // Another may have been opened in its place meanwhile.
                    if STATE.with_borrow(|state| state.source.as_ref() == Some(&source)) {
                        open(link);
                    }
                };
                set_timeout(again, wait);
            }
        }
    });
    source.set_onerror(Some(on_error.as_ref().unchecked_ref()));

    // They live as long as the page. A stream is opened by hand seldom enough.
    on_open.forget();
    on_message.forget();
    on_error.forget();
}

/// Up to a second more, so that many pages do not come back in the same instant.
fn spread() -> Duration {
    Duration::from_millis((js_sys::Math::random() * 1_000.0) as u64)
}

impl State {
    fn keep(&mut self, event: &Rc<Event>) {
        let Some(about) = about(event) else { return };
        self.forget_old();
        self.recent
            .retain(|(_, have)| self::about(have) != Some(about));
        self.recent.push((js_sys::Date::now(), Rc::clone(event)));
    }

    fn forget_old(&mut self) {
        let from = js_sys::Date::now() - KEPT;
        self.recent.retain(|(when, _)| *when > from);
    }
}

/// The job or data set that an event tells of.
fn about(event: &Event) -> Option<[u8; 16]> {
    match event {
        Event::Job(job) => Some(job.id.0.into_bytes()),
        Event::Dataset(dataset) => Some(dataset.id.0.into_bytes()),
        Event::JobDeleted(gone) | Event::DatasetDeleted(gone) => Some(gone.id.into_bytes()),
        Event::Worker(_) | Event::Reset(_) => None,
    }
}

fn tell(event: &Event) {
    let handlers: Vec<Handler> = STATE.with_borrow(|state| {
        state
            .handlers
            .iter()
            .map(|(_, handler)| Rc::clone(handler))
            .collect()
    });
    for handler in handlers {
        handler(event);
    }
}
