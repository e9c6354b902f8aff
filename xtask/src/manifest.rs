//! `site.json`: which files make up the present build.
//!
//! It is written last and in one move, so whoever reads it finds everything it names.

use serde_json::{Value, json};

use crate::error::Error;
use crate::files;
use crate::places::Places;

/// The assets that a page refers to, as paths below the site's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The module that loads the browser's program.
    pub js: String,
    /// The module that fetches the pieces of the program, so that a page can ask for it
    /// together with the first.
    pub link: String,
    /// The browser's program. The module is told this address; it guesses none.
    pub wasm: String,
    /// What the program fetches on the way to pages other than the bench.
    pub pieces: Vec<String>,
    /// The style sheet.
    pub css: String,
    /// The font, so that a page can ask for it before it has the style sheet.
    pub font: String,
}

impl Manifest {
    /// The manifest of the build before this one, if there was one that can be read.
    pub fn previous(places: &Places) -> Option<Self> {
        Self::parse(&files::read(&path(places)).ok()?)
    }

    /// Puts this manifest into the site.
    pub fn publish(&self, places: &Places) -> Result<(), Error> {
        files::write(&path(places), self.text().as_bytes())
    }

    /// Every asset named.
    pub fn assets(self) -> Vec<String> {
        let mut assets = vec![self.js, self.link, self.wasm, self.css, self.font];
        assets.extend(self.pieces);
        assets
    }

    fn text(&self) -> String {
        let Self {
            js,
            link,
            wasm,
            pieces,
            css,
            font,
        } = self;
        let value = json!({
            "js": js, "link": link, "wasm": wasm, "pieces": pieces, "css": css, "font": font,
        });
        format!("{value:#}\n")
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let asset = |key: &str| value[key].as_str().map(str::to_owned);
        Some(Self {
            js: asset("js")?,
            link: asset("link")?,
            wasm: asset("wasm")?,
            pieces: serde_json::from_value(value["pieces"].clone()).ok()?,
            css: asset("css")?,
            font: asset("font")?,
        })
    }
}

fn path(places: &Places) -> std::path::PathBuf {
    places.site.join("site.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let manifest = Manifest {
            js: "assets/app-1/app.js".into(),
            link: "assets/app-1/link.js".into(),
            wasm: "assets/app-1/app.wasm".into(),
            pieces: vec!["assets/app-1/pages.wasm".into()],
            css: "assets/style-3.css".into(),
            font: "assets/inter-4.woff2".into(),
        };
        assert_eq!(Manifest::parse(manifest.text().as_bytes()), Some(manifest));
    }

    #[test]
    fn half_a_manifest_is_none() {
        assert_eq!(Manifest::parse(br#"{"js": "assets/app-1.js"}"#), None);
        assert_eq!(Manifest::parse(b"{"), None);
    }
}
