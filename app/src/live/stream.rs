//! The browser's `EventSource`, opened again when it has given up.
//!
//! Messages, and that it opened or failed, come as streams of the same source: what is
//! called an error here is also how a browser says that it is trying again.

use crate::sig::Sig;
use std::{cell::RefCell, rc::Rc, time::Duration};

use assay_model::{Event, ResetReason};
use futures::StreamExt;
use gloo_net::eventsource::{
    State as Ready,
    futures::{EventSource, EventSourceSubscription},
};
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

use super::Link;
use crate::{json, load::back_off, urls};

/// After so many tries without success the badge says `Offline`.
const PATIENCE: u32 = 3;

/// How long an event is kept for parts of the page that fetch what they show, in
/// milliseconds: longer than fetching takes.
const KEPT: f64 = 60_000.0;
/// The name under which the browser tells that the stream is open.
const OPEN: &str = "open";
/// The name under which it tells that the stream broke.
const ERROR: &str = "error";
/// What the tabs of a browser tell each other on.
const CHANNEL: &str = "assay";

type Handler = Rc<dyn Fn(&Event)>;

#[derive(Default)]
struct State {
    handlers: Vec<(u32, Handler)>,
    next_handler: u32,
    /// The stream under way; dropping it closes it.
    source: Option<EventSource>,
    /// How many streams have been opened: what an earlier one says no longer counts.
    nth: u32,
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

/// The present, for [`tell_again`].
pub fn now() -> f64 {
    js_sys::Date::now()
}

/// Tells once more what was told from `since` on. For parts of the page that have just
/// taken in lists which they asked for then: what was told meanwhile may be newer than
/// the answer, and would be undone by it.
pub fn tell_again(since: f64) {
    let again: Vec<_> = STATE.with_borrow(|state| {
        let of_late = state.recent.iter().filter(|(when, _)| *when >= since);
        of_late.map(|(_, event)| Rc::clone(event)).collect()
    });
    for event in again {
        // A reset has its lists asked for again by itself.
        if !matches!(*event, Event::Reset(_)) {
            tell(&event);
        }
    }
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
    let Ok(mut source) = EventSource::new(&address) else {
        return link.set(Link::Offline);
    };
    let nth = STATE.with_borrow_mut(|state| {
        state.nth += 1;
        state.nth
    });
    for name in [OPEN, ERROR].into_iter().chain(Event::NAMES) {
        // Subscribing fails only for options, and there are none.
        if let Ok(told) = source.subscribe(name) {
            spawn_local(follow(told, link, nth));
        }
    }
    let before = STATE.with_borrow_mut(|state| state.source.replace(source));
    // Closing tells its subscribers, who then look at the state.
    drop(before);
}

/// Passes on what one subscription is told, while its stream is the one under way.
async fn follow(mut told: EventSourceSubscription, link: Sig<Link>, nth: u32) {
    while let Some(next) = told.next().await {
        if STATE.with_borrow(|state| state.nth) != nth {
            return;
        }
        match next {
            Ok((name, _)) if name == OPEN => opened(link),
            Ok((name, _)) if name == ERROR => failed(link, nth),
            Ok((_, message)) => heard(&message),
            // All subscriptions are told of an end; the one to errors sees to it.
            Err(_) => {}
        }
    }
}

fn opened(link: Sig<Link>) {
    link.set(Link::Live);
    let is_first = STATE.with_borrow_mut(|state| {
        state.failures = 0;
        !std::mem::replace(&mut state.opened, true)
    });
    if is_first {
        let reset = Rc::new(Event::Reset(ResetReason::Unknown));
        STATE.with_borrow_mut(|state| state.keep(&reset));
        tell(&reset);
    }
}

fn heard(message: &MessageEvent) {
    let id = message.last_event_id();
    if !id.is_empty() {
        STATE.with_borrow_mut(|state| state.last_id = id);
    }
    let data = message.data().as_string().unwrap_or_default();
    // What a newer server says and this page cannot read is skipped, not an error.
    let read = json::parse(&data).and_then(|data| Event::read(&message.type_(), data).ok()?);
    if let Some(event) = read {
        let event = Rc::new(event);
        STATE.with_borrow_mut(|state| state.keep(&event));
        tell(&event);
    }
}

fn failed(link: Sig<Link>, nth: u32) {
    let (failures, has_ended) = STATE.with_borrow_mut(|state| {
        state.failures += 1;
        let ready = state.source.as_ref().map(EventSource::state);
        (state.failures, matches!(ready, Some(Ready::Closed)))
    });
    link.set(if failures > PATIENCE {
        Link::Offline
    } else {
        Link::Reconnecting
    });
    if has_ended {
        // It does not come back by itself from an answer that is no stream.
        let again = move || {
            // Another may have been opened in its place meanwhile.
            if STATE.with_borrow(|state| state.nth) == nth {
                open(link);
            }
        };
        set_timeout(again, back_off(failures - 1) + spread());
    }
}

/// Up to a second more, so that many pages do not come back in the same instant.
fn spread() -> Duration {
    Duration::from_millis((js_sys::Math::random() * 1_000.0) as u64)
}

impl State {
    fn keep(&mut self, event: &Rc<Event>) {
        let Some(about) = about(event) else { return };
        if matches!(**event, Event::Reset(_)) {
            self.recent.clear();
        }
        self.forget_old();
        self.recent
            .retain(|(_, have)| self::about(have) != Some(about));
        self.recent.push((now(), Rc::clone(event)));
    }

    fn forget_old(&mut self) {
        let from = now() - KEPT;
        self.recent.retain(|(when, _)| *when > from);
    }
}

/// The job or data set that an event tells of; nil for all of them. Workers come and go
/// without a part of the page that must not miss it.
fn about(event: &Event) -> Option<[u8; 16]> {
    match event {
        Event::Job(job) => Some(job.id.0.into_bytes()),
        Event::Dataset(dataset) => Some(dataset.id.0.into_bytes()),
        Event::JobDeleted(gone) | Event::DatasetDeleted(gone) => Some(gone.id.into_bytes()),
        Event::Reset(_) => Some([0; 16]),
        Event::Worker(_) => None,
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
