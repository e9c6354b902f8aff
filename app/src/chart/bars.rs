//! Bars: a category a row, its name on the left, its value at the bar's end.

use assay_model::words;

use crate::figures;

use super::{
    plot::Plot,
    scale::{Scale, tick, ticks},
    svg::{Anchor, Svg, legend, mark, wide},
};

/// Height of a bar that stands alone in its row.
const BAR: f64 = 18.0;
/// Height of a bar beside others of its row.
const SLIM: f64 = 12.0;
const GAP: f64 = 8.0;
/// Below the bars: figures of the axis, and what they mean.
const AXIS: f64 = 44.0;
/// Room for a value at the end of the longest bar.
const VALUE: f64 = 58.0;

/// Draws the plot for a width.
pub fn draw(plot: &Plot, width: f64) -> String {
    let several = plot.series.len() > 1;
    let top = if several { 26.0 } else { 0.0 };
    let thick = if several { SLIM } else { BAR };
    let row = plot.series.len() as f64 * thick + GAP;
    let bottom = top + plot.places.len() as f64 * row;

    let longest = plot
        .places
        .iter()
        .map(|place| wide(place))
        .fold(0.0, f64::max);
    let left = (longest + 10.0).clamp(34.0, width * 0.38);
    let fits = ((left - 10.0) / 7.2) as usize;
    let (least, most) = plot.range();
    let before = if least < 0.0 { VALUE } else { 0.0 };
    let after = if most > 0.0 { VALUE } else { 8.0 };
    let scale = Scale::new((least, most), (left + before, width - after));

    let mut svg = Svg::new(width, bottom + AXIS, &says(plot));
    if several {
        let names: Vec<_> = plot
            .series
            .iter()
            .map(|series| series.name.clone())
            .collect();
        legend(&mut svg, &names, width);
    }
    for value in ticks(
        (least, most),
        ((width - left) / 110.0).clamp(2.0, 6.0) as usize,
    ) {
        let x = scale.at(value);
        svg.line(
            if value == 0.0 { "grid zero" } else { "grid" },
            (x, top),
            (x, bottom),
        );
        svg.text("tick", (x, bottom + 16.0), Anchor::Middle, &tick(value));
    }
    let middle = f64::midpoint(scale.at(least), scale.at(most));
    svg.text(
        "tick",
        (middle, bottom + 36.0),
        Anchor::Middle,
        &plot.value_title,
    );

    let values = plot
        .series
        .iter()
        .flat_map(|series| series.values.iter().flatten());
    let decimals = figures::decimals(values.copied());
    for (i, place) in plot.places.iter().enumerate() {
        let y = top + i as f64 * row + GAP / 2.0;
        let label = (left - 8.0, y + (row - GAP) / 2.0 + 4.5);
        svg.text("name", label, Anchor::End, &words::shorten(place, fits));
        for (n, series) in plot.series.iter().enumerate() {
            let Some(value) = series.values[i] else {
                continue;
            };
            let (zero, end) = (scale.at(0.0), scale.at(value));
            let at = (zero.min(end), y + n as f64 * thick);
            let figure = figures::figure(value, decimals);
            let says = [place.as_str(), &series.name, &figure]
                .join(" ")
                .replace("  ", " ");
            svg.bar(
                &mark(n),
                at,
                ((end - zero).abs().max(1.0), thick - 2.0),
                &says,
            );
            let (x, anchor) = if value < 0.0 {
                (end - 6.0, Anchor::End)
            } else {
                (end + 6.0, Anchor::Start)
            };
            svg.text("value", (x, at.1 + thick / 2.0 + 3.5), anchor, &figure);
        }
    }
    svg.finish()
}

/// The chart in words, for those who do not see it.
fn says(plot: &Plot) -> String {
    let (least, most) = plot.range();
    format!(
        "Bar chart: {}. {}, {} to {}. The table below has all figures.",
        plot.title,
        words::counted(plot.places.len() as u64, "category", "categories"),
        words::number(least),
        words::number(most)
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plot(values: &[(&str, f64)]) -> Plot {
        let values: Vec<_> = values
            .iter()
            .map(|(name, value)| json!({"name": name, "n": value}))
            .collect();
        Plot::read(&json!({
            "mark": "bar", "title": "Count by name", "data": {"values": values},
            "encoding": {"x": {"field": "n", "type": "quantitative"}, "y": {"field": "name", "type": "nominal"}},
        }))
        .unwrap()
    }

    fn numbers(svg: &str, before: &str) -> Vec<f64> {
        svg.split(before)
            .skip(1)
            .filter_map(|rest| rest.split('"').next()?.parse().ok())
            .collect()
    }

    #[test]
    fn every_bar_and_its_value_stay_within_the_width() {
        for width in [240.0, 640.0, 1_200.0] {
            let svg = draw(
                &plot(&[
                    ("Frontier Airlines Incorporated", 1_234_567.0),
                    ("UA", -12.5),
                ]),
                width,
            );
            assert!(
                numbers(&svg, " x=\"")
                    .iter()
                    .all(|x| (0.0..=width).contains(x)),
                "{svg}"
            );
            assert!(svg.contains("1,234,567") && svg.contains("−12.5"), "{svg}");
        }
    }

    #[test]
    fn bars_are_as_long_as_their_values() {
        let svg = draw(&plot(&[("a", 10.0), ("b", 5.0)]), 640.0);
        let lengths: Vec<f64> = svg
            .split("<rect")
            .skip(1)
            .flat_map(|rect| numbers(rect, " width=\"").into_iter().take(1))
            .collect();
        assert!((lengths[0] / lengths[1] - 2.0).abs() < 0.01, "{lengths:?}");
    }

    #[test]
    fn names_from_data_cannot_become_markup() {
        let svg = draw(&plot(&[("<script>alert(1)</script>", 1.0)]), 640.0);
        assert!(!svg.contains("<script"), "{svg}");
    }
}
