//! For whom the site is built.

/// Whether small files or a short wait matter more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// For people: every file as small as it gets.
    Release,
    /// For whoever edits the page: ready soon, neither shrunk nor compressed.
    Dev,
}
