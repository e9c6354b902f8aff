//! The page's one font: Inter, the Latin subset, all weights in one file.

use crate::assets::{Assets, Packing};
use crate::error::Error;
use crate::files;
use crate::places::Places;

const PACKAGE: &str = "@fontsource-variable/inter";
/// Without the optical size axis, which costs half as much again and is seen by few.
const FILE: &str = "files/inter-latin-wght-normal.woff2";

/// Copies the font into the assets and its licence, which has to go with it, into the
/// site. Returns the font's asset.
pub fn build(places: &Places, assets: &Assets) -> Result<String, Error> {
    let package = places.npm_file(PACKAGE);
    let licence = files::read(&package.join("LICENSE"))?;
    let folder = places.site.join("licences");
    files::make_folder(&folder)?;
    files::write_if_changed(&folder.join("inter.txt"), &licence)?;

    let font = files::read(&package.join(FILE))?;
    assets.add("inter", "woff2", &font, Packing::AsIs)
}
