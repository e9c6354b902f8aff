//! Packed files. They are known by their first bytes, whatever their name or the request
//! says, and unpacked while they are read.
//!
//! What comes out is bounded: a small file that unpacks to hundreds of times its size is
//! made to exhaust whoever opens it.

use std::io::{self, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use super::ImportError;

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Zstd,
}

/// A file may unpack to so many times its size,
const MOST_TIMES: u64 = 200;
/// or to so much, whichever is more.
const MOST_BYTES: u64 = 1_000_000_000;
/// As a power of two, the memory that a zstd file may ask for.
const WINDOW_LOG: u32 = 26;

impl Packing {
    /// How a file that begins with `start` is packed.
    pub(super) fn of(start: &[u8]) -> Option<Self> {
        match start {
            [0x1F, 0x8B, ..] => Some(Self::Gzip),
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Some(Self::Zstd),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip file",
            Self::Zstd => "zstd file",
        }
    }
}

/// What is in a file of so many bytes, unpacked if it is packed.
pub(super) fn unpack<'a>(
    reader: impl Read + Send + 'a,
    bytes: u64,
) -> io::Result<Box<dyn Read + Send + 'a>> {
    unpack_to(reader, bytes.saturating_mul(MOST_TIMES).max(MOST_BYTES))
}

fn unpack_to<'a>(
    mut reader: impl Read + Send + 'a,
    most: u64,
) -> io::Result<Box<dyn Read + Send + 'a>> {
    let mut start = Vec::with_capacity(4);
    reader.by_ref().take(4).read_to_end(&mut start)?;
    let packing = Packing::of(&start);
    let whole = io::Cursor::new(start).chain(reader);
    let Some(packing) = packing else {
        return Ok(Box::new(whole));
    };
    let buffered = BufReader::with_capacity(256 << 10, whole);
    let inner: Box<dyn Read + Send> = match packing {
        Packing::Gzip => Box::new(MultiGzDecoder::new(buffered)),
        Packing::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(buffered)?;
            decoder.window_log_max(WINDOW_LOG)?;
            Box::new(decoder)
        }
    };
    Ok(Box::new(Unpacked {
        inner,
        packing,
        most,
        left: most,
    }))
}

struct Unpacked<'a> {
    inner: Box<dyn Read + Send + 'a>,
    packing: Packing,
    most: u64,
    left: u64,
}

impl Read for Unpacked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer).map_err(|error| {
            if ImportError::is_in(&error) {
                return error;
            }
            let error = match error.kind() {
                io::ErrorKind::UnexpectedEof => ImportError::CutOff {
                    what: format!("the {} ends in the middle", self.packing.name()),
                },
                _ => ImportError::Damaged {
                    what: self.packing.name(),
                    message: error.to_string(),
                },
            };
            error.into_read()
        })?;
        self.left = self
            .left
            .checked_sub(n as u64)
            .ok_or_else(|| ImportError::Bomb { most: self.most }.into_read())?;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(bytes: &[u8], most: u64) -> Result<usize, String> {
        let mut unpacked = Vec::new();
        let read = unpack_to(bytes, most).and_then(|mut reader| reader.read_to_end(&mut unpacked));
        read.map_err(|error| ImportError::of_read(error).to_string())
    }

    #[test]
    fn what_unpacks_to_more_than_is_plausible_is_refused() {
        let text = b"1,2\n".repeat(1 << 20);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&text).unwrap();
        let gzip = gzip.finish().unwrap();
        let zstd = zstd::encode_all(&text[..], 1).unwrap();
        for packed in [gzip, zstd] {
            assert_eq!(read(&packed, 1 << 22), Ok(1 << 22));
            let refused = read(&packed, 4_000_000).unwrap_err();
            assert!(
                refused.starts_with("Unpacked, the file has more than 4.0 MB"),
                "{refused}"
            );
        }
    }

    #[test]
    fn a_zstd_file_that_asks_for_too_much_memory_is_refused() {
        let mut writer = zstd::Encoder::new(Vec::new(), 1).unwrap();
        writer.window_log(27).unwrap();
        writer.write_all(&vec![b'x'; 1 << 20]).unwrap();
        let refused = read(&writer.finish().unwrap(), u64::MAX).unwrap_err();
        assert!(
            refused.starts_with("The zstd file cannot be read"),
            "{refused}"
        );
    }
}
