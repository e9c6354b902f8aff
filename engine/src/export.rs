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
use serde_json::Value;

use crate::{
    Engine, EngineError, Input,
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

/// The pieces of the file. An error ends it; whoever reads must not take what came
/// before for the whole.
pub(crate) fn stream(
    engine: &Engine,
    input: &Input,
    format: Format,
) -> BoxStream<'static, io::Result<Bytes>> {
    let batches = read::batches(engine, input);
    let engine = engine.clone();
    let input = input.clone();
    let pieces = async move {
        match read::input_schema(&engine, &input).await {
            Ok(schema) => pieces(batches, &schema, format).boxed(),
            Err(error) => futures::stream::once(future::ready(Err(error))).boxed(),
        }
    };
    futures::stream::once(pieces)
        .flatten()
        .filter(|piece| future::ready(!matches!(piece, Ok(bytes) if bytes.is_empty())))
        .map(|piece| piece.map_err(io::Error::other))
        .boxed()
}

enum State {
    Start,
    Rows,
    Done,
}

fn pieces(
    batches: Batches,
    schema: &SchemaRef,
    format: Format,
) -> impl Stream<Item = Result<Bytes, EngineError>> + use<> {
    let schema = Arc::new(types::without_views(schema));
    let state = (State::Start, None, batches);
    futures::stream::unfold(state, move |(state, encoder, mut batches)| {
        let schema = Arc::clone(&schema);
        async move {
            let step = match (state, encoder) {
                (State::Start, _) => {
                    Encoder::start(format, &schema).map(|(bytes, encoder)| (bytes, Some(encoder)))
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
    Csv,
    Json { names: Vec<String>, begun: bool },
    Ndjson { names: Vec<String> },
    Parquet(Box<ArrowWriter<Vec<u8>>>),
    Arrow(Box<StreamWriter<Vec<u8>>>),
}

impl Encoder {
    fn start(format: Format, schema: &SchemaRef) -> Result<(Bytes, Self), EngineError> {
        let names = || {
            let names = schema.fields().iter().map(|field| field.name().clone());
            names.collect::<Vec<_>>()
        };
        Ok(match format {
            Format::Csv => {
                let mut line = String::new();
                for (i, name) in names().iter().enumerate() {
                    if i > 0 {
                        line.push(',');
                    }
                    csv_text(name, &mut line);
                }
                line.push('\n');
                (line.into(), Self::Csv)
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
            Self::Csv => {
                let cells = Cells::new(batch)?;
                for row in 0..cells.rows() {
                    cells.csv_line(row, &mut text);
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
            Self::Csv | Self::Ndjson { .. } => Bytes::new(),
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
