//! Lines over time.

use assay_model::{Timestamp, words};

use crate::figures;

use super::{
    plot::{Plot, time},
    scale::{Scale, tick, ticks},
    svg::{Anchor, Svg, legend, mark, wide},
};

const HEIGHT: f64 = 260.0;
const AXIS: f64 = 24.0;
const DAY: f64 = 86_400_000.0;
/// Up to so many points each gets a dot of its own.
const DOTS: usize = 60;

/// Draws the plot for a width.
pub fn draw(plot: &Plot, width: f64) -> String {
    // What is no time stands evenly, in the order that it came.
    let times: Option<Vec<f64>> = plot
        .places
        .iter()
        .map(|place| time(place).map(|time| time.as_millis() as f64))
        .collect();
    let is_time = times.is_some();
    let xs = times.unwrap_or_else(|| (0..plot.places.len()).map(|i| i as f64).collect());
    let first = xs.iter().copied().fold(f64::INFINITY, f64::min);
    let last = xs.iter().copied().fold(f64::NEG_INFINITY, f64::max);

    let several = plot.series.len() > 1;
    let top = if several { 52.0 } else { 30.0 };
    let range = plot.range();
    let marks = ticks(range, 5);
    let left = marks
        .iter()
        .map(|value| wide(&tick(*value)))
        .fold(24.0, f64::max)
        + 10.0;
    let across = Scale::new((first, last), (left + 4.0, width - 16.0));
    let up = Scale::new(range, (HEIGHT - 6.0, top));

    let mut svg = Svg::new(width, HEIGHT + AXIS, &says(plot));
    if several {
        let names: Vec<_> = plot
            .series
            .iter()
            .map(|series| series.name.clone())
            .collect();
        legend(&mut svg, &names, width);
    }
    for value in marks {
        let y = up.at(value);
        svg.line("grid", (left, y), (width, y));
        svg.text("tick", (left - 8.0, y + 4.0), Anchor::End, &tick(value));
    }
    let wanted = ((width - left) / 130.0).clamp(2.0, 7.0) as usize;
    for i in 0..wanted {
        let at = first + (last - first) * i as f64 / (wanted - 1) as f64;
        let word = if is_time {
            moment(at, last - first)
        } else {
            plot.places
                .get(at.round() as usize)
                .cloned()
                .unwrap_or_default()
        };
        let anchor = match i {
            0 => Anchor::Start,
            _ if i + 1 == wanted => Anchor::End,
            _ => Anchor::Middle,
        };
        svg.text("tick", (across.at(at), HEIGHT + 16.0), anchor, &word);
    }
    svg.text("tick", (0.0, top - 16.0), Anchor::Start, &plot.value_title);

    let order = figures::order(xs.len(), &mut |a, b| xs[a].total_cmp(&xs[b]));
    for (n, series) in plot.series.iter().enumerate() {
        let point = |i: usize| series.values[i].map(|value| (across.at(xs[i]), up.at(value)));
        svg.path(
            &format!("line {}", mark(n)),
            order.iter().map(|i| point(*i)),
        );
        if order.len() > DOTS {
            continue;
        }
        for i in &order {
            if let (Some(at), Some(value)) = (point(*i), series.values[*i]) {
                let says = [
                    plot.places[*i].as_str(),
                    &series.name,
                    &words::number(value),
                ]
                .join(" ")
                .replace("  ", " ");
                svg.point(&mark(n), at, &says);
            }
        }
    }
    svg.finish()
}

/// A day, or a day and a time when the whole is short.
fn moment(millis: f64, extent: f64) -> String {
    let text = Timestamp::from_millis(millis as i64).to_string();
    if extent > 4.0 * DAY {
        text.chars().take(10).collect()
    } else {
        text.replacen('T', " ", 1)
            .chars()
            .skip(5)
            .take(11)
            .collect()
    }
}

/// The chart in words, for those who do not see it.
fn says(plot: &Plot) -> String {
    let (least, most) = plot.range();
    let ends =
        [plot.places.first(), plot.places.last()].map(|place| place.map_or("", String::as_str));
    format!(
        "Line chart: {}. From {} to {}, between {} and {}. The table below has all figures.",
        plot.title,
        ends[0],
        ends[1],
        words::number(least),
        words::number(most)
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_gap_in_the_values_is_a_gap_in_the_line() {
        let values: Vec<_> = [Some(1.0), None, Some(3.0), Some(2.0)]
            .iter()
            .enumerate()
            .map(|(i, n)| json!({"day": format!("2013-01-0{}", i + 1), "n": n}))
            .collect();
        let plot = Plot::read(&json!({
            "mark": "line", "data": {"values": values},
            "encoding": {"x": {"field": "day", "type": "temporal"}, "y": {"field": "n", "type": "quantitative"}},
        }));
        let svg = draw(&plot.unwrap(), 640.0);
        let way = svg
            .split(" d=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .unwrap();
        assert_eq!(way.matches('M').count(), 2, "{way}");
        assert_eq!(way.matches('L').count(), 1, "{way}");
        assert!(svg.contains("01-01 00:00"), "{svg}");
    }
}
