//! Somebody else's Redis: one with a port, databases and a password.

use std::process::{Child, Command, Stdio};

use redis::aio::MultiplexedConnection;
use tempfile::TempDir;

use crate::fixture::{eventually, new_folder};

/// A `redis-server` that is not Assay's; killed when dropped.
pub struct OtherRedis {
    process: Child,
    port: u16,
    _folder: TempDir,
}

/// Its password.
pub const PASSWORD: &str = "not-to-be-seen";

impl OtherRedis {
    /// Starts one and waits until it answers.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts one with further settings.
    pub async fn start_with(settings: &[&str]) -> Self {
        let folder = new_folder();
        // A port that was free a moment ago.
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .unwrap()
            .port();
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--requirepass", PASSWORD, "--dir"])
            .arg(folder.path())
            .args(settings)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let other = Self {
            process,
            port,
            _folder: folder,
        };
        other.connection(0).await;
        other
    }

    /// Its address, with a database.
    pub fn url(&self, database: u8) -> String {
        format!("redis://:{PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }

    /// A connection to one of its databases.
    pub async fn connection(&self, database: u8) -> MultiplexedConnection {
        let client = redis::Client::open(self.url(database)).unwrap();
        eventually("the other Redis answers", async || {
            client.get_multiplexed_async_connection().await.ok()
        })
        .await
    }

    /// Kills it without warning.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for OtherRedis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
