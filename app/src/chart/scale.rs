//! From values to places on the page.

use assay_model::words;

/// A scale between two values and two places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    from: (f64, f64),
    to: (f64, f64),
}

impl Scale {
    /// Maps the values of `from` onto the places of `to`. A range without extent maps
    /// to the first place.
    pub fn new(from: (f64, f64), to: (f64, f64)) -> Self {
        Self { from, to }
    }

    /// Where a value stands.
    pub fn at(self, value: f64) -> f64 {
        let extent = self.from.1 - self.from.0;
        if extent == 0.0 {
            return self.to.0;
        }
        self.to.0 + (value - self.from.0) / extent * (self.to.1 - self.to.0)
    }
}

/// Round values within a range, about `wanted` of them: multiples of 1, 2, 2.5 or 5
/// and a power of ten.
pub fn ticks((least, most): (f64, f64), wanted: usize) -> Vec<f64> {
    let extent = most - least;
    if extent <= 0.0 || !extent.is_finite() || wanted == 0 {
        return vec![least];
    }
    let rough = extent / wanted as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .map(|n| n * power)
        .into_iter()
        .find(|step| *step >= rough * 0.999);
    let step = step.unwrap_or(power * 10.0);
    let (from, to) = (
        (least / step).ceil() as i64,
        (most / step * 1.000_001).floor() as i64,
    );
    (from..=to).map(|n| n as f64 * step).collect()
}

/// A tick's figure: short, for there is little room.
pub fn tick(value: f64) -> String {
    let size = value.abs();
    let short = |by: f64, unit: &str| format!("{}{unit}", words::number(value / by));
    match size {
        1e9.. => short(1e9, " bn"),
        1e6.. => short(1e6, " M"),
        1e4.. => short(1e3, " k"),
        _ => words::number((value * 1e9).round() / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within_the_range() {
        assert_eq!(ticks((0.0, 20.2), 5), [0.0, 5.0, 10.0, 15.0, 20.0]);
        assert_eq!(ticks((-4.5, 4.5), 4), [-2.5, 0.0, 2.5]);
        assert_eq!(ticks((3.0, 3.0), 5), [3.0]);
    }

    #[test]
    fn large_ticks_are_short() {
        assert_eq!(
            [0.0, 0.3, 5_000.0, 50_000.0, 2e6, 3e9].map(tick).join("; "),
            "0; 0.3; 5,000; 50 k; 2 M; 3 bn"
        );
    }

    #[test]
    fn a_scale_maps_ends_to_ends() {
        let scale = Scale::new((0.0, 10.0), (100.0, 200.0));
        assert!((scale.at(10.0) - 200.0).abs() < 1e-9);
        assert!((Scale::new((1.0, 1.0), (5.0, 9.0)).at(1.0) - 5.0).abs() < 1e-9);
    }
}
