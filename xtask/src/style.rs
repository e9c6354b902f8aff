//! The style sheet: `style/main.css` and what it imports, in one small file.

use std::process::Command;

use crate::assets::{Assets, Packing};
use crate::error::Error;
use crate::files;
use crate::places::Places;
use crate::tool;

/// How the style sheets name the font; the build puts the hashed name in its place.
const FONT: &str = "inter.woff2";

/// Bundles the style sheets and points them to `font`. Returns the style sheet's asset.
pub fn build(places: &Places, assets: &Assets, font: &str) -> Result<String, Error> {
    let work = places.work();
    files::make_folder(&work)?;
    let bundle = work.join("style.css");
    let mut lightningcss = Command::new(places.npm_program("lightningcss"));
    lightningcss
        .args(["--bundle", "--minify", "--targets", "defaults"])
        .arg("--output-file")
        .arg(&bundle)
        .arg(places.style().join("main.css"));
    tool::run("lightningcss", &mut lightningcss, tool::NPM_REMEDY)?;

    let bundle = String::from_utf8_lossy(&files::read(&bundle)?).into_owned();
    let css = with_font(&bundle, font)?;
    assets.add("style", "css", css.as_bytes(), Packing::Compressed)
}

/// The style sheet lies beside the font, so it needs the font's name without a folder.
fn with_font(css: &str, font: &str) -> Result<String, Error> {
    if !css.contains(FONT) {
        return Err(Error::NoFont(FONT));
    }
    let name = font.rsplit('/').next().unwrap_or(font);
    Ok(css.replace(FONT, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_is_named_by_its_hash() {
        let css = with_font("@font-face{src:url(inter.woff2)}", "assets/inter-1.woff2");
        assert_eq!(css.unwrap(), "@font-face{src:url(inter-1.woff2)}");
    }

    #[test]
    fn a_style_without_the_font_is_refused() {
        let error = with_font("body{margin:0}", "assets/inter-1.woff2").unwrap_err();
        assert!(error.to_string().contains("url(\"inter.woff2\")"));
    }
}
