//! Figures and lists in words, the same on the page, in findings and on the command
//! line.

/// A count with its thousands parted: `336,776`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with its noun: `1 row`, `2 rows`.
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A figure as people read it: thousands parted, up to four significant digits past
/// the point where they say something, a real minus sign.
///
/// ```
/// # use assay_model::words::number;
/// assert_eq!(number(20.2019), "20.2");
/// assert_eq!(number(-1234567.0), "−1,234,567");
/// assert_eq!(number(0.000123456), "0.0001235");
/// ```
pub fn number(x: f64) -> String {
    if x.is_nan() {
        return "NaN".to_owned();
    }
    let sign = if x < 0.0 { "−" } else { "" };
    let size = x.abs();
    if size.is_infinite() {
        return format!("{sign}∞");
    }
    if size != 0.0 && !(1e-6..1e15).contains(&size) {
        return format!("{sign}{size:.3e}");
    }
    let decimals = if size.fract() == 0.0 || size >= 1000.0 {
        0
    } else if size >= 100.0 {
        1
    } else if size >= 1.0 {
        2
    } else {
        // Four digits that say something, however many zeros come first.
        (3 - size.log10().floor() as i32).clamp(3, 10) as usize
    };
    let text = format!("{size:.decimals$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), count);
    if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}

/// A size: `812 kB`, `1.4 MB`. Powers of 1,000.
pub fn bytes(n: u64) -> String {
    let (unit, word) = match n {
        0..1_000 => return format!("{n} B"),
        1_000..1_000_000 => (1e3, "kB"),
        1_000_000..1_000_000_000 => (1e6, "MB"),
        1_000_000_000..1_000_000_000_000 => (1e9, "GB"),
        _ => (1e12, "TB"),
    };
    let size = n as f64 / unit;
    if size < 9.95 {
        format!("{size:.1} {word}")
    } else {
        format!("{size:.0} {word}")
    }
}

/// A length of time: `4 ms`, `0.21 s`, `12 s`, `3 min 5 s`, `2 h 10 min`.
pub fn duration(millis: u64) -> String {
    let seconds = millis / 1_000;
    match millis {
        0..100 => format!("{millis} ms"),
        100..1_000 => format!("{:.2} s", millis as f64 / 1e3),
        1_000..10_000 => format!("{:.1} s", millis as f64 / 1e3),
        10_000..60_000 => format!("{seconds} s"),
        60_000..3_600_000 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
    }
}

/// A rank: `1st`, `2nd`, `11th`.
pub fn ordinal(n: u64) -> String {
    let suffix = match (n % 10, n % 100) {
        (1, tens) if tens != 11 => "st",
        (2, tens) if tens != 12 => "nd",
        (3, tens) if tens != 13 => "rd",
        _ => "th",
    };
    format!("{}{suffix}", count(n))
}

/// A list in words: `a`, `a and b`, `a, b and c`.
pub fn and(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

/// Alternatives in words: `a`, `a or b`, `a, b or c`.
pub fn or(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [init @ .., last] => format!("{} or {last}", init.join(", ")),
    }
}

/// The first `most` characters, with an ellipsis when something was cut.
pub fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_people_write_them() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(10_000_000), "10,000,000");
        assert_eq!(number(0.0), "0");
        assert_eq!(number(20.0), "20");
        assert_eq!(number(1234.56), "1,235");
        assert_eq!(number(0.25), "0.25");
        assert_eq!(number(f64::NEG_INFINITY), "−∞");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(5_600_000), "5.6 MB");
        assert_eq!(bytes(14_000_000_000), "14 GB");
        assert_eq!(duration(210), "0.21 s");
        assert_eq!(duration(185_000), "3 min 5 s");
        assert_eq!(
            [1, 2, 3, 4, 11, 12, 13, 21, 112].map(ordinal).join(" "),
            "1st 2nd 3rd 4th 11th 12th 13th 21st 112th"
        );
        assert_eq!(and(&["a".into(), "b".into(), "c".into()]), "a, b and c");
        assert_eq!(shorten("häagen", 2), "hä…");
    }
}
