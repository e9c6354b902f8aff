//! Arrow IPC of others, as a stream or a file (Feather 2): a file is a stream between two
//! marks, with an index at its end that is not needed for reading it from the beginning.
//!
//! Lengths in the file are believed only up to a bound: the reader of the library takes
//! as much memory as they say before it has seen a byte.

use std::{collections::VecDeque, io::Read, sync::Arc};

use arrow::ipc::{
    CompressionType, MessageHeader, convert::fb_to_schema, reader::StreamDecoder, root_as_message,
};
use assay_model::{FileFormat, ImportOptions, Preview, words};
use datafusion::arrow::{
    buffer::Buffer, datatypes::SchemaRef, error::ArrowError, record_batch::RecordBatch,
};
use tokio::sync::oneshot;

use super::{
    Import, ImportError, Imported,
    adopt::{self, Adopted},
    imported,
    output::Output,
    preview,
    spool::with_reader,
};
use crate::progress::Stage;

/// What it is called in errors.
const WHAT: &str = "Arrow file";
/// The most bytes of a batch, as it is and unpacked.
const MOST_BATCH: u64 = 256_000_000;
/// The most bytes of what is said of a batch.
const MOST_METADATA: u32 = 16 << 20;
/// What a file begins with, and what is between that and the stream.
const FILE_MARK: &[u8; 8] = b"ARROW1\0\0";
const MOST_ROOM: usize = 128;

/// Imports a file or a stream.
pub(super) async fn import(
    import: &Import<'_>,
    options: &ImportOptions,
) -> Result<Imported, ImportError> {
    adopt::check(options)?;
    import
        .progress
        .begin(Stage::Parse, 1, 0, import.source.bytes());
    let (say_parts, parts) = oneshot::channel();
    let (progress, threads) = (Arc::clone(import.progress), import.threads);
    let fill = with_reader(import, move |reader| {
        let mut batches = Batches::open(reader)?;
        let adopted = Adopted::new(&batches.schema, WHAT)?;
        let (mut output, parts) = Output::new(adopted.arrow(), threads, &progress);
        // Nobody takes them only when the import is over.
        let _ = say_parts.send(parts);
        while let Some(batch) = batches.next()? {
            for slice in adopt::slices(&batch) {
                output.write(adopted.convert(&slice)?)?;
            }
        }
        output.finish()?;
        Ok(adopted.schema())
    });
    let put = async {
        match parts.await {
            Ok(parts) => import.put(parts).await,
            Err(_) => Ok(Vec::new()),
        }
    };
    let (filled, parts) = futures::join!(fill, put);
    // A sink that failed is why the parser found its door shut.
    let parts = parts?;
    let report = adopt::report(FileFormat::Arrow, options);
    Ok(imported(report, filled?, parts))
}

/// Looks at the beginning of a file or a stream.
pub(super) fn look(
    seen: &[u8],
    is_whole: bool,
    options: &ImportOptions,
) -> Result<Preview, ImportError> {
    let mut batches = Batches::open(Box::new(seen))?;
    let adopted = Adopted::new(&batches.schema, WHAT)?;
    let mut rows = Vec::new();
    loop {
        match batches.next() {
            Ok(Some(batch)) => {
                let first = batch.slice(0, batch.num_rows().min(preview::ROWS));
                preview::add_rows(&mut rows, &adopted.convert(&first)?)?;
            }
            Ok(None) => break,
            Err(ImportError::CutOff { .. }) if !is_whole => break,
            Err(error) => return Err(error),
        }
    }
    let options = adopt::report(FileFormat::Arrow, options).options;
    Ok(preview::shown(options, adopted.schema(), rows, is_whole))
}

/// The batches of a stream.
struct Batches<'a> {
    reader: Box<dyn Read + Send + 'a>,
    decoder: StreamDecoder,
    schema: SchemaRef,
    is_file: bool,
    /// Batches that were decoded and not yet given.
    decoded: VecDeque<RecordBatch>,
    ended: bool,
}

/// The message that ends a stream.
const END: [u8; 8] = [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0];

impl<'a> Batches<'a> {
    fn open(mut reader: Box<dyn Read + Send + 'a>) -> Result<Self, ImportError> {
        let mut start = Vec::with_capacity(8);
        fill(&mut reader, &mut start, 8)?;
        let is_file = start == FILE_MARK;
        // Some writers leave more room after the mark than they must.
        let mut room = if is_file { MOST_ROOM } else { 0 };
        while room > 0 && (start == FILE_MARK || start == [0; 8]) {
            start.clear();
            fill(&mut reader, &mut start, 8)?;
            room -= 8;
        }
        let first = message(&mut reader, start)?.ok_or_else(cut_off)?;
        let schema = first
            .get(8..)
            .and_then(|metadata| root_as_message(metadata).ok())
            .and_then(|message| message.header_as_schema().map(fb_to_schema))
            .ok_or_else(|| ImportError::Damaged {
                what: WHAT,
                message: "it does not begin with its columns".to_owned(),
            })?;
        let mut batches = Self {
            reader,
            decoder: StreamDecoder::new(),
            schema: Arc::new(schema),
            is_file,
            decoded: VecDeque::new(),
            ended: false,
        };
        batches.decode(first)?;
        Ok(batches)
    }

    fn next(&mut self) -> Result<Option<RecordBatch>, ImportError> {
        loop {
            if let Some(batch) = self.decoded.pop_front() {
                return Ok(Some(batch));
            }
            if self.ended {
                return Ok(None);
            }
            match message(&mut self.reader, Vec::new())? {
                Some(message) => self.decode(message)?,
                None => {
                    self.ended = true;
                    self.check_end()?;
                    // A batch without a body is decoded only when something follows it.
                    self.decode(END.to_vec())?;
                }
            }
        }
    }

    fn decode(&mut self, message: Vec<u8>) -> Result<(), ImportError> {
        let mut buffer = Buffer::from_vec(message);
        while !buffer.is_empty() {
            match self.decoder.decode(&mut buffer).map_err(damaged)? {
                Some(batch) => self.decoded.push_back(batch),
                None => break,
            }
        }
        Ok(())
    }

    fn check_end(&mut self) -> Result<(), ImportError> {
        if !self.is_file {
            return Ok(());
        }
        let mut index = Vec::new();
        Read::take(&mut self.reader, MOST_BATCH)
            .read_to_end(&mut index)
            .map_err(ImportError::of_read)?;
        if index.ends_with(b"ARROW1") {
            Ok(())
        } else {
            Err(cut_off())
        }
    }
}

/// The next message, whole; `start` are its first bytes. `None` at the end.
fn message(reader: &mut dyn Read, start: Vec<u8>) -> Result<Option<Vec<u8>>, ImportError> {
    let mut message = start;
    fill(reader, &mut message, 8)?;
    let Some((mark, length)) = message
        .first_chunk::<8>()
        .and_then(|head| head.split_first_chunk::<4>())
    else {
        // A stream may simply end, but only between messages.
        return if message.is_empty() {
            Ok(None)
        } else {
            Err(cut_off())
        };
    };
    if *mark != [0xFF; 4] {
        return Err(ImportError::Damaged {
            what: WHAT,
            message: "a batch does not begin where it should".to_owned(),
        });
    }
    let length = length
        .first_chunk()
        .map_or(0, |length| u32::from_le_bytes(*length));
    if length == 0 {
        return Ok(None);
    }
    if length > MOST_METADATA {
        return Err(too_large("the description of a batch", u64::from(length)));
    }
    let end = 8 + length as usize;
    fill(reader, &mut message, end)?;
    if message.len() < end {
        return Err(cut_off());
    }
    let body = body_bytes(&message[8..])?;
    let end = end + body as usize;
    fill(reader, &mut message, end)?;
    if message.len() < end {
        return Err(cut_off());
    }
    check_packed(&message, end - body as usize)?;
    Ok(Some(message))
}

fn body_bytes(metadata: &[u8]) -> Result<u64, ImportError> {
    let message = root_as_message(metadata).map_err(|error| ImportError::Damaged {
        what: WHAT,
        message: error.to_string(),
    })?;
    let bytes = u64::try_from(message.bodyLength()).unwrap_or(u64::MAX);
    if bytes > MOST_BATCH {
        return Err(too_large("a batch", bytes));
    }
    Ok(bytes)
}

/// Packed buffers say how long they are unpacked.
fn check_packed(message: &[u8], body: usize) -> Result<(), ImportError> {
    let Ok(root) = root_as_message(&message[8..body]) else {
        return Ok(());
    };
    let batch = match root.header_type() {
        MessageHeader::RecordBatch => root.header_as_record_batch(),
        MessageHeader::DictionaryBatch => root
            .header_as_dictionary_batch()
            .and_then(|dictionary| dictionary.data()),
        _ => None,
    };
    let Some(batch) = batch else { return Ok(()) };
    let is_packed = batch.compression().is_some_and(|compression| {
        matches!(
            compression.codec(),
            CompressionType::LZ4_FRAME | CompressionType::ZSTD
        )
    });
    let buffers = batch.buffers().filter(|_| is_packed);
    let mut all = 0_u64;
    for buffer in buffers.into_iter().flatten() {
        let at = usize::try_from(buffer.offset()).unwrap_or(usize::MAX);
        let length = message
            .get(body.saturating_add(at)..)
            .and_then(|rest| rest.first_chunk::<8>())
            .filter(|_| buffer.length() >= 8)
            .map_or(0, |bytes| i64::from_le_bytes(*bytes));
        all = all.saturating_add(u64::try_from(length).unwrap_or(0));
    }
    if all > MOST_BATCH {
        return Err(too_large("a batch", all));
    }
    Ok(())
}

/// Reads on until there are so many bytes, or no more.
fn fill(reader: &mut dyn Read, bytes: &mut Vec<u8>, wanted: usize) -> Result<(), ImportError> {
    let missing = wanted.saturating_sub(bytes.len()) as u64;
    reader
        .take(missing)
        .read_to_end(bytes)
        .map(drop)
        .map_err(ImportError::of_read)
}

fn damaged(error: ArrowError) -> ImportError {
    let message = match error {
        ArrowError::IpcError(message)
        | ArrowError::ParseError(message)
        | ArrowError::InvalidArgumentError(message) => message,
        other => other.to_string(),
    };
    ImportError::Damaged {
        what: WHAT,
        message: message.trim_end_matches('.').to_owned(),
    }
}

fn too_large(what: &str, bytes: u64) -> ImportError {
    ImportError::Damaged {
        what: WHAT,
        message: format!(
            "{what} takes {}, more than {}; write it in smaller batches",
            words::bytes(bytes),
            words::bytes(MOST_BATCH)
        ),
    }
}

fn cut_off() -> ImportError {
    ImportError::CutOff {
        what: "the Arrow file ends in the middle".to_owned(),
    }
}
