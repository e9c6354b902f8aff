//! The `assets` folder of the site: files whose names carry a hash of what they hold,
//! so that browsers may keep them for ever and a new build is never mistaken for an old.

use std::fs;
use std::path::PathBuf;

use crate::compress;
use crate::error::Error;
use crate::files;
use crate::mode::Mode;
use crate::places::Places;

/// The folder's name in the site and in addresses.
const FOLDER: &str = "assets";

/// Whether a file has compressed twins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Text and wasm: smaller when compressed.
    Compressed,
    /// Compressed by its own format already.
    AsIs,
}

/// Writes hashed files, and knows which belong to the present build.
#[derive(Debug)]
pub struct Assets {
    site: PathBuf,
    mode: Mode,
}

impl Assets {
    /// The assets of the site at `places`.
    pub fn open(places: &Places, mode: Mode) -> Result<Self, Error> {
        files::make_folder(&places.site.join(FOLDER))?;
        Ok(Self {
            site: places.site.clone(),
            mode,
        })
    }

    /// The name that a file with these bytes has: `inter-0123456789abcdef.woff2`.
    pub fn name(stem: &str, ending: &str, bytes: &[u8]) -> String {
        format!("{stem}-{}.{ending}", files::fingerprint([bytes]))
    }

    /// Writes a file, with its compressed twins where those are wanted, and returns its
    /// path below the site's root. A file of this name holds these bytes, so what is
    /// already there stays.
    pub fn add(
        &self,
        stem: &str,
        ending: &str,
        bytes: &[u8],
        packing: Packing,
    ) -> Result<String, Error> {
        let asset = format!("{FOLDER}/{}", Self::name(stem, ending, bytes));
        self.put(&asset, bytes, packing)?;
        Ok(asset)
    }

    /// Writes files that name each other, and so keep their own names, with their
    /// compressed twins; returns the path of their folder, whose name carries the hash.
    pub fn add_folder(&self, stem: &str, group: &[(String, Vec<u8>)]) -> Result<String, Error> {
        let pieces = group
            .iter()
            .flat_map(|(name, bytes)| [name.as_bytes(), bytes.as_slice()]);
        let folder = format!("{FOLDER}/{stem}-{}", files::fingerprint(pieces));
        files::make_folder(&self.path(&folder))?;
        for (name, bytes) in group {
            self.put(&format!("{folder}/{name}"), bytes, Packing::Compressed)?;
        }
        Ok(folder)
    }

    /// Removes the files of builds past. `keep` holds the assets of this build and of
    /// the one before, which a running server may still be handing out.
    pub fn prune(&self, keep: &[String]) -> Result<(), Error> {
        for path in files::below(&self.site.join(FOLDER))? {
            let kept = keep.iter().any(|asset| {
                let file = self.path(asset);
                path == file || compress::is_twin(&path, &file)
            });
            if !kept {
                fs::remove_file(&path).map_err(Error::file(&path))?;
            }
        }
        Ok(())
    }

    fn put(&self, asset: &str, bytes: &[u8], packing: Packing) -> Result<(), Error> {
        let path = self.path(asset);
        if !path.exists() {
            files::write(&path, bytes)?;
        }
        let wanted = packing == Packing::Compressed && self.mode == Mode::Release;
        if wanted && !compress::has_twins(&path) {
            compress::twins(&path, bytes)?;
        }
        Ok(())
    }

    /// Where an asset lies on disk.
    pub fn path(&self, asset: &str) -> PathBuf {
        self.site.join(asset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assets(site: &std::path::Path, mode: Mode) -> Assets {
        let places = Places {
            root: site.to_owned(),
            target: site.to_owned(),
            site: site.to_owned(),
        };
        Assets::open(&places, mode).unwrap()
    }

    fn names(site: &std::path::Path) -> Vec<String> {
        let paths = files::below(site).unwrap();
        let endings = paths.iter().map(|path| path.to_string_lossy().into_owned());
        endings
            .map(|path| path.rsplit('-').next().unwrap_or_default()[16..].to_owned())
            .collect()
    }

    #[test]
    fn a_file_keeps_its_twins_and_goes_with_them() {
        let site = tempfile::tempdir().unwrap();
        let assets = assets(site.path(), Mode::Release);
        let old = assets
            .add("app", "js", b"old", Packing::Compressed)
            .unwrap();
        let new = assets
            .add("app", "css", b"new", Packing::Compressed)
            .unwrap();
        assert_ne!(old, new);

        assets.prune(&[new]).unwrap();
        assert_eq!(names(site.path()), [".css", ".css.br", ".css.gz"]);
    }

    #[test]
    fn a_build_for_development_compresses_nothing_and_a_later_one_makes_up_for_it() {
        let site = tempfile::tempdir().unwrap();
        let dev = assets(site.path(), Mode::Dev);
        let first = dev.add("app", "js", b"same", Packing::Compressed).unwrap();
        assert_eq!(names(site.path()), [".js"]);

        let release = assets(site.path(), Mode::Release);
        let second = release
            .add("app", "js", b"same", Packing::Compressed)
            .unwrap();
        assert_eq!(first, second);
        assert_eq!(names(site.path()), [".js", ".js.br", ".js.gz"]);
    }
}
