//! How far a run is: counters that the engine moves and a worker polls.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};

use assay_model::Progress;

/// Counters of one run. Cheap to move, cheap to read; a reader may see one a little
/// ahead of another.
#[derive(Debug, Default)]
pub struct ProgressCounter {
    stage: AtomicU8,
    /// A kind that reads its input several times counts each row as often; what is
    /// shown is divided by this.
    passes: AtomicU64,
    rows: AtomicU64,
    of_rows: AtomicU64,
    bytes: AtomicU64,
    of_bytes: AtomicU64,
    misfits: AtomicU64,
}

/// What a run is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Stage {
    /// Reading a file to learn its types.
    Read,
    /// Reading a file into columns.
    Parse,
    /// Reading a data set.
    Scan,
    /// Writing the result.
    Write,
}

impl ProgressCounter {
    /// Counters at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where they stand.
    pub fn read(&self) -> Progress {
        let passes = self.passes.load(Relaxed).max(1);
        let stage = match self.stage.load(Relaxed) {
            stage if stage == Stage::Parse as u8 => "parse",
            stage if stage == Stage::Scan as u8 => "scan",
            stage if stage == Stage::Write as u8 => "write",
            _ => "read",
        };
        Progress {
            stage: stage.to_owned(),
            rows: self.rows.load(Relaxed) / passes,
            of_rows: self.of_rows.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            of_bytes: self.of_bytes.load(Relaxed),
        }
    }

    /// Begins a run of so many rows and bytes in all, 0 when not known, over so many
    /// passes.
    pub(crate) fn begin(&self, stage: Stage, passes: u64, of_rows: u64, of_bytes: u64) {
        self.passes.store(passes, Relaxed);
        self.rows.store(0, Relaxed);
        self.bytes.store(0, Relaxed);
        self.misfits.store(0, Relaxed);
        self.of_rows.store(of_rows, Relaxed);
        self.of_bytes.store(of_bytes, Relaxed);
        self.enter(stage);
    }

    pub(crate) fn enter(&self, stage: Stage) {
        self.stage.store(stage as u8, Relaxed);
    }

    pub(crate) fn add_rows(&self, rows: u64) {
        self.rows.fetch_add(rows, Relaxed);
    }

    pub(crate) fn add_bytes(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Relaxed);
    }

    /// Notes how many misfits a pass has met. Passes read different columns, so the one
    /// that has met most counts.
    pub(crate) fn see_misfits(&self, misfits: u64) {
        self.misfits.fetch_max(misfits, Relaxed);
    }

    /// Values that did not read as their column's type.
    pub(crate) fn misfits(&self) -> u64 {
        self.misfits.load(Relaxed)
    }

    /// Rows read so far, over all passes as one.
    pub(crate) fn rows(&self) -> u64 {
        self.rows.load(Relaxed) / self.passes.load(Relaxed).max(1)
    }
}
