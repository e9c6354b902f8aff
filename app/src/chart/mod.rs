//! Charts, drawn from the small Vega-Lite specifications that analyses leave.
//!
//! A chart is text made of SVG: the server writes it into the page, the browser writes
//! it anew for the width that it has, so that letters never scale. Colours are classes.
//! The table of the same figures stands below each chart.

mod bars;
mod lines;
mod plot;
mod scale;
pub mod spark;
mod svg;

pub use svg::escape;

use crate::sig::Sig;
use serde_json::Value;

use plot::{Mark, Plot};

use crate::node::{IntoNode, Node, div, el};

/// The width drawn for on the server, which does not know the reader's.
const FIRST_WIDTH: f64 = 600.0;

/// The chart of a specification, under its title; `None` when it is not of the kinds
/// that are drawn here.
pub fn chart(spec: &Value) -> Option<Node> {
    let plot = Plot::read(spec)?;
    let width = Sig::new(FIRST_WIDTH);
    let title = plot.title.clone();
    let frame = div("chart").html(move || draw(&plot, width.get()));
    #[cfg(feature = "hydrate")]
    let frame = frame.hook(move |frame| browser::follow_width(&frame, width));
    let card = el("section")
        .class("card chart-card")
        .add(el("h2").add(title))
        .add(frame);
    Some(card.into_node())
}

fn draw(plot: &Plot, width: f64) -> String {
    let width = width.max(220.0);
    match plot.mark {
        Mark::Bar => bars::draw(plot, width),
        Mark::Line => lines::draw(plot, width),
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{Element, ResizeObserver};

    use crate::sig::Sig;

    /// Draws anew whenever the frame has another width.
    pub fn follow_width(frame: &Element, width: Sig<f64>) {
        let measured = frame.clone();
        let measure = Closure::<dyn FnMut()>::new(move || {
            let now = f64::from(measured.client_width());
            // A frame that is hidden has no width, and a scroll bar is no reason to redraw.
            if now > 0.0
                && width
                    .try_peek(Clone::clone)
                    .is_some_and(|drawn| (drawn - now).abs() > 0.5)
            {
                width.set(now);
            }
        });
        let Ok(observer) = ResizeObserver::new(measure.as_ref().unchecked_ref()) else {
            return;
        };
        observer.observe(frame);
        let kept = StoredValue::new_local((observer, measure));
        on_cleanup(move || kept.with_value(|(observer, _)| observer.disconnect()));
    }
}
