//! Runs the programs that the build calls.

use std::ffi::OsString;
use std::process::{Command, Stdio};

use crate::error::Error;

/// What to do when Cargo is missing.
pub const CARGO_REMEDY: &str = "Install Rust from https://rustup.rs.";
/// What to do when a program from npm is missing.
pub const NPM_REMEDY: &str = "Run scripts/setup.sh run.";

/// The Cargo to call: the one that runs this, or the one on the path.
pub fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Runs `command` to its end; what it prints goes where this program's output goes.
pub fn run(tool: &str, command: &mut Command, remedy: &'static str) -> Result<(), Error> {
    let status = command.status().map_err(|source| Error::Missing {
        tool: tool.to_owned(),
        source,
        remedy,
    })?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::Tool {
            tool: tool.to_owned(),
            status,
        })
    }
}

/// Runs `command` to its end and hands back what it wrote to its standard output.
pub fn output(tool: &str, command: &mut Command, remedy: &'static str) -> Result<Vec<u8>, Error> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|source| Error::Missing {
            tool: tool.to_owned(),
            source,
            remedy,
        })?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(Error::Tool {
            tool: tool.to_owned(),
            status: output.status,
        })
    }
}
