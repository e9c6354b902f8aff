//! The vocabulary of Assay.
//!
//! Data sets and their schemas, analyses and the forms that describe them, jobs,
//! events, results and problems, each with its JSON shape. Browser and server run
//! the same checks because both run this crate: an analysis is validated against a
//! schema here and nowhere else.
//!
//! What does not live here: anything that waits, connects or computes. No tokio, no
//! Redis, no axum, no Leptos, no DataFusion. The crate compiles natively and to wasm.

pub mod analysis;
pub mod collection;
pub mod dataset;
pub mod decimal;
pub mod event;
pub mod form;
pub mod id;
pub mod import;
pub mod import_fields;
pub mod job;
pub mod limits;
pub mod problem;
pub mod profile;
pub mod record;
pub mod result;
pub mod schema;
pub mod status;
pub mod time;
pub mod tree;
pub mod version;
pub mod words;

pub use analysis::Analysis;
pub use collection::{Collection, CollectionPreview, CollectionType, SourceName};
pub use dataset::{Dataset, DatasetDetail, DatasetKind, DatasetName, DatasetRef};
pub use decimal::Decimal;
pub use event::{Deleted, Event, Position, ResetReason};
pub use id::{DatasetId, JobId, Owner, ResultId, Token, WorkerId};
pub use import::{FileFormat, ImportOptions, ImportReport, Preview};
pub use job::{Attempt, Job, JobKind, JobRequest, JobState, Outcome, Page, Progress, Waiting};
pub use problem::{FieldError, Problem, ProblemKind};
pub use profile::{ColumnProfile, Distribution, Profile, ProfileSource};
pub use record::{Record, Records, Written};
pub use result::{InputStamp, ResultColumn, ResultPage, ResultRef};
pub use schema::{Column, ColumnType, Schema};
pub use status::{RedisStatus, Status};
pub use time::Timestamp;
pub use version::{Version, VersionCause};
