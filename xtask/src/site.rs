//! The build from end to end, and what it says about the result.

use std::fs;

use crate::assets::Assets;
use crate::compress;
use crate::error::Error;
use crate::files;
use crate::font;
use crate::manifest::Manifest;
use crate::mode::Mode;
use crate::places::Places;
use crate::style;
use crate::verbatim;
use crate::wasm;

/// What the page's own code may weigh on the wire when it is first opened.
const BUDGET: u64 = 200_000;

/// Builds every part, then names them in the manifest, then clears away what is past.
pub fn build(mode: Mode) -> Result<(), Error> {
    let places = Places::find()?;
    files::make_folder(&places.site)?;
    let assets = Assets::open(&places, mode)?;

    let program = wasm::build(&places, &assets, mode)?;
    let font = font::build(&places, &assets)?;
    let css = style::build(&places, &assets, &font)?;
    verbatim::build(&places, mode)?;

    let manifest = Manifest {
        js: program.js,
        link: program.link,
        wasm: program.wasm,
        pieces: program.pieces,
        css,
        font,
    };
    let previous = Manifest::previous(&places);
    manifest.publish(&places)?;
    report(&assets, &manifest, mode)?;

    let mut keep = manifest.assets();
    keep.extend(previous.into_iter().flat_map(Manifest::assets));
    assets.prune(&keep)?;
    println!("site: {}", places.site.display());
    Ok(())
}

/// Says what the page's code weighs. In a build for development nothing is compressed,
/// so the figures would mean nothing.
fn report(assets: &Assets, manifest: &Manifest, mode: Mode) -> Result<(), Error> {
    if mode == Mode::Dev {
        return Ok(());
    }
    let js = compressed_size(assets, &manifest.js)? + compressed_size(assets, &manifest.link)?;
    let wasm = compressed_size(assets, &manifest.wasm)?;
    let css = compressed_size(assets, &manifest.css)?;
    println!("{}", budget_line(js, wasm));
    for piece in &manifest.pieces {
        println!("{piece} {}", kilobytes(compressed_size(assets, piece)?));
    }
    println!("style {}", kilobytes(css));
    Ok(())
}

fn compressed_size(assets: &Assets, asset: &str) -> Result<u64, Error> {
    let twin = compress::brotli_twin(&assets.path(asset));
    Ok(fs::metadata(&twin).map_err(Error::file(&twin))?.len())
}

fn budget_line(js: u64, wasm: u64) -> String {
    let sum = js + wasm;
    let verdict = if sum > BUDGET { "over" } else { "within" };
    format!(
        "js {} + wasm {} = {} compressed, {verdict} the budget of {}",
        kilobytes(js),
        kilobytes(wasm),
        kilobytes(sum),
        kilobytes(BUDGET)
    )
}

fn kilobytes(bytes: u64) -> String {
    format!("{}.{} KB", bytes / 1000, bytes % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_says_when_the_budget_is_passed() {
        assert_eq!(
            budget_line(9_400, 131_250),
            "js 9.4 KB + wasm 131.2 KB = 140.6 KB compressed, within the budget of 200.0 KB"
        );
        assert!(budget_line(9_400, 191_250).contains("over the budget"));
    }
}
