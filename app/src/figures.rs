//! Figures that stand in a column: each as short as it may be, all with the same number
//! of decimals, so that points stand below points.

use std::cmp::Ordering;

use assay_model::words;

/// Decimals past this difference are not made alike: the column spans many magnitudes,
/// and zeros would claim what nobody measured.
const ALIKE: usize = 3;

/// The decimals that a column of these figures is written with; `None` when each is
/// better written for itself.
pub fn decimals(figures: impl Iterator<Item = f64>) -> Option<usize> {
    let mut range: Option<(usize, usize)> = None;
    for figure in figures {
        let text = words::number(figure);
        if text.contains('e') {
            return None;
        }
        if !figure.is_finite() || figure == 0.0 {
            continue;
        }
        let here = text
            .split_once('.')
            .map_or(0, |(_, fraction)| fraction.len());
        let (least, most) = range.unwrap_or((here, here));
        range = Some((least.min(here), most.max(here)));
    }
    range
        .filter(|(least, most)| most - least <= ALIKE)
        .map(|(_, most)| most)
}

/// A figure with so many decimals, its thousands parted.
pub fn figure(value: f64, decimals: Option<usize>) -> String {
    let Some(decimals) = decimals.filter(|_| value.is_finite()) else {
        return words::number(value);
    };
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text
        .split_once('.')
        .map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let whole = whole
        .parse()
        .map_or_else(|_| whole.to_owned(), words::count);
    let sign = if value < 0.0 && text.contains(|c: char| ('1'..='9').contains(&c)) {
        "−"
    } else {
        ""
    };
    match fraction {
        Some(fraction) => format!("{sign}{whole}.{fraction}"),
        None => format!("{sign}{whole}"),
    }
}

/// The places 0 to `n` in the order that `compare` gives; of equals the first stays
/// first. Sorting is compiled once, here, not for each sort of thing.
pub fn order(n: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..n).collect();
    places.sort_by(|a, b| compare(*a, *b));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(figures: &[f64]) -> Vec<String> {
        let decimals = decimals(figures.iter().copied());
        figures
            .iter()
            .map(|value| figure(*value, decimals))
            .collect()
    }

    #[test]
    fn points_stand_below_points() {
        assert_eq!(column(&[20.2157, 19.0, -4.9]), ["20.22", "19.00", "−4.90"]);
        assert_eq!(column(&[685.0, 54_173.0]), ["685", "54,173"]);
        assert_eq!(
            column(&[1.5, f64::NAN, 0.0, -0.001]),
            ["1.500", "NaN", "0.000", "−0.001"]
        );
    }

    #[test]
    fn figures_of_many_magnitudes_stand_for_themselves() {
        assert_eq!(column(&[0.000_123_456, 12_345.0]), ["0.0001235", "12,345"]);
        assert_eq!(column(&[1e20, 1.0]), ["1.000e20", "1"]);
    }
}
