//! What this machine has.

use std::num::NonZero;

/// Cores that may be used.
pub fn cores() -> u32 {
    std::thread::available_parallelism()
        .map_or(1, |n| u32::try_from(NonZero::get(n)).unwrap_or(u32::MAX))
}

/// Memory in bytes; 4 GB when the system does not say.
pub fn memory_bytes() -> u64 {
    meminfo("MemTotal:").unwrap_or(4_000_000_000)
}

/// The name of this machine, fit for a worker's id.
pub fn name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let plain: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(24)
        .collect();
    if plain.is_empty() {
        "host".to_owned()
    } else {
        plain
    }
}

/// Processes that the kernel has killed for their memory since the machine started;
/// `None` when the system does not say.
pub fn out_of_memory_kills() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/vmstat").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("oom_kill "))?;
    line.trim().parse().ok()
}

/// Lets this process open as many files and connections as it may.
pub fn open_all_files_allowed() -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let wanted = Rlimit {
        current: maximum,
        maximum,
    };
    Ok(setrlimit(Resource::Nofile, wanted)?)
}

fn meminfo(field: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with(field))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1_024)
}
