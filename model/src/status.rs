//! How the bench itself stands, as `GET /status` says it.

use serde::{Deserialize, Serialize};

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
