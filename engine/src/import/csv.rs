//! Fields between separators, with a header.
//!
//! Quoting is that of RFC 4180. An empty field is null, `NA` and `null` are text. Lines
//! are counted as an editor counts them, within quotes too.

use std::io;

use assay_model::words;
use csv::{ByteRecord, Reader, ReaderBuilder};
use datafusion::arrow::record_batch::RecordBatch;

use super::{
    BATCH_BYTES, BATCH_ROWS, Cell, ColumnBuilder, Format, ImportError, Output, Plan, SpoolReader,
    infer::{self, Guess},
};

/// The separator of a file that begins with `start`: the one that parts the header into
/// most fields and the next lines into as many.
pub(super) fn delimiter(format: Format, start: &[u8]) -> u8 {
    if format == Format::Tsv {
        return b'\t';
    }
    let fields = |delimiter: u8| {
        let mut reader = builder(delimiter).from_reader(start);
        let mut records = reader.byte_records().map_while(Result::ok);
        let header = records.next().map_or(0, |record| record.len());
        // The last line of the beginning may be cut.
        let records: Vec<_> = records.take(20).map(|record| record.len()).collect();
        let whole = records.len().saturating_sub(1).max(1);
        let even = records.iter().take(whole).all(|len| *len == header);
        (even, header)
    };
    let mut best = (b',', fields(b','));
    for other in *b";\t|" {
        let found = fields(other);
        if found.1 > 1 && (found > best.1 || best.1.1 < 2) {
            best = (other, found);
        }
    }
    best.0
}

/// Finds the columns and their types.
pub(super) fn learn(reader: SpoolReader, delimiter: u8) -> Result<Plan, ImportError> {
    let mut records = Records::open(reader, delimiter)?;
    let mut guesses = vec![Guess::default(); records.header.len()];
    while records.advance()? {
        let line = records.line;
        for (i, guess) in guesses.iter_mut().enumerate() {
            guess.see(&records.cell(i)?, line);
        }
    }
    infer::plan(records.header.into_iter().zip(guesses).collect())
}

/// Fills the columns.
pub(super) fn fill(
    reader: SpoolReader,
    delimiter: u8,
    plan: &Plan,
    output: &mut Output,
) -> Result<(), ImportError> {
    let mut records = Records::open(reader, delimiter)?;
    let mut builders: Vec<_> = plan
        .arrow
        .fields()
        .iter()
        .map(|field| ColumnBuilder::new(field.data_type()))
        .collect();
    let (mut rows, mut bytes) = (0, 0);
    loop {
        let more = records.advance()?;
        if more {
            for (i, builder) in builders.iter_mut().enumerate() {
                builder.append(&records.cell(i)?);
            }
            rows += 1;
            bytes += records.record.as_slice().len();
        }
        if rows > 0 && (!more || rows == BATCH_ROWS || bytes > BATCH_BYTES) {
            let columns = builders.iter_mut().map(ColumnBuilder::finish).collect();
            let batch =
                RecordBatch::try_new(plan.arrow.clone(), columns).map_err(ImportError::internal)?;
            output.write(&batch)?;
            (rows, bytes) = (0, 0);
        }
        if !more {
            return Ok(());
        }
    }
}

/// The records after the header, each as long as it.
struct Records {
    reader: Reader<SpoolReader>,
    header: Vec<String>,
    record: ByteRecord,
    line: u64,
}

impl Records {
    fn open(reader: SpoolReader, delimiter: u8) -> Result<Self, ImportError> {
        let mut records = Self {
            reader: builder(delimiter).from_reader(reader),
            header: Vec::new(),
            record: ByteRecord::new(),
            line: 1,
        };
        if !records.read()? {
            return Err(ImportError::NoColumns);
        }
        let names =
            (0..records.record.len()).map(|i| records.text(i).map(|name| name.trim().to_owned()));
        records.header = check_header(names.collect::<Result<_, _>>()?)?;
        Ok(records)
    }

    /// Goes to the next record; false at the end.
    fn advance(&mut self) -> Result<bool, ImportError> {
        if !self.read()? {
            return Ok(false);
        }
        if self.record.len() == self.header.len() {
            Ok(true)
        } else {
            Err(ImportError::Ragged {
                line: self.line,
                expected: self.header.len(),
                found: self.record.len(),
            })
        }
    }

    fn cell(&self, i: usize) -> Result<Cell<'_>, ImportError> {
        let text = self.text(i)?;
        Ok(if text.is_empty() {
            Cell::Null
        } else {
            Cell::Written(text)
        })
    }

    fn read(&mut self) -> Result<bool, ImportError> {
        self.reader.get_mut().mark();
        let begun = self.reader.position().line();
        match self.reader.read_byte_record(&mut self.record) {
            Ok(more) => {
                self.line = self.record.position().map_or(begun, csv::Position::line);
                Ok(more)
            }
            Err(error) => Err(match error.into_kind() {
                csv::ErrorKind::Io(error) => SpoolReader::failure(error, begun),
                other => ImportError::internal(io::Error::other(format!("{other:?}"))),
            }),
        }
    }

    fn text(&self, i: usize) -> Result<&str, ImportError> {
        let field = self.record.get(i).unwrap_or_default();
        std::str::from_utf8(field).map_err(|error| {
            let before = self.record.range(i).map_or(0, |range| range.start) + i;
            let begun = self.record.position().map_or(0, csv::Position::byte);
            ImportError::NotUtf8 {
                line: self.line,
                byte: begun + (before + error.valid_up_to()) as u64,
            }
        })
    }
}

fn builder(delimiter: u8) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    // Records of other lengths are told apart here, with their line.
    builder
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter);
    builder
}

fn check_header(names: Vec<String>) -> Result<Vec<String>, ImportError> {
    for (i, name) in names.iter().enumerate() {
        let column = i + 1;
        if name.is_empty() {
            return Err(ImportError::Header {
                column,
                message: format!("Column {column} of the header has no name."),
            });
        }
        if let Some(other) = names[..i].iter().position(|earlier| earlier == name) {
            let name = words::shorten(name, 40);
            return Err(ImportError::Header {
                column,
                message: format!(
                    "Columns {} and {column} are both called “{name}”.",
                    other + 1
                ),
            });
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_is_the_one_that_parts_all_lines_alike() {
        for (text, expected) in [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2\n3,1;4\n", b';'),
            ("a\tb\n1\t2\n", b'\t'),
            ("a|b|c\n1|2|3\n", b'|'),
            ("a\n1\n2\n", b','),
            ("a,b\n\"x;y\",2\n", b','),
        ] {
            assert_eq!(
                delimiter(Format::Csv, text.as_bytes()),
                expected,
                "{text:?}"
            );
        }
    }
}
