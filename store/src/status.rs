//! How Redis itself is: how full, and what survives its death.

use redis::{FromRedisValue, InfoDict, Value};

use crate::{Store, StoreError};

/// How Redis is. What it does not tell (managed services forbid `CONFIG`) is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Its version.
    pub version: String,
    /// Bytes in use.
    pub used_bytes: u64,
    /// Bytes that it may use; `None` without a limit.
    pub max_bytes: Option<u64>,
    /// What it does when it is full; only `noeviction` loses nothing.
    pub eviction: Option<String>,
    /// What survives its death.
    pub persistence: Persistence,
    /// Jobs in line or waiting for another try.
    pub queued: u64,
}

/// What survives the death of Redis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Persistence {
    /// Whether it writes an append-only file.
    pub append_only: bool,
    /// Whether it writes snapshots now and then.
    pub snapshots: bool,
    /// When that is flushed: `always`, `everysec`, `no`.
    pub fsync: Option<String>,
}

/// How full Redis is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Bytes in use.
    pub used_bytes: u64,
    /// Bytes that it may use; `None` without a limit.
    pub max_bytes: Option<u64>,
}

impl Store {
    /// How full Redis is: quicker than all of its status.
    pub async fn memory(&self) -> Result<Memory, StoreError> {
        let mut ask = redis::cmd("INFO");
        let info: InfoDict = self.redis().command(ask.arg("memory")).await?;
        Ok(Memory {
            used_bytes: info.get("used_memory").unwrap_or(0),
            max_bytes: info.get("maxmemory").filter(|bytes| *bytes > 0),
        })
    }

    /// How Redis is.
    pub async fn status(&self) -> Result<Status, StoreError> {
        let info: InfoDict = self.redis().command(&redis::cmd("INFO")).await?;
        let figure = |name: &str| info.get::<u64>(name);
        let mut pipe = redis::pipe();
        pipe.cmd("ZCARD").arg(self.keys().ready());
        pipe.cmd("ZCARD").arg(self.keys().delayed());
        let (ready, delayed): (u64, u64) = self.redis().pipeline(&pipe).await?;
        Ok(Status {
            version: info.get("redis_version").unwrap_or_default(),
            used_bytes: figure("used_memory").unwrap_or(0),
            max_bytes: figure("maxmemory").filter(|bytes| *bytes > 0),
            eviction: info.get("maxmemory_policy"),
            persistence: Persistence {
                append_only: figure("aof_enabled") == Some(1),
                snapshots: self
                    .setting("save")
                    .await?
                    .is_some_and(|when| !when.is_empty()),
                fsync: self.setting("appendfsync").await?,
            },
            queued: ready + delayed,
        })
    }

    /// A setting of Redis; `None` when it does not tell.
    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let mut command = redis::cmd("CONFIG");
        match self
            .redis()
            .command::<Value>(command.arg("GET").arg(name))
            .await
        {
            Ok(value) => {
                let pair: Vec<String> =
                    Vec::from_redis_value(value).map_err(redis::RedisError::from)?;
                Ok(pair.into_iter().nth(1))
            }
            Err(StoreError::Refused(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
