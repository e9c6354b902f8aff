//! Parquet of others, written anew as ours.
//!
//! Why not keep it as it is: row groups and parts get the sizes that our readers count
//! on, columns the types that the model knows. A footer stands at the end and a spool
//! reads from the beginning, so the file is first copied to the disk for spilling:
//! memory holds a batch.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
    sync::Arc,
};

use assay_model::{Column, Schema};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, StringBuilder},
        compute::{CastOptions, cast_with_options},
        datatypes::{DataType, Field, Float64Type, Schema as ArrowSchema, TimeUnit},
        json::{EncoderOptions, writer::make_encoder},
        record_batch::RecordBatch,
        util::display::FormatOptions,
    },
    parquet::{
        arrow::arrow_reader::{
            ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
        },
        errors::ParquetError,
    },
};

use super::{BATCH_ROWS, Format, Import, ImportError, Imported, Output, SpoolReader, with_reader};
use crate::{parse, progress::Stage, types};

/// Imports a Parquet file.
pub(super) async fn import(import: &Import<'_>, spill_dir: &Path) -> Result<Imported, ImportError> {
    import
        .progress
        .begin(Stage::Read, 1, 0, import.source.bytes());
    let spill_dir = spill_dir.to_owned();
    let (file, metadata) = with_reader(import, move |reader| copy(reader, &spill_dir)).await?;
    let columns = columns(&metadata)?;
    let schema = Schema::new(columns.iter().map(|(column, _)| column.clone()).collect());
    let fields: Vec<_> = columns
        .into_iter()
        .map(|(column, data_type)| Field::new(column.name, data_type, true))
        .collect();
    let arrow = Arc::new(ArrowSchema::new(fields));
    let rows = metadata.metadata().file_metadata().num_rows();
    import
        .progress
        .begin(Stage::Parse, 1, u64::try_from(rows).unwrap_or(0), 0);
    let (mut output, parts) = Output::new(&arrow, import.progress);
    let cancel = import.cancel.clone();
    let rewrite = tokio::task::spawn_blocking(move || {
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(damaged)?;
        for batch in reader {
            if cancel.is_cancelled() {
                return Err(ImportError::Cancelled);
            }
            let batch = batch.map_err(|error| damaged(error.into()))?;
            output.write(&convert(&batch, &arrow)?)?;
        }
        output.finish()
    });
    let rewrite = async { rewrite.await.map_err(ImportError::internal)? };
    import
        .collect(Format::Parquet, schema, rewrite, parts)
        .await
}

/// Copies the spool to the disk and reads the footer.
fn copy(
    mut reader: SpoolReader,
    spill_dir: &Path,
) -> Result<(File, ArrowReaderMetadata), ImportError> {
    // It has no name: it is gone with the process, whatever becomes of it.
    let mut copy = tempfile::tempfile_in(spill_dir).map_err(ImportError::Disk)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        reader.mark();
        let n = reader
            .read(&mut buffer)
            .map_err(|error| SpoolReader::failure(error, 1))?;
        if n == 0 {
            break;
        }
        copy.write_all(&buffer[..n]).map_err(ImportError::Disk)?;
    }
    if !ends_in_magic(&mut copy).map_err(ImportError::Disk)? {
        return Err(ImportError::CutOff {
            what: "the Parquet file lacks its end".to_owned(),
        });
    }
    let metadata =
        ArrowReaderMetadata::load(&copy, ArrowReaderOptions::default()).map_err(damaged)?;
    Ok((copy, metadata))
}

fn ends_in_magic(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? < 12 {
        return Ok(false);
    }
    let mut end = [0; 4];
    file.seek(SeekFrom::End(-4))?;
    file.read_exact(&mut end)?;
    Ok(&end == b"PAR1")
}

fn damaged(error: ParquetError) -> ImportError {
    let message = match error {
        ParquetError::General(message) | ParquetError::EOF(message) => message,
        other => other.to_string(),
    };
    ImportError::Damaged {
        message: message.trim_end_matches('.').to_owned(),
    }
}

/// The columns as they become, with their types.
fn columns(metadata: &ArrowReaderMetadata) -> Result<Vec<(Column, DataType)>, ImportError> {
    let fields = metadata.schema().fields();
    if fields.is_empty() {
        return Err(ImportError::NoColumns);
    }
    if fields.len() > assay_model::limits::COLUMNS {
        return Err(ImportError::TooManyColumns);
    }
    let mut columns: Vec<(Column, DataType)> = Vec::with_capacity(fields.len());
    for (i, field) in fields.iter().enumerate() {
        let name = field.name();
        if let Some(other) = columns.iter().position(|(column, _)| column.name == *name) {
            return Err(ImportError::Header {
                column: i + 1,
                message: format!(
                    "Columns {} and {} are both called “{name}”.",
                    other + 1,
                    i + 1
                ),
            });
        }
        let (data_type, note) = target(field.data_type());
        let column = Column {
            note: note.map(str::to_owned),
            nullable: field.is_nullable(),
            ..Column::new(name, types::column_type(&data_type))
        };
        columns.push((column, data_type));
    }
    Ok(columns)
}

/// What a type becomes, and what the reader of the column should know of it.
fn target(data_type: &DataType) -> (DataType, Option<&'static str>) {
    let plain = match data_type {
        DataType::Dictionary(_, values) => return target(values),
        DataType::RunEndEncoded(_, values) => return target(values.data_type()),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => {
            DataType::Utf8
        }
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32 => DataType::Int64,
        // Its upper half is past what a signed integer holds.
        DataType::UInt64 => DataType::Decimal128(20, 0),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => DataType::Float64,
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
            DataType::Decimal128(*precision, *scale)
        }
        DataType::Decimal128(..) | DataType::Decimal256(..) | DataType::Boolean => {
            data_type.clone()
        }
        DataType::Date32 | DataType::Date64 => DataType::Date32,
        DataType::Time32(_) => DataType::Time64(TimeUnit::Microsecond),
        DataType::Time64(unit) => DataType::Time64(*unit),
        DataType::Timestamp(unit, zone) => {
            let unit = match unit {
                TimeUnit::Second => TimeUnit::Millisecond,
                other => *other,
            };
            DataType::Timestamp(unit, zone.as_ref().map(|_| types::UTC.into()))
        }
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => DataType::Binary,
        nested if nested.is_nested() => {
            let note = "Holds lists or objects, kept as JSON text.";
            return (DataType::Utf8, Some(note));
        }
        _ => {
            let note = "Of a type that has no match here, kept as text.";
            return (DataType::Utf8, Some(note));
        }
    };
    (plain, None)
}

fn convert(batch: &RecordBatch, schema: &Arc<ArrowSchema>) -> Result<RecordBatch, ImportError> {
    let columns = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .zip(batch.schema_ref().fields())
        .map(|((array, field), from)| column(array, field.data_type(), from))
        .collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(ImportError::internal)
}

fn column(array: &ArrayRef, to: &DataType, from: &Arc<Field>) -> Result<ArrayRef, ImportError> {
    if array.data_type().is_nested() && *to == DataType::Utf8 {
        return json_text(array, from);
    }
    // A value that does not fit is an error, not a null.
    let options = CastOptions {
        safe: false,
        format_options: FormatOptions::default(),
    };
    let array = cast_with_options(array, to, &options).map_err(|error| ImportError::Damaged {
        message: format!("column “{}”: {error}", from.name()),
    })?;
    Ok(match array.as_primitive_opt::<Float64Type>() {
        Some(numbers) => Arc::new(numbers.unary::<_, Float64Type>(parse::positive_zero)),
        None => array,
    })
}

fn json_text(array: &ArrayRef, field: &Arc<Field>) -> Result<ArrayRef, ImportError> {
    let options = EncoderOptions::default();
    let mut encoder =
        make_encoder(field, array.as_ref(), &options).map_err(ImportError::internal)?;
    let mut texts = StringBuilder::new();
    let mut text = Vec::new();
    for row in 0..array.len() {
        if array.is_null(row) {
            texts.append_null();
            continue;
        }
        text.clear();
        encoder.encode(row, &mut text);
        texts.append_value(String::from_utf8_lossy(&text));
    }
    Ok(Arc::new(texts.finish()))
}
