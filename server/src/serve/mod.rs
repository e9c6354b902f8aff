//! `assay serve`: the page and the API, with a Redis and a worker of its own.
//!
//! What is started, in order: the lock on the data folder, Redis, the hub, the reaper, the
//! house's chores, the worker's supervisor, the HTTP side. It is stopped the other way round: streams and
//! connections end, the worker hands back, Redis writes its files.

mod house;
mod lock;
mod reaper;
mod redis_child;
mod supervisor;
mod watching;

use std::{
    io::Write,
    net::SocketAddr,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use assay_engine::{Engine, EngineConfig};
use assay_store::{Prefix, Store};
use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use self::{lock::Lock, redis_child::RedisChild, supervisor::Supervisor};
use crate::{
    cli::{LogFormat, ServeArgs},
    http::{self, AppState, Hosts, Options, Site},
    hub::Hub,
    looker::Looker,
    machine,
    preview::Previewer,
    sources, stop,
};

/// How long open connections may go on after the server was told to stop.
const DRAIN: Duration = Duration::from_secs(5);
/// Memory of the engine that only looks at rows.
const LOOK_MEMORY: usize = 1 << 30;
/// Sizes of exports that are remembered.
const SIZES: usize = 1_000;

/// The folder for spilled data, in the data folder.
const SPILL: &str = "spill";

/// Serves until told to stop.
pub async fn run(args: ServeArgs, log: String, log_format: LogFormat) -> anyhow::Result<()> {
    refuse_open_door(&args)?;
    // Each open page keeps a connection. Without more, it is fewer pages.
    machine::open_all_files_allowed().ok();
    let site = Site::find(args.site.as_deref())?;
    let prefix: Prefix = args.prefix.parse()?;
    let sources = sources::read(&args.sources)?;
    let data = data_folder(args.data.as_deref())?;
    let _lock = Lock::take(&data)?;
    let listener = listen(args.addr).await?;
    let addr = listener.local_addr()?;

    let stop = CancellationToken::new();
    stop::on_signals(stop.clone())?;
    let child = match args.redis {
        Some(_) => None,
        None => Some(RedisChild {
            data: data.clone(),
            durable: args.durable,
            port: args.redis_port,
        }),
    };
    let redis = match (&child, args.redis) {
        (Some(child), _) => {
            // Loading much data takes a while, in which one may change one's mind.
            match stop.run_until_cancelled(child.ensure()).await {
                Some(ready) => ready?,
                None => {
                    child.stop().await;
                    return Ok(());
                }
            }
            child.url()
        }
        (None, Some(url)) => url,
        (None, None) => bail!("There is no Redis"),
    };
    let address = told_address(&redis);
    let store = Store::connect(&redis, prefix)
        .await
        .context("Redis cannot be used")?
        .with_sources(&sources)?;
    let home = format!("{}:{}", machine::name(), data.display());
    // The lock is ours, so whoever worked for this folder before is dead or dying.
    let orphans = store.reap_home(&home).await?;
    if !orphans.is_empty() {
        info!(
            jobs = orphans.len(),
            "put jobs that were cut off back in line"
        );
    }

    forget_spilled(&data)?;

    // Redis outlives everything that uses it.
    let stop_redis = CancellationToken::new();
    let keep_redis = child
        .clone()
        .map(|child| tokio::spawn(child.keep_alive(stop_redis.clone())));
    let lease = Duration::from_millis(args.pool.lease_ms);
    tokio::spawn(reaper::run(store.clone(), lease, stop.clone()));
    let audit_every = Duration::from_secs(args.audit_s.max(1));
    tokio::spawn(house::run(store.clone(), audit_every, stop.clone()));
    let supervisor = (!args.no_worker).then(|| {
        let supervisor = Supervisor {
            redis,
            prefix: args.prefix.clone(),
            sources,
            pool: args.pool.clone(),
            spill: data.join(SPILL),
            home,
            log: [log, log_format.as_str().to_owned()],
        };
        tokio::spawn(supervisor.run(store.clone(), stop.clone()))
    });

    let hub = Hub::start(store.clone(), stop.clone()).await?;
    tokio::spawn(watching::run(store.clone(), hub.clone(), stop.clone()));
    let state = AppState {
        hub,
        engine: Looker::start(look_engine(&store, &data)?)?,
        sizes: Arc::new(quick_cache::sync::Cache::new(SIZES)),
        previewer: Arc::new(
            Previewer::new(args.preview_memory_mb)
                .context("This program does not know where it is")?,
        ),
        store,
        options: Arc::new(Options {
            redis: address,
            upload_most: args.max_upload_mb.saturating_mul(1_000_000),
            limit: args.limit_mb.map(|mb| mb.saturating_mul(1_000_000)),
            bench: args.bench,
        }),
        stop: stop.clone(),
    };
    let hosts = Hosts::new(args.public_url.as_deref(), args.insecure);
    say_where(&data, addr, child.as_ref().map(|child| child.durable))?;
    serve(listener, http::app(state, &site, hosts), stop.clone()).await?;

    info!("stopping");
    if let Some(supervisor) = supervisor {
        supervisor.await.ok();
    }
    stop_redis.cancel();
    if let Some(keeping) = keep_redis {
        keeping.await.ok();
    }
    if let Some(child) = child {
        child.stop().await;
    }
    Ok(())
}

/// Serves until told to stop, then lets open requests end, though not for ever.
async fn serve(listener: TcpListener, app: Router, stop: CancellationToken) -> anyhow::Result<()> {
    let stopping = stop.clone();
    let server = axum::serve(listener, app).with_graceful_shutdown(stopping.cancelled_owned());
    tokio::select! {
        ended = server.into_future() => ended.context("the HTTP server has failed"),
        () = async { stop.cancelled().await; tokio::time::sleep(DRAIN).await } => {
            warn!("some connections did not end in time and are cut");
            Ok(())
        }
    }
}

/// Beyond this machine anybody could do everything, as long as there are no accounts.
fn refuse_open_door(args: &ServeArgs) -> anyhow::Result<()> {
    if args.addr.ip().is_loopback() || args.insecure {
        return Ok(());
    }
    bail!(
        "{} can be reached from other machines, and whoever reaches it may read and change everything. Put a server that asks for a password before a loopback address, or say --insecure",
        args.addr
    )
}

/// The address of Redis as everybody may know it: as clients in other languages write
/// it, and without user and password.
fn told_address(url: &str) -> String {
    if let Some(path) = url.strip_prefix("redis+unix://") {
        return format!("unix://{path}");
    }
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => url.to_owned(),
    }
}

fn data_folder(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    let data = match given {
        Some(data) => data.to_owned(),
        None => {
            let home = std::env::var_os("HOME")
                .context("HOME is not set; name the data folder with --data")?;
            let share = std::env::var_os("XDG_DATA_HOME")
                .map_or_else(|| Path::new(&home).join(".local/share"), PathBuf::from);
            share.join("assay")
        }
    };
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&data)
        .with_context(|| format!("The data folder {} cannot be made", data.display()))?;
    data.canonicalize()
        .with_context(|| format!("The data folder {} cannot be used", data.display()))
}

/// Nobody is left to read what was spilled before.
fn forget_spilled(data: &Path) -> anyhow::Result<()> {
    let folder = data.join(SPILL);
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", folder.display()))
        }
        _ => Ok(()),
    }
}

async fn listen(addr: SocketAddr) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(addr).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            bail!(
                "Another program listens on {addr}. Stop it, or choose another address with --addr, such as --addr 127.0.0.1:3001"
            )
        }
        Err(error) => Err(error).with_context(|| format!("{addr} cannot be listened on")),
    }
}

fn look_engine(store: &Store, data: &Path) -> anyhow::Result<Engine> {
    let config = EngineConfig {
        memory_bytes: LOOK_MEMORY,
        spill_dir: data.join(SPILL).join("look"),
        threads: machine::cores() as usize,
    };
    std::fs::create_dir_all(&config.spill_dir)?;
    Ok(Engine::new(config, Arc::new(store.blobs()))?)
}

/// On standard output for people, and in `DATA/address` for programs.
fn say_where(data: &Path, addr: SocketAddr, durable: Option<bool>) -> anyhow::Result<()> {
    let url = format!("http://{addr}");
    std::fs::write(data.join("address"), format!("{url}\n"))?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "Assay is at {url}")?;
    match durable {
        Some(true) => writeln!(out, "Nothing acknowledged is lost, whatever is killed.")?,
        Some(false) => writeln!(
            out,
            "Nothing is lost when this program is killed; a power cut may lose the last 2 s (--durable prevents that)."
        )?,
        None => {}
    }
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_the_password_of_redis() {
        for (url, told) in [
            ("redis+unix:///data/redis.sock", "unix:///data/redis.sock"),
            ("redis://10.0.0.5:6379/0", "redis://10.0.0.5:6379/0"),
            ("rediss://me:p@ss@10.0.0.5/0", "rediss://10.0.0.5/0"),
        ] {
            assert_eq!(told_address(url), told);
        }
    }
}
