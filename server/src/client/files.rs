//! The files that a command line names: standard input, paths, and patterns that the shell
//! has left as they are.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// The word for standard input.
const STDIN: &str = "-";

/// Where a file's bytes come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl Input {
    /// What messages call it.
    pub fn title(&self) -> String {
        match self {
            Self::Stdin => "standard input".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// The file's own name.
    pub fn file_name(&self) -> Option<String> {
        match self {
            Self::Stdin => None,
            Self::File(path) => path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned()),
        }
    }
}

/// The inputs in the order of the words; those of a pattern by name.
pub fn inputs(words: &[PathBuf]) -> anyhow::Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for word in words {
        if word == Path::new(STDIN) {
            inputs.push(Input::Stdin);
        } else if is_pattern(word) {
            inputs.extend(matching(word)?);
        } else {
            inputs.push(Input::File(word.clone()));
        }
    }
    if inputs
        .iter()
        .filter(|input| **input == Input::Stdin)
        .count()
        > 1
    {
        bail!("Standard input can be read once; name “-” once");
    }
    Ok(inputs)
}

/// Whether it is to be matched: it has the marks of a pattern, and is no file itself.
fn is_pattern(word: &Path) -> bool {
    word.to_string_lossy().contains(['*', '?', '[']) && !word.exists()
}

fn matching(pattern: &Path) -> anyhow::Result<Vec<Input>> {
    let pattern = pattern.to_string_lossy();
    let paths = glob::glob(&pattern).with_context(|| format!("“{pattern}” is no pattern"))?;
    let mut files = Vec::new();
    for path in paths {
        let path = path?;
        if path.is_file() {
            files.push(Input::File(path));
        }
    }
    if files.is_empty() {
        bail!("No file matches “{pattern}”");
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_the_shell_left_stands_for_its_files() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a.csv", "c.txt", "[1].csv"] {
            std::fs::write(folder.path().join(name), "x\n").unwrap();
        }
        let of = |pattern: &str| {
            let inputs = inputs(&[folder.path().join(pattern)])?;
            Ok::<_, anyhow::Error>(
                inputs
                    .iter()
                    .filter_map(Input::file_name)
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(of("?.csv").unwrap(), ["a.csv", "b.csv"]);
        assert_eq!(
            of("[1].csv").unwrap(),
            ["[1].csv"],
            "a file of that very name"
        );
        assert_eq!(
            of("missing.csv").unwrap(),
            ["missing.csv"],
            "told when it is read"
        );
        assert!(
            of("*.parquet")
                .unwrap_err()
                .to_string()
                .starts_with("No file matches")
        );
    }

    #[test]
    fn standard_input_is_read_once() {
        assert_eq!(inputs(&["-".into()]).unwrap(), [Input::Stdin]);
        assert!(inputs(&["-".into(), "-".into()]).is_err());
    }
}
