//! A server of its own for a benchmark, on a folder of its own.

use std::{path::Path, process::Stdio};

use anyhow::{Context, bail};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::client::{Client, session::SessionFile};

/// A running server; stopped in order by [`Server::stop`], killed when dropped.
pub struct Server {
    child: Child,
    folder: TempDir,
    /// A client of it.
    pub client: Client,
}

impl Server {
    /// Starts `assay serve` with these further arguments.
    pub async fn start(arguments: &[&str]) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("assay-bench").tempdir()?;
        // Whatever this machine is set up with: a benchmark never touches a Redis in use.
        let settings = folder.path().join("bench.toml");
        std::fs::write(&settings, "")?;
        let mut command = Command::new(std::env::current_exe()?);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ASSAY_") {
                command.env_remove(name);
            }
        }
        let mut child = command
            .arg("--config")
            .arg(settings)
            .args(["--log", "warn", "serve", "--addr", "127.0.0.1:0"])
            .arg("--data")
            .arg(folder.path())
            .args(arguments)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let out = child.stdout.take().context("the server says nothing")?;
        let mut lines = BufReader::new(out).lines();
        let Some(first) = lines.next_line().await? else {
            bail!("The server did not start")
        };
        let url = first
            .strip_prefix("Assay is at ")
            .context("the server says something else")?
            .to_owned();
        // Read on, so that the server never waits for a reader.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let client = Client::with_session(&url, SessionFile::at(folder.path().join("session")))?;
        Ok(Self {
            child,
            folder,
            client,
        })
    }

    /// Its data folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its process.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Stops it in order.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        if let Some(id) = self
            .child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(rustix::process::Pid::from_raw)
        {
            rustix::process::kill_process(id, rustix::process::Signal::TERM)?;
        }
        self.child.wait().await?;
        Ok(())
    }
}

/// The value at a part of the way through sorted measurements.
pub fn quantile(sorted: &[f64], part: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted
        .get((part * last as f64).round() as usize)
        .copied()
        .unwrap_or(f64::NAN)
}
