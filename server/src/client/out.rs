//! What the command line prints. Whoever reads it may close the pipe when that is enough,
//! as in `assay jobs | head -1`: no failure, only the end.

use std::{
    fmt::Display,
    io::{ErrorKind, Write},
};

/// Nobody reads on.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads what is printed")]
pub struct Closed;

/// Prints a line.
pub fn line(text: impl Display) -> anyhow::Result<()> {
    bytes(format!("{text}\n").as_bytes())
}

/// Prints bytes as they are.
pub fn bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Closed.into()),
        written => Ok(written?),
    }
}
