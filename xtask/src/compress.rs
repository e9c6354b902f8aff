//! Compressed twins of a file: `page.js.br` and `page.js.gz` beside `page.js`.
//!
//! The server hands them out as they are, so each file is compressed once, at the
//! highest level, and never while somebody waits for a page.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::error::Error;
use crate::files;

/// Writes both twins of `path`, which holds `bytes`.
pub fn twins(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    files::write(
        &brotli_twin(path),
        &brotli(bytes).map_err(Error::file(path))?,
    )?;
    files::write(&gzip_twin(path), &gzip(bytes).map_err(Error::file(path))?)
}

/// Whether `path` is a compressed twin of `file`.
pub fn is_twin(path: &Path, file: &Path) -> bool {
    path == brotli_twin(file) || path == gzip_twin(file)
}

/// Whether both twins of `path` are there.
pub fn has_twins(path: &Path) -> bool {
    brotli_twin(path).exists() && gzip_twin(path).exists()
}

/// Removes the twins of `path`, so that none outlives the file that it was made of.
pub fn remove_twins(path: &Path) -> Result<(), Error> {
    for twin in [brotli_twin(path), gzip_twin(path)] {
        if twin.exists() {
            fs::remove_file(&twin).map_err(Error::file(&twin))?;
        }
    }
    Ok(())
}

/// Where the Brotli twin of `path` lies.
pub fn brotli_twin(path: &Path) -> PathBuf {
    with_ending(path, ".br")
}

fn gzip_twin(path: &Path) -> PathBuf {
    with_ending(path, ".gz")
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn brotli(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let settings = BrotliEncoderParams {
        quality: 11,
        // The largest window that every browser accepts.
        lgwin: 24,
        size_hint: bytes.len(),
        ..BrotliEncoderParams::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &settings)?;
    Ok(compressed)
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn both_twins_hold_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.js");
        let bytes = b"let arms = 8; ".repeat(100);
        twins(&path, &bytes).unwrap();

        let mut unpacked = Vec::new();
        let packed = files::read(&brotli_twin(&path)).unwrap();
        brotli::BrotliDecompress(&mut &packed[..], &mut unpacked).unwrap();
        assert_eq!(unpacked, bytes);

        let mut unpacked = Vec::new();
        let packed = files::read(&gzip_twin(&path)).unwrap();
        flate2::read::GzDecoder::new(&packed[..])
            .read_to_end(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, bytes);

        remove_twins(&path).unwrap();
        assert!(!has_twins(&path));
    }
}
