//! An engine over memory, and the few lines that make a table and a result of it.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use assay_engine::{
    Engine, EngineConfig, EngineError, ImportError, Imported, Input, Outcome, ProgressCounter,
    Spool, SpoolStream, StoreSink,
};
use assay_model::{Analysis, ImportOptions};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream};
use object_store::{ObjectStore, memory::InMemory};
use serde_json::Value;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// An engine and all that it needs.
pub struct Bench {
    pub engine: Engine,
    pub store: Arc<dyn ObjectStore>,
    pub progress: Arc<ProgressCounter>,
    pub cancel: CancellationToken,
    results: AtomicU32,
    _spill: TempDir,
}

/// A file in memory, handed out in small pieces.
pub struct MemorySpool {
    pub file_name: String,
    pub bytes: Bytes,
}

#[async_trait]
impl Spool for MemorySpool {
    fn bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn file_name(&self) -> Option<&str> {
        Some(&self.file_name)
    }

    async fn open(&self) -> io::Result<SpoolStream> {
        let bytes = self.bytes.clone();
        let step = (bytes.len() / 7).clamp(1, 1 << 20);
        let pieces = (0..bytes.len().div_ceil(step)).map(move |i| {
            let end = ((i + 1) * step).min(bytes.len());
            Ok(bytes.slice(i * step..end))
        });
        Ok(stream::iter(pieces).boxed())
    }
}

impl Bench {
    pub fn new() -> Self {
        Self::over(Arc::new(InMemory::new()), 256 << 20)
    }

    pub fn over(store: Arc<dyn ObjectStore>, memory_bytes: usize) -> Self {
        let spill = tempfile::tempdir().unwrap();
        let config = EngineConfig {
            memory_bytes,
            spill_dir: spill.path().join("spill"),
            threads: 2,
        };
        Self {
            engine: Engine::new(config, Arc::clone(&store)).unwrap(),
            store,
            progress: Arc::new(ProgressCounter::new()),
            cancel: CancellationToken::new(),
            results: AtomicU32::new(0),
            _spill: spill,
        }
    }

    pub fn sink(&self) -> StoreSink {
        let n = self.results.fetch_add(1, Ordering::Relaxed);
        StoreSink {
            store: Arc::clone(&self.store),
            prefix: format!("out/{n}").into(),
        }
    }

    /// Imports a file.
    pub async fn import(
        &self,
        file_name: &str,
        bytes: impl Into<Bytes>,
    ) -> Result<Imported, ImportError> {
        self.import_with(file_name, bytes, &ImportOptions::default())
            .await
    }

    /// Imports a file of which something was said.
    pub async fn import_with(
        &self,
        file_name: &str,
        bytes: impl Into<Bytes>,
        options: &ImportOptions,
    ) -> Result<Imported, ImportError> {
        let spool = MemorySpool {
            file_name: file_name.to_owned(),
            bytes: bytes.into(),
        };
        self.engine
            .import(&spool, options, &self.sink(), &self.progress, &self.cancel)
            .await
    }

    /// A table of these lines of CSV.
    pub async fn csv(&self, text: impl Into<String>) -> Input {
        table(self.import("table.csv", text.into()).await.unwrap())
    }

    /// Runs an analysis.
    pub async fn run(&self, input: &Input, analysis: Value) -> Result<Outcome, EngineError> {
        let analysis = Analysis::parse(analysis).expect("an analysis");
        self.engine
            .run(&analysis, input, &self.sink(), &self.progress, &self.cancel)
            .await
    }

    /// The rows that an analysis leaves.
    pub async fn rows(&self, input: &Input, analysis: Value) -> Vec<Vec<Value>> {
        let outcome = self.run(input, analysis).await.unwrap();
        self.cells(&outcome).await
    }

    /// The rows of a result.
    pub async fn cells(&self, outcome: &Outcome) -> Vec<Vec<Value>> {
        let page = self.engine.page(&outcome.parts, 0, u64::MAX).await.unwrap();
        assert_eq!(page.columns, outcome.columns);
        assert_eq!(page.rows.len() as u64, outcome.rows);
        page.rows
    }

    /// A whole export.
    pub async fn export(&self, input: &Input, format: assay_engine::ExportFormat) -> Vec<u8> {
        self.export_from(input, format.into(), 0).await
    }

    /// An export from a byte on.
    pub async fn export_from(
        &self,
        input: &Input,
        export: assay_engine::Export,
        from: u64,
    ) -> Vec<u8> {
        let mut stream = self.engine.export(input, export, from);
        let mut all = Vec::new();
        while let Some(piece) = stream.next().await {
            all.extend_from_slice(&piece.unwrap());
        }
        all
    }
}

/// What was imported, as an input.
pub fn table(imported: Imported) -> Input {
    Input::Table {
        schema: imported.schema,
        parts: imported.parts,
    }
}

/// These lines, each with its end.
pub fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.fold(String::new(), |text, line| text + &line + "\n")
}

/// Runs a future to its end, for tests of properties.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}
