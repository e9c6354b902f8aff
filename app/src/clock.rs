//! The time of day, and times in words that stay true.

use crate::sig::Sig;
use assay_model::Timestamp;
use leptos::prelude::*;

use crate::node::{El, IntoNode, Node, el};

/// The present, moving on once a second in the browser.
#[derive(Clone, Copy)]
struct Clock(Sig<Timestamp>);

/// Starts the clock of the page.
pub fn provide() {
    let now = Sig::new(read());
    provide_context(Clock(now));
    if cfg!(feature = "hydrate") {
        Effect::new(move || {
            let tick = move || now.set(read());
            let handle = set_interval_with_handle(tick, std::time::Duration::from_secs(1));
            on_cleanup(move || {
                if let Ok(handle) = handle {
                    handle.clear();
                }
            });
        });
    }
}

/// The present; what reads it is drawn anew each second.
pub fn signal() -> Sig<Timestamp> {
    use_context::<Clock>().map_or_else(|| Sig::new(read()), |clock| clock.0)
}

/// A time as people say it, with the exact one on hover.
pub fn ago(at: Timestamp) -> Node {
    let now = signal();
    time(at).add(move || since(at, now.get())).into_node()
}

/// A time of day to the millisecond, with the date on hover.
pub fn moment(at: Timestamp) -> Node {
    let exact = exact(at);
    let clock = move || {
        let exact = exact.get();
        exact
            .split_once(", ")
            .map_or(exact.clone(), |(_, clock)| clock.to_owned())
    };
    time(at).add(clock).into_node()
}

fn time(at: Timestamp) -> El {
    let exact = exact(at);
    el("time")
        .attr("datetime", at.to_string())
        .attr("title", move || exact.get())
}

/// The exact time: as the server writes it, then as the reader's browser does.
fn exact(at: Timestamp) -> Sig<String> {
    let exact = Sig::new(utc(at));
    #[cfg(feature = "hydrate")]
    Effect::new(move || exact.set(local(at)));
    exact
}

/// How long `at` is past: `just now`, `3 min ago`, `2 days ago`.
fn since(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.millis_since(at) / 1_000;
    match seconds {
        0..10 => "just now".to_owned(),
        10..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        86_400..172_800 => "yesterday".to_owned(),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

/// `2026-11-24, 09:00:00.204 UTC`: what the server writes, which does not know where the
/// reader is.
fn utc(at: Timestamp) -> String {
    let text = at.to_string();
    text.replacen('T', ", ", 1).replacen('Z', " UTC", 1)
}

#[cfg(feature = "hydrate")]
fn read() -> Timestamp {
    Timestamp::from_millis(js_sys::Date::now() as i64)
}

#[cfg(not(feature = "hydrate"))]
fn read() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp::from_millis(since.map_or(0, |since| since.as_millis() as i64))
}

/// The date and the time of day as the reader's browser writes them.
#[cfg(feature = "hydrate")]
fn local(at: Timestamp) -> String {
    let date = js_sys::Date::new(&(at.as_millis() as f64).into());
    let day = date.to_locale_date_string("default", &wasm_bindgen::JsValue::UNDEFINED);
    let clock = date.to_locale_time_string("default");
    format!("{}, {}", String::from(day), String::from(clock))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_unit_that_fits() {
        let told = |seconds: i64| {
            since(
                Timestamp::from_millis(0),
                Timestamp::from_millis(seconds * 1_000),
            )
        };
        assert_eq!(told(3), "just now");
        assert_eq!(told(-5), "just now");
        assert_eq!(told(59), "59 s ago");
        assert_eq!(told(185), "3 min ago");
        assert_eq!(told(7_300), "2 h ago");
        assert_eq!(told(100_000), "yesterday");
        assert_eq!(told(864_000), "10 days ago");
    }

    #[test]
    fn the_server_says_which_time_zone_it_means() {
        assert_eq!(
            utc(Timestamp::from_millis(1_795_510_800_204)),
            "2026-11-24, 09:00:00.204 UTC"
        );
    }
}
