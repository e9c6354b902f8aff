//! What can go wrong while the site is built, in words for whoever runs the build.

use std::io;
use std::path::{Path, PathBuf};

/// Why the site could not be built.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A tool that the build calls is not there.
    #[error("{tool} cannot be started ({source}). {remedy}")]
    Missing {
        /// The tool's name.
        tool: String,
        /// What starting it gave.
        source: io::Error,
        /// How to get it.
        remedy: &'static str,
    },
    /// A tool that the build calls has failed; it has printed why.
    #[error("{tool} failed ({status})")]
    Tool {
        /// The tool's name.
        tool: String,
        /// How it ended.
        status: std::process::ExitStatus,
    },
    /// A file or folder cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// `cargo metadata` says something else than it used to.
    #[error("cargo metadata names no {0}")]
    Metadata(&'static str),
    /// The browser's program does not suit wasm-bindgen.
    #[error("wasm-bindgen: {0}")]
    Bindgen(String),
    /// The style sheet would leave the page without its font.
    #[error("style/main.css uses no {0}: name it as url(\"{0}\") in an @font-face")]
    NoFont(&'static str),
}

impl Error {
    /// Wraps what the system said about `path`.
    pub fn file(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::File {
            path: path.to_owned(),
            source,
        }
    }
}
