//! What the engine is handed: tables as parts, collections as records, and a place to
//! put what it makes.

use std::sync::Arc;

use assay_model::{Records, Schema};
use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use serde::{Deserialize, Serialize};

/// An error of whoever stands on the other side of one of these traits.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The data that an analysis reads.
#[derive(Clone)]
pub enum Input {
    /// Parquet parts that Assay wrote.
    Table {
        /// The columns.
        schema: Schema,
        /// The parts, in the order of the rows.
        parts: Vec<Part>,
    },
    /// Records that are read where they are.
    Records {
        /// The columns; the first is the record's key.
        schema: Schema,
        /// Where the records come from.
        source: Arc<dyn RecordSource>,
    },
}

impl Input {
    /// The columns.
    pub fn schema(&self) -> &Schema {
        match self {
            Self::Table { schema, .. } | Self::Records { schema, .. } => schema,
        }
    }

    /// How many rows there are, where that is known before reading.
    pub fn rows(&self) -> Option<u64> {
        match self {
            Self::Table { parts, .. } => Some(parts.iter().map(|part| part.rows).sum()),
            Self::Records { .. } => None,
        }
    }
}

/// An immutable Parquet file of a table or a result: an entry of its manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Where it is in the store.
    #[serde(with = "as_text")]
    pub path: Path,
    /// Its rows.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// Bytes at its end that hold footer and page index, so that one request fetches
    /// all that planning needs.
    pub footer_bytes: u64,
}

/// Where finished parts go.
#[async_trait]
pub trait PartSink: Send + Sync {
    /// Keeps part `n` (they count from 0) and says where. The engine asks for one at a
    /// time and never for the same twice.
    async fn put(&self, n: u32, bytes: Bytes) -> Result<Path, BoxError>;
}

/// Puts parts into an object store, under `<prefix>/<n>`.
pub struct StoreSink {
    /// The store.
    pub store: Arc<dyn ObjectStore>,
    /// What all parts begin with.
    pub prefix: Path,
}

#[async_trait]
impl PartSink for StoreSink {
    async fn put(&self, n: u32, bytes: Bytes) -> Result<Path, BoxError> {
        let path = self.prefix.clone().join(n.to_string());
        self.store.put(&path, bytes.into()).await?;
        Ok(path)
    }
}

/// Reads the records of a collection.
pub trait RecordSource: Send + Sync {
    /// A scan from the beginning, shared among at most so many streams, in batches of any
    /// size. `fields` are the columns wanted beside the key; records need not have them,
    /// and may have others, which are passed over.
    fn scan(&self, fields: &[String], streams: usize) -> Vec<RecordStream>;
}

/// Records in batches, or why there are no more.
pub type RecordStream = BoxStream<'static, Result<Records, BoxError>>;

mod as_text {
    use object_store::path::Path;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(path.as_ref())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Path, D::Error> {
        let text = String::deserialize(deserializer)?;
        Path::parse(&text).map_err(serde::de::Error::custom)
    }
}
