//! A distribution the size of a word, for a cell of a table.

use serde_json::Value;

use super::svg::Svg;
use crate::{
    json,
    node::{IntoNode, Node, span},
};

const HEIGHT: f64 = 20.0;
const BAR: f64 = 6.0;

/// The small histogram that `describe` leaves in a cell: `{"counts": […], …}`. `None`
/// when the text is anything else.
pub fn bars(text: &str) -> Option<Node> {
    let drawn = draw(&json::parse(text)?)?;
    Some(span("spark").html(drawn).into_node())
}

fn draw(value: &Value) -> Option<String> {
    let counts: Vec<f64> = value["counts"]
        .as_array()?
        .iter()
        .filter_map(Value::as_f64)
        .collect();
    let most = counts.iter().copied().fold(0.0, f64::max);
    if most <= 0.0 {
        return None;
    }
    let end = |name: &str| match &value[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let says = match value["values"].as_array() {
        Some(_) => "Counts of the most frequent values".to_owned(),
        None => format!("Distribution from {} to {}", end("from"), end("to")),
    };
    let mut svg = Svg::new(counts.len() as f64 * BAR, HEIGHT, &says);
    for (i, count) in counts.iter().enumerate() {
        let height = (count / most * HEIGHT).max(if *count > 0.0 { 1.0 } else { 0.0 });
        let value = value["values"][i]
            .as_str()
            .map(|value| format!("{value}: "))
            .unwrap_or_default();
        svg.bar(
            "mark mark-1",
            (i as f64 * BAR, HEIGHT - height),
            (BAR - 1.0, height),
            &format!("{value}{count}"),
        );
    }
    Some(svg.finish())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_fullest_bin_is_as_high_as_the_line() {
        let svg = draw(&json!({"from": 0, "to": 10, "counts": [1, 4, 0]})).unwrap();
        assert_eq!(svg.matches("<rect").count(), 3);
        assert!(
            svg.contains("height=\"20.0\"") && svg.contains("height=\"5.0\""),
            "{svg}"
        );
        assert!(svg.contains("Distribution from 0 to 10"));
    }

    #[test]
    fn nothing_counted_draws_nothing() {
        assert_eq!(draw(&json!({"counts": []})), None);
        assert_eq!(draw(&json!({"other": 1})), None);
    }
}
