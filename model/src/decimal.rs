//! Decimals as people write them, without rounding.

/// Most digits of a decimal.
const DIGITS: isize = 38;

/// A decimal number, exactly.
///
/// ```
/// # use assay_model::Decimal;
/// let price = Decimal::parse("-12.50").unwrap();
/// assert_eq!((price.digits.as_str(), price.scale), ("-125", 1));
/// assert_eq!(Decimal::parse("1.5e3").unwrap().digits, "1500");
/// assert_eq!(Decimal::parse("inf"), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal {
    /// Its digits without the point, behind a minus sign where it has one.
    pub digits: String,
    /// How many of the digits stand behind the point; there may be fewer digits than
    /// that.
    pub scale: u8,
}

impl Decimal {
    /// Reads a number in digits, with or without an exponent; `None` when it is none or
    /// takes more than 38 digits to write out.
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, unsigned) = match text.strip_prefix('-') {
            Some(rest) => ("-", rest),
            None => ("", text.strip_prefix('+').unwrap_or(text)),
        };
        let (number, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i16>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let written = [whole, fraction].concat();
        if written.is_empty() || !written.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let from_first = written.trim_start_matches('0');
        let digits = from_first.trim_end_matches('0');
        if digits.is_empty() {
            return Some(Self {
                digits: "0".to_owned(),
                scale: 0,
            });
        }
        let count = digits.len().cast_signed();
        // How many digits stand before the point: below zero when zeros follow it.
        let before = (from_first.len().cast_signed() - fraction.len().cast_signed())
            .saturating_add(isize::from(exponent));
        let scale = (count - before).max(0);
        if count.max(before).max(scale) > DIGITS {
            return None;
        }
        let zeros = "0".repeat((before - count).max(0).cast_unsigned());
        Some(Self {
            digits: [sign, digits, &zeros].concat(),
            scale: u8::try_from(scale).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_number_reads() {
        for (text, digits, scale) in [
            ("0", "0", 0),
            ("-0.00", "0", 0),
            ("007.50", "75", 1),
            ("+.25E1", "25", 1),
            ("5.", "5", 0),
            ("25e-1", "25", 1),
            ("1e25", "10000000000000000000000000", 0),
            ("-0.001", "-1", 3),
            ("120e-1", "12", 0),
            ("1e-38", "1", 38),
            ("1e37", "10000000000000000000000000000000000000", 0),
            (
                "99999999999999999999999999999999999999",
                "99999999999999999999999999999999999999",
                0,
            ),
        ] {
            let expected = Decimal {
                digits: digits.to_owned(),
                scale,
            };
            assert_eq!(Decimal::parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_of_38_digits_does_not() {
        for text in [
            "",
            "-",
            ".",
            "e5",
            "1e",
            "1e+",
            "inf",
            "NaN",
            "1,5",
            "1 0",
            "--1",
            "1e400",
            "1e38",
            "1e-39",
            "1.2.3",
            "1e99999999999",
            "0x1",
            "١",
        ] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }
}
