//! A result, a table or a collection as a file, piece by piece: memory holds a batch
//! (for Parquet a row group), whatever the size of the whole.

use std::{io, mem, sync::Arc};

use bytes::Bytes;
use datafusion::{
    arrow::{
        array::RecordBatch, datatypes::SchemaRef, error::ArrowError, ipc::writer::StreamWriter,
    },
    parquet::arrow::ArrowWriter,
};
use futures::{Stream, StreamExt, future, stream::BoxStream};
use object_store::ObjectStoreExt;
use serde_json::Value;

use crate::{
    Engine, EngineError, Input, Part,
    cells::{Cells, csv_text},
    read::{self, Batches},
    types, write,
};

/// The file formats that data leaves in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Comma-separated, with a header; null is an empty field, empty text is `""`.
    Csv,
    /// An array of objects.
    Json,
    /// An object a line.
    Ndjson,
    /// Apache Parquet, zstd.
    Parquet,
    /// The stream format of Arrow IPC.
    Arrow,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 5] = [
        Self::Csv,
        Self::Json,
        Self::Ndjson,
        Self::Parquet,
        Self::Arrow,
    ];

    /// The word used in addresses, and the file name's ending.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }

    /// The format of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }

    /// What `Content-Type` says.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Arrow => "application/vnd.apache.arrow.stream",
        }
    }
}

/// What becomes of a text that a spreadsheet would take for a formula: one that begins
/// with `=`, `+`, `-`, `@`, a tab or a carriage return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Formulas {
    /// It gets an apostrophe before it. Only CSV is opened by spreadsheets as it is, so
    /// other formats never change a text.
    #[default]
    Defused,
    /// It stays as it is.
    Raw,
}

/// How data leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Export {
    /// The file format.
    pub format: Format,
    /// What becomes of formulas.
    pub formulas: Formulas,
}

impl Export {
    /// The size of the file where that is known without making it.
    pub fn size(self, input: &Input) -> Option<u64> {
        whole_part(input, self).map(|part| part.bytes)
    }
}

impl From<Format> for Export {
    fn from(format: Format) -> Self {
        Self {
            format,
            formulas: Formulas::default(),
        }
    }
}

/// The pieces of the file from this byte on. The same rows always make the same bytes:
/// one stream makes them, in the order of the data. An error ends it; whoever reads must
/// not take what came before for the whole.
pub(crate) fn stream(
    engine: &Engine,
    input: &Input,
    export: Export,
    from: u64,
) -> BoxStream<'static, io::Result<Bytes>> {
    if let Some(part) = whole_part(input, export) {
        return part_bytes(engine, part, from);
    }
    let batches = read::batches(engine, input);
    let engine = engine.clone();
    let input = input.clone();
    let pieces = async move {
        match read::input_schema(&engine, &input).await {
            Ok(schema) => pieces(batches, &schema, export).boxed(),
            Err(error) => futures::stream::once(future::ready(Err(error))).boxed(),
        }
    };
    let mut before = from;
    futures::stream::once(pieces)
        .flatten()
        .map(move |piece| {
            let mut piece = piece?;
            let skipped = usize::try_from(before)
                .unwrap_or(usize::MAX)
                .min(piece.len());
            before -= skipped as u64;
            Ok(piece.split_off(skipped))
        })
        .filter(|piece| future::ready(!matches!(piece, Ok(bytes) if bytes.is_empty())))
        .map(|piece: Result<Bytes, EngineError>| piece.map_err(io::Error::other))
        .boxed()
}

/// The part that is the file: Parquet of a table that has one.
fn whole_part(input: &Input, export: Export) -> Option<&Part> {
    match (export.format, input) {
        (Format::Parquet, Input::Table { parts, .. }) => match parts.as_slice() {
            [part] => Some(part),
            _ => None,
        },
        _ => None,
    }
}

fn part_bytes(engine: &Engine, part: &Part, from: u64) -> BoxStream<'static, io::Result<Bytes>> {
    let (store, part) = (Arc::clone(&engine.store), part.clone());
    futures::stream::try_unfold(from, move |at| {
        let (store, part) = (Arc::clone(&store), part.clone());
        async move {
            if at >= part.bytes {
                return Ok(None);
            }
            let end = (at + PIECE).min(part.bytes);
            let bytes = store
                .get_range(&part.path, at..end)
                .await
                .map_err(io::Error::other)?;
            Ok(Some((bytes, end)))
        }
    })
    .boxed()
}

/// Bytes of a part that are sent at a time.
const PIECE: u64 = 1 << 20;
/// Memory of a row group that is being written.
const ROW_GROUP_BYTES: usize = 64 << 20;

enum State {
    Start,
    Rows,
    Done,
}

fn pieces(
    batches: Batches,
    schema: &SchemaRef,
    export: Export,
) -> impl Stream<Item = Result<Bytes, EngineError>> + use<> {
    let schema = Arc::new(types::without_views(schema));
    let state = (State::Start, None, batches);
    futures::stream::unfold(state, move |(state, encoder, mut batches)| {
        let schema = Arc::clone(&schema);
        async move {
            let step = match (state, encoder) {
                (State::Start, _) => {
                    Encoder::start(export, &schema).map(|(bytes, encoder)| (bytes, Some(encoder)))
                }
                (State::Rows, Some(encoder)) => match batches.next().await {
                    Some(Ok(batch)) => {
                        let mut encoder: Encoder = encoder;
                        encoder
                            .batch(&batch, &schema)
                            .map(|bytes| (bytes, Some(encoder)))
                    }
                    Some(Err(error)) => Err(error),
                    None => encoder.finish().map(|bytes| (bytes, None)),
                },
                _ => return None,
            };
            Some(match step {
                Ok((bytes, Some(encoder))) => (Ok(bytes), (State::Rows, Some(encoder), batches)),
                Ok((bytes, None)) => (Ok(bytes), (State::Done, None, batches)),
                Err(error) => (Err(error), (State::Done, None, batches)),
            })
        }
    })
}

enum Encoder {
    Csv(Formulas),
    Json { names: Vec<String>, begun: bool },
    Ndjson { names: Vec<String> },
    Parquet(Box<ArrowWriter<Vec<u8>>>),
    Arrow(Box<StreamWriter<Vec<u8>>>),
}

impl Encoder {
    fn start(export: Export, schema: &SchemaRef) -> Result<(Bytes, Self), EngineError> {
        let names = || {
            let names = schema.fields().iter().map(|field| field.name().clone());
            names.collect::<Vec<_>>()
        };
        Ok(match export.format {
            Format::Csv => {
                let mut line = String::new();
                for (i, name) in names().iter().enumerate() {
                    if i > 0 {
                        line.push(',');
                    }
                    csv_text(name, export.formulas, &mut line);
                }
                line.push('\n');
                (line.into(), Self::Csv(export.formulas))
            }
            Format::Json => {
                let encoder = Self::Json {
                    names: names(),
                    begun: false,
                };
                (Bytes::from_static(b"["), encoder)
            }
            Format::Ndjson => (Bytes::new(), Self::Ndjson { names: names() }),
            Format::Parquet => {
                let properties = Some(write::properties(schema));
                let writer = ArrowWriter::try_new(Vec::new(), Arc::clone(schema), properties)?;
                (Bytes::new(), Self::Parquet(Box::new(writer)))
            }
            Format::Arrow => {
                let mut writer = StreamWriter::try_new(Vec::new(), schema)?;
                (
                    mem::take(writer.get_mut()).into(),
                    Self::Arrow(Box::new(writer)),
                )
            }
        })
    }

    fn batch(&mut self, batch: &RecordBatch, schema: &SchemaRef) -> Result<Bytes, EngineError> {
        let mut text = String::new();
        match self {
            Self::Csv(formulas) => {
                let cells = Cells::new(batch)?;
                for row in 0..cells.rows() {
                    cells.csv_line(row, *formulas, &mut text);
                }
            }
            Self::Json { names, begun } => {
                let cells = Cells::new(batch)?;
                for row in 0..cells.rows() {
                    text.push_str(if mem::replace(begun, true) {
                        ",\n"
                    } else {
                        "\n"
                    });
                    json_object(&cells, names, row, &mut text);
                }
            }
            Self::Ndjson { names } => {
                let cells = Cells::new(batch)?;
                for row in 0..cells.rows() {
                    json_object(&cells, names, row, &mut text);
                    text.push('\n');
                }
            }
            Self::Parquet(writer) => {
                writer.write(&write::conform(batch, schema)?)?;
                if writer.memory_size() > ROW_GROUP_BYTES {
                    writer.flush()?;
                }
                // The writer counts its bytes itself, so what has been written may go.
                writer.sync().map_err(ArrowError::from)?;
                return Ok(mem::take(writer.inner_mut()).into());
            }
            Self::Arrow(writer) => {
                writer.write(&write::conform(batch, schema)?)?;
                return Ok(mem::take(writer.get_mut()).into());
            }
        }
        Ok(text.into())
    }

    fn finish(self) -> Result<Bytes, EngineError> {
        Ok(match self {
            Self::Csv(_) | Self::Ndjson { .. } => Bytes::new(),
            Self::Json { .. } => Bytes::from_static(b"\n]\n"),
            Self::Parquet(writer) => writer.into_inner()?.into(),
            Self::Arrow(mut writer) => {
                writer.finish()?;
                mem::take(writer.get_mut()).into()
            }
        })
    }
}

fn json_object(cells: &Cells, names: &[String], row: usize, out: &mut String) {
    out.push('{');
    for (i, name) in names.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push_str(&Value::from(name.as_str()).to_string());
        out.push(':');
        out.push_str(&cells.value(i, row).to_string());
    }
    out.push('}');
}
