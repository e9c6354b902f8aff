//! The walk along a column's different values, each with how often it stands there.

use std::cmp::Reverse;

use assay_model::{ColumnProfile, ColumnType, Distribution, words};
use datafusion::arrow::{
    array::{Array, ArrayRef, Float64Array, Int64Array},
    datatypes::DataType,
};

use super::{Scale, numbers};
use crate::{
    EngineError,
    cells::{self, Shown},
    types,
    udaf::{at_rank, between},
};

/// Bars of a small histogram.
const BINS: usize = 20;
/// Values listed where there are no bars.
const LISTED: usize = 10;
/// Characters of a value at a glance.
const BRIEF: usize = 100;
const QUARTILES: [f64; 3] = [0.25, 0.5, 0.75];

/// What is said of a column.
pub(super) struct Profile {
    pub(super) kind: ColumnType,
    pub(super) count: u64,
    pub(super) missing: u64,
    pub(super) distinct: u64,
    pub(super) min: Option<String>,
    pub(super) max: Option<String>,
    pub(super) mean: Option<f64>,
    pub(super) stddev: Option<f64>,
    pub(super) quartiles: [Option<f64>; 3],
    pub(super) top: Option<(String, u64)>,
    pub(super) histogram: Option<Distribution>,
}

impl Profile {
    /// The same for those who look at the data set itself.
    pub(super) fn glance(self, name: &str) -> ColumnProfile {
        let (top, top_count) = self.top.unzip();
        ColumnProfile {
            name: name.to_owned(),
            kind: self.kind,
            missing: Some(self.missing),
            distinct: Some(self.distinct),
            min: self.min.as_deref().map(brief),
            max: self.max.as_deref().map(brief),
            top: top.as_deref().map(brief),
            top_count,
            distribution: self.histogram.map(|mut distribution| {
                for value in distribution.values.iter_mut().flatten() {
                    *value = brief(value);
                }
                distribution
            }),
        }
    }
}

/// A value may be a whole book; its beginning tells which.
fn brief(text: &str) -> String {
    words::shorten(text, BRIEF)
}

/// The walk. On a scale of numbers or times the values come in order.
pub(super) struct Walk {
    scale: Scale,
    count: u64,
    least: f64,
    greatest: f64,
    distinct: u64,
    min: Option<String>,
    max: Option<String>,
    top: Option<(String, u64)>,
    /// Rows passed, with mean and sum of squared distances from it (Welford's way).
    passed: u64,
    mean: f64,
    squares: f64,
    /// For each quartile the values below and above its place.
    around: [[Option<f64>; 2]; 3],
    bins: [u64; BINS],
    /// The most frequent words, the most frequent first.
    words: Vec<(String, u64)>,
}

impl Walk {
    /// A walk along `count` values between two ends.
    pub(super) fn new(scale: Scale, count: u64, least: f64, greatest: f64) -> Self {
        Self {
            scale,
            count,
            least,
            greatest,
            distinct: 0,
            min: None,
            max: None,
            top: None,
            passed: 0,
            mean: 0.0,
            squares: 0.0,
            around: Default::default(),
            bins: [0; BINS],
            words: Vec::new(),
        }
    }

    /// Takes some more values and how often each stands there.
    pub(super) fn along(
        &mut self,
        values: &ArrayRef,
        times: &Int64Array,
    ) -> Result<(), EngineError> {
        let shown = Shown::new(values)?;
        let numbers = match self.scale {
            Scale::Words => None,
            _ => Some(numbers(values)?),
        };
        for row in (0..values.len()).filter(|row| values.is_valid(*row)) {
            let times = times.value(row).cast_unsigned();
            self.distinct += 1;
            match &numbers {
                Some(numbers) => self.number(numbers, row, times, &shown)?,
                None => self.word(shown.text(row)?, times),
            }
        }
        Ok(())
    }

    fn number(
        &mut self,
        numbers: &Float64Array,
        row: usize,
        times: u64,
        shown: &Shown<'_>,
    ) -> Result<(), EngineError> {
        let x = numbers.value(row);
        if self.min.is_none() {
            self.min = Some(shown.text(row)?);
        }
        if self.passed + times == self.count {
            self.max = Some(shown.text(row)?);
        }
        if self.top.as_ref().is_none_or(|(_, most)| times > *most) {
            self.top = Some((shown.text(row)?, times));
        }
        for (q, around) in QUARTILES.iter().zip(&mut self.around) {
            let (below, _) = at_rank(self.count, *q);
            for (step, place) in around.iter_mut().enumerate() {
                let rank = below + step as u64;
                if (self.passed..self.passed + times).contains(&rank) {
                    *place = Some(x);
                }
            }
        }
        self.passed += times;
        let step = x - self.mean;
        self.mean += step * times as f64 / self.passed as f64;
        self.squares += step * (x - self.mean) * times as f64;
        if x.is_finite() {
            self.bins[self.bin(x)] += times;
        }
        Ok(())
    }

    fn bin(&self, x: f64) -> usize {
        let width = self.greatest - self.least;
        if width > 0.0 {
            let place = (x - self.least) / width * BINS as f64;
            (place as usize).min(BINS - 1)
        } else {
            0
        }
    }

    fn word(&mut self, word: String, times: u64) {
        self.passed += times;
        if self.min.as_ref().is_none_or(|min| word < *min) {
            self.min = Some(word.clone());
        }
        if self.max.as_ref().is_none_or(|max| word > *max) {
            self.max = Some(word.clone());
        }
        // The more frequent first, then by the alphabet.
        let place = self.words.partition_point(|(other, most)| {
            (Reverse(*most), other.as_str()) < (Reverse(times), word.as_str())
        });
        if place < LISTED {
            self.words.insert(place, (word, times));
            self.words.truncate(LISTED);
        }
    }

    /// All figures, but for what is missing.
    pub(super) fn finish(self, data_type: &DataType) -> Result<Profile, EngineError> {
        let is_number = self.scale == Scale::Number && self.count > 0;
        let mut quartiles = [None; 3];
        if is_number {
            for ((quartile, q), [low, high]) in quartiles.iter_mut().zip(QUARTILES).zip(self.around)
            {
                let (_, weight) = at_rank(self.count, q);
                *quartile = low.map(|low| between(low, high.unwrap_or(low), weight));
            }
        }
        let histogram = self.histogram(data_type)?;
        Ok(Profile {
            kind: types::column_type(data_type),
            count: self.count,
            missing: 0,
            distinct: self.distinct,
            mean: is_number.then_some(self.mean),
            stddev: (is_number && self.count > 1)
                .then(|| (self.squares / (self.count - 1) as f64).sqrt()),
            quartiles,
            top: self.top.or_else(|| self.words.first().cloned()),
            min: self.min,
            max: self.max,
            histogram,
        })
    }

    fn histogram(&self, data_type: &DataType) -> Result<Option<Distribution>, EngineError> {
        if self.scale == Scale::Words {
            let (values, counts) = self.words.iter().cloned().unzip::<_, _, Vec<_>, Vec<_>>();
            return Ok((!values.is_empty()).then_some(Distribution {
                from: None,
                to: None,
                values: Some(values),
                counts,
            }));
        }
        if !self.least.is_finite() {
            return Ok(None);
        }
        let (from, to) = match self.scale {
            Scale::Time => (
                cells::instant(self.least, data_type)?,
                cells::instant(self.greatest, data_type)?,
            ),
            _ => (cells::number(self.least), cells::number(self.greatest)),
        };
        // One value needs no more than one bar.
        let bins = if self.greatest > self.least { BINS } else { 1 };
        Ok(Some(Distribution {
            from: Some(from),
            to: Some(to),
            values: None,
            counts: self.bins[..bins].to_vec(),
        }))
    }
}
