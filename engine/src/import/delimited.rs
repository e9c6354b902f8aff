//! CSV, TSV and their like.
//!
//! The types are guessed from the first megabytes and every later value is held against
//! them. One that contradicts stops the reading; the whole file is then looked through
//! for its types and read again. So a file is read once as a rule, and the type of a
//! column hangs on all of its values always.
//!
//! Blocks of whole records are parsed on all cores while the columns of those before them
//! are encoded and those after them are read.

use std::{collections::VecDeque, io::Read};

use assay_model::{
    FileFormat, ImportOptions, ImportReport,
    import::{BAD_LINES_SHOWN, BadLine, BadLines, Encoding, Header},
    words,
};
use datafusion::arrow::record_batch::{RecordBatch, RecordBatchOptions};

use super::{
    ImportError, Place,
    blocks::{Block, Blocks},
    columns,
    dialect::Dialect,
    fields::{Fields, OpenQuote, Ragged, Scanner},
    infer::{self, Guess, Plan, PlanColumn},
    output::Output,
    share::{Task, share},
    text,
};

/// What is known of a file once its beginning was seen.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    pub(super) options: ImportOptions,
    pub(super) dialect: Dialect,
    pub(super) encoding: Encoding,
    /// Bytes of the mark that it begins with.
    pub(super) mark: usize,
    pub(super) threads: usize,
}

/// A file that was read to its end.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) plan: Plan,
    pub(super) report: ImportReport,
}

/// Bytes of text that types are guessed from.
pub(super) const SAMPLE_BYTES: usize = 16 << 20;
/// Blocks that are parsed before their columns are encoded.
const ROUND_BLOCKS: usize = 8;

impl Setup {
    /// Finds how a file that begins with these bytes is written.
    pub(super) fn find(
        format: FileFormat,
        options: &ImportOptions,
        start: &[u8],
        threads: usize,
    ) -> Result<Self, ImportError> {
        let encoding = text::encoding(start, options.encoding)?;
        let dialect = Dialect::find(format, options, &text::beginning(start, encoding))?;
        let mut options = options.clone();
        options.format = Some(format);
        options.encoding = Some(encoding);
        dialect.fill_in(&mut options);
        Ok(Self {
            options,
            dialect,
            encoding,
            mark: text::mark_bytes(start),
            threads,
        })
    }

    /// The blocks of a file's text.
    pub(super) fn blocks<'a>(
        &self,
        reader: Box<dyn Read + Send + 'a>,
    ) -> Result<Blocks<Box<dyn Read + Send + 'a>>, ImportError> {
        let text = text::decode(reader, self.encoding).map_err(ImportError::of_read)?;
        let dialect = &self.dialect;
        Ok(Blocks::new(
            text,
            dialect.signs,
            dialect.line_end,
            self.mark as u64,
        ))
    }

    fn report(&self) -> ImportReport {
        ImportReport {
            options: self.options.clone(),
            ..ImportReport::default()
        }
    }
}

/// The blocks of a file, its columns named.
pub(super) struct Source<R> {
    blocks: Blocks<R>,
    names: Vec<String>,
    /// Blocks that were read already.
    ahead: VecDeque<Block>,
    ended: bool,
}

impl<R: Read> Source<R> {
    pub(super) fn open(mut blocks: Blocks<R>, setup: &Setup) -> Result<Self, ImportError> {
        while let Some(mut block) = blocks.next()? {
            let text = block.text()?;
            let mut scanner = Scanner::new(text, setup.dialect.signs);
            let first = scanner
                .advance()
                .map_err(|quote| open_quote(&block, quote))?;
            if first.is_none() {
                continue;
            }
            let end = scanner.at();
            let record = scanner.take_record();
            infer::check_count(record.len())?;
            let names = match setup.dialect.header {
                Header::First => {
                    block.skip(end);
                    check_header(&record)?
                }
                Header::None => (1..=record.len()).map(|n| format!("column_{n}")).collect(),
            };
            return Ok(Self {
                blocks,
                names,
                ahead: VecDeque::from([block]),
                ended: false,
            });
        }
        Err(ImportError::NoColumns)
    }

    /// Reads so many bytes ahead.
    pub(super) fn read_ahead(&mut self, bytes: usize) -> Result<(), ImportError> {
        let mut read: usize = self.ahead.iter().map(Block::len).sum();
        while read < bytes && !self.ended {
            match self.blocks.next()? {
                Some(block) => {
                    read += block.len();
                    self.ahead.push_back(block);
                }
                None => self.ended = true,
            }
        }
        Ok(())
    }

    /// What was read ahead.
    pub(super) fn take_ahead(&mut self) -> VecDeque<Block> {
        std::mem::take(&mut self.ahead)
    }

    fn round(&mut self, blocks: usize) -> Result<Vec<Block>, ImportError> {
        let mut round = Vec::with_capacity(blocks);
        while round.len() < blocks {
            let next = match self.ahead.pop_front() {
                Some(block) => Some(block),
                None => self.blocks.next()?,
            };
            match next {
                Some(block) => round.push(block),
                None => {
                    self.ended = true;
                    break;
                }
            }
        }
        Ok(round)
    }

    /// The plan that what was read ahead suggests.
    pub(super) fn plan(&self, setup: &Setup) -> Result<(Plan, Certainty), ImportError> {
        let blocks: Vec<&Block> = self.ahead.iter().collect();
        let guesses = look(&blocks, self.names.len(), setup)?;
        let is_open = guesses.iter().any(Guess::is_open);
        let plan = plan(&self.names, &guesses, setup)?;
        let certainty = match (self.ended, is_open) {
            (true, _) => Certainty::Certain,
            (false, false) => Certainty::Guessed,
            (false, true) => Certainty::Open,
        };
        Ok((plan, certainty))
    }
}

/// How far a plan can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Certainty {
    /// The whole file was seen.
    Certain,
    /// A value may contradict it.
    Guessed,
    /// What comes may change it without contradicting it.
    Open,
}

/// Finds the types from every value.
pub(super) fn learn<R: Read>(mut source: Source<R>, setup: &Setup) -> Result<Plan, ImportError> {
    let mut guesses = vec![Guess::default(); source.names.len()];
    loop {
        let round = source.round(round_blocks(setup))?;
        if round.is_empty() {
            return plan(&source.names, &guesses, setup);
        }
        let blocks: Vec<&Block> = round.iter().collect();
        let later = look(&blocks, guesses.len(), setup)?;
        for (guess, later) in guesses.iter_mut().zip(later) {
            guess.go_on(later);
        }
    }
}

/// Fills the columns; `None` when a value contradicts the plan.
pub(super) fn fill<R: Read + Send>(
    mut source: Source<R>,
    setup: &Setup,
    mut plan: Plan,
    mut output: Output,
) -> Result<Option<Done>, ImportError> {
    let mut report = setup.report();
    let mut round = source.round(round_blocks(setup))?;
    while !round.is_empty() {
        let mut next = Ok(Vec::new());
        let mut parsed: Vec<Option<Result<Parsed, Stop>>> = Vec::new();
        parsed.resize_with(round.len(), || None);
        let read = || next = source.round(round_blocks(setup));
        let parse = round.iter().zip(&mut parsed).map(|(block, slot)| {
            let plan = &plan;
            Box::new(move || *slot = Some(parse(block, setup, plan))) as Task<'_>
        });
        output.work(vec![Box::new(read)], parse.collect())?;
        for parsed in parsed.into_iter().flatten() {
            match parsed {
                Ok(parsed) => {
                    plan.note_empty(&parsed.batch);
                    parsed.note(&mut report);
                    output.push(parsed.batch);
                }
                Err(Stop::Contradicted) => return Ok(None),
                Err(Stop::Failed(error)) => return Err(error),
            }
        }
        round = next?;
    }
    output.finish()?;
    Ok(Some(Done { plan, report }))
}

/// A block that was parsed.
pub(super) struct Parsed {
    pub(super) batch: RecordBatch,
    skipped: u64,
    bad_lines: Vec<BadLine>,
}

impl Parsed {
    /// Takes up the lines that were left out.
    pub(super) fn note(&self, report: &mut ImportReport) {
        report.skipped += self.skipped;
        let room = BAD_LINES_SHOWN - report.bad_lines.len();
        report
            .bad_lines
            .extend(self.bad_lines.iter().take(room).cloned());
    }
}

/// Why a block was not parsed.
pub(super) enum Stop {
    /// A value is not what the plan, a guess, expects.
    Contradicted,
    Failed(ImportError),
}

impl From<ImportError> for Stop {
    fn from(error: ImportError) -> Self {
        Self::Failed(error)
    }
}

/// Parses a block.
pub(super) fn parse(block: &Block, setup: &Setup, plan: &Plan) -> Result<Parsed, Stop> {
    let text = block.text()?;
    let fields = Fields::cut(text, setup.dialect.signs, plan.columns.len())
        .map_err(|quote| open_quote(block, quote))?;
    let bad = |ragged: &Ragged| (block.line(ragged.at), ragged.found);
    if setup.options.bad_lines == BadLines::Refuse
        && let Some((line, found)) = fields.ragged.first().map(bad)
    {
        return Err(Stop::Failed(ImportError::Ragged {
            line,
            expected: plan.columns.len(),
            found,
        }));
    }
    let mut arrays = Vec::with_capacity(plan.columns.len());
    for (i, column) in plan.columns.iter().enumerate() {
        match columns::fill(&fields, i, column, &setup.dialect.reading) {
            Ok(array) => arrays.push(array),
            Err(misfit) => {
                let Some(kind) = column.said else {
                    return Err(Stop::Contradicted);
                };
                return Err(Stop::Failed(ImportError::Misfit {
                    place: Place::Line,
                    number: block.lines_before() + fields.lines_before(misfit.row) + 1,
                    column: column.name.clone(),
                    value: words::shorten(fields.field(misfit.row, i), 40),
                    kind,
                }));
            }
        }
    }
    let options = RecordBatchOptions::new().with_row_count(Some(fields.rows()));
    let batch = RecordBatch::try_new_with_options(plan.arrow(), arrays, &options)
        .map_err(ImportError::internal)?;
    let shown = fields.ragged.iter().take(BAD_LINES_SHOWN).map(bad);
    Ok(Parsed {
        batch,
        skipped: fields.ragged.len() as u64,
        bad_lines: shown
            .map(|(line, found)| BadLine {
                line,
                why: format!(
                    "It has {}; there are {}.",
                    words::counted(found as u64, "field", "fields"),
                    words::counted(plan.columns.len() as u64, "column", "columns"),
                ),
            })
            .collect(),
    })
}

fn round_blocks(setup: &Setup) -> usize {
    ROUND_BLOCKS.max(2 * setup.threads)
}

/// Looks at the values of all columns, in parallel.
fn look(blocks: &[&Block], columns: usize, setup: &Setup) -> Result<Vec<Guess>, ImportError> {
    let mut looks: Vec<Option<Result<Vec<Guess>, ImportError>>> = Vec::new();
    looks.resize_with(blocks.len(), || None);
    let tasks = blocks.iter().zip(&mut looks).map(|(block, slot)| {
        Box::new(move || *slot = Some(look_at(block, columns, setup))) as Task<'_>
    });
    share(setup.threads, tasks.collect());
    let mut all = vec![Guess::default(); columns];
    for guesses in looks.into_iter().flatten() {
        for (guess, later) in all.iter_mut().zip(guesses?) {
            guess.go_on(later);
        }
    }
    Ok(all)
}

fn look_at(block: &Block, columns: usize, setup: &Setup) -> Result<Vec<Guess>, ImportError> {
    let fields = Fields::cut(block.text()?, setup.dialect.signs, columns)
        .map_err(|quote| open_quote(block, quote))?;
    Ok((0..columns)
        .map(|i| columns::look(&fields, i, &setup.dialect.reading, block.lines_before()))
        .collect())
}

/// The plan that follows from what was seen and what was said.
fn plan(names: &[String], guesses: &[Guess], setup: &Setup) -> Result<Plan, ImportError> {
    let mut columns: Vec<_> = names
        .iter()
        .zip(guesses)
        .map(|(name, guess)| PlanColumn::of(name.clone(), guess))
        .collect();
    infer::said(&mut columns, &setup.options.types)?;
    Plan::new(columns)
}

fn open_quote(block: &Block, quote: OpenQuote) -> ImportError {
    ImportError::OpenQuote {
        line: block.line(quote.0),
    }
}

/// The names of a header, if each is there and no other's.
pub(super) fn check_header(names: &[String]) -> Result<Vec<String>, ImportError> {
    let names: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
    let mut seen = std::collections::HashMap::new();
    for (i, name) in names.iter().enumerate() {
        let column = i + 1;
        if name.is_empty() {
            return Err(ImportError::Header {
                column,
                message: format!("Column {column} of the header has no name."),
            });
        }
        if let Some(other) = seen.insert(name.as_str(), column) {
            let name = words::shorten(name, 40);
            return Err(ImportError::Header {
                column,
                message: format!("Columns {other} and {column} are both called “{name}”."),
            });
        }
    }
    Ok(names)
}
