//! The pages: one a file, by the address they stand at.

pub mod bench;
pub mod dataset;
pub mod datasets;
pub mod import;
pub mod job;
pub mod jobs;
pub mod later;
pub mod new;
pub mod not_found;
