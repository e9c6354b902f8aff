//! Text with fields between separators, cut into fields.
//!
//! The rules are those of RFC 4180, read leniently as most programs do: a quote opens a
//! quoted field only where a field begins, two quotes within it are one, and what follows
//! the closing quote belongs to the field. Records end with any line end; empty lines are
//! no records.

use memchr::{memchr, memchr_iter};

/// The signs that a text is cut at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signs {
    pub(super) delimiter: u8,
    pub(super) quote: u8,
}

/// Where a field's text stands.
#[derive(Debug, Clone, Copy)]
struct Span {
    begin: u32,
    /// Its length; the highest bit says that it stands among the unquoted texts.
    length: u32,
}

const UNQUOTED: u32 = 1 << 31;

/// A quote that is never closed, by its place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OpenQuote(pub(super) usize);

/// A record with more or fewer fields than there are columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ragged {
    /// Where it begins in the text.
    pub(super) at: usize,
    pub(super) found: usize,
}

/// Goes through a text record by record.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    signs: Signs,
    /// Whether a byte ends a field that is not quoted.
    ends: [bool; 256],
    spans: Vec<Span>,
    /// The texts of fields that cannot be had by cutting.
    unquoted: String,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str, signs: Signs) -> Self {
        let mut ends = [false; 256];
        for sign in [signs.delimiter, b'\n', b'\r'] {
            ends[usize::from(sign)] = true;
        }
        Self {
            text,
            at: 0,
            signs,
            ends,
            spans: Vec::new(),
            unquoted: String::new(),
        }
    }

    /// Goes to the next record; where it begins, and how many fields it has.
    pub(super) fn advance(&mut self) -> Result<Option<(usize, usize)>, OpenQuote> {
        let bytes = self.text.as_bytes();
        while let Some(b'\n' | b'\r') = bytes.get(self.at) {
            self.at += 1;
        }
        if self.at >= bytes.len() {
            return Ok(None);
        }
        let (begin, before) = (self.at, self.spans.len());
        loop {
            if bytes.get(self.at) == Some(&self.signs.quote) {
                self.quoted()?;
            } else {
                let begin = self.at;
                let rest = &bytes[begin..];
                let length = rest
                    .iter()
                    .position(|byte| self.ends[usize::from(*byte)])
                    .unwrap_or(rest.len());
                self.at = begin + length;
                self.push(begin, self.at);
            }
            match bytes.get(self.at) {
                Some(byte) if *byte == self.signs.delimiter => self.at += 1,
                Some(b'\r') => {
                    self.at += 1 + usize::from(bytes.get(self.at + 1) == Some(&b'\n'));
                    break;
                }
                Some(_) => {
                    self.at += 1;
                    break;
                }
                None => break,
            }
        }
        Ok(Some((begin, self.spans.len() - before)))
    }

    /// Where the next record begins, empty lines apart.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The fields of the record that [`Self::advance`] came to; they are forgotten.
    pub(super) fn take_record(&mut self) -> Vec<String> {
        let spans = std::mem::take(&mut self.spans);
        let fields = spans
            .into_iter()
            .map(|span| span.text(self.text, &self.unquoted).to_owned())
            .collect();
        self.unquoted.clear();
        fields
    }

    fn push(&mut self, begin: usize, end: usize) {
        self.spans.push(Span {
            begin: begin as u32,
            length: (end - begin) as u32,
        });
    }

    fn quoted(&mut self) -> Result<(), OpenQuote> {
        let bytes = self.text.as_bytes();
        let opening = self.at;
        let mut from = opening + 1;
        let mut close = self.closing(from).ok_or(OpenQuote(opening))?;
        let is_end = |at: usize| {
            bytes
                .get(at)
                .is_none_or(|byte| self.ends[usize::from(*byte)])
        };
        if is_end(close + 1) {
            self.push(from, close);
            self.at = close + 1;
            return Ok(());
        }
        let begin = self.unquoted.len();
        while bytes.get(close + 1) == Some(&self.signs.quote) {
            // Up to and with the first of the two.
            self.unquoted.push_str(&self.text[from..=close]);
            from = close + 2;
            close = self.closing(from).ok_or(OpenQuote(opening))?;
        }
        self.unquoted.push_str(&self.text[from..close]);
        let rest = &bytes[close + 1..];
        let length = rest
            .iter()
            .position(|byte| self.ends[usize::from(*byte)])
            .unwrap_or(rest.len());
        self.at = close + 1 + length;
        self.unquoted.push_str(&self.text[close + 1..self.at]);
        self.spans.push(Span {
            begin: begin as u32,
            length: (self.unquoted.len() - begin) as u32 | UNQUOTED,
        });
        Ok(())
    }

    fn closing(&self, from: usize) -> Option<usize> {
        let rest = self.text.as_bytes().get(from..)?;
        memchr(self.signs.quote, rest).map(|at| from + at)
    }
}

impl Span {
    fn text<'t>(self, text: &'t str, unquoted: &'t str) -> &'t str {
        let source = if self.length & UNQUOTED == 0 {
            text
        } else {
            unquoted
        };
        let begin = self.begin as usize;
        &source[begin..begin + (self.length & !UNQUOTED) as usize]
    }
}

/// A text that is cut into as many fields a record as there are columns.
pub(super) struct Fields<'a> {
    text: &'a str,
    unquoted: String,
    columns: usize,
    spans: Vec<Span>,
    /// Where each record begins.
    begins: Vec<u32>,
    /// Records with other numbers of fields; they are left out.
    pub(super) ragged: Vec<Ragged>,
}

impl<'a> Fields<'a> {
    /// Cuts `text`, which begins and ends with a whole record.
    pub(super) fn cut(text: &'a str, signs: Signs, columns: usize) -> Result<Self, OpenQuote> {
        let mut scanner = Scanner::new(text, signs);
        let mut begins = Vec::new();
        let mut ragged = Vec::new();
        while let Some((begin, found)) = scanner.advance()? {
            if found == columns {
                begins.push(begin as u32);
            } else {
                scanner.spans.truncate(scanner.spans.len() - found);
                ragged.push(Ragged { at: begin, found });
            }
        }
        Ok(Self {
            text,
            unquoted: scanner.unquoted,
            columns,
            spans: scanner.spans,
            begins,
            ragged,
        })
    }

    pub(super) fn rows(&self) -> usize {
        self.begins.len()
    }

    /// The fields of a column, from the first record to the last.
    pub(super) fn column(&self, column: usize) -> impl Iterator<Item = &str> {
        self.spans
            .iter()
            .skip(column)
            .step_by(self.columns)
            .map(|span| span.text(self.text, &self.unquoted))
    }

    /// A field.
    pub(super) fn field(&self, row: usize, column: usize) -> &str {
        self.spans
            .get(row * self.columns + column)
            .map_or("", |span| span.text(self.text, &self.unquoted))
    }

    /// Line ends before a record.
    pub(super) fn lines_before(&self, row: usize) -> u64 {
        let begin = self.begins.get(row).copied().unwrap_or(0);
        lines_before(self.text, begin as usize)
    }
}

/// Line ends before a place in a text.
fn lines_before(text: &str, at: usize) -> u64 {
    memchr_iter(b'\n', &text.as_bytes()[..at]).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMAS: Signs = Signs {
        delimiter: b',',
        quote: b'"',
    };

    fn records(text: &str) -> Vec<Vec<String>> {
        let mut scanner = Scanner::new(text, COMMAS);
        let mut records = Vec::new();
        while scanner.advance().unwrap().is_some() {
            records.push(scanner.take_record());
        }
        records
    }

    #[test]
    fn fields_are_cut_as_the_csv_crate_cuts_them() {
        for text in [
            "a,b\n1,2\n",
            "a,b\r\n1,2\r\n\r\n\n3,4",
            "a,b\r1,2\r",
            "\"a\",\"b\n,c\"\n",
            "\"a\"\"b\",\"\"\n\"\"\"\",x",
            "a\"b,c\"\n,",
            "\"a\"b\"c,d\n",
            "\"a\" ,é\n",
            ",\n",
            "\"\"\n\n\"\"",
            "\n\n",
        ] {
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_bytes());
            let expected: Vec<Vec<String>> = reader
                .records()
                .map(|record| record.unwrap().iter().map(str::to_owned).collect())
                .collect();
            assert_eq!(records(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_quote_that_stays_open_is_told_by_its_place() {
        let mut scanner = Scanner::new("a,\"b\nc", COMMAS);
        assert_eq!(scanner.advance(), Err(OpenQuote(2)));
    }

    #[test]
    fn records_of_other_lengths_are_left_out_and_told() {
        let fields = Fields::cut("1,2\n3\n4,5,6\n\"7\",8", COMMAS, 2).unwrap();
        assert_eq!(fields.column(0).collect::<Vec<_>>(), ["1", "7"]);
        assert_eq!(
            fields.ragged,
            [Ragged { at: 4, found: 1 }, Ragged { at: 6, found: 3 }]
        );
        assert_eq!((fields.lines_before(1), fields.field(1, 1)), (3, "8"));
    }
}
