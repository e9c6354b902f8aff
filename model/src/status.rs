//! How the bench itself stands, as `GET /status` says it.

use serde::{Deserialize, Serialize};

use crate::{dataset::DatasetName, id::DatasetId, time::Timestamp};

/// The server, its Redis and its workers at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The store under it all.
    pub redis: RedisStatus,
    /// Worker processes at work.
    pub workers: u64,
    /// Jobs that they can run at once.
    pub slots: u64,
    /// Jobs that run.
    pub running: u64,
    /// Jobs that wait.
    pub queued: u64,
    /// The other Redis servers that collections can read, by name.
    #[serde(default)]
    pub sources: Vec<String>,
    /// The version of Assay.
    pub version: String,
    /// What takes how much room.
    pub storage: StorageStatus,
    /// What the house has found when it looked after itself.
    pub audit: AuditStatus,
}

/// What takes how much room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageStatus {
    /// Bytes that may be used: what was configured, else what Redis allows; `None` when
    /// nothing bounds it.
    pub limit: Option<u64>,
    /// Bytes that files may still take.
    pub left: Option<u64>,
    /// Bytes of all tables.
    pub tables: u64,
    /// The tables, the largest first.
    pub datasets: Vec<DatasetBytes>,
}

/// How much room a table takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetBytes {
    /// Its id.
    pub id: DatasetId,
    /// Its name.
    pub name: DatasetName,
    /// Its bytes.
    pub bytes: u64,
}

/// What the audits have found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditStatus {
    /// When the last one ended.
    pub at: Option<Timestamp>,
    /// Keys that nothing referred to, found and removed. Anything but 0 is a fault of the
    /// program, or of whoever writes into its keys.
    pub orphans: u64,
    /// Keys that dead senders and workers left behind, found and removed.
    pub left_over: u64,
}

/// What Redis holds and promises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedisStatus {
    /// Where other programs reach it, without user and password: `unix:///…/redis.sock`,
    /// `redis://host:port/db`.
    #[serde(default)]
    pub address: String,
    /// Bytes in use.
    pub memory_used: u64,
    /// Bytes that it may use; `None` when nothing bounds it.
    pub memory_max: Option<u64>,
    /// How often it writes to disk: `always`, `every second`, `snapshots` or `off`.
    pub persistence: String,
    /// Something that the reader should know, such as that it may forget data.
    pub warning: Option<String>,
}
