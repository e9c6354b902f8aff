//! Rows to the end of a table, and small parts into full ones.
//!
//! New rows are read by the table's columns. A column that the file lacks is null in them;
//! one that only the file has is put to the end and is null in the rows before. A value
//! that does not fit its column widens the column where the parts that are there can be
//! read by the wider type as they are: whole numbers become numbers, days points in time.
//! Anything else is refused, because it would change what the rows before say.

use std::{collections::HashMap, sync::Arc};

use assay_model::{Column, ColumnType, FileFormat, ImportOptions, Schema};
use async_trait::async_trait;
use bytes::Bytes;
use datafusion::{
    arrow::datatypes::{DataType, Field, Schema as ArrowSchema, SchemaRef},
    parquet::file::statistics::Statistics,
};
use futures::TryStreamExt;
use object_store::path::Path;
use tokio_util::sync::CancellationToken;

use crate::{
    BoxError, Engine, EngineError, ImportError, Imported, Part, PartSink, ProgressCounter, Spool,
    fit::{joined, same_columns},
    progress::Stage,
    read, table, types,
    write::PartWriter,
};

/// The version of a table that rows are added to.
#[derive(Debug, Clone, Copy)]
pub struct Base<'a> {
    /// Its columns.
    pub schema: &'a Schema,
    /// Its parts.
    pub parts: &'a [Part],
}

/// Rows that have been added.
#[derive(Debug, Clone, PartialEq)]
pub struct Extended {
    /// The columns of the whole.
    pub schema: Schema,
    /// The new rows as they were read in; `parts` holds them by the columns of the whole.
    pub imported: Imported,
}

/// Why rows could not be added.
#[derive(Debug, thiserror::Error)]
pub enum ExtendError {
    /// The file cannot be read, or a value in it does not fit its column.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The table, or what was read in, cannot be read back.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A column of the file is of a type that the table's column cannot take.
    #[error(
        "Column “{column}” is {} in the data set, but {} in this file. Mend the file, or replace the data set as a whole.",
        has.with_article(),
        found.with_article()
    )]
    Unlike {
        /// The column.
        column: String,
        /// Its type in the table.
        has: ColumnType,
        /// Its type in the file.
        found: ColumnType,
    },
}

impl Engine {
    /// Reads a spooled file into parts that follow those of `base`.
    pub async fn extend(
        &self,
        source: &dyn Spool,
        options: &ImportOptions,
        base: Base<'_>,
        sink: &dyn PartSink,
        progress: &Arc<ProgressCounter>,
        cancel: &CancellationToken,
    ) -> Result<Extended, ExtendError> {
        let mut imported = self.import(source, options, sink, progress, cancel).await?;
        let mut found = columns_of(self, &imported.parts).await?;
        if base.parts.iter().all(|part| part.rows == 0) {
            // There is nothing that the new rows could contradict.
            return Ok(Extended {
                schema: imported.schema.clone(),
                imported,
            });
        }
        let held = columns_of(self, base.parts).await?;
        let others = otherwise(base.schema, &held, &found);
        if !others.is_empty() && has_no_types(imported.report.options.format) {
            // Read once more, by the types of the table: that keeps text as it is written,
            // and names the value that does not fit.
            let mut options = options.clone();
            options.types.extend(others);
            imported = self
                .import(source, &options, sink, progress, cancel)
                .await?;
            found = columns_of(self, &imported.parts).await?;
        }
        let whole = merge(base.schema, &held, &imported.schema, &found)?;
        refuse_loss(self, base, &held, &whole).await?;
        if !same_columns(&found, &whole.arrow) {
            let again = After {
                sink,
                by: u32::try_from(imported.parts.len()).unwrap_or(u32::MAX),
            };
            imported.parts = gather(self, &imported.parts, &whole.arrow, &again, progress).await?;
            imported.bytes = imported.parts.iter().map(|part| part.bytes).sum();
        }
        Ok(Extended {
            schema: whole.schema,
            imported,
        })
    }

    /// The same rows in as few parts as may be, with the columns of `like`, the last part of
    /// the version that they belong to.
    pub async fn gather(
        &self,
        parts: &[Part],
        like: &Part,
        sink: &dyn PartSink,
        progress: &Arc<ProgressCounter>,
        cancel: &CancellationToken,
    ) -> Result<Vec<Part>, EngineError> {
        let work = async {
            let rows = parts.iter().map(|part| part.rows).sum();
            let bytes = parts.iter().map(|part| part.bytes).sum();
            progress.begin(Stage::Scan, 1, rows, bytes);
            let columns = columns_of(self, std::slice::from_ref(like)).await?;
            gather(self, parts, &columns, sink, progress).await
        };
        cancel
            .run_until_cancelled(work)
            .await
            .unwrap_or(Err(EngineError::Cancelled))
    }
}

/// The columns of a table, as people see them and as they are held.
struct Whole {
    schema: Schema,
    arrow: SchemaRef,
}

/// The columns of a table with those of what is added to it.
fn merge(
    base: &Schema,
    held: &ArrowSchema,
    added: &Schema,
    found: &ArrowSchema,
) -> Result<Whole, ExtendError> {
    let mut fields = Vec::with_capacity(held.fields().len());
    let mut columns = Vec::with_capacity(held.fields().len());
    let new: HashMap<&str, (&Column, &DataType)> = added
        .columns
        .iter()
        .zip(found.fields())
        .map(|(column, field)| (column.name.as_str(), (column, field.data_type())))
        .collect();
    for (column, field) in base.columns.iter().zip(held.fields()) {
        let Some((added, its_type)) = new.get(column.name.as_str()) else {
            columns.push(Column {
                nullable: true,
                ..column.clone()
            });
            fields.push(field.as_ref().clone());
            continue;
        };
        let Some(both) = joined(field.data_type(), its_type) else {
            return Err(ExtendError::Unlike {
                column: column.name.clone(),
                has: column.kind,
                found: added.kind,
            });
        };
        columns.push(Column {
            kind: types::column_type(&both),
            nullable: column.nullable || added.nullable,
            ..column.clone()
        });
        fields.push(Field::new(field.name(), both, true));
    }
    for (column, field) in added.columns.iter().zip(found.fields()) {
        if base.get(&column.name).is_none() {
            columns.push(Column {
                nullable: true,
                ..column.clone()
            });
            fields.push(field.as_ref().clone());
        }
    }
    if columns.len() > assay_model::limits::COLUMNS {
        return Err(ImportError::TooManyColumns.into());
    }
    Ok(Whole {
        schema: Schema::new(columns),
        arrow: Arc::new(ArrowSchema::new(fields)),
    })
}

/// The columns of a file whose values, read by what they look like, cannot stand in the
/// table as they are, with the types that the table has for them.
fn otherwise(base: &Schema, held: &ArrowSchema, found: &ArrowSchema) -> Vec<(String, ColumnType)> {
    base.columns
        .iter()
        .zip(held.fields())
        .filter_map(|(column, field)| {
            let found = found.field_with_name(&column.name).ok()?.data_type();
            let held = field.data_type();
            let stands = match held {
                DataType::Utf8 => found == held,
                _ => joined(held, found).is_some(),
            };
            (!stands).then(|| (column.name.clone(), column.kind))
        })
        .filter(|(_, kind)| !matches!(kind, ColumnType::Binary | ColumnType::List))
        .collect()
}

/// Whether the values of a file are of the type that they look like.
fn has_no_types(format: Option<FileFormat>) -> bool {
    !matches!(format, Some(FileFormat::Parquet | FileFormat::Arrow))
}

/// The columns of a table as they are held: those of its last part.
async fn columns_of(engine: &Engine, parts: &[Part]) -> Result<SchemaRef, EngineError> {
    Ok(Arc::new(read::schema(engine, parts).await?))
}

/// Refuses to read whole numbers as floating point that does not hold them exactly.
async fn refuse_loss(
    engine: &Engine,
    base: Base<'_>,
    held: &ArrowSchema,
    whole: &Whole,
) -> Result<(), ExtendError> {
    for (before, after) in held.fields().iter().zip(whole.arrow.fields()) {
        let widens =
            before.data_type() == &DataType::Int64 && before.data_type() != after.data_type();
        if widens && has_long_integers(engine, base.parts, before.name()).await? {
            return Err(ExtendError::Unlike {
                column: before.name().clone(),
                has: types::column_type(before.data_type()),
                found: types::column_type(after.data_type()),
            });
        }
    }
    Ok(())
}

/// Whether a column of whole numbers has some that floating point does not hold exactly.
async fn has_long_integers(
    engine: &Engine,
    parts: &[Part],
    column: &str,
) -> Result<bool, EngineError> {
    for part in parts {
        let footer = table::footer(engine, part).await?;
        for group in footer.row_groups() {
            let chunk = group
                .columns()
                .iter()
                .find(|chunk| chunk.column_path().parts() == [column]);
            if let Some(Statistics::Int64(range)) = chunk.and_then(|chunk| chunk.statistics()) {
                let bounds = range.min_opt().into_iter().chain(range.max_opt());
                if bounds
                    .into_iter()
                    .any(|bound| bound.unsigned_abs() > 1 << 53)
                {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

/// Writes the rows of parts into new ones.
async fn gather(
    engine: &Engine,
    parts: &[Part],
    columns: &SchemaRef,
    sink: &dyn PartSink,
    progress: &Arc<ProgressCounter>,
) -> Result<Vec<Part>, EngineError> {
    let mut writer = PartWriter::new(columns);
    let mut gathered = Vec::new();
    let mut batches = read::rows_of_parts(engine, parts, columns, 0, u64::MAX);
    while let Some(batch) = batches.try_next().await? {
        progress.add_rows(batch.num_rows() as u64);
        for part in writer.write(&batch)? {
            progress.enter(Stage::Write);
            gathered.push(part.put(sink).await.map_err(EngineError::Sink)?);
            progress.enter(Stage::Scan);
        }
    }
    if let Some(part) = writer.finish()? {
        gathered.push(part.put(sink).await.map_err(EngineError::Sink)?);
    }
    Ok(gathered)
}

/// Numbers parts on from those that are there.
struct After<'a> {
    sink: &'a dyn PartSink,
    by: u32,
}

#[async_trait]
impl PartSink for After<'_> {
    async fn put(&self, n: u32, bytes: Bytes) -> Result<Path, BoxError> {
        self.sink.put(n + self.by, bytes).await
    }
}
