//! A real server for a test: the program itself on a folder of its own, with the Redis
//! and the worker that it starts, and the means to kill each of them.
//!
//! Nothing outlives a [`Server`]: its processes are known by its folder, which no other
//! process names, and are killed when it is dropped.

use std::{
    fs::{self, File},
    future::Future,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::{Duration, Instant},
};

use redis::aio::MultiplexedConnection;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::client::Client;

/// How long a test waits for anything before it fails.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A running `assay serve`.
pub struct Server {
    /// `http://127.0.0.1:<port>`; stays the same over restarts.
    pub url: String,
    child: Child,
    arguments: Vec<String>,
    folder: TempDir,
}

impl Server {
    /// Starts a server on an empty folder.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a server on an empty folder with further arguments of `serve`.
    pub async fn start_with(arguments: &[&str]) -> Self {
        let arguments: Vec<String> = arguments.iter().map(|&text| text.to_owned()).collect();
        let folder = new_folder();
        fs::create_dir(folder.path().join("bin")).unwrap();
        show_redis(folder.path());
        let (child, url) = spawn(folder.path(), "127.0.0.1:0", &arguments).await;
        Self {
            url,
            child,
            arguments,
            folder,
        }
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A new visitor.
    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// A connection to the server's Redis.
    pub async fn redis(&self) -> MultiplexedConnection {
        let socket = self.folder().join("redis.sock");
        let client = redis::Client::open(format!("redis+unix://{}", socket.display())).unwrap();
        eventually("Redis answers", async || {
            client.get_multiplexed_async_connection().await.ok()
        })
        .await
    }

    /// The keys in Redis that match a glob.
    pub async fn keys(&self, pattern: &str) -> Vec<String> {
        let mut keys: Vec<String> = redis::cmd("KEYS")
            .arg(pattern)
            .query_async(&mut self.redis().await)
            .await
            .unwrap();
        keys.sort();
        keys
    }

    /// Starts the server again, after it has ended, on the same folder and address.
    pub async fn restart(&mut self) {
        let addr = self.url.trim_start_matches("http://").to_owned();
        let (child, url) = spawn(self.folder.path(), &addr, &self.arguments).await;
        assert_eq!(url, self.url);
        self.child = child;
    }

    /// Kills `serve` as a crash of the machine's memory would; its Redis lives on.
    pub fn kill_serve(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Kills the worker, which must run, and says which process it was.
    pub async fn kill_worker(&self) -> i32 {
        let pid = self.worker().await;
        kill(pid, Signal::KILL);
        pid
    }

    /// Kills Redis, which must run, and says which process it was.
    pub async fn kill_redis(&self) -> i32 {
        let pid = self.redis_pid().await;
        kill(pid, Signal::KILL);
        pid
    }

    /// The last that it has written about itself.
    pub fn log(&self) -> String {
        log_of(self.folder())
    }

    /// Takes `redis-server` away from the server: once killed, Redis stays away.
    pub fn hide_redis(&self) {
        fs::remove_file(self.folder().join("bin/redis-server")).unwrap();
    }

    /// Gives it back.
    pub fn show_redis(&self) {
        show_redis(self.folder());
    }

    /// The worker's process, once it runs.
    pub async fn worker(&self) -> i32 {
        eventually("a worker runs", async || self.only(Role::Worker)).await
    }

    /// Redis's process, once it runs.
    pub async fn redis_pid(&self) -> i32 {
        eventually("Redis runs", async || self.only(Role::Redis)).await
    }

    /// Halts the worker where it stands: what it runs stays running.
    pub async fn freeze_worker(&self) -> i32 {
        let pid = self.worker().await;
        kill(pid, Signal::STOP);
        pid
    }

    /// Asks `serve` to stop and waits for its end.
    pub async fn stop(&mut self) -> ExitStatus {
        self.terminate();
        self.ended().await
    }

    /// Asks `serve` to stop.
    pub fn terminate(&self) {
        kill(self.child.id().try_into().unwrap(), Signal::TERM);
    }

    /// Waits until `serve` has ended.
    pub async fn ended(&mut self) -> ExitStatus {
        let child = std::cell::RefCell::new(&mut self.child);
        eventually("serve ends", async || {
            child.borrow_mut().try_wait().unwrap()
        })
        .await
    }

    /// The processes of a kind that belong to this folder.
    pub fn processes(&self, role: Role) -> Vec<i32> {
        processes(self.folder())
            .into_iter()
            .filter(|(_, is)| *is == role)
            .map(|(pid, _)| pid)
            .collect()
    }

    fn only(&self, role: Role) -> Option<i32> {
        match self.processes(role).as_slice() {
            [pid] => Some(*pid),
            _ => None,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", log_of(self.folder()));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        sweep(self.folder());
    }
}

/// What a process of a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// `assay serve`.
    Serve,
    /// `assay worker`.
    Worker,
    /// `redis-server`.
    Redis,
}

/// Sends a signal to a process that may be gone already.
pub fn kill(pid: i32, signal: Signal) {
    let _ = kill_process(Pid::from_raw(pid).unwrap(), signal);
}

/// Waits until `look` finds what the test needs; fails with `what` when it takes too long.
pub async fn eventually<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    within(PATIENCE, what, async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
}

/// The outcome of `work`, which must come in time.
pub async fn within<T>(most: Duration, what: &str, work: impl Future<Output = T>) -> T {
    match tokio::time::timeout(most, work).await {
        Ok(out) => out,
        Err(late) => panic!("{late}, {most:?}: {what}"),
    }
}

/// An empty folder for a server. Its path is short enough for a Unix socket.
pub fn new_folder() -> TempDir {
    tempfile::Builder::new()
        .prefix("assay-it-")
        .tempdir()
        .unwrap()
}

/// Runs the program to its end, which must come soon.
pub async fn assay(arguments: &[&str]) -> Output {
    let home = new_folder();
    let mut command = program(home.path());
    command.args(arguments).stdin(Stdio::null());
    let run = tokio::process::Command::from(command)
        .kill_on_drop(true)
        .output();
    within(PATIENCE, "the program ends", run).await.unwrap()
}

/// Runs the program to its end with nobody there to read what it prints; gives how it
/// ended and what it complained of.
pub async fn assay_unread(arguments: &[&str]) -> Output {
    let home = new_folder();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = program(home.path());
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(Stdio::piped());
    let run = tokio::process::Command::from(command)
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    within(PATIENCE, "the program ends", run.wait_with_output())
        .await
        .unwrap()
}

/// The folder with the page's files: the built one where there is one, else the least
/// that `serve` takes.
pub fn site() -> PathBuf {
    let built = Path::new(env!("CARGO_BIN_EXE_assay")).with_file_name("site");
    if built.join("site.json").is_file() {
        return built;
    }
    let least = Path::new(env!("CARGO_TARGET_TMPDIR")).join("site");
    fs::create_dir_all(least.join("assets")).unwrap();
    let names = r#"{"js": "/assets/assay.js", "wasm": "/assets/assay.wasm", "css": "/assets/assay.css", "font": "/assets/font.woff2"}"#;
    // Written beside and moved, for other tests do the same at the same time.
    let beside = tempfile::NamedTempFile::new_in(&least).unwrap();
    fs::write(beside.path(), names).unwrap();
    beside.persist(least.join("site.json")).unwrap();
    least
}

/// The program, with nothing of the surroundings' settings.
pub fn program(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("ASSAY_") || text.starts_with("XDG_") {
            command.env_remove(&name);
        }
    }
    command.env("HOME", home);
    command
}

async fn spawn(folder: &Path, addr: &str, arguments: &[String]) -> (Child, String) {
    let log = File::options()
        .create(true)
        .append(true)
        .open(folder.join("serve.log"))
        .unwrap();
    let mut child = program(folder)
        .args(["serve", "--addr", addr])
        .arg("--data")
        .arg(folder)
        .arg("--site")
        .arg(site())
        .args(arguments)
        .env("PATH", folder.join("bin"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = tokio::task::spawn_blocking(move || {
        let first = lines.next();
        // Read on, so that the server never writes into a closed pipe.
        std::thread::spawn(move || lines.for_each(drop));
        first
    });
    let first = tokio::time::timeout(PATIENCE, first).await;
    let Ok(Ok(Some(Ok(first)))) = first else {
        let _ = child.kill();
        let _ = child.wait();
        sweep(folder);
        panic!("the server did not start\n{}", log_of(folder));
    };
    let url = first
        .strip_prefix("Assay is at ")
        .unwrap_or_else(|| panic!("the server says: {first}"))
        .to_owned();
    (child, url)
}

/// Puts `redis-server` where the server, and it alone, finds it.
fn show_redis(folder: &Path) {
    let path = std::env::var_os("PATH").unwrap();
    let real = std::env::split_paths(&path)
        .map(|folder| folder.join("redis-server"))
        .find(|program| program.is_file())
        .expect("redis-server is not installed: apt-get install redis-server");
    std::os::unix::fs::symlink(real, folder.join("bin/redis-server")).unwrap();
}

/// Every process that names this folder, or stands in it.
fn processes(folder: &Path) -> Vec<(i32, Role)> {
    let name = folder.to_str().unwrap();
    let all = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    all.filter_map(|entry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        let status = fs::read_to_string(entry.path().join("stat")).ok()?;
        // A zombie is dead; its parent has not looked yet.
        if status
            .rsplit_once(") ")
            .is_none_or(|(_, rest)| rest.starts_with('Z'))
        {
            return None;
        }
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        let stands_in = fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == folder);
        let role = if line.starts_with("redis-server") {
            Role::Redis
        } else if line.contains(" worker ") {
            Role::Worker
        } else if line.contains(" serve ") {
            Role::Serve
        } else {
            return None;
        };
        (line.contains(name) || stands_in).then_some((pid, role))
    })
    .collect()
}

/// Kills what is left of a server, until nothing is.
fn sweep(folder: &Path) {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let left = processes(folder);
        if left.is_empty() || Instant::now() > end {
            return;
        }
        for (pid, _) in left {
            kill(pid, Signal::KILL);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The last lines of a server's log.
fn log_of(folder: &Path) -> String {
    let text = fs::read_to_string(folder.join("serve.log")).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}
