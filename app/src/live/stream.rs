//! The browser's `EventSource`, opened again when it has given up.

use crate::sig::Sig;
use std::{cell::RefCell, rc::Rc, time::Duration};

use assay_model::{Event, ResetReason};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent};

use super::Link;
use crate::{load::back_off, urls};

/// After so many tries without success the badge says `Offline`.
const PATIENCE: u32 = 3;

type Handler = Rc<dyn Fn(&Event)>;

#[derive(Default)]
struct State {
    handlers: Vec<(u32, Handler)>,
    next_handler: u32,
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

/// Adds a handler, until the caller's part of the page goes.
pub fn listen(handler: Handler) {
    let id = STATE.with_borrow_mut(|state| {
        state.next_handler += 1;
        state.handlers.push((state.next_handler, handler));
        state.next_handler
    });
    on_cleanup(move || {
        STATE.with_borrow_mut(|state| state.handlers.retain(|(have, _)| *have != id));
    });
}

/// Opens the stream.
pub fn open(link: Sig<Link>) {
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
                set_timeout(move || open(link), wait);
            }
        }
    });
    source.set_onerror(Some(on_error.as_ref().unchecked_ref()));

    // They live as long as the stream, which lives as long as the page.
    on_open.forget();
    on_message.forget();
    on_error.forget();
}

/// Up to a second more, so that many pages do not come back in the same instant.
fn spread() -> Duration {
    Duration::from_millis((js_sys::Math::random() * 1_000.0) as u64)
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
