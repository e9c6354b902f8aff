//! The size of what a first visit loads before the page is alive: the bench, without the
//! pieces of the program that other pages fetch.

use anyhow::Context;

use crate::{client::table, http::Site};

/// The budget for JavaScript and wasm together, in bytes.
const BUDGET: u64 = 200_000;

/// Prints the compressed sizes of the site beside this program.
pub fn run() -> anyhow::Result<()> {
    let found = Site::find(None)?;
    let size = |name: &str| -> anyhow::Result<u64> {
        let path = found.root.join(format!("{name}.br"));
        Ok(std::fs::metadata(&path)
            .with_context(|| format!("{} is not there", path.display()))?
            .len())
    };
    let js = size(&found.assets.js)? + size(&found.assets.link)?;
    let wasm = size(&found.assets.wasm)?;
    let row = |name: &str, bytes: u64| {
        vec![
            name.to_owned(),
            bytes.to_string(),
            format!("{:.2}", bytes as f64 / BUDGET as f64),
        ]
    };
    let header = ["first load, brotli", "bytes", "of budget"].map(str::to_owned);
    let rows = [
        row("JavaScript", js),
        row("wasm", wasm),
        row("together", js + wasm),
    ];
    println!("{}", table::layout(&header, &rows, &[false, true, true]));
    Ok(())
}
