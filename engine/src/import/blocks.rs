//! Text in blocks that end where a record ends, so that each can be parsed by itself.
//!
//! To know whether a line end is within quotes, the quotes are followed from the first
//! byte on, and nothing else: that takes a fraction of the time of parsing.

use std::io::Read;

use memchr::{memchr, memchr_iter, memrchr};

use super::{ImportError, fields::Signs};

/// Bytes of a block, if no record is longer.
const BLOCK_BYTES: usize = 1 << 20;
/// The longest that one record may be.
pub(super) const MOST_RECORD: usize = 64_000_000;

/// Some whole records.
#[derive(Debug, Clone)]
pub(super) struct Block {
    bytes: Vec<u8>,
    /// Line ends before it in the file.
    lines_before: u64,
    /// Bytes before it in the file.
    bytes_before: u64,
}

impl Block {
    /// Its text, checked.
    pub(super) fn text(&self) -> Result<&str, ImportError> {
        let text = std::str::from_utf8(&self.bytes).map_err(|error| {
            let at = error.valid_up_to();
            ImportError::NotUtf8 {
                line: self.line(at),
                byte: self.bytes_before + at as u64,
            }
        })?;
        match memchr(0, &self.bytes) {
            Some(at) => Err(ImportError::ZeroByte {
                line: self.line(at),
            }),
            None => Ok(text),
        }
    }

    /// The line that a place in it stands on.
    pub(super) fn line(&self, at: usize) -> u64 {
        let before = &self.bytes[..at.min(self.bytes.len())];
        self.lines_before + memchr_iter(b'\n', before).count() as u64 + 1
    }

    /// Line ends before it in the file.
    pub(super) fn lines_before(&self) -> u64 {
        self.lines_before
    }

    /// Its size.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Leaves out its first bytes.
    pub(super) fn skip(&mut self, bytes: usize) {
        let skipped = self.bytes.drain(..bytes.min(self.bytes.len()));
        self.lines_before += skipped.filter(|byte| *byte == b'\n').count() as u64;
        self.bytes_before += bytes as u64;
    }
}

/// Cuts text into blocks.
pub(super) struct Blocks<R> {
    reader: R,
    signs: Signs,
    /// What ends records: `\r` in a file of old that has no `\n`.
    line_end: u8,
    block_bytes: usize,
    /// Whether the text ends where the file does.
    is_whole: bool,
    rest: Vec<u8>,
    lines: u64,
    bytes: u64,
    ended: bool,
}

impl<R: Read> Blocks<R> {
    /// Blocks of the text that `reader` gives; `mark` bytes were before it.
    pub(super) fn new(reader: R, signs: Signs, line_end: u8, mark: u64) -> Self {
        Self {
            reader,
            signs,
            line_end,
            block_bytes: BLOCK_BYTES,
            is_whole: true,
            rest: Vec::new(),
            lines: 0,
            bytes: mark,
            ended: false,
        }
    }

    /// Of the beginning of a file: a record that is not whole at its end is left out.
    pub(super) fn of_beginning(mut self) -> Self {
        self.is_whole = false;
        self
    }

    /// With blocks of another size.
    #[cfg(test)]
    pub(super) fn with_block_bytes(mut self, block_bytes: usize) -> Self {
        self.block_bytes = block_bytes;
        self
    }

    /// The next block; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Block>, ImportError> {
        let mut bytes = std::mem::take(&mut self.rest);
        let mut quotes = Quotes::default();
        while !self.ended {
            let wanted = self.block_bytes;
            bytes.reserve_exact(wanted);
            let read = self
                .reader
                .by_ref()
                .take(wanted as u64)
                .read_to_end(&mut bytes)
                .map_err(ImportError::of_read)?;
            self.ended = read < wanted;
            if self.ended && self.is_whole {
                break;
            }
            quotes.follow(&bytes, self.signs, self.line_end);
            if quotes.cut > 0 {
                if !self.ended {
                    self.rest = bytes[quotes.cut..].to_vec();
                }
                bytes.truncate(quotes.cut);
                break;
            }
            if self.ended {
                bytes.clear();
            }
            if bytes.len() > MOST_RECORD {
                return Err(ImportError::Endless {
                    line: self.lines + 1,
                    most: MOST_RECORD as u64,
                });
            }
        }
        if bytes.is_empty() {
            return Ok(None);
        }
        let block = Block {
            lines_before: self.lines,
            bytes_before: self.bytes,
            bytes,
        };
        self.lines += memchr_iter(b'\n', &block.bytes).count() as u64;
        self.bytes += block.bytes.len() as u64;
        Ok(Some(block))
    }
}

/// Where quotes open and close, and where the last whole record ends.
#[derive(Debug, Default)]
struct Quotes {
    is_open: bool,
    followed: usize,
    /// The end of the last record that is whole; 0 when there is none.
    cut: usize,
}

impl Quotes {
    /// Goes on from where it last came to; `text` begins with a record.
    fn follow(&mut self, text: &[u8], signs: Signs, line_end: u8) {
        loop {
            let from = self.followed;
            let found = memchr(signs.quote, &text[from..]).map(|at| from + at);
            if self.is_open {
                let Some(close) = found else {
                    self.followed = text.len();
                    return;
                };
                match text.get(close + 1) {
                    // Whether it closes hangs on what comes next.
                    None => {
                        self.followed = close;
                        return;
                    }
                    Some(next) if *next == signs.quote => self.followed = close + 2,
                    Some(_) => {
                        self.is_open = false;
                        self.followed = close + 1;
                    }
                }
            } else {
                let to = found.unwrap_or(text.len());
                if let Some(end) = memrchr(line_end, &text[from..to]) {
                    self.cut = from + end + 1;
                }
                let Some(open) = found else {
                    self.followed = to;
                    return;
                };
                let before = open.checked_sub(1).and_then(|at| text.get(at));
                self.is_open = before
                    .is_none_or(|byte| *byte == signs.delimiter || matches!(byte, b'\n' | b'\r'));
                self.followed = open + 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::import::fields::{Fields, Scanner};

    const COMMAS: Signs = Signs {
        delimiter: b',',
        quote: b'"',
    };

    fn rows(text: &str) -> Option<Vec<String>> {
        let mut scanner = Scanner::new(text, COMMAS);
        let mut rows = Vec::new();
        while scanner.advance().ok()?.is_some() {
            rows.extend(scanner.take_record());
            rows.push("\n".to_owned());
        }
        Some(rows)
    }

    proptest! {
        #[test]
        fn wherever_a_text_is_cut_its_records_stay_the_same(
            text in "[a,\"\n\ré]{0,60}",
            size in 1..20_usize,
        ) {
            let mut blocks = Blocks::new(text.as_bytes(), COMMAS, b'\n', 0).with_block_bytes(size);
            let mut cut = Some(Vec::new());
            let mut together = String::new();
            while let Some(block) = blocks.next().unwrap() {
                let part = block.text().unwrap();
                prop_assert_eq!(block.lines_before(), together.matches('\n').count() as u64);
                together.push_str(part);
                if let (Some(all), part) = (&mut cut, rows(part)) {
                    match part {
                        Some(part) => all.extend(part),
                        None => cut = None,
                    }
                }
            }
            prop_assert_eq!(&together, &text);
            prop_assert_eq!(cut, rows(&text));
        }
    }

    #[test]
    fn a_block_says_where_its_text_is_not_text() {
        let bytes = b"a,b\n1,2\n3,\xff\n";
        let mut blocks = Blocks::new(&bytes[..], COMMAS, b'\n', 3).with_block_bytes(5);
        let first = blocks.next().unwrap().unwrap();
        assert!(Fields::cut(first.text().unwrap(), COMMAS, 2).is_ok());
        while let Some(block) = blocks.next().unwrap() {
            if let Err(error) = block.text() {
                let ImportError::NotUtf8 { line, byte } = error else {
                    panic!("{error}")
                };
                assert_eq!((line, byte), (3, 13));
                return;
            }
        }
        panic!("nothing was said");
    }
}
