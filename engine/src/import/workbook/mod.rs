//! A sheet of an Excel workbook (.xlsx).
//!
//! The archive and its XML are read by libraries, what stands in it here: of the whole
//! format that is sheets, texts, styles and cells. (`calamine`, which knows all of it,
//! builds on a ZIP library whose features would have the query engine compiled anew.)
//!
//! The first row that has values holds the names of the columns; its first value says
//! where the table begins. Rows without values are left out.

mod archive;
mod book;
mod cells;

use std::io::Read;

use assay_model::{
    FileFormat, ImportOptions, ImportReport, Preview,
    import::{BAD_LINES_SHOWN, BadLine, BadLines, DecimalMark, Header},
    words,
};
use datafusion::arrow::record_batch::RecordBatch;

use super::{
    BATCH_ROWS, Cell, ColumnBuilder, Import, ImportError, Imported, Place, Unpacked, delimited,
    dialect, imported,
    infer::{self, Guess, Plan, PlanColumn},
    preview,
    spool::with_reader,
};
use crate::progress::Stage;
use book::Book;
use cells::{Row, Rows, letters};

/// What it is called in errors.
const WHAT: &str = "Excel file";
/// The most bytes of a workbook: it is held in memory, packed as it is.
const MOST_BYTES: u64 = 100_000_000;
/// Rows that a header is guessed from.
const SEEN: usize = 200;

/// Imports a sheet.
pub(super) async fn import(
    import: &Import<'_>,
    options: &ImportOptions,
) -> Result<Imported, ImportError> {
    import
        .progress
        .begin(Stage::Read, 1, 0, import.source.bytes());
    let bytes = with_reader(import, load).await?;
    import.progress.enter(Stage::Parse);
    let options = options.clone();
    let learning = bytes.clone();
    let learned = tokio::task::spawn_blocking(move || {
        let book = Book::open(&learning)?;
        let table = Table::find(&book, &options)?;
        let plan = table.learn(&book)?;
        Ok::<_, ImportError>((table, plan))
    });
    let (table, plan) = learned.await.map_err(ImportError::internal)??;
    let schema = plan.schema();
    let (mut output, parts) = import.output(plan.arrow());
    let cancel = import.cancel.clone();
    let fill = tokio::task::spawn_blocking(move || {
        let book = Book::open(&bytes)?;
        let report = table.fill(&book, &plan, &mut |batch| {
            if cancel.is_cancelled() {
                return Err(ImportError::Cancelled);
            }
            output.write(batch)
        })?;
        output.finish()?;
        Ok(report)
    });
    let fill = async { fill.await.map_err(ImportError::internal)? };
    let (report, parts) = import.fill(fill, parts).await?;
    Ok(imported(report, schema, parts))
}

/// Looks at a workbook, which must be whole: its directory stands at its end.
pub(super) fn look(bytes: &[u8], options: &ImportOptions) -> Result<Preview, ImportError> {
    let book = Book::open(bytes)?;
    let mut table = Table::find(&book, options)?;
    let asked = table.options.clone();
    table.options.bad_lines = BadLines::Skip;
    let plan = table.learn(&book)?;
    let mut rows = Vec::new();
    let report = table.fill(&book, &plan, &mut |batch| {
        preview::add_rows(&mut rows, &batch)
    })?;
    let mut found = preview::shown(asked, plan.schema(), rows, true);
    found.sheets = book.sheets.into_iter().map(|(name, _)| name).collect();
    found.bad_lines = report.bad_lines;
    Ok(found)
}

fn load(reader: Unpacked) -> Result<Vec<u8>, ImportError> {
    let mut bytes = Vec::new();
    reader
        .take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(ImportError::of_read)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(ImportError::Damaged {
            what: WHAT,
            message: format!(
                "it has more than {}; save the sheet as CSV",
                words::bytes(MOST_BYTES)
            ),
        });
    }
    Ok(bytes)
}

/// What is done with a row and its values by column.
type EachRow<'a> = &'a mut dyn FnMut(&Row, &[Cell<'_>]) -> Result<(), ImportError>;

/// Where the table of a sheet is.
struct Table {
    options: ImportOptions,
    /// Where the sheet's cells are.
    part: String,
    names: Vec<String>,
    /// The column of its first name, counted from 0.
    first_column: usize,
    /// The row with the names; 0 when there is none.
    header_row: u64,
}

impl Table {
    fn find(book: &Book<'_>, options: &ImportOptions) -> Result<Self, ImportError> {
        let mut options = options.clone();
        let sheet = match &options.sheet {
            None => book.sheets.first(),
            Some(name) => book.sheets.iter().find(|(known, _)| known == name),
        };
        let Some((sheet, part)) = sheet else {
            let names: Vec<_> = book
                .sheets
                .iter()
                .map(|(name, _)| format!("“{name}”"))
                .collect();
            return Err(ImportError::Option {
                option: "sheet",
                message: format!(
                    "There is no sheet “{}” in the workbook. It has {}.",
                    words::shorten(options.sheet.as_deref().unwrap_or_default(), 40),
                    words::and(&names)
                ),
            });
        };
        let mut rows = rows(book, part)?;
        let Some(first) = rows.next()? else {
            return Err(ImportError::NoColumns);
        };
        let begin = first.cells.first().map_or(0, |(at, _)| *at);
        let end = first.cells.last().map_or(0, |(at, _)| *at + 1);
        let record = |row: &Row| {
            let mut record = vec![String::new(); end - begin];
            for (at, value) in &row.cells {
                let at = at.checked_sub(begin);
                if let Some(field) = at.and_then(|at| record.get_mut(at)) {
                    *field = value.text();
                }
            }
            record
        };
        let header = match options.header {
            Some(header) => header,
            None => {
                let mut seen = vec![record(&first)];
                while seen.len() < SEEN
                    && let Some(row) = rows.next()?
                {
                    seen.push(record(&row));
                }
                dialect::find_header(&seen, DecimalMark::Point)
            }
        };
        let (names, header_row) = match header {
            Header::First => (delimited::check_header(&record(&first))?, first.number),
            Header::None => {
                let names = (1..=end - begin).map(|n| format!("column_{n}"));
                (names.collect(), 0)
            }
        };
        infer::check_count(names.len())?;
        options.format = Some(FileFormat::Xlsx);
        options.sheet = Some(sheet.clone());
        options.header = Some(header);
        Ok(Self {
            options,
            part: part.clone(),
            names,
            first_column: begin,
            header_row,
        })
    }

    /// Calls `each` with every row of data and its values by column.
    fn each(&self, book: &Book<'_>, each: EachRow<'_>) -> Result<(u64, Vec<BadLine>), ImportError> {
        let mut rows = rows(book, &self.part)?;
        let (mut skipped, mut bad_lines) = (0, Vec::new());
        while let Some(row) = rows.next()? {
            if row.number == self.header_row {
                continue;
            }
            let mut cells = vec![Cell::Null; self.names.len()];
            let mut outside = None;
            for (at, value) in &row.cells {
                let place = at.checked_sub(self.first_column);
                match place.and_then(|at| cells.get_mut(at)) {
                    Some(cell) => *cell = self.cell(value),
                    None => outside = outside.or(Some(*at)),
                }
            }
            let Some(outside) = outside else {
                each(&row, &cells)?;
                continue;
            };
            let column = letters(outside);
            if self.options.bad_lines == BadLines::Refuse {
                return Err(ImportError::Outside {
                    row: row.number,
                    column,
                });
            }
            skipped += 1;
            if bad_lines.len() < BAD_LINES_SHOWN {
                bad_lines.push(BadLine {
                    line: row.number,
                    why: format!("It has a value in column {column}, outside the header."),
                });
            }
        }
        Ok((skipped, bad_lines))
    }

    fn cell<'v>(&self, value: &'v cells::Value) -> Cell<'v> {
        match value.cell() {
            Cell::Text(text) if self.options.nulls.iter().any(|null| null == text) => Cell::Null,
            cell => cell,
        }
    }

    fn learn(&self, book: &Book<'_>) -> Result<Plan, ImportError> {
        let mut guesses = vec![Guess::default(); self.names.len()];
        self.each(book, &mut |row, cells| {
            for (guess, cell) in guesses.iter_mut().zip(cells) {
                guess.see(cell, row.number);
            }
            Ok(())
        })?;
        let mut columns: Vec<_> = self
            .names
            .iter()
            .zip(&guesses)
            .map(|(name, guess)| PlanColumn::of(name.clone(), guess))
            .collect();
        infer::said(&mut columns, &self.options.types)?;
        Plan::new(columns)
    }

    fn fill(
        &self,
        book: &Book<'_>,
        plan: &Plan,
        take: &mut dyn FnMut(RecordBatch) -> Result<(), ImportError>,
    ) -> Result<ImportReport, ImportError> {
        let arrow = plan.arrow();
        let mut builders: Vec<_> = arrow
            .fields()
            .iter()
            .map(|field| ColumnBuilder::new(field.data_type()))
            .collect();
        let mut count = 0;
        let mut flush = |builders: &mut Vec<ColumnBuilder>| {
            let columns = builders.iter_mut().map(ColumnBuilder::finish).collect();
            take(RecordBatch::try_new(arrow.clone(), columns).map_err(ImportError::internal)?)
        };
        let (skipped, bad_lines) = self.each(book, &mut |row, cells| {
            for ((builder, cell), column) in builders.iter_mut().zip(cells).zip(&plan.columns) {
                if let (false, Some(kind)) = (builder.append(cell), column.said) {
                    return Err(ImportError::Misfit {
                        place: Place::Row,
                        number: row.number,
                        column: column.name.clone(),
                        value: infer::shown(cell),
                        kind,
                    });
                }
            }
            count += 1;
            if count % BATCH_ROWS == 0 {
                flush(&mut builders)?;
            }
            Ok(())
        })?;
        if count % BATCH_ROWS > 0 {
            flush(&mut builders)?;
        }
        Ok(ImportReport {
            options: self.options.clone(),
            skipped,
            bad_lines,
        })
    }
}

fn rows<'b>(book: &'b Book<'_>, part: &str) -> Result<Rows<'b>, ImportError> {
    let xml = book.archive.part(part)?;
    let xml = xml.ok_or_else(|| ImportError::Damaged {
        what: WHAT,
        message: format!("“{part}” is not in it"),
    })?;
    Ok(Rows::new(book, xml))
}

fn damaged(error: impl std::fmt::Display) -> ImportError {
    ImportError::Damaged {
        what: WHAT,
        message: error.to_string().trim_end_matches('.').to_owned(),
    }
}
