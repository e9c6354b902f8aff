//! The compiled program in pieces, cut by the crate in `xtask/cut`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::error::Error;
use crate::files;
use crate::places::Places;
use crate::tool;

/// The module that fetches pieces when they are called for.
pub const LINK: &str = "link.js";

/// What the linker must leave in the program for it to be cut: where each function and
/// each constant is referred to.
pub const LINKER_ARGUMENT: &str = "link-arg=--emit-relocs";

/// The program in pieces.
#[derive(Debug)]
pub struct Cut {
    /// The piece that starts, not yet given its JavaScript side.
    pub main: Vec<u8>,
    /// The other pieces, under the names by which the link module fetches them.
    pub pieces: Vec<(String, Vec<u8>)>,
    /// The link module.
    pub link: Vec<u8>,
}

/// Cuts the program at `compiled`. `main_module` is what the JavaScript side will be
/// called; `folder` is for the work.
pub fn cut(
    places: &Places,
    compiled: &Path,
    main_module: &str,
    folder: &Path,
) -> Result<Cut, Error> {
    let mut cutter = Command::new(tool::cargo());
    cutter
        .args(["run", "--quiet", "--release", "--locked", "--manifest-path"])
        .arg(places.root.join("xtask/cut/Cargo.toml"))
        .arg("--target-dir")
        .arg(&places.target)
        .arg("--")
        .args([compiled, folder])
        .args([main_module, LINK]);
    let names = tool::output("xtask-cut", &mut cutter, tool::CARGO_REMEDY)?;
    let pieces = String::from_utf8_lossy(&names)
        .lines()
        .map(|name| Ok((name.to_owned(), files::read(&folder.join(name))?)))
        .collect::<Result<_, _>>()?;
    let cut = Cut {
        main: files::read(&folder.join("main.wasm"))?,
        pieces,
        link: files::read(&folder.join(LINK))?,
    };
    fs::remove_dir_all(folder).map_err(Error::file(folder))?;
    Ok(cut)
}
