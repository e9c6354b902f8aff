//! Which bytes of a file a request wants (RFC 9110, sections 13 and 14). One range is
//! understood; of several the whole is sent, as the standard allows.

use std::ops::Range;

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// What is asked of a file with this tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// All of it.
    Whole,
    /// Some of it.
    Range(Wanted),
    /// Nothing: whoever asks has it.
    Nothing,
}

/// A range as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// From a byte on, to another if that is said; both included.
    From(u64, Option<u64>),
    /// So many at the end.
    Last(u64),
}

impl Wanted {
    /// The bytes of a file of this size; `None` when it has none of them.
    pub fn within(self, size: u64) -> Option<Range<u64>> {
        let range = match self {
            Self::From(first, last) => {
                first..last.map_or(size, |last| last.saturating_add(1).min(size))
            }
            Self::Last(n) => size.saturating_sub(n)..size,
        };
        (!range.is_empty()).then_some(range)
    }
}

/// What a request asks of the file with this tag, which is a strong one.
pub fn asked(headers: &HeaderMap, tag: &str) -> Asked {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let has = text(header::IF_NONE_MATCH).is_some_and(|known| {
        known == "*"
            || known
                .split(',')
                .any(|one| one.trim().trim_start_matches("W/") == tag)
    });
    if has {
        return Asked::Nothing;
    }
    // Whoever has the beginning of another file wants the whole of this one. A date never
    // matches, for none is ever given.
    if text(header::IF_RANGE).is_some_and(|known| known.trim() != tag) {
        return Asked::Whole;
    }
    match text(header::RANGE).and_then(parse) {
        Some(range) => Asked::Range(range),
        None => Asked::Whole,
    }
}

/// The answer when the file has none of the bytes.
pub fn not_satisfiable(size: u64, tag: &str) -> Response {
    let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_RANGE, format!("bytes */{size}")),
        (header::ETAG, tag.to_owned()),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    response
}

fn parse(text: &str) -> Option<Wanted> {
    let (unit, range) = text.trim().split_once('=')?;
    let (first, last) = range.trim().split_once('-')?;
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().unwrap_or(u64::MAX))
    };
    if !unit.eq_ignore_ascii_case("bytes") {
        return None;
    }
    match (number(first), last) {
        (Some(first), "") => Some(Wanted::From(first, None)),
        (Some(first), last) => match number(last)? {
            last if last >= first => Some(Wanted::From(first, Some(last))),
            _ => None,
        },
        (None, last) if first.is_empty() => number(last).map(Wanted::Last),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(pairs: &[(HeaderName, &'static str)]) -> Asked {
        let headers = pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect();
        asked(&headers, "\"a\"")
    }

    #[test]
    fn one_range_is_understood_and_anything_else_means_the_whole() {
        let range = |text| ask(&[(header::RANGE, text)]);
        assert_eq!(range("bytes=5-"), Asked::Range(Wanted::From(5, None)));
        assert_eq!(range("Bytes=0-9"), Asked::Range(Wanted::From(0, Some(9))));
        assert_eq!(range("bytes=-3"), Asked::Range(Wanted::Last(3)));
        for other in [
            "bytes=0-1,5-9",
            "lines=1-2",
            "bytes=9-0",
            "bytes=-",
            "bytes",
            "bytes=a-",
        ] {
            assert_eq!(range(other), Asked::Whole, "{other}");
        }
    }

    #[test]
    fn the_rest_is_sent_only_to_whoever_has_the_beginning_of_this_very_file() {
        let range = (header::RANGE, "bytes=5-");
        let same = [range.clone(), (header::IF_RANGE, "\"a\"")];
        assert_eq!(ask(&same), Asked::Range(Wanted::From(5, None)));
        for other in ["\"b\"", "W/\"a\"", "Tue, 24 Nov 2026 09:00:00 GMT"] {
            assert_eq!(
                ask(&[range.clone(), (header::IF_RANGE, other)]),
                Asked::Whole
            );
        }
        assert_eq!(
            ask(&[(header::IF_NONE_MATCH, "\"b\", \"a\"")]),
            Asked::Nothing
        );
    }

    #[test]
    fn a_range_is_cut_to_the_file() {
        assert_eq!(Wanted::From(2, None).within(5), Some(2..5));
        assert_eq!(Wanted::From(2, Some(99)).within(5), Some(2..5));
        assert_eq!(Wanted::From(5, None).within(5), None);
        assert_eq!(Wanted::Last(99).within(5), Some(0..5));
        assert_eq!(Wanted::Last(0).within(5), None);
    }
}
