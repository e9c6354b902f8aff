//! Cuts a compiled program where the app says so (`#[wasm_split]`), so that a first visit
//! fetches only what it needs.
//!
//! `xtask-cut PROGRAM FOLDER MODULE LINK` writes into `FOLDER` the piece that starts
//! (`main.wasm`), the module that fetches the others (`LINK`) and the others themselves,
//! and prints the names of the others, a line each. `MODULE` is what the JavaScript side
//! of the piece that starts will be called. `xtask site` is the one to call it.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use wasm_split_cli_support::{Options, transform};

/// The piece that starts, not yet given its JavaScript side.
const MAIN: &str = "main.wasm";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, folder, main_module, link] = arguments.as_slice() else {
        eprintln!("usage: xtask-cut PROGRAM FOLDER MODULE LINK");
        return ExitCode::from(2);
    };
    match cut(Path::new(program), Path::new(folder), main_module, link) {
        Ok(pieces) => {
            for piece in pieces {
                println!("{piece}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{program} cannot be cut: {error}");
            ExitCode::FAILURE
        }
    }
}

fn cut(
    program: &Path,
    folder: &Path,
    main_module: &str,
    link: &str,
) -> Result<Vec<String>, Box<dyn Error>> {
    let compiled = std::fs::read(program)?;
    std::fs::create_dir_all(folder)?;
    let main = folder.join(MAIN);
    let (link_name, main_module) = (format!("./{link}"), format!("./{main_module}"));
    let mut options = Options::new(&compiled);
    options.output_dir = folder;
    options.main_out_path = &main;
    options.link_name = &link_name;
    options.main_module = &main_module;
    let cut = transform(options).map_err(|error| format!("{error:#}"))?;
    let name = |path: &Path| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .ok_or("a piece has no name")
    };
    let pieces = cut.split_modules.iter().map(|path| name(path));
    Ok(pieces.collect::<Result<_, _>>()?)
}
