//! Points in time: milliseconds since the Unix epoch inside, RFC 3339 in UTC outside.

use std::{
    fmt,
    time::{Duration, UNIX_EPOCH},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds since 1970-01-01T00:00:00Z.
///
/// ```
/// # use assay_model::Timestamp;
/// let t = Timestamp::from_millis(1_795_510_800_000);
/// assert_eq!(serde_json::to_string(&t).unwrap(), "\"2026-11-24T09:00:00.000Z\"");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// The first millisecond of the year 10000, which RFC 3339 cannot write.
const END: u64 = 253_402_300_800_000;

impl Timestamp {
    /// The point `millis` milliseconds after the epoch.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// Milliseconds from `earlier` to this, never below zero.
    pub fn millis_since(self, earlier: Self) -> u64 {
        u64::try_from(self.0 - earlier.0).unwrap_or(0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = u64::try_from(self.0).ok().filter(|millis| *millis < END);
        match since.and_then(|millis| UNIX_EPOCH.checked_add(Duration::from_millis(millis))) {
            Some(time) => humantime::format_rfc3339_millis(time).fmt(f),
            // Nothing here happened before the epoch or after the year 9999.
            None => write!(f, "{} ms", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        humantime::parse_rfc3339(&text)
            .ok()
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
            .and_then(|since| i64::try_from(since.as_millis()).ok())
            .map(Self)
            .ok_or_else(|| {
                serde::de::Error::custom(format!("“{text}” is not a time in RFC 3339 and UTC"))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        for millis in [0, 951_782_400_001, 1_795_510_800_204, END.cast_signed() - 1] {
            let time = Timestamp::from_millis(millis);
            let text = serde_json::to_string(&time).unwrap();
            assert_eq!(serde_json::from_str::<Timestamp>(&text).unwrap(), time);
        }
        assert_eq!(
            Timestamp::from_millis(951_782_400_001).to_string(),
            "2000-02-29T00:00:00.001Z"
        );
    }

    #[test]
    fn what_cannot_be_written_does_not_read() {
        assert_eq!(Timestamp::from_millis(-1).to_string(), "-1 ms");
        assert_eq!(
            Timestamp::from_millis(i64::MAX).to_string(),
            "9223372036854775807 ms"
        );
        for bad in ["\"2026-11-24\"", "\"2026-11-24T09:00:00+01:00\"", "1"] {
            assert!(serde_json::from_str::<Timestamp>(bad).is_err(), "{bad}");
        }
    }
}
