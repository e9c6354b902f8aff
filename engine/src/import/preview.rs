//! A look at the beginning of a file, before anything of it is stored.
//!
//! It is read as an import reads it, in the memory that it arrived in: no runtime, no
//! spool, so that it can be done where memory and time are limited from outside.

use std::io::Read;

use assay_model::{FileFormat, ImportOptions, ImportReport, Preview, Schema, import::BadLines};
use datafusion::arrow::record_batch::RecordBatch;
use serde_json::Value;

use super::{
    ImportError, arrow,
    delimited::{self, Setup, Source, Stop},
    format, json, packing, workbook,
};
use crate::cells::Cells;

/// Rows that are shown.
pub(super) const ROWS: usize = 50;
/// Bytes that are looked at, unpacked.
const BYTES: u64 = 8 << 20;

/// Looks at a file that begins with these bytes; `is_whole` says that they are all of it.
///
/// The end of a part that is not the whole counts for nothing: a record that is cut there
/// is left out. Lines that do not fit are listed, whatever the options say of them. A
/// format whose columns stand at the end of the file shows none unless the whole is there.
pub fn preview(
    start: &[u8],
    is_whole: bool,
    file_name: Option<&str>,
    options: &ImportOptions,
) -> Result<Preview, ImportError> {
    let mut seen = Vec::new();
    let unpacked = packing::unpack(start, start.len() as u64).map_err(ImportError::of_read)?;
    let read = unpacked.take(BYTES + 1).read_to_end(&mut seen);
    let mut is_whole = is_whole;
    match read.map_err(ImportError::of_read) {
        Ok(_) => {}
        // Of a packed file, too, only the beginning is there.
        Err(ImportError::CutOff { .. }) if !is_whole => {}
        Err(error) => return Err(error),
    }
    if seen.len() as u64 > BYTES {
        seen.truncate(BYTES as usize);
        is_whole = false;
    }
    let format = format::find(options, file_name, &seen)?;
    match format {
        FileFormat::Csv | FileFormat::Tsv => fields(&seen, is_whole, format, options),
        FileFormat::Json | FileFormat::Ndjson => json::preview(&seen, is_whole, format, options),
        FileFormat::Arrow => arrow::look(&seen, is_whole, options),
        FileFormat::Xlsx if is_whole => workbook::look(&seen, options),
        FileFormat::Parquet | FileFormat::Xlsx => {
            let options = ImportOptions {
                format: Some(format),
                ..options.clone()
            };
            Ok(shown(options, Schema::default(), Vec::new(), false))
        }
    }
}

fn fields(
    seen: &[u8],
    is_whole: bool,
    format: FileFormat,
    options: &ImportOptions,
) -> Result<Preview, ImportError> {
    let mut setup = Setup::find(format, options, seen, 1)?;
    let mut report = ImportReport {
        options: setup.options.clone(),
        ..ImportReport::default()
    };
    setup.options.bad_lines = BadLines::Skip;
    let mut blocks = setup.blocks(Box::new(seen))?;
    if !is_whole {
        blocks = blocks.of_beginning();
    }
    let mut source = Source::open(blocks, &setup)?;
    source.read_ahead(usize::MAX)?;
    let (mut plan, _) = source.plan(&setup)?;
    let mut rows = Vec::new();
    for block in source.take_ahead() {
        let parsed = match delimited::parse(&block, &setup, &plan) {
            Ok(parsed) => parsed,
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::Contradicted) => {
                return Err(ImportError::internal(
                    "a plan contradicts what it was made of",
                ));
            }
        };
        parsed.note(&mut report);
        plan.note_empty(&parsed.batch);
        add_rows(&mut rows, &parsed.batch)?;
    }
    let mut preview = shown(report.options, plan.schema(), rows, is_whole);
    preview.bad_lines = report.bad_lines;
    Ok(preview)
}

/// Adds rows of a batch as cells until there are enough.
pub(super) fn add_rows(rows: &mut Vec<Vec<Value>>, batch: &RecordBatch) -> Result<(), ImportError> {
    let left = ROWS.saturating_sub(rows.len()).min(batch.num_rows());
    if left > 0 {
        let cells = Cells::new(&batch.slice(0, left)).map_err(ImportError::internal)?;
        rows.extend((0..left).map(|row| cells.row(row)));
    }
    Ok(())
}

pub(super) fn shown(
    options: ImportOptions,
    schema: Schema,
    rows: Vec<Vec<Value>>,
    is_whole: bool,
) -> Preview {
    Preview {
        options,
        sheets: Vec::new(),
        schema,
        rows,
        is_whole,
        bad_lines: Vec::new(),
    }
}
