//! The one program: `assay serve`, `assay worker`, and the command line.
//!
//! It introduces the parts to each other: the store keeps, the engine computes, the app
//! shows, and none of them knows the others.

mod bench;
mod cli;
mod client;
mod config;
mod data;
mod failure;
mod http;
mod hub;
mod machine;
mod sample;
mod serve;
mod sources;
mod stop;
mod worker;

use std::process::ExitCode;

use cli::{Command, LogFormat};
use tracing_subscriber::{EnvFilter, fmt};

#[tokio::main]
async fn main() -> ExitCode {
    let run = async {
        let cli = config::read()?;
        log_to_stderr(&cli.log, cli.log_format)?;
        match cli.command {
            Command::Serve(args) => serve::run(*args, cli.log, cli.log_format).await,
            Command::Worker(args) => worker::run(*args).await,
            Command::Load(args) => client::load::run(args).await,
            Command::Run(args) => client::run::run(args).await,
            Command::Jobs(args) => client::jobs::run(args).await,
            Command::Watch(args) => client::watch::run(args).await,
            Command::Doctor(args) => client::doctor::run(args).await,
            Command::Bench(args) => bench::run(args.what).await,
        }
    };
    match run.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<client::out::Closed>() => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("assay: {error:#}");
            ExitCode::FAILURE
        }
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
