//! Where the sources lie and where the site goes.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::error::Error;
use crate::tool;

/// The folders that the build reads from and writes to.
#[derive(Clone, Debug)]
pub struct Places {
    /// The workspace.
    pub root: PathBuf,
    /// Cargo's target folder, wherever settings or environment have put it.
    pub target: PathBuf,
    /// The site, beside the binary that serves it.
    pub site: PathBuf,
}

impl Places {
    /// Asks Cargo, from whichever folder of the workspace this runs in.
    pub fn find() -> Result<Self, Error> {
        let mut cargo = Command::new(tool::cargo());
        cargo.args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ]);
        let answer = tool::output("cargo metadata", &mut cargo, tool::CARGO_REMEDY)?;
        let metadata: Value =
            serde_json::from_slice(&answer).map_err(|_| Error::Metadata("workspace"))?;
        let folder = |key: &'static str| {
            metadata[key]
                .as_str()
                .map(PathBuf::from)
                .ok_or(Error::Metadata(key))
        };
        let target = folder("target_directory")?;
        Ok(Self {
            root: folder("workspace_root")?,
            site: target.join("release/site"),
            target,
        })
    }

    /// A program that npm has installed.
    pub fn npm_program(&self, name: &str) -> PathBuf {
        self.root.join("node_modules/.bin").join(name)
    }

    /// A file of a package that npm has installed.
    pub fn npm_file(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join("node_modules").join(path)
    }

    /// The folder of the style sheets.
    pub fn style(&self) -> PathBuf {
        self.root.join("style")
    }

    /// What one build leaves for the next, so that unchanged parts are not made again.
    pub fn work(&self) -> PathBuf {
        self.target.join("site-work")
    }
}
