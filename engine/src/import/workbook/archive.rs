//! The ZIP archive that a workbook is, and XML out of it, in bounded memory.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::DeflateDecoder;
use quick_xml::{
    Reader,
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart},
};
use rawzip::{CompressionMethod, ZipArchive, ZipArchiveEntryWayfinder, ZipSliceArchive};

use super::{WHAT, damaged};
use crate::import::ImportError;

/// The most bytes that one part of a workbook may unpack to.
const MOST_PART: u64 = 4_000_000_000;

/// A workbook's archive, in memory as it arrived.
pub(super) struct Archive<'a> {
    archive: ZipSliceArchive<&'a [u8]>,
    parts: Vec<(String, CompressionMethod, ZipArchiveEntryWayfinder)>,
}

impl<'a> Archive<'a> {
    /// Reads the directory at the end of the archive.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, ImportError> {
        let archive = ZipArchive::from_slice(bytes).map_err(|_| ImportError::CutOff {
            what: format!("the {WHAT} lacks its end"),
        })?;
        let mut parts = Vec::new();
        let mut entries = archive.entries();
        while let Some(entry) = entries.next_entry().map_err(damaged)? {
            let path = entry.file_path();
            let name = String::from_utf8_lossy(path.as_bytes()).replace('\\', "/");
            parts.push((name, entry.compression_method(), entry.wayfinder()));
        }
        Ok(Self { archive, parts })
    }

    /// Whether there is a part of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.parts.iter().any(|(known, ..)| known == name)
    }

    /// A part of the workbook; `None` when it is not there.
    pub(super) fn part(&self, name: &str) -> Result<Option<Xml<'_>>, ImportError> {
        let Some((_, method, wayfinder)) = self.parts.iter().find(|(known, ..)| known == name)
        else {
            return Ok(None);
        };
        let entry = self.archive.get_entry(*wayfinder).map_err(damaged)?;
        let data = entry.data();
        let inner: Box<dyn BufRead + '_> = match *method {
            CompressionMethod::STORE => Box::new(data),
            CompressionMethod::DEFLATE => Box::new(BufReader::with_capacity(
                64 << 10,
                DeflateDecoder::new(data),
            )),
            _ => {
                return Err(ImportError::Damaged {
                    what: WHAT,
                    message: format!("“{name}” is packed in a way that is not known"),
                });
            }
        };
        let bounded = Bounded {
            inner,
            left: MOST_PART,
        };
        Ok(Some(Xml {
            reader: Reader::from_reader(Box::new(bounded)),
            buffer: Vec::new(),
        }))
    }
}

/// What comes of a part, one by one.
pub(super) enum Node {
    /// An element begins; it is over at once where `is_empty`.
    Begin {
        name: String,
        attributes: Attributes,
        is_empty: bool,
    },
    /// An element ends.
    End(String),
    /// Text.
    Text(String),
}

/// The attributes of an element.
pub(super) struct Attributes(Vec<(String, String)>);

impl Attributes {
    fn of(element: &BytesStart<'_>) -> Result<Self, ImportError> {
        let mut all = Vec::new();
        for attribute in element.attributes() {
            let attribute = attribute.map_err(damaged)?;
            let value = attribute
                .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                .map_err(damaged)?;
            all.push((attribute.key.as_ref().to_owned(), value.into_owned()));
        }
        Ok(Self(all))
    }

    /// The value of an attribute.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// A part that is read as XML.
pub(super) struct Xml<'a> {
    reader: Reader<Box<Bounded<'a>>>,
    buffer: Vec<u8>,
}

impl Xml<'_> {
    /// The next node; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Node>, ImportError> {
        use quick_xml::events::Event;
        loop {
            self.buffer.clear();
            let event = self.reader.read_event_into(&mut self.buffer);
            let node = match event.map_err(failed)? {
                Event::Start(element) => Node::Begin {
                    name: element.local_name().as_ref().to_owned(),
                    attributes: Attributes::of(&element)?,
                    is_empty: false,
                },
                Event::Empty(element) => Node::Begin {
                    name: element.local_name().as_ref().to_owned(),
                    attributes: Attributes::of(&element)?,
                    is_empty: true,
                },
                Event::End(element) => Node::End(element.local_name().as_ref().to_owned()),
                Event::Text(text) => Node::Text(text.xml10_content().into_owned()),
                Event::CData(text) => Node::Text(text.xml10_content().into_owned()),
                Event::GeneralRef(reference) => Node::Text(resolve(&reference)?),
                Event::Eof => return Ok(None),
                _ => continue,
            };
            return Ok(Some(node));
        }
    }
}

fn resolve(reference: &BytesRef<'_>) -> Result<String, ImportError> {
    if let Some(sign) = reference.resolve_char_ref().map_err(damaged)? {
        return Ok(sign.to_string());
    }
    let name = reference.xml10_content();
    resolve_predefined_entity(&name)
        .map(str::to_owned)
        .ok_or_else(|| ImportError::Damaged {
            what: WHAT,
            message: format!("it refers to “{name}”, which it does not define"),
        })
}

fn failed(error: quick_xml::Error) -> ImportError {
    let quick_xml::Error::Io(cause) = &error else {
        return damaged(error);
    };
    if ImportError::is_in(cause) {
        return ImportError::Bomb { most: MOST_PART };
    }
    damaged(error)
}

/// Gives so many bytes at most.
struct Bounded<'a> {
    inner: Box<dyn BufRead + 'a>,
    left: u64,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(buffer)?;
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Bounded<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(ImportError::Bomb { most: MOST_PART }.into_read());
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        self.left = self.left.saturating_sub(n as u64);
        self.inner.consume(n);
    }
}
