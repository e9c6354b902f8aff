//! Connections to Redis, and how long each waits.
//!
//! Control traffic (scripts, small reads) shares one connection, bulk traffic (parts,
//! uploads, scans) another few, so that a part of 64 MB never stands between a worker and
//! the renewal of its lease. Blocking reads and Pub/Sub take connections of their own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, IntoConnectionInfo, Pipeline, RedisError,
    ScriptInvocation,
    aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection, PubSub},
    io::tcp::TcpSettings,
};

use crate::error::StoreError;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(2);
/// How long the other side may acknowledge nothing that is sent to it: a network that drops
/// everything ends a connection then, rather than in a quarter of an hour.
const UNHEARD: Duration = Duration::from_secs(15);
/// How long an answer may take: beyond any honest one, so that only a hung server meets it.
const ANSWER: Duration = Duration::from_secs(10);
/// The same for bulk data.
const BULK_ANSWER: Duration = Duration::from_mins(1);
/// Connections for bulk data.
const BULK: usize = 2;
/// Pauses before a call is sent again.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(250)];

fn open(url: &str) -> Result<Client, StoreError> {
    let settings = TcpSettings::default().set_user_timeout(UNHEARD);
    url.into_connection_info()
        .and_then(|info| Client::open(info.set_tcp_settings(settings)))
        .map_err(StoreError::Address)
}

/// The connections of one store.
#[derive(Clone)]
pub(crate) struct Redis {
    client: Client,
    control: ConnectionManager,
    bulk: Arc<Bulk>,
}

struct Bulk {
    connections: Vec<ConnectionManager>,
    next: AtomicUsize,
}

impl Redis {
    /// Connects to `redis://host:port/db` or `redis+unix:///path`.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let client = open(url)?;
        let control = ConnectionManager::new_with_config(client.clone(), config(ANSWER)).await?;
        Self::new(client, control)
    }

    /// Connects when the first command is sent.
    pub fn lazy(url: &str) -> Result<Self, StoreError> {
        let client = open(url)?;
        let control = ConnectionManager::new_lazy_with_config(client.clone(), config(ANSWER))?;
        Self::new(client, control)
    }

    fn new(client: Client, control: ConnectionManager) -> Result<Self, StoreError> {
        let connections = (0..BULK)
            .map(|_| ConnectionManager::new_lazy_with_config(client.clone(), config(BULK_ANSWER)))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            client,
            control,
            bulk: Arc::new(Bulk {
                connections,
                next: AtomicUsize::new(0),
            }),
        })
    }

    /// Sends a command, again if the connection fails: only for what may be sent twice.
    pub async fn command<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        again(|| {
            let mut connection = self.control.clone();
            async move { command.query_async(&mut connection).await }
        })
        .await
    }

    /// Sends a pipeline, again if the connection fails: only for what may be sent twice.
    pub async fn pipeline<T: FromRedisValue>(&self, pipeline: &Pipeline) -> Result<T, StoreError> {
        again(|| {
            let mut connection = self.control.clone();
            async move { pipeline.query_async(&mut connection).await }
        })
        .await
    }

    /// Runs a script, again if the connection fails: every script answers a second time
    /// as it did the first.
    pub async fn script<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        again(|| {
            let mut connection = self.control.clone();
            async move { script.invoke_async(&mut connection).await }
        })
        .await
    }

    /// Sends a command with much data in it or in its answer.
    pub async fn bulk_command<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        again(|| {
            let mut connection = self.bulk_connection();
            async move { command.query_async(&mut connection).await }
        })
        .await
    }

    /// Sends a pipeline with much data in it or in its answer.
    pub async fn bulk_pipeline<T: FromRedisValue>(
        &self,
        pipeline: &Pipeline,
    ) -> Result<T, StoreError> {
        again(|| {
            let mut connection = self.bulk_connection();
            async move { pipeline.query_async(&mut connection).await }
        })
        .await
    }

    /// A connection for commands that block for up to `patience`.
    pub async fn blocking(&self, patience: Duration) -> Result<MultiplexedConnection, StoreError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(patience + ANSWER));
        Ok(self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await?)
    }

    /// A connection for Pub/Sub.
    pub async fn pubsub(&self) -> Result<PubSub, StoreError> {
        Ok(self.client.get_async_pubsub().await?)
    }

    /// The number of the database that it is in.
    pub fn database(&self) -> i64 {
        self.client.get_connection_info().redis_settings().db()
    }

    /// The bulk connections in turn.
    fn bulk_connection(&self) -> ConnectionManager {
        let n = self.bulk.next.fetch_add(1, Ordering::Relaxed);
        self.bulk.connections[n % BULK].clone()
    }
}

fn config(answer: Duration) -> ConnectionManagerConfig {
    ConnectionManagerConfig::new()
        .set_number_of_retries(2)
        .set_min_delay(Duration::from_millis(50))
        .set_max_delay(Duration::from_millis(500))
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(Some(answer))
}

/// Calls until it answers, three times at most while Redis cannot be reached.
async fn again<T, F>(mut call: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, RedisError>>,
{
    for pause in PAUSES {
        match call().await.map_err(StoreError::from) {
            Err(error) if error.is_passing() => tokio::time::sleep(pause).await,
            answer => return answer,
        }
    }
    Ok(call().await?)
}
