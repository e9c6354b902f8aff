//! Other programs, run as people run them: a shell, Python with its packages, redis-cli.

use std::{path::Path, process::Stdio, time::Duration};

use tokio::process::Command;

use crate::{document::root, fixture::within};

/// How long such a program may take.
const PROGRAM_MOST: Duration = Duration::from_mins(1);

/// The folder with the programs in Python.
const PROGRAMS: &str = "end2end/python";

/// Python, with the packages of `end2end/requirements.txt`.
pub fn python() -> Command {
    let path = std::env::var_os("ASSAY_TEST_PYTHON")
        .map_or_else(|| root().join(".venv/bin/python"), Into::into);
    assert!(
        path.is_file(),
        "There is no Python at {}. `make test` puts one there; ASSAY_TEST_PYTHON names another.",
        path.display()
    );
    Command::new(path)
}

/// A program of `end2end/python`.
pub fn python_program(name: &str) -> Command {
    let mut command = python();
    command.arg(root().join(PROGRAMS).join(name));
    command
}

/// A shell that stops at the first command that fails, in a folder.
pub fn shell(script: &str, folder: &Path) -> Command {
    let mut command = Command::new("bash");
    command
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(folder);
    command
}

/// redis-cli on a server's own Redis.
pub fn redis_cli(folder: &Path) -> Command {
    let mut command = Command::new("redis-cli");
    command.arg("-s").arg(folder.join("redis.sock"));
    command
}

/// Runs a program that must succeed; gives what it printed.
pub async fn printed(mut command: Command) -> String {
    let run = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = within(PROGRAM_MOST, "the program ends", run).await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{command:?} failed\n{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}
