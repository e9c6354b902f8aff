//! The documents as tests read them: their sections, their tables' first words, and the
//! code blocks that carry a mark, such as `<!-- run: curl -->`.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A document of the repository.
pub struct Document {
    /// Its path from the root.
    pub path: String,
    /// All of it.
    pub text: String,
}

impl Document {
    /// The document at this path from the root.
    pub fn read(path: &str) -> Self {
        let text = fs::read_to_string(root().join(path))
            .unwrap_or_else(|error| panic!("{path} cannot be read: {error}"));
        Self {
            path: path.to_owned(),
            text,
        }
    }

    /// Every document for readers.
    pub fn all() -> Vec<Self> {
        let docs = fs::read_dir(root().join("docs")).unwrap();
        let mut names: Vec<String> = docs
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| Path::new(name).extension().is_some_and(|end| end == "md"))
            .map(|name| format!("docs/{name}"))
            .collect();
        names.sort();
        names.extend(["README.md", "ARCHITECTURE.md", "CHANGELOG.md"].map(str::to_owned));
        names.iter().map(|name| Self::read(name)).collect()
    }

    /// The text from a heading to the next one of its level.
    pub fn section(&self, heading: &str) -> &str {
        let line = format!("{heading}\n");
        let start = self
            .text
            .find(&line)
            .unwrap_or_else(|| panic!("{} has no heading “{heading}”", self.path))
            + line.len();
        let level = heading.split(' ').next().unwrap_or_default();
        let end = self.text[start..].find(&format!("\n{level} "));
        &self.text[start..end.map_or(self.text.len(), |end| start + end)]
    }

    /// The code blocks that carry this mark, in order.
    pub fn marked(&self, mark: &str) -> Vec<String> {
        marked(&self.text, mark)
    }

    /// The code blocks whose marks begin so, in order, each with the rest of its mark.
    pub fn all_marked(&self, mark: &str) -> Vec<(String, String)> {
        let opening = format!("<!-- {mark}");
        let blocks = self.text.split(&opening).skip(1).map(|rest| {
            let (mark, rest) = rest.split_once(" -->\n```").expect("a block follows");
            let (_, block) = rest.split_once('\n').expect("a block has lines");
            let end = block.find("```").expect("a block ends");
            (mark.to_owned(), block[..end].to_owned())
        });
        blocks.collect()
    }

    /// The code blocks in this language, marked or not.
    pub fn blocks(&self, language: &str) -> Vec<String> {
        after_each(&self.text, &format!("```{language}\n"))
    }

    /// What stands between backquotes, outside of code blocks.
    pub fn code(&self) -> Vec<String> {
        code(&self.text)
    }
}

/// The code blocks of a text that carry this mark.
pub fn marked(text: &str, mark: &str) -> Vec<String> {
    let opening = format!("<!-- {mark} -->\n```");
    let blocks = text.split(&opening).skip(1).map(|rest| {
        let (_, block) = rest.split_once('\n').expect("a block has lines");
        let end = block.find("```").expect("a block ends");
        block[..end].to_owned()
    });
    blocks.collect()
}

/// What stands between backquotes in a text, outside of code blocks.
pub fn code(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_block = false;
    for line in text.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

/// The rows of the tables of a text: their cells, without the spaces around.
pub fn table_rows(text: &str) -> Vec<Vec<String>> {
    let rows = text.lines().filter(|line| line.starts_with("| "));
    rows.map(|line| {
        let cells = line.trim().trim_matches('|').split('|');
        cells.map(|cell| cell.trim().to_owned()).collect()
    })
    .collect()
}

fn after_each(text: &str, opening: &str) -> Vec<String> {
    let blocks = text.split(opening).skip(1).map(|rest| {
        let end = rest.find("```").expect("a block ends");
        rest[..end].to_owned()
    });
    blocks.collect()
}
