//! The supervisor: `serve` runs its worker as a process of its own, because a query
//! engine can abort, overflow its stack or be killed for its memory, and none of that
//! may take the page down.
//!
//! It sees its worker's end at once and says what kind of end it was. An abnormal end
//! by itself (a panic, an abort, a segmentation fault) is a *crash* and counts against
//! the jobs that ran; a kill from outside is a *loss*, which is forgiven far longer; an
//! orderly exit has handed its jobs back and is neither.

use std::{
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use anyhow::Context;
use assay_model::WorkerId;
use assay_store::{Store, jobs::Gone, sources::Source};
use tokio::{
    process::{Child, Command},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::{cli::PoolArgs, machine, sources};

/// How the worker is run.
#[derive(Debug, Clone)]
pub struct Supervisor {
    /// The Redis that it works on.
    pub redis: String,
    /// The first part of every key.
    pub prefix: String,
    /// Other Redis servers that it may read.
    pub sources: Vec<Source>,
    /// What it may use.
    pub pool: PoolArgs,
    /// Where it spills.
    pub spill: PathBuf,
    /// The mark of the data folder.
    pub home: String,
    /// Its log settings.
    pub log: [String; 2],
}

/// How long an orderly stop may take: 20 s for the jobs, and a little to say so.
const STOP_MOST: Duration = Duration::from_secs(22);
/// Has the allocator give buffers back to the system when they are freed. Left to itself
/// it learns from freed buffers of megabytes to keep all of their size, and an import
/// holds nearly twice as much as it uses.
const ALLOCATOR: [(&str, &str); 2] = [
    ("MALLOC_MMAP_THRESHOLD_", "262144"),
    ("MALLOC_TRIM_THRESHOLD_", "262144"),
];
/// A worker that ends sooner than this is not restarted at once.
const SHORT_LIFE: Duration = Duration::from_secs(1);

impl Supervisor {
    /// Keeps one worker running until told to stop; returns when it has ended.
    pub async fn run(self, store: Store, stop: CancellationToken) {
        loop {
            let id = crate::worker::new_id();
            let began = Instant::now();
            let kills = OutOfMemory::watch();
            let mut child = match self.spawn(&id) {
                Ok(child) => child,
                Err(error) => {
                    error!(error = format!("{error:#}"), "the worker does not start");
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = tokio::time::sleep(SHORT_LIFE) => continue,
                    }
                }
            };
            // Taken out, for waiting would close it.
            let cord = child.stdin.take();
            let status = tokio::select! {
                status = child.wait() => status,
                () = stop.cancelled() => {
                    drop(cord);
                    end(child).await;
                    return;
                }
            };
            let gone = status.map_or(Gone::Lost, |status| kind_of_end(status, kills.happened()));
            match gone {
                Gone::SignedOff => {
                    info!(worker = %id, "worker {id} has handed back; starting another");
                }
                gone => warn!(worker = %id, ?gone, "worker {id} has died; starting another"),
            }
            // Also what an orderly exit could not hand back in time.
            give_back(&store, &id, gone, &stop).await;
            self.sweep(&id);
            if began.elapsed() < SHORT_LIFE {
                tokio::time::sleep(SHORT_LIFE).await;
            }
        }
    }

    /// Removes what a worker that has ended left on disk: one that was killed had no time
    /// to.
    fn sweep(&self, id: &WorkerId) {
        let folder = self.spill.join(id.as_str());
        if let Err(error) = std::fs::remove_dir_all(&folder)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            warn!(%error, folder = %folder.display(), "a folder of spilled data stays");
        }
    }

    fn spawn(&self, id: &WorkerId) -> anyhow::Result<Child> {
        let program = std::env::current_exe().context("this program does not know where it is")?;
        let mut command = Command::new(program);
        // Addresses may hold passwords, and everybody can see a command line.
        command
            .env("ASSAY_REDIS", &self.redis)
            .env(sources::VARIABLE, sources::write(&self.sources))
            .arg("worker")
            .args(["--prefix", &self.prefix, "--home", &self.home])
            .args([
                "--id",
                id.as_str(),
                "--log",
                &self.log[0],
                "--log-format",
                &self.log[1],
            ])
            .args(["--lease-ms", &self.pool.lease_ms.to_string()])
            .arg("--spill")
            .arg(self.spill.join(id.as_str()));
        let options = [
            ("--slots", self.pool.slots.map(u64::from)),
            ("--memory-mb", self.pool.memory_mb),
            ("--cache-mb", self.pool.cache_mb),
        ];
        for (flag, value) in options {
            if let Some(value) = value {
                command.args([flag, &value.to_string()]);
            }
        }
        for (name, value) in ALLOCATOR {
            if std::env::var_os(name).is_none() {
                command.env(name, value);
            }
        }
        // Its standard input is the cord between the two: when `serve` is gone, however
        // that came, the cord is cut and the worker hands back and ends.
        command
            .stdin(Stdio::piped())
            .process_group(0)
            .spawn()
            .context("the worker's process cannot be started")
    }
}

/// Puts the jobs of a dead worker back in line, however long Redis is away.
async fn give_back(store: &Store, id: &WorkerId, gone: Gone, stop: &CancellationToken) {
    loop {
        match store.reap(id, gone).await {
            Ok(_) => return,
            Err(error) => {
                warn!(%error, worker = %id, "the jobs of worker {id} cannot be put back in line yet");
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
        }
    }
}

/// Waits for a worker whose cord is cut; kills what does not end.
async fn end(mut child: Child) {
    if tokio::time::timeout(STOP_MOST, child.wait()).await.is_err() {
        warn!("the worker did not end in time and is killed");
        child.kill().await.ok();
    }
}

/// What the end of a worker was: in order, from outside, or by itself. Out of memory
/// counts as by itself, although the kernel sends the signal.
fn kind_of_end(status: ExitStatus, out_of_memory: bool) -> Gone {
    const KILL: i32 = 9;
    const TERM: i32 = 15;
    match (status.code(), status.signal()) {
        (Some(0), _) => Gone::SignedOff,
        (_, Some(KILL)) if out_of_memory => Gone::Crashed,
        (_, Some(KILL | TERM)) => Gone::Lost,
        _ => Gone::Crashed,
    }
}

/// Notices that the kernel has killed something on this machine for its memory.
struct OutOfMemory(Option<u64>);

impl OutOfMemory {
    fn watch() -> Self {
        Self(machine::out_of_memory_kills())
    }

    /// Whether it has since the watch began.
    fn happened(&self) -> bool {
        machine::out_of_memory_kills() > self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kill_from_outside_is_a_loss_and_an_abort_is_a_crash() {
        let of = |raw| kind_of_end(ExitStatus::from_raw(raw), false);
        assert_eq!(of(0), Gone::SignedOff);
        assert_eq!(of(9), Gone::Lost);
        assert_eq!(of(6), Gone::Crashed);
        assert_eq!(of(11), Gone::Crashed);
        assert_eq!(of(101 << 8), Gone::Crashed);
        let out_of_memory = kind_of_end(ExitStatus::from_raw(9), true);
        assert_eq!(out_of_memory, Gone::Crashed);
    }
}
