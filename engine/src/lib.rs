//! Analysis and tables in, result out, on `DataFusion`; files in, Parquet out.
//!
//! The engine is handed an [`object_store::ObjectStore`] with the Parquet parts of
//! tables and a [`RecordSource`] for each collection. It computes an
//! [`Analysis`](assay_model::Analysis), hands finished parts to a [`PartSink`] and says
//! how far it is through a [`ProgressCounter`].
//!
//! Why a trait for each side: the engine knows nothing of Redis, HTTP or jobs, so it
//! runs the same over memory in a test, over local files in a benchmark and over Redis
//! in a worker.
//!
//! What holds throughout:
//! - a null is missing, NaN is a value: the greatest in order, equal to itself;
//! - nulls come last in every order; rows that tie keep the order of the data;
//! - the same input gives the same result, but for the last bits of a floating sum,
//!   which hang on how the rows fell to the cores;
//! - zero has one sign, so that it is one group;
//! - memory is bounded by [`EngineConfig::memory_bytes`]; what can, spills to disk.

mod cells;
mod chart;
mod engine;
mod error;
mod export;
mod extend;
mod filter;
mod fit;
mod import;
mod input;
mod kinds;
mod look;
mod measure;
mod parse;
mod progress;
mod read;
mod reader;
mod records;
mod sample;
mod table;
mod types;
mod udaf;
mod write;

pub use engine::{Engine, EngineConfig, Outcome, Rows};
pub use error::EngineError;
pub use export::{Export, Format as ExportFormat, Formulas};
pub use extend::{Base, ExtendError, Extended};
pub use import::{ImportError, Imported, Place, Spool, SpoolStream, preview};
pub use input::{BoxError, Input, Part, PartSink, RecordSource, RecordStream, StoreSink};
pub use look::Look;
pub use progress::ProgressCounter;
