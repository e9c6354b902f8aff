//! How a text file is written: what parts its fields, stands around them, names its
//! columns and parts whole numbers from fractions. What is not said is found from the
//! beginning of the file.

use assay_model::{
    FileFormat, ImportOptions,
    import::{DecimalMark, Header},
};

use super::{
    ImportError,
    columns::Reading,
    fields::{Scanner, Signs},
    infer::{Expect, Guess},
};

/// How a text file is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Dialect {
    pub(super) signs: Signs,
    pub(super) header: Header,
    pub(super) reading: Reading,
    /// What ends records: `\r` in a file of old that has no `\n`.
    pub(super) line_end: u8,
}

/// Records that are looked at.
const SEEN: usize = 200;

impl Dialect {
    /// The dialect of a file that begins with this text, as far as it was not said.
    pub(super) fn find(
        format: FileFormat,
        options: &ImportOptions,
        start: &[u8],
    ) -> Result<Self, ImportError> {
        let delimiter = sign("delimiter", options.delimiter)?;
        let quote = sign("quote", options.quote)?;
        let start = valid(start);
        let quote = quote.unwrap_or_else(|| find_quote(start));
        let delimiter = match (delimiter, format) {
            (Some(delimiter), _) => delimiter,
            (None, FileFormat::Tsv) => b'\t',
            (None, _) => find_delimiter(start, quote),
        };
        if delimiter == quote {
            return Err(ImportError::Option {
                option: "quote",
                message: "The quote and the delimiter are the same sign.".to_owned(),
            });
        }
        let signs = Signs { delimiter, quote };
        let records = records(start, signs);
        let decimal = options
            .decimal
            .unwrap_or_else(|| find_decimal(&records, delimiter));
        let header = options
            .header
            .unwrap_or_else(|| find_header(&records, decimal));
        let line_end = if start.contains('\r') && !start.contains('\n') {
            b'\r'
        } else {
            b'\n'
        };
        Ok(Self {
            signs,
            header,
            reading: Reading {
                decimal,
                nulls: options.nulls.clone(),
            },
            line_end,
        })
    }

    /// The options with what was found filled in.
    pub(super) fn fill_in(&self, options: &mut ImportOptions) {
        options.delimiter = Some(char::from(self.signs.delimiter));
        options.quote = Some(char::from(self.signs.quote));
        options.header = Some(self.header);
        options.decimal = Some(self.reading.decimal);
    }
}

fn sign(option: &'static str, said: Option<char>) -> Result<Option<u8>, ImportError> {
    let Some(said) = said else { return Ok(None) };
    match u8::try_from(said) {
        Ok(byte) if byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 0) => Ok(Some(byte)),
        _ => Err(ImportError::Option {
            option,
            message: format!(
                "The {option} must be one ASCII character other than a line end, not “{}”.",
                said.escape_debug()
            ),
        }),
    }
}

/// As much of the beginning as is text.
fn valid(start: &[u8]) -> &str {
    match std::str::from_utf8(start) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&start[..error.valid_up_to()]).unwrap_or_default(),
    }
}

/// The first records; the last of a beginning that is cut is left out.
fn records(start: &str, signs: Signs) -> Vec<Vec<String>> {
    let mut scanner = Scanner::new(start, signs);
    let mut records = Vec::new();
    while records.len() < SEEN && matches!(scanner.advance(), Ok(Some(_))) {
        records.push(scanner.take_record());
    }
    let is_cut = scanner.at() == start.len() && !start.ends_with(['\n', '\r']);
    if is_cut && records.len() > 2 {
        records.pop();
    }
    records
}

/// Single quotes where they stand around fields and double ones do not.
fn find_quote(start: &str) -> u8 {
    let around = |quote: char| {
        let opens = [',', ';', '\t', '|', '\n', '\r'];
        let begins = opens
            .iter()
            .map(|sign| start.matches(&format!("{sign}{quote}")[..]).count());
        let ends = opens
            .iter()
            .map(|sign| start.matches(&format!("{quote}{sign}")[..]).count());
        begins.sum::<usize>().min(ends.sum())
    };
    if around('"') == 0 && !start.starts_with('"') && around('\'') > 1 {
        b'\''
    } else {
        b'"'
    }
}

/// The separator that parts the first record into most fields and the next into as many.
fn find_delimiter(start: &str, quote: u8) -> u8 {
    let fields = |delimiter: u8| {
        let mut scanner = Scanner::new(start, Signs { delimiter, quote });
        let mut lengths = Vec::new();
        while lengths.len() < 20
            && let Ok(Some((_, found))) = scanner.advance()
        {
            lengths.push(found);
        }
        let first = lengths.first().copied().unwrap_or(0);
        // The last line of the beginning may be cut.
        let whole = lengths.len().saturating_sub(1).max(2);
        let even = lengths.iter().take(whole).all(|length| *length == first);
        (even, first)
    };
    let mut best = (b',', fields(b','));
    for other in *b";\t|" {
        let found = fields(other);
        if found.1 > 1 && (found > best.1 || best.1.1 < 2) {
            best = (other, found);
        }
    }
    best.0
}

/// A comma where it is the only mark of fractions and does not part thousands.
fn find_decimal(records: &[Vec<String>], delimiter: u8) -> DecimalMark {
    if delimiter == b',' {
        return DecimalMark::Point;
    }
    let (mut commas, mut plain_fractions) = (0, 0);
    for field in records.iter().skip(1).flatten() {
        let field = field.trim();
        let unsigned = field.strip_prefix('-').unwrap_or(field);
        let is_number = |mark: char| {
            unsigned.split_once(mark).is_some_and(|(whole, fraction)| {
                let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
                !whole.is_empty() && !fraction.is_empty() && digits(whole) && digits(fraction)
            })
        };
        if is_number('.') {
            return DecimalMark::Point;
        }
        if is_number(',') {
            commas += 1;
            // `1,234` may be a thousand and some; `0,234` and `1,2` are none.
            let (whole, fraction) = unsigned.split_once(',').unwrap_or_default();
            plain_fractions += usize::from(fraction.len() != 3 || whole == "0");
        }
    }
    if commas > 0 && plain_fractions > 0 {
        DecimalMark::Comma
    } else {
        DecimalMark::Point
    }
}

/// None where the first record is one of data: some column of numbers, days or the like
/// has such a value in it, and no column has one that does not fit.
pub(super) fn find_header(records: &[Vec<String>], decimal: DecimalMark) -> Header {
    let Some((first, rest)) = records.split_first() else {
        return Header::First;
    };
    let look = |fields: &mut dyn Iterator<Item = &str>| {
        let mut guess = Guess::default();
        for field in fields {
            guess.see_field((!field.is_empty()).then_some(field), decimal, || 0);
        }
        guess.resolve().0
    };
    let is_plain = |expect| matches!(expect, Expect::Text | Expect::Nothing);
    let of_first: Vec<Expect> = first
        .iter()
        .map(|field| look(&mut std::iter::once(field.as_str())))
        .collect();
    if rest.is_empty() {
        // A line alone is one of data only when there is nothing else it could be.
        let all_typed = of_first.iter().all(|expect| !is_plain(*expect));
        return if all_typed {
            Header::None
        } else {
            Header::First
        };
    }
    if names_years(first) {
        return Header::First;
    }
    let mut typed = 0;
    for (i, expect) in of_first.iter().enumerate() {
        let below = rest.iter().filter_map(|record| record.get(i));
        let all = below.clone().chain(first.get(i));
        let below = look(&mut below.map(String::as_str));
        if is_plain(below) || *expect == Expect::Nothing {
            continue;
        }
        if is_plain(*expect) || is_plain(look(&mut all.map(String::as_str))) {
            return Header::First;
        }
        typed += 1;
    }
    if typed > 0 {
        Header::None
    } else {
        Header::First
    }
}

/// Columns called by years that follow each other, as tables laid out wide have them.
fn names_years(first: &[String]) -> bool {
    let years: Vec<u32> = first
        .iter()
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let others = first.len() - years.len();
    let follow = years.windows(2).all(|pair| pair[0] < pair[1]);
    others > 0 && years.len() > 1 && follow && years.iter().all(|year| (1500..2200).contains(year))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Dialect {
        Dialect::find(FileFormat::Csv, &ImportOptions::default(), text.as_bytes()).unwrap()
    }

    #[test]
    fn the_separator_is_the_one_that_parts_all_lines_alike() {
        for (text, expected) in [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2\n3,1;4\n", b';'),
            ("a\tb\n1\t2\n", b'\t'),
            ("a|b|c\n1|2|3\n", b'|'),
            ("a\n1\n2\n", b','),
            ("a,b\n\"x;y\",2\n", b','),
        ] {
            assert_eq!(of(text).signs.delimiter, expected, "{text:?}");
        }
    }

    #[test]
    fn a_first_line_of_data_is_told_from_one_of_names() {
        for (text, expected) in [
            ("a,b\n1,2\n", Header::First),
            ("1,2\n3,4\n", Header::None),
            ("Lyon,1.5\nOslo,2\n", Header::None),
            ("city,1990,1991\nLyon,5,6\n", Header::First),
            ("city,item\nLyon,tea\n", Header::First),
            ("1001,2024-01-01,x\n1002,2024-01-02,y\n", Header::None),
            ("1001,born,x\n1002,2024-01-02,y\n", Header::First),
            ("a,b\n", Header::First),
            ("1,2\n", Header::None),
            ("a,,c\n1,2,3\n", Header::First),
        ] {
            assert_eq!(of(text).header, expected, "{text:?}");
        }
    }

    #[test]
    fn a_decimal_comma_is_told_from_thousands() {
        for (text, expected) in [
            ("a;b\n1,5;x\n", DecimalMark::Comma),
            ("a;b\n1,500;x\n", DecimalMark::Point),
            ("a;b\n1,500;x\n0,250;y\n", DecimalMark::Comma),
            ("a;b\n1,5;x\n1.5;y\n", DecimalMark::Point),
            ("a,b\n\"1,5\",x\n", DecimalMark::Point),
        ] {
            assert_eq!(of(text).reading.decimal, expected, "{text:?}");
        }
    }

    #[test]
    fn single_quotes_are_found_where_they_stand_around_fields() {
        assert_eq!(of("a,b\n'x,y','z'\n").signs.quote, b'\'');
        assert_eq!(of("a,b\nit's,'twas\n").signs.quote, b'"');
    }

    #[test]
    fn signs_that_cannot_part_fields_are_refused() {
        let options = ImportOptions {
            delimiter: Some('é'),
            ..ImportOptions::default()
        };
        let error = Dialect::find(FileFormat::Csv, &options, b"a").unwrap_err();
        assert_eq!(
            error.to_string(),
            "The delimiter must be one ASCII character other than a line end, not “é”."
        );
    }
}
