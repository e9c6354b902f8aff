//! Files that are there whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::Error;

/// Reads a file, naming it where that fails.
pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(Error::file(path))
}

/// Makes a folder and those above it.
pub fn make_folder(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(Error::file(path))
}

/// Writes a file beside its place and moves it there, so that whoever serves the site
/// meanwhile, and a build that is cut off, never leaves or sees half of it.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let draft = path.with_file_name(name);
    fs::write(&draft, bytes).map_err(Error::file(&draft))?;
    fs::rename(&draft, path).map_err(Error::file(path))
}

/// Writes a file unless it already holds exactly this.
pub fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    match fs::read(path) {
        Ok(present) if present == bytes => Ok(()),
        _ => write(path, bytes),
    }
}

/// All files below a folder, in a steady order; none if the folder does not exist.
pub fn below(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    if !folder.exists() {
        return Ok(found);
    }
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let path = entry.map_err(Error::file(folder))?.path();
        if path.is_dir() {
            found.append(&mut below(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The first 16 hexadecimal digits of the SHA-256 of these pieces: enough to tell two
/// builds apart, short enough for a file name.
pub fn fingerprint<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for piece in pieces {
        // The length parts the pieces, so that moving a byte from one to the next shows.
        hash.update((piece.len() as u64).to_le_bytes());
        hash.update(piece);
    }
    let digest = hash.finalize();
    digest[..8].iter().fold(String::new(), |mut text, byte| {
        use std::fmt::Write as _;
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_tells_where_one_piece_ends() {
        let one = fingerprint([&b"ab"[..], &b"c"[..]]);
        let other = fingerprint([&b"a"[..], &b"bc"[..]]);
        assert_eq!(one.len(), 16);
        assert_ne!(one, other);
    }

    #[test]
    fn writing_leaves_no_draft_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.css");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(read(&path).unwrap(), b"two");
        assert_eq!(below(folder.path()).unwrap(), [path]);
    }

    #[test]
    fn a_folder_that_is_not_there_holds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let none: [PathBuf; 0] = [];
        assert_eq!(below(&folder.path().join("none")).unwrap(), none);
    }
}
