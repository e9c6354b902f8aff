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
    let (negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    // Up to eighteen digits cannot pass 64 bits.
    if digits.len() > 18 {
        return long_integer(text);
    }
    match digits {
        [] | [b'0', _, ..] => return None,
        [b'0'] if negative => return None,
        _ => {}
    }
    let mut value = 0_i64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(if negative { -value } else { value })
}

fn long_integer(text: &str) -> Option<i64> {
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

/// Whether floating point holds this whole number exactly, and no other for it.
pub(crate) fn is_exact(n: i64) -> bool {
    n.unsigned_abs() <= 1 << 53
}

/// A finite number with a point or an exponent, or a whole one.
pub(crate) fn number(text: &str) -> Option<f64> {
    short_number(text.as_bytes()).or_else(|| any_number(text))
}

/// A number of up to fifteen digits with a point among them: both the digits and the
/// power of ten are exact as floating point, so one division rounds correctly.
fn short_number(text: &[u8]) -> Option<f64> {
    let (negative, unsigned) = match text {
        [b'-', unsigned @ ..] => (true, unsigned),
        unsigned => (false, unsigned),
    };
    if unsigned.len() > 16 {
        return None;
    }
    let (mut value, mut point) = (0_u64, None);
    for (i, byte) in unsigned.iter().enumerate() {
        match byte {
            b'0'..=b'9' => value = value * 10 + u64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(i),
            _ => return None,
        }
    }
    // Leading zeros and a bare point are for the rule of all numbers.
    let point = point?;
    if point == 0 || (point > 1 && unsigned[0] == b'0') {
        return None;
    }
    let decimals = unsigned.len() - point - 1;
    let size = value as f64 / POWERS[decimals];
    Some(canonical(if negative { -size } else { size }))
}

/// Powers of ten that are exact.
const POWERS: [f64; 16] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
];

fn any_number(text: &str) -> Option<f64> {
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
        .map(canonical)
}

/// Digits of a decimal past the point, as [`crate::types`] stores them.
const DECIMALS: usize = 10;
/// Digits of a decimal in all.
const DIGITS: usize = 38;

/// A decimal as a whole number of its last places; none of its digits may be lost.
pub(crate) fn decimal(text: &str) -> Option<i128> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => (-1, unsigned),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if whole.len() + fraction.len() == 0 {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let whole = whole.trim_start_matches('0');
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if fraction.len() > DECIMALS || whole.len() > DIGITS - DECIMALS {
        return None;
    }
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let places = format!("0{whole}{fraction:0<DECIMALS$}");
    Some(sign * places.parse::<i128>().ok()?)
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

/// Zero has one sign here and NaN one form, the greatest of all, so that each is one
/// group and equals itself.
pub(crate) fn canonical(x: f64) -> f64 {
    if x == 0.0 {
        0.0
    } else if x.is_nan() {
        f64::NAN
    } else {
        x
    }
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

/// A time of day to the second at least, `09:30:00`, as microseconds since midnight.
pub(crate) fn time_of_day(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_at_checked(8)?;
    let [h1, h2, b':', m1, m2, b':', s1, s2] = *clock.as_bytes() else {
        return None;
    };
    let two = |tens: u8, ones: u8| {
        (tens.is_ascii_digit() && ones.is_ascii_digit())
            .then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
    };
    let (hours, minutes, seconds) = (two(h1, h2)?, two(m1, m2)?, two(s1, s2)?);
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let micros = match fraction.as_bytes() {
        [] => 0,
        [b'.', digits @ ..]
            if (1..=6).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) =>
        {
            let value = digits
                .iter()
                .fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
            value * 10_i64.pow(6 - digits.len() as u32)
        }
        _ => return None,
    };
    Some(((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros)
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
        assert!(number("-0.0").is_some_and(f64::is_sign_positive));
        for text in [
            "5.",
            "0.1",
            "12345678.9012345",
            "1.7976931348623157e308",
            "0.000001",
        ] {
            assert_eq!(number(text), text.parse().ok(), "{text}");
        }
        assert_eq!(time_of_day("09:30:01.5"), Some(34_201_500_000));
        assert_eq!(time_of_day("9:30:00"), None);
    }

    #[test]
    fn a_decimal_keeps_every_digit_or_does_not_fit() {
        assert_eq!(decimal("1.50"), Some(15_000_000_000));
        assert_eq!(decimal("-0.0000000001"), Some(-1));
        assert_eq!(
            decimal("12345678901234567890"),
            Some(123_456_789_012_345_678_900_000_000_000)
        );
        for text in [
            "",
            ".",
            "1.00000000001",
            "1e5",
            "1,5",
            "x",
            "12345678901234567890123456789",
        ] {
            assert_eq!(decimal(text), None, "{text}");
        }
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
