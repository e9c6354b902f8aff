//! The browser's program: compiled, cut into pieces, given its
//! JavaScript side, and made small.

use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_bindgen_cli_support::Bindgen;

use crate::assets::Assets;
use crate::cut;
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

/// The module that loads the compiled program from the address it is given.
const JS: &str = "app.js";
/// The compiled program: what every page needs.
const WASM: &str = "app.wasm";

/// The program, as assets.
#[derive(Debug)]
pub struct Program {
    /// The module that loads the compiled program from the address it is given.
    pub js: String,
    /// The module that fetches the pieces of the compiled program.
    pub link: String,
    /// The compiled program: what every page needs.
    pub wasm: String,
    /// What it fetches when it is needed.
    pub pieces: Vec<String>,
}

/// Builds the program and puts it into the assets.
pub fn build(places: &Places, assets: &Assets, mode: Mode) -> Result<Program, Error> {
    let finished = finished(places, &compile(places)?, mode)?;
    let folder = assets.add_folder("app", &finished)?;
    let asset = |name: &str| format!("{folder}/{name}");
    let named = [JS, WASM, cut::LINK];
    let pieces = finished.iter().map(|(name, _)| name.as_str());
    Ok(Program {
        js: asset(JS),
        link: asset(cut::LINK),
        wasm: asset(WASM),
        pieces: pieces
            .filter(|name| !named.contains(name))
            .map(asset)
            .collect(),
    })
}

/// Compiles the app for the browser. Cargo knows what has changed.
fn compile(places: &Places) -> Result<PathBuf, Error> {
    let mut cargo = Command::new(tool::cargo());
    cargo
        .current_dir(&places.root)
        .args(["rustc", "--locked", "--package", PACKAGE, "--bin", PACKAGE])
        .args(["--features", "hydrate", "--target", TARGET])
        .args(["--profile", PROFILE, "--target-dir"])
        .arg(&places.target)
        .args(["--", "-C", cut::LINKER_ARGUMENT]);
    tool::run("cargo", &mut cargo, tool::CARGO_REMEDY)?;
    let folder = places.target.join(TARGET).join(PROFILE);
    Ok(folder.join(PACKAGE).with_extension("wasm"))
}

/// The files made of the compiled program, or those made of the very same program last
/// time. They lie in a folder named after all that went into them.
fn finished(places: &Places, compiled: &Path, mode: Mode) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let program = files::read(compiled)?;
    let optimiser = files::read(&places.npm_file("binaryen/package.json"))?;
    let how = format!("{mode:?} {FEATURES:?} {}", env!("CARGO_PKG_VERSION"));
    let key = files::fingerprint([&program[..], &optimiser, how.as_bytes()]);
    let last = places.work().join("program");
    let folder = last.join(key);
    if !folder.exists() {
        if last.exists() {
            std::fs::remove_dir_all(&last).map_err(Error::file(&last))?;
        }
        let draft = last.join("draft");
        files::make_folder(&draft)?;
        let cut = cut::cut(places, compiled, JS, &last.join("cut"))?;
        let (js, program) = bind(&cut.main, mode)?;
        files::write(&draft.join(JS), js.as_bytes())?;
        files::write(&draft.join(cut::LINK), &cut.link)?;
        let main = (WASM.to_owned(), program);
        for (name, program) in std::iter::once(main).chain(cut.pieces) {
            let target = draft.join(name);
            match mode {
                Mode::Dev => files::write(&target, &program)?,
                Mode::Release => shrink(places, &last, &program, &target)?,
            }
        }
        // Now it is whole.
        std::fs::rename(&draft, &folder).map_err(Error::file(&folder))?;
    }
    let mut finished = Vec::new();
    for path in files::below(&folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        finished.push((name.into_owned(), files::read(&path)?));
    }
    Ok(finished)
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
        // The other pieces call into this one by these names.
        .keep_lld_exports(true)
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
        .args(["-Oz", "--converge", "--strip-debug", "--strip-producers"])
        .args(FEATURES)
        .arg(&before)
        .arg("--output")
        .arg(&after);
    tool::run("wasm-opt", &mut optimise, tool::NPM_REMEDY)?;
    files::write(target, &files::read(&after)?)
}
