//! A distribution the size of a word, for a cell of a table, or of a line, for a card.

use assay_model::{Distribution, tree, words};
use serde_json::Value;

use super::svg::Svg;
use crate::{
    json,
    node::{IntoNode, Node, span},
};

/// How large the bars are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    height: f64,
    bar: f64,
}

/// In a cell of a table.
const WORD: Size = Size {
    height: 20.0,
    bar: 6.0,
};
/// On a card.
pub const LINE: Size = Size {
    height: 36.0,
    bar: 9.0,
};

/// The small histogram that `describe` leaves in a cell: `{"counts": […], …}`. `None`
/// when the text is anything else.
pub fn bars(text: &str) -> Option<Node> {
    let value = json::parse(text)?;
    distribution(&tree::read(value).ok()?, WORD)
}

/// A distribution as bars; `None` when nothing was counted.
pub fn distribution(distribution: &Distribution, size: Size) -> Option<Node> {
    let drawn = draw(distribution, size)?;
    Some(span("spark").html(drawn).into_node())
}

fn draw(distribution: &Distribution, size: Size) -> Option<String> {
    let counts = &distribution.counts;
    let most = counts.iter().copied().max().filter(|most| *most > 0)? as f64;
    let end = |end: &Option<Value>| match end {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let values = distribution.values.as_deref().unwrap_or_default();
    // Those who do not see the bars hear what they say.
    let says = if distribution.values.is_some() {
        let each = values.iter().zip(counts).map(|(value, count)| {
            format!("{} {}", words::shorten(value, 40), words::count(*count))
        });
        format!("Most frequent: {}", each.collect::<Vec<_>>().join(", "))
    } else {
        let each = counts.iter().map(|count| words::count(*count));
        format!(
            "Distribution from {} to {}: {}",
            end(&distribution.from),
            end(&distribution.to),
            each.collect::<Vec<_>>().join(", ")
        )
    };
    let mut svg = Svg::new(counts.len() as f64 * size.bar, size.height, &says);
    for (i, count) in counts.iter().enumerate() {
        let least = if *count > 0 { 1.0 } else { 0.0 };
        let height = (*count as f64 / most * size.height).max(least);
        let value = values
            .get(i)
            .map(|value| format!("{value}: "))
            .unwrap_or_default();
        svg.bar(
            "mark mark-1",
            (i as f64 * size.bar, size.height - height),
            (size.bar - 1.0, height),
            &format!("{value}{}", words::count(*count)),
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
        let counted = json!({"from": 0, "to": 10, "counts": [1, 4, 0]});
        let svg = draw(&tree::read(counted).unwrap(), WORD).unwrap();
        assert_eq!(svg.matches("<rect").count(), 3);
        assert!(
            svg.contains("height=\"20.0\"") && svg.contains("height=\"5.0\""),
            "{svg}"
        );
        assert!(svg.contains("Distribution from 0 to 10: 1, 4, 0"));
    }

    #[test]
    fn nothing_counted_draws_nothing() {
        assert!(bars(r#"{"counts": []}"#).is_none());
        assert!(bars(r#"{"other": 1}"#).is_none());
    }
}
