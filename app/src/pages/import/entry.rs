//! What the page knows of each file that is to be loaded: how it reads, what it shall be
//! called, how far it is.

use assay_model::{FieldError, FileFormat, ImportOptions, Job, Preview, Problem, words};

use crate::sig::{Made, Sig, made};

/// A file on its way to a data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Which it is, on this page.
    pub id: u32,
    /// The file's own name.
    pub file: String,
    /// Its size in bytes.
    pub size: u64,
    /// What the data set shall be called.
    pub name: String,
    /// How it is to be read, as far as that was said.
    pub options: ImportOptions,
    /// How it reads: the last look that succeeded.
    pub look: Option<Preview>,
    /// Counts the looks, so that a late answer is not taken for the last.
    pub looks: u32,
    /// What is wrong with fields.
    pub errors: Vec<FieldError>,
    /// What else went wrong, and with what.
    pub problem: Option<(Step, String)>,
    /// How far it is.
    pub stage: Stage,
}

/// How far a file is.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Stage {
    /// Its beginning is being looked at.
    #[default]
    Looking,
    /// It can be changed, and loaded.
    Open,
    /// Others are sent before it.
    Waiting,
    /// It is on its way.
    Sending(Sending),
    /// It has arrived, and a job makes a data set of it.
    Importing(Box<Job>),
    /// There is a data set of this name, with so many rows once that is known.
    Loaded(String, Option<u64>),
}

/// What is done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is looked at.
    Look,
    /// It is loaded.
    Load,
}

/// The parts of a file's way that look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// It can be changed.
    #[default]
    Open,
    /// It is under way.
    UnderWay,
    /// It has arrived.
    Done,
}

/// How far an upload is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sending {
    /// Bytes sent.
    pub sent: f64,
    /// Bytes in all.
    pub of: f64,
    /// Bytes a second so far; 0 when it is too early to tell.
    pub rate: f64,
}

impl Entry {
    /// A file that nothing is known of yet.
    pub fn new(id: u32, file: String, size: u64, name: String) -> Self {
        Self {
            id,
            file,
            size,
            name,
            options: ImportOptions::default(),
            look: None,
            looks: 0,
            errors: Vec::new(),
            problem: None,
            stage: Stage::Looking,
        }
    }

    /// The options in force: those that were said, else those that were found.
    pub fn in_force(&self) -> ImportOptions {
        let found = self.look.as_ref().map(|look| look.options.clone());
        let found = found.unwrap_or_default();
        let said = self.options.clone();
        let named = FileFormat::from_file_name(&self.file);
        ImportOptions {
            format: said.format.or(found.format).or(named),
            delimiter: said.delimiter.or(found.delimiter),
            quote: said.quote.or(found.quote),
            header: said.header.or(found.header),
            encoding: said.encoding.or(found.encoding),
            decimal: said.decimal.or(found.decimal),
            sheet: said.sheet.or(found.sheet),
            ..said
        }
    }

    /// Takes in what went wrong: what concerns fields is told there.
    pub fn take_problem(&mut self, step: Step, problem: Problem) {
        self.stage = Stage::Open;
        self.problem = problem.errors.is_empty().then_some((step, problem.detail));
        self.errors = problem.errors;
    }

    /// Stops it where it is, for this reason; it can be loaded again.
    pub fn stop(&mut self, why: &str) {
        self.stage = Stage::Open;
        self.problem = Some((Step::Load, why.to_owned()));
    }
}

impl Stage {
    /// What it looks like.
    pub fn phase(&self) -> Phase {
        match self {
            Self::Looking | Self::Open => Phase::Open,
            Self::Waiting | Self::Sending(_) | Self::Importing(_) => Phase::UnderWay,
            Self::Loaded(..) => Phase::Done,
        }
    }
}

impl Sending {
    /// How far, how fast, how long yet.
    pub fn in_words(&self) -> String {
        let bytes = |size: f64| words::bytes(size as u64);
        if self.of > 0.0 && self.sent >= self.of {
            return "Sent".to_owned();
        }
        let far = format!("{} of {}", bytes(self.sent), bytes(self.of));
        if self.rate <= 0.0 {
            return far;
        }
        let left = ((self.of - self.sent) / self.rate).max(1.0).round() as u64;
        let left = match left {
            0..60 => format!("{left} s"),
            60..3_600 => format!("{} min", left.div_ceil(60)),
            _ => format!("{} h", left.div_ceil(3_600)),
        };
        format!("{far}, {}/s, {left} left", bytes(self.rate))
    }
}

/// All files of the page, in the order in which they came.
#[derive(Clone, Copy)]
pub struct Entries(pub Sig<Vec<Entry>>);

impl Entries {
    /// Something about a file, which is followed only when it has become another one. The
    /// file may have gone: then it is the default.
    pub fn pick<T>(self, id: u32, read: impl Fn(&Entry) -> T + Send + Sync + 'static) -> Made<T>
    where
        T: PartialEq + Default + Send + Sync + 'static,
    {
        made(move || {
            self.0.with(|entries| {
                let entry = entries.iter().find(|entry| entry.id == id);
                entry.map(&read).unwrap_or_default()
            })
        })
    }

    /// Changes a file, if it is still there.
    pub fn change(self, id: u32, change: impl FnOnce(&mut Entry)) {
        self.0.update(|entries| {
            if let Some(entry) = entries.iter_mut().find(|entry| entry.id == id) {
                change(entry);
            }
        });
    }

    /// A file as it stands.
    pub fn get(self, id: u32) -> Option<Entry> {
        self.0
            .peek(|entries| entries.iter().find(|entry| entry.id == id).cloned())
    }
}

#[cfg(test)]
mod tests {
    use assay_model::{ProblemKind, Schema, import::Header};

    use super::*;

    #[test]
    fn an_upload_says_how_far_how_fast_and_how_long_yet() {
        let sending = Sending {
            sent: 1.1e9,
            of: 3.4e9,
            rate: 28e6,
        };
        assert_eq!(sending.in_words(), "1.1 GB of 3.4 GB, 28 MB/s, 2 min left");
        let begun = Sending {
            rate: 0.0,
            ..sending
        };
        assert_eq!(begun.in_words(), "1.1 GB of 3.4 GB");
        let all = Sending {
            sent: 5.0,
            of: 5.0,
            rate: 1.0,
        };
        assert_eq!(all.in_words(), "Sent");
    }

    #[test]
    fn what_was_said_goes_before_what_was_found() {
        let mut entry = Entry::new(1, "a.csv".to_owned(), 9, "a".to_owned());
        assert_eq!(
            entry.in_force().format,
            Some(FileFormat::Csv),
            "by its name"
        );
        entry.look = Some(Preview {
            options: ImportOptions {
                delimiter: Some(';'),
                header: Some(Header::First),
                ..ImportOptions::default()
            },
            sheets: Vec::new(),
            schema: Schema::default(),
            rows: Vec::new(),
            is_whole: true,
            bad_lines: Vec::new(),
        });
        entry.options.header = Some(Header::None);
        assert_eq!(entry.in_force().delimiter, Some(';'));
        assert_eq!(entry.in_force().header, Some(Header::None));
    }

    #[test]
    fn what_concerns_a_field_is_told_there_alone() {
        let mut entry = Entry::new(1, "a.csv".to_owned(), 9, "a".to_owned());
        entry.take_problem(
            Step::Load,
            Problem::invalid(vec![FieldError::new("name", "Taken.")]),
        );
        assert_eq!((entry.errors.len(), &entry.problem), (1, &None));
        entry.take_problem(
            Step::Look,
            Problem::new(ProblemKind::BadFile, "Line 3 is short."),
        );
        assert_eq!(
            entry.problem,
            Some((Step::Look, "Line 3 is short.".to_owned()))
        );
        assert!(entry.errors.is_empty());
    }
}
