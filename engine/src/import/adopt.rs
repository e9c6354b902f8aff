//! Columns of others' binary files, as ours: the types that the model knows, a row of
//! megabytes at most.

use std::{collections::HashMap, sync::Arc};

use assay_model::{Column, FileFormat, ImportOptions, ImportReport, Schema};
use datafusion::arrow::{
    array::{Array, ArrayRef, AsArray, StringBuilder},
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, Field, Float64Type, Schema as ArrowSchema, SchemaRef, TimeUnit},
    json::{EncoderOptions, writer::make_encoder},
    record_batch::{RecordBatch, RecordBatchOptions},
    util::display::FormatOptions,
};

use super::{BATCH_ROWS, ImportError, infer};
use crate::{parse, types};

/// How the columns of a file become ours.
pub(super) struct Adopted {
    columns: Vec<(Column, DataType)>,
    arrow: SchemaRef,
    what: &'static str,
}

impl Adopted {
    /// For a file with these columns, which is `what`.
    pub(super) fn new(from: &ArrowSchema, what: &'static str) -> Result<Self, ImportError> {
        infer::check_count(from.fields().len())?;
        let mut seen = HashMap::new();
        let mut columns = Vec::with_capacity(from.fields().len());
        for (i, field) in from.fields().iter().enumerate() {
            let (name, n) = (field.name(), i + 1);
            if let Some(other) = seen.insert(name, n) {
                return Err(ImportError::Header {
                    column: n,
                    message: format!("Columns {other} and {n} are both called “{name}”."),
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
        let fields: Vec<_> = columns
            .iter()
            .map(|(column, data_type)| Field::new(&column.name, data_type.clone(), true))
            .collect();
        Ok(Self {
            columns,
            arrow: Arc::new(ArrowSchema::new(fields)),
            what,
        })
    }

    /// The columns as people see them.
    pub(super) fn schema(&self) -> Schema {
        Schema::new(
            self.columns
                .iter()
                .map(|(column, _)| column.clone())
                .collect(),
        )
    }

    /// The columns as they are held.
    pub(super) fn arrow(&self) -> SchemaRef {
        Arc::clone(&self.arrow)
    }

    /// The same rows under our types.
    pub(super) fn convert(&self, batch: &RecordBatch) -> Result<RecordBatch, ImportError> {
        let columns = batch
            .columns()
            .iter()
            .zip(self.arrow.fields())
            .zip(batch.schema_ref().fields())
            .map(|((array, field), from)| column(array, field.data_type(), from, self.what))
            .collect::<Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(self.arrow(), columns, &options)
            .map_err(ImportError::internal)
    }
}

/// A batch in pieces of some rows and, as far as rows allow, some megabytes: what stands in
/// memory once, such as a text in a dictionary, is written out for each row.
pub(super) fn slices(batch: &RecordBatch) -> Vec<RecordBatch> {
    let mut lengths = vec![0_usize; batch.num_rows()];
    for column in batch.columns() {
        add_lengths(column, &mut lengths);
    }
    let mut slices = Vec::new();
    let (mut begin, mut bytes) = (0, 0);
    for (row, length) in lengths.iter().enumerate() {
        if row > begin && (bytes + length > SLICE_BYTES || row - begin == BATCH_ROWS) {
            slices.push(batch.slice(begin, row - begin));
            (begin, bytes) = (row, 0);
        }
        bytes += length;
    }
    slices.push(batch.slice(begin, batch.num_rows() - begin));
    slices
}

/// Bytes of a slice.
const SLICE_BYTES: usize = 8 << 20;

fn add_lengths(column: &ArrayRef, lengths: &mut [usize]) {
    if let Some(views) = column.as_string_view_opt() {
        for (sum, view) in lengths.iter_mut().zip(views.iter()) {
            *sum += view.map_or(0, str::len);
        }
    } else if let Some(views) = column.as_binary_view_opt() {
        for (sum, view) in lengths.iter_mut().zip(views.iter()) {
            *sum += view.map_or(0, <[u8]>::len);
        }
    } else if let Some(dictionary) = column.as_any_dictionary_opt() {
        // The longest counts for all: to look each up is not worth it.
        let values = dictionary.values();
        let mut each = vec![0; values.len()];
        add_lengths(values, &mut each);
        let longest = each.into_iter().max().unwrap_or(0);
        for sum in lengths {
            *sum += longest;
        }
    } else if !column.is_empty() {
        let each = column.get_array_memory_size() / column.len();
        let most = column.data_type().primitive_width().unwrap_or(each);
        for sum in lengths {
            *sum += most;
        }
    }
}

/// Refuses what cannot be said of a file that has types of its own.
pub(super) fn check(options: &ImportOptions) -> Result<(), ImportError> {
    if options.types.is_empty() {
        return Ok(());
    }
    Err(ImportError::Option {
        option: "types",
        message: "The columns of this file have types of their own. Leave types out.".to_owned(),
    })
}

/// The report of a file of this format, of which nothing had to be found out.
pub(super) fn report(format: FileFormat, options: &ImportOptions) -> ImportReport {
    ImportReport {
        options: ImportOptions {
            format: Some(format),
            ..options.clone()
        },
        ..ImportReport::default()
    }
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

fn column(
    array: &ArrayRef,
    to: &DataType,
    from: &Arc<Field>,
    what: &'static str,
) -> Result<ArrayRef, ImportError> {
    if array.data_type().is_nested() && *to == DataType::Utf8 {
        return json_text(array, from);
    }
    // A value that does not fit is an error, not a null.
    let options = CastOptions {
        safe: false,
        format_options: FormatOptions::default(),
    };
    let array = cast_with_options(array, to, &options).map_err(|error| ImportError::Damaged {
        what,
        message: format!("column “{}”: {error}", from.name()),
    })?;
    Ok(match array.as_primitive_opt::<Float64Type>() {
        Some(numbers) => Arc::new(numbers.unary::<_, Float64Type>(parse::canonical)),
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
