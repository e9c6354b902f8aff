//! The embedded Redis: a `redis-server` on a Unix socket in the data folder.
//!
//! It has a process group of its own, so that Ctrl-C reaches `serve` alone, which then
//! stops it in order. When `serve` was killed its Redis lives on; the next `serve` finds
//! it by the socket, makes sure by `CONFIG GET dir` that it is the one of this folder,
//! and adopts it. Only if nobody listens is one started: two on one folder would share
//! the append-only file and ruin it. So that this cannot happen whatever a socket says,
//! each Redis holds the kernel's lock on `DATA/redis.lock` for as long as it lives. While
//! `serve` runs, a Redis that dies is started again.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::ErrorKind,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, bail};
use redis::aio::MultiplexedConnection;
use tokio::{net::UnixStream, process::Command, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// The longest path that the kernel takes for a Unix socket, in bytes.
const SOCKET_PATH_MOST: usize = 107;
/// The file whose lock a Redis holds while it lives.
const LOCK: &str = "redis.lock";
/// How long a Redis may take to load its data.
const LOAD_MOST: Duration = Duration::from_mins(10);

/// How the embedded Redis is run.
#[derive(Debug, Clone)]
pub struct RedisChild {
    /// The data folder, absolute.
    pub data: PathBuf,
    /// Whether every write waits for the disk.
    pub durable: bool,
    /// A TCP port of 127.0.0.1 to open too.
    pub port: Option<u16>,
}

impl RedisChild {
    /// The address for clients.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// Adopts the Redis of this folder or starts one, and waits until it answers.
    pub async fn ensure(&self) -> anyhow::Result<()> {
        let socket = self.socket();
        if socket.as_os_str().len() > SOCKET_PATH_MOST {
            bail!(
                "The path of Redis's socket, {}, is over {SOCKET_PATH_MOST} bytes long, which the system does not allow. Name a folder with a shorter path with --data",
                socket.display()
            );
        }
        if self.adopt().await? {
            return Ok(());
        }
        self.start().await
    }

    /// Starts Redis again whenever it has died, until told to stop.
    pub async fn keep_alive(self, stop: CancellationToken) {
        let mut pause = tokio::time::interval(Duration::from_millis(250));
        let keep = async {
            loop {
                pause.tick().await;
                // What cannot be told is no death: this process may be out of descriptors,
                // or Redis too busy to accept.
                if self.listens().await.unwrap_or(true) {
                    continue;
                }
                warn!("Redis has died; starting it again");
                if let Err(error) = self.ensure().await {
                    warn!(error = format!("{error:#}"), "Redis does not start");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        };
        stop.run_until_cancelled(keep).await;
    }

    /// Stops Redis in order: all data is on disk when it answers by hanging up.
    pub async fn stop(&self) {
        let Ok(mut connection) = self.connect().await else {
            return;
        };
        // It hangs up instead of answering, so an error here is the good end.
        let _ = redis::cmd("SHUTDOWN")
            .query_async::<()>(&mut connection)
            .await;
        let gone = async {
            while self.listens().await.unwrap_or(true) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(20), gone)
            .await
            .is_err()
        {
            warn!("Redis did not stop within 20 s");
        }
    }

    fn socket(&self) -> PathBuf {
        self.data.join("redis.sock")
    }

    async fn connect(&self) -> redis::RedisResult<MultiplexedConnection> {
        redis::Client::open(self.url())?
            .get_multiplexed_async_connection()
            .await
    }

    /// Whether anybody listens at the socket. A connection that is refused is the one sure
    /// sign that nobody does: a Redis that loads or is busy still accepts, and any other
    /// failure is this process's own.
    async fn listens(&self) -> std::io::Result<bool> {
        match UnixStream::connect(self.socket()).await {
            Ok(_) => Ok(true),
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::ConnectionRefused | ErrorKind::NotFound
                ) =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    async fn adopt(&self) -> anyhow::Result<bool> {
        let away = async {
            while self.listens().await? {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            anyhow::Ok(())
        };
        let mut connection = tokio::select! {
            biased;
            // Also when it dies while it loads.
            away = away => {
                away.context("It cannot be told whether Redis runs")?;
                return Ok(false);
            }
            ready = self.wait_until_ready() => ready?,
        };
        let (_, dir): (String, String) = redis::cmd("CONFIG")
            .arg("GET")
            .arg("dir")
            .query_async(&mut connection)
            .await?;
        if Path::new(&dir).canonicalize().ok() != self.data.canonicalize().ok() {
            bail!(
                "A Redis answers at {} but keeps its data in {dir}. Stop it first",
                self.socket().display()
            );
        }
        // This run may have been given other settings than the one that started it.
        for (name, value) in self.settings() {
            redis::cmd("CONFIG")
                .arg("SET")
                .arg(name)
                .arg(value)
                .query_async::<()>(&mut connection)
                .await?;
        }
        info!(data = %self.data.display(), "adopted the Redis that was still running");
        Ok(true)
    }

    /// Takes the lock that a Redis on this folder holds while it lives.
    fn lock(&self) -> anyhow::Result<File> {
        let path = self.data.join(LOCK);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(|| format!("{} cannot be opened", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => bail!(
                "A Redis (process {}) still works on {} but does not answer at its socket. Stop it first",
                std::fs::read_to_string(&path).unwrap_or_default().trim(),
                self.data.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{} cannot be locked", path.display()))
            }
        }
    }

    async fn start(&self) -> anyhow::Result<()> {
        let lock = self.lock()?;
        let mut command = Command::new("redis-server");
        command
            .arg("--dir")
            .arg(&self.data)
            .arg("--unixsocket")
            .arg(self.socket())
            .args([
                "--unixsocketperm",
                "700",
                "--bind",
                "127.0.0.1",
                "--daemonize",
                "no",
            ])
            .args(["--port", &self.port.unwrap_or(0).to_string()])
            .args([
                "--appendonly",
                "yes",
                "--save",
                "",
                "--maxmemory-policy",
                "noeviction",
            ])
            .arg("--logfile")
            .arg(self.data.join("redis.log"));
        for (name, value) in self.settings() {
            command.arg(format!("--{name}")).arg(value);
        }
        let mut child = command
            // It reads nothing, but holds the lock by holding the file.
            .stdin(Stdio::from(lock))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("`redis-server` cannot be started. Install it (Debian: apt-get install redis-server), or name a Redis with --redis")?;
        let ready = tokio::select! {
            ready = self.wait_until_ready() => ready,
            status = child.wait() => {
                bail!("Redis ended at once ({}); {} says why", status?, self.data.join("redis.log").display())
            }
        };
        ready?;
        info!(data = %self.data.display(), durable = self.durable, "started Redis");
        // The lock is Redis's alone from here on.
        drop(command);
        if let Some(id) = child.id() {
            // Only for the message that names it.
            std::fs::write(self.data.join(LOCK), format!("{id}\n")).ok();
        }
        // Waits for the process, so that a dead one does not stay as a zombie.
        tokio::spawn(async move { child.wait().await });
        Ok(())
    }

    fn settings(&self) -> [(&'static str, String); 3] {
        let fsync = if self.durable { "always" } else { "everysec" };
        [
            ("appendfsync", fsync.to_owned()),
            // Pages follow records as they are written.
            ("notify-keyspace-events", "KA".to_owned()),
            (
                "maxmemory",
                (crate::machine::memory_bytes() / 10 * 6).to_string(),
            ),
        ]
    }

    async fn wait_until_ready(&self) -> anyhow::Result<MultiplexedConnection> {
        let end = Instant::now() + LOAD_MOST;
        loop {
            if let Ok(mut connection) = self.connect().await
                && redis::cmd("PING")
                    .query_async::<String>(&mut connection)
                    .await
                    .is_ok()
            {
                return Ok(connection);
            }
            if Instant::now() > end {
                bail!("Redis did not answer within {} s", LOAD_MOST.as_secs());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
