//! Text to values. A text has a type only when nothing of it is lost by reading it as
//! that type: `007` and `+47` stay text, so do whole numbers past 64 bits.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

/// A point in time: microseconds since 1970, in UTC when the text named a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) micros: i64,
    pub(crate) zoned: bool,
}

/// A whole number of 64 bits, written as a program writes it.
pub(crate) fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = match digits.as_bytes() {
        [b'0'] => digits.len() == text.len(),
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if plain { text.parse().ok() } else { None }
}

/// Whether this is a whole number of any size, written as a program writes it.
pub(crate) fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    matches!(digits.as_bytes(), [b'1'..=b'9', rest @ ..] if rest.iter().all(u8::is_ascii_digit))
}

/// A finite number with a point or an exponent, or a whole one.
pub(crate) fn number(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let bytes = unsigned.as_bytes();
    match bytes {
        [b'0', b'0'..=b'9', ..] | [] => return None,
        [b'0'..=b'9' | b'.', ..] => {}
        _ => return None,
    }
    if !bytes
        .iter()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
    {
        return None;
    }
    text.parse::<f64>()
        .ok()
        .filter(|x| x.is_finite())
        .map(positive_zero)
}

/// NaN and the infinities, as exports write them.
pub(crate) fn special(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// Zero has one sign here, so that it is one group and equals itself.
pub(crate) fn positive_zero(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x }
}

/// True or false, in the three ways that programs write them.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// A day, `2026-11-24`, as days since 1970.
pub(crate) fn date(text: &str) -> Option<i32> {
    Some(days(calendar_day(text)?))
}

/// A day as days since 1970.
pub(crate) fn days(day: NaiveDate) -> i32 {
    (day - NaiveDate::default()).num_days() as i32
}

/// A time of day, as microseconds since midnight.
pub(crate) fn time(text: &str) -> Option<i64> {
    let time: NaiveTime = text.parse().ok()?;
    Some((time - NaiveTime::MIN).num_microseconds().unwrap_or(0))
}

/// A day with a time of day, with or without a zone: `2026-11-24T09:30:00Z`,
/// `2026-11-24 09:30`. Digits past the microsecond must be zeros.
pub(crate) fn moment(text: &str) -> Option<Moment> {
    let (day, rest) = text.split_at_checked(10)?;
    let clock = rest.strip_prefix(['T', ' '])?;
    // Only digits may follow a `T`, so that dates in prose stay text.
    if !clock.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    let (clock, offset) = split_zone(clock)?;
    let time = NaiveTime::parse_from_str(clock, "%H:%M:%S%.f")
        .or_else(|_| NaiveTime::parse_from_str(clock, "%H:%M"))
        .ok()?;
    let nanos = (time - NaiveTime::MIN).num_nanoseconds()?;
    if nanos % 1_000 != 0 {
        return None;
    }
    let midnight = calendar_day(day)?.and_time(NaiveTime::MIN).and_utc();
    let micros = midnight.timestamp_micros() + nanos / 1_000 - offset.unwrap_or(0) * 1_000_000;
    Some(Moment {
        micros,
        zoned: offset.is_some(),
    })
}

/// A value of a condition on a point in time, in nanoseconds where they fit: the forms
/// that a condition may have are wider than those of a file.
pub(crate) fn condition_moment(text: &str) -> Option<DateTime<chrono::Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    if let Ok(time) = text.replace(' ', "T").parse::<NaiveDateTime>() {
        return Some(time.and_utc());
    }
    Some(calendar_day(text)?.and_time(NaiveTime::MIN).and_utc())
}

fn calendar_day(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let value = |digits: &[u8]| {
        digits.iter().try_fold(0_u32, |sum, digit| {
            digit
                .is_ascii_digit()
                .then(|| sum * 10 + u32::from(digit - b'0'))
        })
    };
    let year = value(&bytes[..4])?.cast_signed();
    NaiveDate::from_ymd_opt(year, value(&bytes[5..7])?, value(&bytes[8..])?)
}

/// The clock and the seconds east of UTC, when there is a zone.
fn split_zone(text: &str) -> Option<(&str, Option<i64>)> {
    if let Some(clock) = text.strip_suffix('Z').or_else(|| text.strip_suffix(" UTC")) {
        return Some((clock, Some(0)));
    }
    let Some(at) = text.rfind(['+', '-']) else {
        return Some((text, None));
    };
    let (clock, zone) = text.split_at(at);
    let digits: Vec<i64> = zone[1..]
        .bytes()
        .filter(|byte| *byte != b':')
        .map(|byte| byte.is_ascii_digit().then(|| i64::from(byte - b'0')))
        .collect::<Option<_>>()?;
    let (hours, minutes) = match digits[..] {
        [a, b] => (a * 10 + b, 0),
        [a, b, c, d] => (a * 10 + b, c * 10 + d),
        _ => return None,
    };
    if hours > 18 || minutes > 59 {
        return None;
    }
    let seconds = hours * 3_600 + minutes * 60;
    Some((
        clock,
        Some(if zone.starts_with('-') {
            -seconds
        } else {
            seconds
        }),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_would_change_stays_text() {
        for text in [
            "007",
            "+5",
            "1 000",
            "1,5",
            "0x1F",
            "",
            "-",
            "1e",
            "e5",
            "00.5",
            "9223372036854775808",
        ] {
            assert_eq!(integer(text), None, "{text}");
        }
        for text in [
            "007", "+5", "1,5", "0x1F", "", "-", "1e", "e5", "00.5", "inf", "nan", "1e999",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
        assert!(is_whole("9223372036854775808") && !is_whole("007"));
    }

    #[test]
    fn numbers_read_as_programs_write_them() {
        assert_eq!(integer("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(integer("0"), Some(0));
        assert_eq!(number("-1.5e-3"), Some(-0.0015));
        assert_eq!(number(".5"), Some(0.5));
        assert!(number("-0").is_some_and(f64::is_sign_positive));
    }

    #[test]
    fn days_and_moments_reach_before_1970() {
        assert_eq!(date("1970-01-01"), Some(0));
        assert_eq!(date("1969-12-31"), Some(-1));
        assert_eq!(date("2024-02-30"), None);
        let micros = |text| moment(text).map(|moment| (moment.micros, moment.zoned));
        assert_eq!(micros("1969-12-31T23:59:59.5"), Some((-500_000, false)));
        assert_eq!(micros("1970-01-01 01:00:00+01:00"), Some((0, true)));
        assert_eq!(micros("1970-01-01T00:00Z"), Some((0, true)));
        assert_eq!(micros("1970-01-01T00:00:00.000000001Z"), None);
        assert_eq!(micros("1970-01-01 at noon"), None);
    }
}
