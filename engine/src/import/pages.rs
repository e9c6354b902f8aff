//! How long the pages of a Parquet file are, unpacked.
//!
//! The reader of the library takes as much memory for a page as its header says, up to
//! 2 GB for each column. So the headers are read first, which the library has no call
//! for: of each only its first fields, in the compact protocol of Thrift.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
};

use assay_model::words;
use datafusion::parquet::file::metadata::ParquetMetaData;

use super::ImportError;

/// The most bytes of the pages that are unpacked at a time: for each column of a row
/// group the longest, and its dictionary.
const MOST_BYTES: u64 = 512_000_000;
/// Bytes of a header that are read at first, and at most.
const HEADER_BYTES: usize = 256;
const MOST_HEADER_BYTES: usize = 4 << 20;

/// Refuses a file whose pages are too long to be unpacked.
pub(super) fn check(file: &mut File, metadata: &ParquetMetaData) -> Result<(), ImportError> {
    for group in metadata.row_groups() {
        let mut all = 0_u64;
        for column in group.columns() {
            let (begin, length) = column.byte_range();
            let (mut at, end) = (begin, begin.saturating_add(length));
            let (mut dictionary, mut longest) = (0, 0);
            while at < end {
                let page = read_header(file, at)?.ok_or_else(damaged)?;
                if page.is_dictionary {
                    dictionary = page.unpacked;
                } else {
                    longest = longest.max(page.unpacked);
                }
                at = at.saturating_add(page.header + page.packed);
            }
            all = all.saturating_add(dictionary + longest);
        }
        if all > MOST_BYTES {
            return Err(ImportError::Damaged {
                what: "Parquet file",
                message: format!(
                    "its pages unpack to {} at a time, more than {}; write it with smaller pages",
                    words::bytes(all),
                    words::bytes(MOST_BYTES)
                ),
            });
        }
    }
    Ok(())
}

/// What the header of a page says, and how long it is itself.
#[derive(Debug, PartialEq, Eq)]
struct Page {
    is_dictionary: bool,
    unpacked: u64,
    packed: u64,
    header: u64,
}

fn damaged() -> ImportError {
    ImportError::Damaged {
        what: "Parquet file",
        message: "the header of a page is not as it should be".to_owned(),
    }
}

fn read_header(file: &mut File, at: u64) -> Result<Option<Page>, ImportError> {
    let mut window = HEADER_BYTES;
    loop {
        let mut bytes = Vec::with_capacity(window);
        file.seek(SeekFrom::Start(at)).map_err(ImportError::Disk)?;
        file.take(window as u64)
            .read_to_end(&mut bytes)
            .map_err(ImportError::Disk)?;
        let page = Thrift {
            bytes: &bytes,
            at: 0,
        }
        .page();
        if page.is_some() || bytes.len() < window || window >= MOST_HEADER_BYTES {
            return Ok(page);
        }
        window *= 16;
    }
}

/// Reads the compact protocol of Thrift; `None` where it breaks off.
struct Thrift<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// How deep structs may stand in each other.
const DEPTH: u8 = 8;

impl Thrift<'_> {
    fn page(mut self) -> Option<Page> {
        let (mut kind, mut unpacked, mut packed, mut id) = (None, None, None, 0_i64);
        loop {
            let head = self.byte()?;
            if head == 0 {
                break;
            }
            id = match head >> 4 {
                0 => self.number()?,
                step => id + i64::from(step),
            };
            match (id, head & 0x0F) {
                (1, 5) => kind = Some(self.number()?),
                (2, 5) => unpacked = Some(self.number()?),
                (3, 5) => packed = Some(self.number()?),
                (_, other) => self.skip(other, DEPTH)?,
            }
        }
        Some(Page {
            is_dictionary: kind? == 2,
            unpacked: u64::try_from(unpacked?).ok()?,
            packed: u64::try_from(packed?).ok()?,
            header: self.at as u64,
        })
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// A number whose sign is its lowest bit.
    fn number(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    fn forward(&mut self, bytes: u64) -> Option<()> {
        self.at = self.at.checked_add(usize::try_from(bytes).ok()?)?;
        (self.at <= self.bytes.len()).then_some(())
    }

    fn skip(&mut self, kind: u8, depth: u8) -> Option<()> {
        let deeper = depth.checked_sub(1)?;
        match kind {
            // True and false stand in the head of their field.
            1 | 2 => Some(()),
            3 => self.forward(1),
            4..=6 => self.varint().map(drop),
            7 => self.forward(8),
            8 => {
                let length = self.varint()?;
                self.forward(length)
            }
            9 | 10 => {
                let head = self.byte()?;
                let count = match head >> 4 {
                    15 => self.varint()?,
                    count => u64::from(count),
                };
                for _ in 0..count {
                    match head & 0x0F {
                        1 | 2 => self.forward(1)?,
                        element => self.skip(element, deeper)?,
                    }
                }
                Some(())
            }
            12 => loop {
                let head = self.byte()?;
                if head == 0 {
                    return Some(());
                }
                if head >> 4 == 0 {
                    self.number()?;
                }
                self.skip(head & 0x0F, deeper)?;
            },
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_says_how_long_its_page_is() {
        // A data page of 300 bytes in 20, with a struct and a text to be left out.
        let bytes = [
            0x15, 0x00, 0x15, 0xD8, 0x04, 0x15, 0x28, 0x2C, 0x15, 0x02, 0x18, 0x01, b'x', 0x00,
            0x00, 0xFF,
        ];
        let page = Thrift {
            bytes: &bytes,
            at: 0,
        };
        let expected = Page {
            is_dictionary: false,
            unpacked: 300,
            packed: 20,
            header: 15,
        };
        assert_eq!(page.page(), Some(expected));
        let cut = Thrift {
            bytes: &bytes[..9],
            at: 0,
        };
        assert_eq!(cut.page(), None);
    }
}
