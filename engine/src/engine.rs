//! The engine: one long-lived run-time environment, a short-lived session a run.

use std::{path::PathBuf, sync::Arc};

use assay_model::{Analysis, ColumnProfile, ImportOptions, ResultColumn};
use datafusion::{
    execution::{
        SessionStateBuilder,
        cache::cache_manager::CacheManagerConfig,
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        memory_pool::FairSpillPool,
        object_store::ObjectStoreUrl,
        runtime_env::{RuntimeEnv, RuntimeEnvBuilder},
    },
    prelude::{SessionConfig, SessionContext},
};
use futures::stream::BoxStream;
use object_store::ObjectStore;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::{
    EngineError, Export, ImportError, Imported, Input, Look, Part, PartSink, ProgressCounter,
    Spool, export, import, kinds,
    look::{self, Orders},
    read, sample,
};

/// What an engine may use.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Memory for grouping, sorting and joining, shared by all runs.
    pub memory_bytes: usize,
    /// A folder for what exceeds it.
    pub spill_dir: PathBuf,
    /// Partitions of a run: how many cores one run uses at best.
    pub threads: usize,
}

/// Runs analyses, imports, looks and exports. Cheap to build and to clone; idle it
/// holds only the footers of the parts that it has read of late.
#[derive(Clone)]
pub struct Engine {
    pub(crate) runtime: Arc<RuntimeEnv>,
    pub(crate) store: Arc<dyn ObjectStore>,
    /// Under which the session finds `store`.
    pub(crate) store_url: ObjectStoreUrl,
    /// The orders of tables that were looked at.
    pub(crate) orders: Arc<Orders>,
    spill_dir: PathBuf,
    threads: usize,
    memory_bytes: usize,
}

/// What a run left.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The columns of the result.
    pub columns: Vec<ResultColumn>,
    /// Its parts, as the sink placed them.
    pub parts: Vec<Part>,
    /// Its rows.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// A Vega-Lite specification with its data inside, where a chart helps.
    pub chart: Option<Value>,
    /// The finding in a sentence, the part that matters most between `**`.
    pub finding: Option<String>,
    /// Rows read; those of row groups that could be skipped unread are not counted.
    pub rows_read: u64,
    /// Values of a collection that did not read as their column's type, and so count
    /// as null: the data has changed since its schema was inferred.
    pub misfits: u64,
}

/// Rows as JSON cells, by the rules of
/// [`ResultPage`](assay_model::ResultPage).
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// The columns, in the order of the cells.
    pub columns: Vec<ResultColumn>,
    /// The rows.
    pub rows: Vec<Vec<Value>>,
}

impl Engine {
    /// An engine over the store that holds the parts. Makes the folder for spilling.
    pub fn new(config: EngineConfig, store: Arc<dyn ObjectStore>) -> Result<Self, EngineError> {
        std::fs::create_dir_all(&config.spill_dir).map_err(EngineError::Spill)?;
        let store_url = ObjectStoreUrl::parse("parts://store/")?;
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(config.memory_bytes)))
            .with_disk_manager_builder(
                DiskManagerBuilder::default()
                    .with_mode(DiskManagerMode::Directories(vec![config.spill_dir.clone()])),
            )
            .with_cache_manager(CacheManagerConfig::default().with_metadata_cache_limit(FOOTERS))
            .build_arc()?;
        runtime.register_object_store(store_url.as_ref(), Arc::clone(&store));
        Ok(Self {
            runtime,
            store,
            store_url,
            orders: Arc::new(look::orders()),
            spill_dir: config.spill_dir,
            threads: config.threads.max(1),
            memory_bytes: config.memory_bytes,
        })
    }

    /// Computes `analysis` over `input` and hands the parts of its result to `sink`.
    /// The analysis is checked against the schema first.
    pub async fn run(
        &self,
        analysis: &Analysis,
        input: &Input,
        sink: &dyn PartSink,
        progress: &Arc<ProgressCounter>,
        cancel: &CancellationToken,
    ) -> Result<Outcome, EngineError> {
        analysis
            .validate(input.schema())
            .map_err(EngineError::Invalid)?;
        let run = kinds::run(self, analysis, input, sink, progress);
        cancel
            .run_until_cancelled(run)
            .await
            .unwrap_or(Err(EngineError::Cancelled))
    }

    /// How many rows there are, and each column at a glance.
    pub async fn glance(
        &self,
        input: &Input,
        progress: &Arc<ProgressCounter>,
        cancel: &CancellationToken,
    ) -> Result<(u64, Vec<ColumnProfile>), EngineError> {
        cancel
            .run_until_cancelled(kinds::glance(self, input, progress))
            .await
            .unwrap_or(Err(EngineError::Cancelled))
    }

    /// Turns a spooled file into the parts of a table.
    pub async fn import(
        &self,
        source: &dyn Spool,
        options: &ImportOptions,
        sink: &dyn PartSink,
        progress: &Arc<ProgressCounter>,
        cancel: &CancellationToken,
    ) -> Result<Imported, ImportError> {
        let means = import::Means {
            spill_dir: &self.spill_dir,
            threads: self.threads,
        };
        import::run(means, source, options, sink, progress, cancel).await
    }

    /// Some rows of a data set.
    pub async fn look(&self, input: &Input, look: &Look) -> Result<Rows, EngineError> {
        look::look(self, input, look).await
    }

    /// `look.limit` random rows of those that have the values of `look`, the same for the
    /// same seed and data.
    pub async fn sample(&self, input: &Input, look: &Look, seed: u64) -> Result<Rows, EngineError> {
        sample::sample(self, input, look, seed).await
    }

    /// Some rows of a result or a table, in the order of the data.
    pub async fn page(&self, parts: &[Part], offset: u64, limit: u64) -> Result<Rows, EngineError> {
        read::page(self, parts, offset, limit).await
    }

    /// The whole of a result, a table or a collection in a file format, piece by piece,
    /// from this byte of the file on.
    pub fn export(
        &self,
        input: &Input,
        export: Export,
        from: u64,
    ) -> BoxStream<'static, std::io::Result<bytes::Bytes>> {
        export::stream(self, input, export, from)
    }

    /// How many cores a run uses at best.
    pub(crate) fn threads(&self) -> usize {
        self.threads
    }

    /// A session for one run.
    pub(crate) fn session(&self, partitions: Partitions) -> SessionContext {
        let mut config = SessionConfig::new()
            .with_target_partitions(match partitions {
                Partitions::One => 1,
                Partitions::All => self.threads,
            })
            .with_information_schema(false);
        let options = config.options_mut();
        // Filters run while the columns they need are decoded; the other columns are
        // read only where a row is left.
        options.execution.parquet.pushdown_filters = true;
        options.execution.parquet.reorder_filters = true;
        // What a sort sets aside to merge what it spilled; the default would not leave
        // a small pool room for anything else.
        options.execution.sort_spill_reservation_bytes =
            (self.memory_bytes / self.threads / 32).clamp(256 << 10, 10 << 20);
        // Our parts have no Bloom filters to ask.
        options.execution.parquet.bloom_filter_on_read = false;
        // A part of a few megabytes is worth both cores.
        options.optimizer.repartition_file_min_size = 1 << 20;
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(Arc::clone(&self.runtime))
            .with_default_features()
            .build();
        SessionContext::new_with_state(state)
    }
}

/// How a run is spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Partitions {
    /// In one stream, in the order of the data.
    One,
    /// Over all cores.
    All,
}

/// Memory for footers and page indexes of parts.
const FOOTERS: usize = 32 << 20;
