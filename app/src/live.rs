//! What happens while one looks: one stream of events for the whole page, handed to
//! whichever part listens.
//!
//! A page is complete without it. The stream opens once the page stands; whatever
//! happened between rendering and opening is made good by one `Reset`, upon which each
//! part fetches its list anew. After a break the stream resumes at the event it had
//! last, so nothing is missed and nothing is told twice. What is told while a part of
//! the page fetches what it shows is told to it again once it stands.

#[cfg(feature = "hydrate")]
mod stream;

use crate::sig::Sig;
use assay_model::Event;
#[cfg(feature = "hydrate")]
use leptos::prelude::Effect;

/// How the stream stands, as the badge says it.
#[cfg_attr(
    not(feature = "hydrate"),
    expect(dead_code, reason = "only a browser has a stream")
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// It has not opened yet.
    Opening,
    /// Events arrive.
    Live,
    /// It broke and is being opened again.
    Reconnecting,
    /// It broke some time ago.
    Offline,
}

impl Link {
    /// The word on the badge.
    pub fn word(self) -> &'static str {
        match self {
            Self::Opening => "Connecting",
            Self::Live => "Live",
            Self::Reconnecting => "Reconnecting",
            Self::Offline => "Offline",
        }
    }

    /// The class that gives its colour.
    pub fn class(self) -> &'static str {
        match self {
            Self::Opening => "chip wait",
            Self::Live => "chip good",
            Self::Reconnecting => "chip run",
            Self::Offline => "chip bad",
        }
    }
}

/// Opens the stream, in the browser, and provides how it stands.
pub fn provide() -> Sig<Link> {
    let link = Sig::new(Link::Opening);
    #[cfg(feature = "hydrate")]
    Effect::new(move || stream::begin(link));
    link
}

#[cfg(feature = "hydrate")]
pub use stream::{now, tell_again, wrote};

/// Where nothing lives, nothing is told meanwhile.
#[cfg(not(feature = "hydrate"))]
pub fn now() -> f64 {
    0.0
}

/// Where nothing lives, there is nothing to tell again.
#[cfg(not(feature = "hydrate"))]
pub fn tell_again(_since: f64) {}

/// Calls `handler` with each event for as long as the caller's part of the page stands.
pub fn on_event(handler: impl Fn(&Event) + 'static) {
    #[cfg(feature = "hydrate")]
    stream::listen(handler);
    #[cfg(not(feature = "hydrate"))]
    drop(handler);
}
