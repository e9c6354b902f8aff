//! Bounds that browser and server hold to alike. Each is said in the error that
//! enforces it.

/// Most rows that a result may have.
pub const RESULT_ROWS: u64 = 1_000_000;
/// Groups of an aggregate when its `limit` is left out.
pub const DEFAULT_GROUPS: u64 = 1_000;
/// Rows of `rows` when its `limit` is left out.
pub const DEFAULT_ROWS: u64 = 100;
/// Most columns to group by.
pub const GROUP_COLUMNS: usize = 16;
/// Most measures of one analysis.
pub const MEASURES: usize = 64;
/// Most conditions of a filter.
pub const CONDITIONS: usize = 100;
/// Most entries of an `in` list.
pub const IN_VALUES: usize = 1_000;
/// Longest text value or pattern in a condition, in bytes.
pub const VALUE_BYTES: usize = 10_000;
/// Most columns of a data set.
pub const COLUMNS: usize = 10_000;
/// Longest label of a job, in characters.
pub const LABEL_CHARS: usize = 200;
/// Items of a list when `limit` is left out.
pub const PAGE: u64 = 50;
/// Most items of a list in one answer.
pub const PAGE_MOST: u64 = 1_000;
/// Seconds a job may run when `timeout_s` is left out.
pub const TIMEOUT_S: u32 = 600;
/// Most seconds that a job may ask for.
pub const TIMEOUT_MOST_S: u32 = 86_400;
