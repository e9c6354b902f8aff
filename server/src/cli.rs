//! The command line: every command and setting in one place, documented where it is
//! declared. A setting is a flag, else an `ASSAY_*` variable, else a line of the
//! configuration file (`config.rs`), else the default said here.

mod files;

use std::{net::SocketAddr, path::PathBuf};

use assay_model::WorkerId;
use clap::{Args, Parser, Subcommand, ValueEnum};

pub use files::{ExportArgs, ImportArgs, LoadArgs};

use crate::sources::Written as SourceSetting;

/// The analysis bench.
#[derive(Debug, Parser)]
#[command(name = "assay", version, about, max_term_width = 100)]
pub struct Cli {
    /// The configuration file, TOML; its keys are the long names of the flags.
    #[arg(long, global = true, env = "ASSAY_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// What is logged, in the syntax of tracing's `EnvFilter`.
    #[arg(
        long,
        global = true,
        env = "ASSAY_LOG",
        default_value = "info",
        value_name = "FILTER"
    )]
    pub log: String,

    /// How log lines look.
    #[arg(long, global = true, env = "ASSAY_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// A JSON object a line, for programs.
    Json,
}

impl LogFormat {
    /// The word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the page and the API, with a Redis and a worker of its own.
    Serve(Box<ServeArgs>),
    /// Run jobs; joins the workers of the same Redis.
    Worker(Box<WorkerArgs>),
    /// Load files as data sets.
    Load(Box<LoadArgs>),
    /// Run an analysis and print its result.
    Run(RunArgs),
    /// Write the rows of a data set to a file or to standard output.
    Export(ExportArgs),
    /// List jobs, the newest first.
    Jobs(JobsArgs),
    /// Print events as they come.
    Watch(WatchArgs),
    /// Check Redis, its persistence and memory, and the workers.
    Doctor(ClientArgs),
    /// Measure, and print ratios against a reference of the same run.
    Bench(BenchArgs),
    /// Look at the beginning of a file, given by `serve` on standard input.
    #[command(hide = true)]
    PreviewFile(PreviewFileArgs),
}

/// Settings of `assay serve`.
#[derive(Debug, Clone, Args)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "flags of a command line are what they are"
)]
pub struct ServeArgs {
    /// The address to listen on; port 0 takes a free one and prints it.
    #[arg(long, env = "ASSAY_ADDR", default_value = "127.0.0.1:3000")]
    pub addr: SocketAddr,

    /// The folder for everything that is kept: lock, Redis's files, spilled data.
    #[arg(long, env = "ASSAY_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// The folder with the page's files; found beside the program when left out.
    #[arg(long, env = "ASSAY_SITE", value_name = "DIR")]
    pub site: Option<PathBuf>,

    /// A Redis to use instead of an own one: `redis://…`, `redis+unix:///…`.
    #[arg(long, env = "ASSAY_REDIS", hide_env_values = true, value_name = "URL")]
    pub redis: Option<String>,

    /// The first part of every key in Redis.
    #[arg(long, env = "ASSAY_PREFIX", default_value = "assay")]
    pub prefix: String,

    /// Another Redis whose records can be collections: `NAME=URL`, or `NAME:write=URL`
    /// where they may be written; repeat.
    #[arg(
        long = "source",
        env = "ASSAY_SOURCES",
        value_delimiter = ' ',
        hide_env_values = true,
        hide_default_value = true,
        value_name = "NAME=URL"
    )]
    pub sources: Vec<SourceSetting>,

    /// Lose nothing that was acknowledged, even when Redis is killed or the power goes:
    /// every write waits for the disk.
    #[arg(long, env = "ASSAY_DURABLE")]
    pub durable: bool,

    /// Open the own Redis on this port of 127.0.0.1 too, for programs that do not speak
    /// Unix sockets.
    #[arg(long, env = "ASSAY_REDIS_PORT", value_name = "PORT")]
    pub redis_port: Option<u16>,

    /// The address under which people reach this server, when it is not a loopback name.
    #[arg(long, env = "ASSAY_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// Listen beyond this machine although anybody who reaches it may do everything.
    #[arg(long, env = "ASSAY_INSECURE")]
    pub insecure: bool,

    /// The largest file that may be uploaded, in megabytes.
    #[arg(
        long,
        env = "ASSAY_MAX_UPLOAD_MB",
        default_value_t = 10_000,
        value_name = "MB"
    )]
    pub max_upload_mb: u64,

    /// Memory for a look at a file before it is loaded, in megabytes.
    #[arg(
        long,
        env = "ASSAY_PREVIEW_MEMORY_MB",
        default_value_t = 512,
        value_name = "MB"
    )]
    pub preview_memory_mb: u64,

    /// How much memory data may take in Redis, in megabytes; what Redis allows when left out.
    #[arg(long, env = "ASSAY_LIMIT_MB", value_name = "MB")]
    pub limit_mb: Option<u64>,

    /// How often to look for bytes that nothing refers to, in seconds.
    #[arg(long, env = "ASSAY_AUDIT_S", default_value_t = 60, value_name = "S")]
    pub audit_s: u64,

    /// Do not start a worker: others do the work.
    #[arg(long, env = "ASSAY_NO_WORKER")]
    pub no_worker: bool,

    /// Take jobs of the kind `noop`, to measure the job system itself.
    #[arg(long, env = "ASSAY_BENCH")]
    pub bench: bool,

    /// What its worker may use.
    #[command(flatten)]
    pub pool: PoolArgs,
}

/// What a worker may use.
#[derive(Debug, Clone, Args)]
pub struct PoolArgs {
    /// Jobs to run at once; as many as cores when left out.
    #[arg(long, env = "ASSAY_SLOTS", value_name = "N")]
    pub slots: Option<u32>,

    /// Memory for computing, in megabytes; a quarter of the machine's when left out.
    /// What does not fit is spilled to disk.
    #[arg(long, env = "ASSAY_MEMORY_MB", value_name = "MB")]
    pub memory_mb: Option<u64>,

    /// Memory for keeping parts of data sets that were read, in megabytes; a sixteenth
    /// of the machine's when left out.
    #[arg(long, env = "ASSAY_CACHE_MB", value_name = "MB")]
    pub cache_mb: Option<u64>,

    /// How long a job stays with a worker that says nothing, in milliseconds.
    #[arg(
        long,
        env = "ASSAY_LEASE_MS",
        default_value_t = 10_000,
        value_name = "MS"
    )]
    pub lease_ms: u64,
}

/// Settings of `assay worker`.
#[derive(Debug, Clone, Args)]
pub struct WorkerArgs {
    /// The Redis whose jobs to run.
    #[arg(long, env = "ASSAY_REDIS", hide_env_values = true, value_name = "URL")]
    pub redis: String,

    /// The first part of every key in Redis.
    #[arg(long, env = "ASSAY_PREFIX", default_value = "assay")]
    pub prefix: String,

    /// Another Redis whose records can be collections: `NAME=URL`, or `NAME:write=URL`
    /// where they may be written; repeat.
    #[arg(
        long = "source",
        env = "ASSAY_SOURCES",
        value_delimiter = ' ',
        hide_env_values = true,
        hide_default_value = true,
        value_name = "NAME=URL"
    )]
    pub sources: Vec<SourceSetting>,

    /// The folder for spilled data; the system's folder for temporary files when left
    /// out.
    #[arg(long, env = "ASSAY_SPILL", value_name = "DIR")]
    pub spill: Option<PathBuf>,

    /// What it may use.
    #[command(flatten)]
    pub pool: PoolArgs,

    /// Its id, given by the `serve` that supervises it.
    #[arg(long, hide = true)]
    pub id: Option<WorkerId>,

    /// The data folder's mark, given by the `serve` that supervises it; such a worker
    /// ends when its standard input closes.
    #[arg(long, hide = true)]
    pub home: Option<String>,
}

/// How a command reaches the server.
#[derive(Debug, Clone, Args)]
pub struct ClientArgs {
    /// The server.
    #[arg(
        long,
        env = "ASSAY_SERVER",
        default_value = "http://127.0.0.1:3000",
        value_name = "URL"
    )]
    pub server: String,
}

/// Bounds of a look at a file.
#[derive(Debug, Args)]
pub struct PreviewFileArgs {
    /// Most memory, in megabytes.
    #[arg(long)]
    pub memory_mb: u64,

    /// Most seconds of the processor.
    #[arg(long)]
    pub seconds: u64,
}

/// Settings of `assay run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// How to reach the server.
    #[command(flatten)]
    pub client: ClientArgs,

    /// The kind: aggregate, describe or rows.
    pub kind: String,

    /// The data set, by name or id.
    #[arg(long)]
    pub dataset: String,

    /// A column to group by; repeat or part with commas.
    #[arg(long, value_delimiter = ',', value_name = "COLUMN")]
    pub group_by: Vec<String>,

    /// A measure: `count`, `mean:dep_delay`, `quantile:dep_delay:0.9`; repeat.
    #[arg(long, value_name = "FN[:COLUMN[:Q]]")]
    pub measure: Vec<String>,

    /// A column to take; repeat or part with commas.
    #[arg(long, value_delimiter = ',', value_name = "COLUMN")]
    pub columns: Vec<String>,

    /// A condition on rows: `distance:ge:500`, `dest:is_null`; repeat.
    #[arg(long = "where", value_name = "COLUMN:OP[:VALUE]")]
    pub conditions: Vec<String>,

    /// A sort key: `count` or `count:desc`; repeat.
    #[arg(long, value_name = "COLUMN[:desc]")]
    pub order_by: Vec<String>,

    /// At most so many rows or groups.
    #[arg(long)]
    pub limit: Option<u64>,

    /// A name for the job.
    #[arg(long)]
    pub label: Option<String>,

    /// How to print the result: table, csv, json, ndjson.
    #[arg(long, default_value = "table")]
    pub output: OutputFormat,
}

/// How `assay run` prints a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Columns for people, with the finding above.
    Table,
    /// Comma-separated values.
    Csv,
    /// One JSON array of objects.
    Json,
    /// One JSON object a line.
    Ndjson,
}

/// Settings of `assay jobs`.
#[derive(Debug, Args)]
pub struct JobsArgs {
    /// How to reach the server.
    #[command(flatten)]
    pub client: ClientArgs,

    /// Only those in this state.
    #[arg(long)]
    pub state: Option<assay_model::JobState>,

    /// At most so many.
    #[arg(long, default_value_t = 20)]
    pub limit: u64,
}

/// Settings of `assay watch`.
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// How to reach the server.
    #[command(flatten)]
    pub client: ClientArgs,

    /// Only this job, until it ends.
    pub job: Option<assay_model::JobId>,
}

/// Settings of `assay bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// What to measure.
    #[command(subcommand)]
    pub what: Bench,
}

/// The benchmarks. Each starts a server of its own on a folder of its own.
#[derive(Debug, Clone, Subcommand)]
pub enum Bench {
    /// Submit a no-op, wait for its push: one at a time.
    Push {
        /// How many.
        #[arg(long, default_value_t = 2_000)]
        jobs: u32,
    },
    /// Group-by questions of the db-benchmark on its table G1, from submit to push,
    /// against the same engine on the same Parquet as local files.
    Groupby {
        /// Rows of G1.
        #[arg(long, default_value_t = 10_000_000)]
        rows: u64,
        /// Runs of each question; the best counts.
        #[arg(long, default_value_t = 5)]
        runs: u32,
    },
    /// A CSV file of the table G1, from the first byte sent to the committed version,
    /// against `DuckDB` writing it as Parquet, where `DuckDB` is there.
    Import {
        /// Rows of G1; 20,000,000 make a gigabyte.
        #[arg(long, default_value_t = 20_000_000)]
        rows: u64,
        /// Runs; the best counts.
        #[arg(long, default_value_t = 3)]
        runs: u32,
    },
    /// Send a file, against the same chunks packed and set in the same Redis; with the
    /// memory that `serve` takes meanwhile.
    Upload {
        /// Megabytes of the file.
        #[arg(long, default_value_t = 1_000, value_name = "MB")]
        megabytes: u64,
    },
    /// Pages of the db-benchmark's table G1: first, deep, last, sorted, filtered, against
    /// `DuckDB` on the same Parquet when `python3` has its package.
    Look {
        /// Rows of G1.
        #[arg(long, default_value_t = 10_000_000)]
        rows: u64,
        /// Runs of each look; the best counts.
        #[arg(long, default_value_t = 5)]
        runs: u32,
    },
    /// Hashes in Redis, aggregated from cold, against redis-py that merely fetches them and
    /// redis-py with pandas.
    Collection {
        /// How many hashes.
        #[arg(long, default_value_t = 1_000_000)]
        rows: u64,
        /// Runs of each; the best counts.
        #[arg(long, default_value_t = 3)]
        runs: u32,
    },
    /// Resident memory of `serve` and its worker when nothing happens.
    Idle,
    /// Compressed size of what the page loads first.
    Page,
}
