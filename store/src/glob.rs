//! Redis's glob, as `SCAN MATCH` understands it: `*`, `?`, `[a-z]`, `[^a]`, `\` before a
//! character that means itself. Needed here to say whether one key belongs to a collection.

/// Whether `key` matches `pattern`.
pub(crate) fn matches(pattern: &[u8], key: &[u8]) -> bool {
    let (mut p, mut k) = (0, 0);
    // Where to go on when what follows the last star does not fit: the star takes one
    // byte more. Earlier stars need no second thought.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if p < pattern.len() && pattern[p] == b'*' {
            retry = Some((p + 1, k));
            p += 1;
            continue;
        }
        if k == key.len() {
            if p == pattern.len() {
                return true;
            }
        } else if let Some(next) = one(&pattern[p..], key[k]) {
            p += next;
            k += 1;
            continue;
        }
        match retry {
            Some((after, taken)) if taken < key.len() => {
                retry = Some((after, taken + 1));
                p = after;
                k = taken + 1;
            }
            _ => return false,
        }
    }
}

/// How much of the pattern stands for this one byte; `None` when it does not fit.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [] => None,
        [b'?', ..] => Some(1),
        [b'[', rest @ ..] => class(rest, byte).map(|length| length + 1),
        [b'\\', c, ..] => (*c == byte).then_some(2),
        [c, ..] => (*c == byte).then_some(1),
    }
}

/// The same for what follows a `[`. A class that is not closed ends with the pattern.
fn class(pattern: &[u8], byte: u8) -> Option<usize> {
    let negated = pattern.first() == Some(&b'^');
    let mut i = usize::from(negated);
    let mut found = false;
    loop {
        match &pattern[i..] {
            [] => break,
            [b'\\', c, ..] => {
                found |= *c == byte;
                i += 2;
            }
            [b']', ..] => {
                i += 1;
                break;
            }
            [from, b'-', to, ..] => {
                found |= (*from.min(to)..=*from.max(to)).contains(&byte);
                i += 3;
            }
            [c, ..] => {
                found |= *c == byte;
                i += 1;
            }
        }
    }
    (found != negated).then_some(i)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn globs_match_as_redis_says() {
        for (pattern, key, expected) in [
            ("*", "", true),
            ("*", "anything", true),
            ("animal:*", "animal:7", true),
            ("animal:*", "animals:7", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[0-9]*", "7up", true),
            ("[9-0]*", "7up", true),
            ("[^a]*", "abc", false),
            ("[a{]*", "{assay}:x", true),
            ("\\{assay*", "{assay}:x", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("*a*b*c", "xxaxxbxxbc", true),
            ("*a*b*c", "xxaxxbxxb", false),
            ("[abc", "b", true),
            ("a", "", false),
            ("", "", true),
        ] {
            assert_eq!(
                matches(pattern.as_bytes(), key.as_bytes()),
                expected,
                "{pattern} {key}"
            );
        }
    }
}
