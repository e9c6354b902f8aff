//! The store against a real Redis: each test starts one of its own.
#![allow(missing_docs)]

mod audits;
mod blobs;
mod collection_types;
mod collections;
mod datasets;
mod deletion;
mod events;
mod fixture;
mod interleavings;
mod jobs;
mod outages;
mod reaping;
mod sessions;
mod sources;
mod uploads;
mod versions;
