//! `assay doctor`: is all well, and what to do where it is not.

use assay_model::{status::Status, words};

use super::{Client, out};
use crate::cli::ClientArgs;

/// Prints what it finds, a line each; fails when something needs a person.
pub async fn run(args: ClientArgs) -> anyhow::Result<()> {
    let client = Client::new(&args.server)?;
    let status: Status = client.get("/status").await?;
    out::line(format!(
        "server       {} at {}",
        status.version, args.server
    ))?;
    out::line(format!(
        "Redis        {}{}",
        words::bytes(status.redis.memory_used),
        match status.redis.memory_max {
            None => " used, no limit set".to_owned(),
            Some(most) => format!(" of {} used", words::bytes(most)),
        }
    ))?;
    out::line(format!("persistence  {}", status.redis.persistence))?;
    out::line(format!(
        "workers      {}, {}",
        status.workers,
        words::counted(status.slots, "slot", "slots")
    ))?;
    out::line(format!(
        "jobs         {} running, {} queued",
        status.running, status.queued
    ))?;
    let mut troubles = Vec::new();
    troubles.extend(status.redis.warning);
    if status.workers == 0 {
        troubles.push(
            "No worker is running: jobs wait. Start one with `assay worker --redis URL`."
                .to_owned(),
        );
    }
    if troubles.is_empty() {
        return out::line("\nAll is well.");
    }
    anyhow::bail!("{}", troubles.join("\n"))
}
