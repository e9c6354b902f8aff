//! `assay doctor`: is all well, and what to do where it is not.

use assay_model::{status::Status, words};

use super::Client;
use crate::cli::ClientArgs;

/// Prints what it finds, a line each; fails when something needs a person.
pub async fn run(args: ClientArgs) -> anyhow::Result<()> {
    let client = Client::new(&args.server)?;
    let status: Status = client.get("/status").await?;
    println!("server       {} at {}", status.version, args.server);
    println!(
        "Redis        {}{}",
        words::bytes(status.redis.memory_used),
        match status.redis.memory_max {
            None => " used, no limit set".to_owned(),
            Some(most) => format!(" of {} used", words::bytes(most)),
        }
    );
    println!("persistence  {}", status.redis.persistence);
    println!(
        "workers      {}, {}",
        status.workers,
        words::counted(status.slots, "slot", "slots")
    );
    println!(
        "jobs         {} running, {} queued",
        status.running, status.queued
    );
    let mut troubles = Vec::new();
    troubles.extend(status.redis.warning);
    if status.workers == 0 {
        troubles.push(
            "No worker is running: jobs wait. Start one with `assay worker --redis URL`."
                .to_owned(),
        );
    }
    if troubles.is_empty() {
        println!("\nAll is well.");
        return Ok(());
    }
    anyhow::bail!("{}", troubles.join("\n"))
}
