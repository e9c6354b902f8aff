//! Memory of processes, as the kernel counts it.

use anyhow::Context;

/// Megabytes that a process holds now.
pub fn resident_mb(process: u32) -> anyhow::Result<f64> {
    read_mb(process, "VmRSS:")
}

/// The most megabytes that a process held since [`forget_peak`], or since its start.
pub fn peak_mb(process: u32) -> anyhow::Result<f64> {
    read_mb(process, "VmHWM:")
}

/// Counts the most that a process holds anew.
pub fn forget_peak(process: u32) -> anyhow::Result<()> {
    // What the kernel's documentation of /proc calls resetting the peak.
    std::fs::write(format!("/proc/{process}/clear_refs"), "5")
        .context("the peak of memory cannot be reset")
}

fn read_mb(process: u32, name: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status
        .lines()
        .find(|line| line.starts_with(name))
        .with_context(|| format!("no {name}"))?;
    let kilobytes: f64 = line
        .split_whitespace()
        .nth(1)
        .context("no figure")?
        .parse()?;
    Ok(kilobytes * 1.024 / 1_000.0)
}

/// The child of `serve` that runs this very program.
pub fn worker_of(serve: u32) -> anyhow::Result<u32> {
    let all = std::fs::read_dir("/proc")?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_worker = |process: &u32| {
        let line = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let parent = status
            .lines()
            .find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok());
        parent == Some(serve) && line.split(|byte| *byte == 0).any(|word| word == b"worker")
    };
    all.into_iter()
        .find(is_worker)
        .context("the server has no worker")
}
