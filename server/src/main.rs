//! The one program: `assay serve`, `assay worker`, and the command line.
//!
//! It introduces the parts to each other: the store keeps, the engine computes, the app
//! shows, and none of them knows the others.

mod bench;
mod cli;
mod client;
mod compute;
mod config;
mod data;
mod failure;
mod http;
mod hub;
mod looker;
mod machine;
mod preview;
mod sample;
mod serve;
mod sources;
mod stop;
mod worker;

use std::process::ExitCode;

use cli::{Cli, Command, LogFormat};
use tracing_subscriber::{EnvFilter, fmt};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<client::out::Closed>() => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("assay: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let cli = config::read()?;
    log_to_stderr(&cli.log, cli.log_format)?;
    // A look at a file is bounded in memory, so it has no threads of a runtime.
    if let Command::PreviewFile(args) = &cli.command {
        return preview::child::run(args);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let done = runtime.block_on(command(cli));
    // A read of standard input that nobody waits for any more must not hold up the end.
    runtime.shutdown_background();
    done
}

async fn command(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Serve(args) => serve::run(*args, cli.log, cli.log_format).await,
        Command::Worker(args) => worker::run(*args).await,
        Command::Load(args) => client::load::run(*args).await,
        Command::Run(args) => client::run::run(args).await,
        Command::Export(args) => client::export::run(args).await,
        Command::Jobs(args) => client::jobs::run(args).await,
        Command::Watch(args) => client::watch::run(args).await,
        Command::Doctor(args) => client::doctor::run(args).await,
        Command::Bench(args) => bench::run(args.what).await,
        Command::PreviewFile(args) => preview::child::run(&args),
    }
}

/// Standard output belongs to results.
fn log_to_stderr(filter: &str, format: LogFormat) -> anyhow::Result<()> {
    let filter: EnvFilter = filter.parse()?;
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}
