//! The browser's program: compiled, given its JavaScript side, and made small.

use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_bindgen_cli_support::Bindgen;

use crate::assets::{Assets, Packing};
use crate::error::Error;
use crate::files;
use crate::mode::Mode;
use crate::places::Places;
use crate::tool;

const PACKAGE: &str = "assay-app";
const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "wasm";

/// What rustc takes for granted in every browser that the page is for. wasm-opt must be
/// told, because it may neither refuse these nor bring in newer ones.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// The two halves of the program, as assets.
#[derive(Debug)]
pub struct Program {
    /// The module that loads the other half from the address it is given.
    pub js: String,
    /// The compiled half.
    pub wasm: String,
}

/// Builds the program and puts it into the assets.
pub fn build(places: &Places, assets: &Assets, mode: Mode) -> Result<Program, Error> {
    let compiled = files::read(&compile(places)?)?;
    let (js, wasm) = finished(places, &compiled, mode)?;
    Ok(Program {
        js: assets.add("app", "js", &js, Packing::Compressed)?,
        wasm: assets.add("app", "wasm", &wasm, Packing::Compressed)?,
    })
}

/// Compiles the app for the browser. Cargo knows what has changed.
fn compile(places: &Places) -> Result<PathBuf, Error> {
    let mut cargo = Command::new(tool::cargo());
    cargo
        .current_dir(&places.root)
        .args(["build", "--locked", "--package", PACKAGE, "--bin", PACKAGE])
        .args(["--features", "hydrate", "--target", TARGET])
        .args(["--profile", PROFILE, "--target-dir"])
        .arg(&places.target);
    tool::run("cargo", &mut cargo, tool::CARGO_REMEDY)?;
    let folder = places.target.join(TARGET).join(PROFILE);
    Ok(folder.join(PACKAGE).with_extension("wasm"))
}

/// The two halves made of the compiled program, or those made of the very same program
/// last time. They lie in a folder named after all that went into them.
fn finished(places: &Places, compiled: &[u8], mode: Mode) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let optimiser = files::read(&places.npm_file("binaryen/package.json"))?;
    let how = format!("{mode:?} {FEATURES:?} {}", env!("CARGO_PKG_VERSION"));
    let key = files::fingerprint([compiled, &optimiser, how.as_bytes()]);
    let last = places.work().join("program");
    let folder = last.join(key);
    let (js, wasm) = (folder.join("app.js"), folder.join("app.wasm"));
    if !js.exists() || !wasm.exists() {
        if last.exists() {
            std::fs::remove_dir_all(&last).map_err(Error::file(&last))?;
        }
        files::make_folder(&folder)?;
        let (module, program) = bind(compiled, mode)?;
        match mode {
            Mode::Dev => files::write(&wasm, &program)?,
            Mode::Release => shrink(places, &folder, &program, &wasm)?,
        }
        files::write(&js, module.as_bytes())?;
    }
    Ok((files::read(&js)?, files::read(&wasm)?))
}

/// Lets wasm-bindgen write the JavaScript side and adjust the program to it.
fn bind(compiled: &[u8], mode: Mode) -> Result<(String, Vec<u8>), Error> {
    let failed = |error: &dyn std::fmt::Display| Error::Bindgen(format!("{error:#}"));
    let mut bindgen = Bindgen::new();
    bindgen
        .input_bytes("app", compiled.to_vec())
        .web(true)
        .map_err(|error| failed(&error))?
        .typescript(false)
        // The page says where the program lies; without it loading fails loudly.
        .omit_default_module_path(true)
        .remove_name_section(mode == Mode::Release)
        .remove_producers_section(mode == Mode::Release);
    let mut output = bindgen.generate_output().map_err(|error| failed(&error))?;
    // Every crate that uses wasm-bindgen has a list of inline scripts; nearly all are empty.
    let mut inline = output
        .snippets()
        .iter()
        .filter(|(_, scripts)| !scripts.is_empty());
    let own_script = inline.next().map(|(name, _)| name);
    if let Some(name) = own_script.or(output.local_modules().keys().next()) {
        return Err(Error::Bindgen(format!(
            "{name} brings a JavaScript file of its own, which has no place in the site. \
             Take a library that does without"
        )));
    }
    let program = output.wasm_mut().emit_wasm();
    Ok((output.js().to_owned(), program))
}

/// Lets wasm-opt make the program as small as it can.
fn shrink(places: &Places, folder: &Path, program: &[u8], target: &Path) -> Result<(), Error> {
    let (before, after) = (folder.join("before.wasm"), folder.join("after.wasm"));
    files::write(&before, program)?;
    let mut optimise = Command::new(places.npm_program("wasm-opt"));
    optimise
        .args(["-Oz", "--strip-debug", "--strip-producers"])
        .args(FEATURES)
        .arg(&before)
        .arg("--output")
        .arg(&after);
    tool::run("wasm-opt", &mut optimise, tool::NPM_REMEDY)?;
    files::write(target, &files::read(&after)?)
}
