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

use assay_model::{FileFormat, ImportOptions};
use datafusion::{
    arrow::datatypes::{DataType, Field, Schema as ArrowSchema},
    parquet::{
        arrow::arrow_reader::{
            ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
        },
        errors::ParquetError,
    },
};

use super::{
    BATCH_ROWS, Import, ImportError, Imported, Unpacked,
    adopt::{self, Adopted},
    imported, pages, with_reader,
};
use crate::progress::Stage;

/// What it is called in errors.
const WHAT: &str = "Parquet file";

/// Imports a Parquet file.
pub(super) async fn import(
    import: &Import<'_>,
    options: &ImportOptions,
    spill_dir: &Path,
) -> Result<Imported, ImportError> {
    adopt::check(options)?;
    import
        .progress
        .begin(Stage::Read, 1, 0, import.source.bytes());
    let spill_dir = spill_dir.to_owned();
    let (file, metadata) = with_reader(import, move |reader| copy(reader, &spill_dir)).await?;
    let adopted = Adopted::new(metadata.schema(), WHAT)?;
    let rows = metadata.metadata().file_metadata().num_rows();
    import
        .progress
        .begin(Stage::Parse, 1, u64::try_from(rows).unwrap_or(0), 0);
    let (mut output, parts) = import.output(adopted.arrow());
    let cancel = import.cancel.clone();
    let schema = adopted.schema();
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
            for slice in adopt::slices(&batch) {
                output.write(adopted.convert(&slice)?)?;
            }
        }
        output.finish()
    });
    let rewrite = async { rewrite.await.map_err(ImportError::internal)? };
    let ((), parts) = import.fill(rewrite, parts).await?;
    let report = adopt::report(FileFormat::Parquet, options);
    Ok(imported(report, schema, parts))
}

/// Copies the spool to the disk and reads the footer.
fn copy(
    mut reader: Unpacked,
    spill_dir: &Path,
) -> Result<(File, ArrowReaderMetadata), ImportError> {
    // It has no name: it is gone with the process, whatever becomes of it.
    let mut copy = tempfile::tempfile_in(spill_dir).map_err(ImportError::Disk)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        let n = reader.read(&mut buffer).map_err(ImportError::of_read)?;
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
    let options = ArrowReaderOptions::default();
    let metadata = ArrowReaderMetadata::load(&copy, options.clone()).map_err(damaged)?;
    pages::check(&mut copy, metadata.metadata())?;
    // Read as views, a long text that a dictionary has once stands in memory once,
    // however many rows have it.
    let views = Arc::new(with_views(metadata.schema()));
    let metadata =
        ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options.with_schema(views))
            .map_err(damaged)?;
    Ok((copy, metadata))
}

/// The same columns with texts and bytes as views, all else as it is.
fn with_views(schema: &ArrowSchema) -> ArrowSchema {
    let field = |field: &Arc<Field>| {
        let data_type = match field.data_type() {
            DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
            DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
            other => other.clone(),
        };
        field.as_ref().clone().with_data_type(data_type)
    };
    let fields: Vec<_> = schema.fields().iter().map(field).collect();
    ArrowSchema::new_with_metadata(fields, schema.metadata().clone())
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
        what: WHAT,
        message: message.trim_end_matches('.').to_owned(),
    }
}
