//! The session of the command line: the cookie that the server gave, kept between
//! commands so that a shell's jobs belong to one visitor.

use std::{
    fs,
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use reqwest::header::{HeaderMap, SET_COOKIE};

/// The file with the cookie; only its user may read it.
#[derive(Debug, Clone)]
pub struct SessionFile {
    path: PathBuf,
}

impl SessionFile {
    /// The file for a server in this user's state folder.
    pub fn of_user(server: &str) -> anyhow::Result<Self> {
        let home = std::env::var_os("HOME")
            .context("HOME is not set, so there is no place for the session")?;
        let state = std::env::var_os("XDG_STATE_HOME")
            .map_or_else(|| Path::new(&home).join(".local/state"), PathBuf::from);
        // The same server with or without a slash at its end.
        let name: String = server
            .trim_end_matches('/')
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        Ok(Self::at(state.join("assay").join(name)))
    }

    /// A file at this path.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// The value of the `Cookie` header.
    pub fn read(&self) -> anyhow::Result<Option<String>> {
        match fs::read_to_string(&self.path) {
            Ok(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => {
                Err(error).with_context(|| format!("{} cannot be read", self.path.display()))
            }
        }
    }

    /// Keeps the cookie that an answer sets, if it sets one.
    pub fn keep(&self, headers: &HeaderMap) -> anyhow::Result<()> {
        let Some(cookie) = headers
            .get(SET_COOKIE)
            .and_then(|value| value.to_str().ok())
        else {
            return Ok(());
        };
        let pair = cookie.split(';').next().unwrap_or(cookie);
        if self.read()?.as_deref() == Some(pair) {
            return Ok(());
        }
        let write = || -> std::io::Result<()> {
            if let Some(folder) = self.path.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&self.path)?;
            writeln!(file, "{pair}")
        };
        write().with_context(|| format!("{} cannot be written", self.path.display()))
    }
}
