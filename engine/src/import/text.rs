//! Text of any encoding as UTF-8.
//!
//! An encoding is said, or told by the mark at the beginning, or plain from where the
//! zero bytes of UTF-16 stand. Nothing is ever replaced: what does not decode refuses the
//! file, with line and byte.

use std::io::{self, Read};

use assay_model::import::Encoding;
use encoding_rs::{Decoder, DecoderResult, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::ImportError;

/// How a file that begins with `start` is written.
pub(super) fn encoding(start: &[u8], said: Option<Encoding>) -> Result<Encoding, ImportError> {
    let marked = match start {
        [0xEF, 0xBB, 0xBF, ..] => Some(Encoding::Utf8),
        [0xFF, 0xFE, ..] => Some(Encoding::Utf16Le),
        [0xFE, 0xFF, ..] => Some(Encoding::Utf16Be),
        _ => None,
    };
    match (said, marked) {
        (Some(said), Some(found)) if said != found => Err(ImportError::OtherEncoding {
            found: name(found),
            said: name(said),
        }),
        (Some(encoding), _) | (None, Some(encoding)) => Ok(encoding),
        (None, None) => Ok(unmarked(start)),
    }
}

/// Bytes of the mark that a file begins with.
pub(super) fn mark_bytes(start: &[u8]) -> usize {
    match start {
        [0xEF, 0xBB, 0xBF, ..] => 3,
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => 2,
        _ => 0,
    }
}

/// UTF-16 without a mark has a zero byte beside each letter of ASCII.
fn unmarked(start: &[u8]) -> Encoding {
    let pairs = start.chunks_exact(2).take(2_048);
    let (mut high, mut low, mut all) = (0, 0, 0);
    for pair in pairs {
        all += 1;
        low += usize::from(pair[0] == 0);
        high += usize::from(pair[1] == 0);
    }
    match (high * 3 > all, low * 3 > all) {
        (true, false) => Encoding::Utf16Le,
        (false, true) => Encoding::Utf16Be,
        _ => Encoding::Utf8,
    }
}

fn name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Utf8 => "UTF-8",
        Encoding::Utf16Le => "UTF-16, lower byte first",
        Encoding::Utf16Be => "UTF-16, higher byte first",
        Encoding::Latin1 => "Latin-1",
    }
}

/// The text of `reader` as UTF-8, without a mark. Text that is said to be UTF-8 is passed
/// on unchecked: whoever parses it checks it, in parallel where it can.
pub(super) fn decode<'a>(
    mut reader: Box<dyn Read + Send + 'a>,
    encoding: Encoding,
) -> io::Result<Box<dyn Read + Send + 'a>> {
    let mut start = Vec::with_capacity(3);
    reader.by_ref().take(3).read_to_end(&mut start)?;
    let mark = mark_bytes(&start);
    start.drain(..mark);
    let inner: Box<dyn Read + Send> = Box::new(io::Cursor::new(start).chain(reader));
    let decoder = match encoding {
        Encoding::Utf8 => return Ok(inner),
        Encoding::Utf16Le => UTF_16LE.new_decoder_without_bom_handling(),
        Encoding::Utf16Be => UTF_16BE.new_decoder_without_bom_handling(),
        Encoding::Latin1 => WINDOWS_1252.new_decoder_without_bom_handling(),
    };
    Ok(Box::new(Decoding::new(inner, decoder, mark as u64)))
}

/// Checks that text is UTF-8 on its way to a parser that does not say where it is not.
pub(super) fn check<'a>(reader: Box<dyn Read + Send + 'a>, mark: u64) -> Box<dyn Read + Send + 'a> {
    let decoder = UTF_8.new_decoder_without_bom_handling();
    Box::new(Decoding::new(reader, decoder, mark))
}

/// As much of `start` as decodes, as UTF-8; what is malformed in it is told when it is
/// read for good.
pub(super) fn beginning(start: &[u8], encoding: Encoding) -> Vec<u8> {
    let mut text = Vec::new();
    let reader: Box<dyn Read + Send + '_> = Box::new(start);
    if let Ok(mut reader) = decode(reader, encoding) {
        // What came before the fault is kept.
        let _ = reader.read_to_end(&mut text);
    }
    text
}

struct Decoding<'a> {
    inner: Box<dyn Read + Send + 'a>,
    decoder: Decoder,
    raw: Vec<u8>,
    /// Where in `raw` the bytes not yet decoded begin, and where those read end.
    from: usize,
    to: usize,
    /// Nothing comes after what is in `raw`; and that, too, is decoded.
    ended: bool,
    finished: bool,
    /// For what is said of a fault.
    byte: u64,
    line: u64,
    /// Decoded text that did not fit the caller's buffer.
    spare: Vec<u8>,
}

impl<'a> Decoding<'a> {
    fn new(inner: Box<dyn Read + Send + 'a>, decoder: Decoder, byte: u64) -> Self {
        Self {
            inner,
            decoder,
            raw: vec![0; 64 << 10],
            from: 0,
            to: 0,
            ended: false,
            finished: false,
            byte,
            line: 1,
            spare: Vec::new(),
        }
    }

    fn malformed(&self) -> io::Error {
        let (line, byte) = (self.line, self.byte);
        let error = if self.decoder.encoding() == UTF_8 {
            ImportError::NotUtf8 { line, byte }
        } else {
            ImportError::NotUtf16 { line, byte }
        };
        error.into_read()
    }

    /// Decodes into `out`; `None` once there is no more.
    fn step(&mut self, out: &mut [u8]) -> io::Result<Option<usize>> {
        if self.finished {
            return Ok(None);
        }
        if self.from == self.to && !self.ended {
            (self.from, self.to) = (0, self.inner.read(&mut self.raw)?);
            self.ended = self.to == 0;
        }
        let raw = &self.raw[self.from..self.to];
        let (result, read, written) = self
            .decoder
            .decode_to_utf8_without_replacement(raw, out, self.ended);
        self.from += read;
        self.byte += read as u64;
        self.line += memchr::memchr_iter(b'\n', &out[..written]).count() as u64;
        match result {
            DecoderResult::Malformed(length, after) => {
                self.byte = self
                    .byte
                    .saturating_sub(u64::from(length) + u64::from(after));
                Err(self.malformed())
            }
            DecoderResult::InputEmpty => {
                self.finished = self.ended;
                Ok((written > 0 || !self.ended).then_some(written))
            }
            DecoderResult::OutputFull => Ok(Some(written)),
        }
    }
}

impl Read for Decoding<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if !self.spare.is_empty() {
            let n = buffer.len().min(self.spare.len());
            buffer[..n].copy_from_slice(&self.spare[..n]);
            self.spare.drain(..n);
            return Ok(n);
        }
        // A character may not fit the end of a small buffer.
        if buffer.len() < 16 {
            let mut small = [0; 16];
            loop {
                match self.step(&mut small)? {
                    Some(0) => {}
                    Some(n) => {
                        self.spare.extend_from_slice(&small[..n]);
                        return self.read(buffer);
                    }
                    None => return Ok(0),
                }
            }
        }
        loop {
            match self.step(buffer)? {
                Some(0) => {}
                Some(n) => return Ok(n),
                None => return Ok(0),
            }
        }
    }
}
