//! The configuration file: a TOML table whose keys are the long names of the flags
//! (`addr = "127.0.0.1:4000"`, `max-upload-mb = 500`). Its values become the defaults
//! of the flags, so that flags and variables win, and each setting is declared and
//! documented once, in `cli.rs`. Only sources are sections of their own,
//! `[sources.NAME]`, and are read by `sources.rs`.

use std::{ffi::OsString, path::PathBuf};

use anyhow::{Context, bail};
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};

use crate::{cli::Cli, sources};

/// Reads command line, variables and configuration file.
pub fn read() -> anyhow::Result<Cli> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // The file's name may itself come from a flag, so the command line is read twice.
    let first = Cli::command()
        .ignore_errors(true)
        .get_matches_from(&arguments);
    let Some((path, text)) = read_file(&first)? else {
        return Ok(<Cli as clap::Parser>::parse_from(arguments));
    };
    let table: toml::Table = text
        .parse()
        .with_context(|| format!("{} is not TOML as it should be", path.display()))?;
    let command =
        with_defaults(Cli::command(), &table).with_context(|| format!("In {}", path.display()))?;
    let matches = command.get_matches_from(arguments);
    Ok(Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit()))
}

fn read_file(matches: &ArgMatches) -> anyhow::Result<Option<(PathBuf, String)>> {
    if let Some(path) = matches.get_one::<PathBuf>("config") {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("The configuration file {} cannot be read", path.display()))?;
        return Ok(Some((path.clone(), text)));
    }
    let Some(home) = std::env::var_os("HOME") else {
        return Ok(None);
    };
    let path = PathBuf::from(home).join(".config/assay/assay.toml");
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
    }
}

fn with_defaults(mut command: Command, table: &toml::Table) -> anyhow::Result<Command> {
    for (key, value) in table {
        let (key, texts) = match value {
            toml::Value::Table(sections) if key == "sources" => {
                let written = sections
                    .iter()
                    .map(|(name, section)| sources::of_section(name, section));
                ("source", written.collect::<Result<Vec<_>, _>>()?)
            }
            toml::Value::String(text) => (key.as_str(), vec![text.clone()]),
            toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Boolean(_) => {
                (key.as_str(), vec![value.to_string()])
            }
            _ => bail!("“{key}” must be text, a number, true or false"),
        };
        let mut known = false;
        command = command.mut_args(|arg| {
            if is_setting(&arg, key) {
                known = true;
                arg.default_values(texts.clone())
            } else {
                arg
            }
        });
        let names: Vec<String> = command
            .get_subcommands()
            .map(|sub| sub.get_name().to_owned())
            .collect();
        for name in names {
            command = command.mut_subcommand(name, |sub| {
                sub.mut_args(|arg| {
                    if is_setting(&arg, key) {
                        known = true;
                        arg.default_values(texts.clone())
                    } else {
                        arg
                    }
                })
            });
        }
        if !known {
            bail!("There is no setting “{key}”; `assay serve --help` lists them");
        }
    }
    Ok(command)
}

/// A setting is an argument that has a variable too.
fn is_setting(arg: &clap::Arg, key: &str) -> bool {
    arg.get_long() == Some(key) && arg.get_env().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serve_addr(toml: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let command = with_defaults(Cli::command(), &toml.parse()?)?;
        let cli = Cli::from_arg_matches(&command.try_get_matches_from(arguments)?)?;
        match cli.command {
            crate::cli::Command::Serve(serve) => Ok(serve.addr.to_string()),
            other => bail!("not serve: {other:?}"),
        }
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let file = "addr = \"127.0.0.1:4000\"\ndurable = true\nslots = 3";
        assert_eq!(
            serve_addr(file, &["assay", "serve"]).unwrap(),
            "127.0.0.1:4000"
        );
        assert_eq!(
            serve_addr(file, &["assay", "serve", "--addr", "127.0.0.1:5000"]).unwrap(),
            "127.0.0.1:5000"
        );
        assert_eq!(
            serve_addr("", &["assay", "serve"]).unwrap(),
            "127.0.0.1:3000"
        );
    }

    #[test]
    fn sections_of_sources_are_the_sources() {
        let file = "[sources.shop]\nurl = \"redis://u:p@h/3\"\n[sources.till]\nurl = \"redis://t\"\nwrite = true";
        let command = with_defaults(Cli::command(), &file.parse().unwrap()).unwrap();
        let matches = command.try_get_matches_from(["assay", "serve"]).unwrap();
        let cli = Cli::from_arg_matches(&matches).unwrap();
        let crate::cli::Command::Serve(serve) = cli.command else {
            panic!("not serve")
        };
        let sources = sources::read(&serve.sources).unwrap();
        assert_eq!(
            sources::write(&sources),
            "shop=redis://u:p@h/3 till:write=redis://t"
        );
    }

    #[test]
    fn an_unknown_setting_is_named() {
        let error = serve_addr("adress = \"x\"", &["assay", "serve"])
            .unwrap_err()
            .to_string();
        assert!(error.contains("“adress”"), "{error}");
    }
}
