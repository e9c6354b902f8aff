//! Builds the site that `assay` serves: the browser's program, the style sheet, the font.
//!
//! It stands in for a larger build tool because a fresh machine would spend longer
//! compiling that tool than this crate and the site together, and because the library
//! that reads `wasm-bindgen`'s output is locked here beside `wasm-bindgen` itself.
//!
//! `xtask site` builds for use; `xtask site --dev` leaves out what costs time and only
//! makes files smaller.

mod assets;
mod compress;
mod cut;
mod error;
mod files;
mod font;
mod manifest;
mod mode;
mod places;
mod site;
mod style;
mod tool;
mod verbatim;
mod wasm;

use std::process::ExitCode;

use mode::Mode;

const USAGE: &str = "usage: xtask site [--dev]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mode = match arguments.as_slice() {
        ["site"] => Mode::Release,
        ["site", "--dev"] => Mode::Dev,
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match site::build(mode) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
