//! What a workbook says beside its cells: its sheets, the texts that cells share, and
//! which styles show a number as a day or a time.

use std::collections::HashMap;

use super::{
    WHAT,
    archive::{Archive, Node},
};
use crate::import::ImportError;

/// A workbook, but for its cells.
pub(super) struct Book<'a> {
    pub(super) archive: Archive<'a>,
    /// Names of sheets and where their cells are.
    pub(super) sheets: Vec<(String, String)>,
    pub(super) texts: Texts,
    /// What each style shows a number as.
    pub(super) styles: Vec<Shown>,
    /// Whether days are counted from 1904.
    pub(super) from_1904: bool,
}

/// What a number is shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Number,
    Day,
    Clock,
    Moment,
}

/// Texts that cells share, end to end.
#[derive(Default)]
pub(super) struct Texts {
    all: String,
    ends: Vec<usize>,
}

/// The most bytes of shared texts.
const MOST_TEXTS: usize = 100_000_000;

impl Texts {
    pub(super) fn get(&self, n: usize) -> Option<&str> {
        let end = *self.ends.get(n)?;
        let begin = n.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.all.get(begin..end)
    }
}

impl<'a> Book<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, ImportError> {
        if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
            return Err(compound(bytes));
        }
        let archive = Archive::open(bytes)?;
        let (sheets, from_1904) = sheets(&archive)?;
        let (texts, styles) = (texts(&archive)?, styles(&archive)?);
        Ok(Self {
            archive,
            sheets,
            texts,
            styles,
            from_1904,
        })
    }
}

/// The sheets of a workbook, with where their cells are, and whether it counts days from
/// 1904.
fn sheets(archive: &Archive<'_>) -> Result<(Vec<(String, String)>, bool), ImportError> {
    let targets = relations(archive)?;
    let Some(mut xml) = archive.part("xl/workbook.xml")? else {
        return Err(other(archive));
    };
    let (mut sheets, mut from_1904) = (Vec::new(), false);
    while let Some(node) = xml.next()? {
        let Node::Begin {
            name, attributes, ..
        } = node
        else {
            continue;
        };
        match name.as_str() {
            "workbookPr" => {
                from_1904 = matches!(attributes.get("date1904"), Some("1" | "true"));
            }
            "sheet" => {
                let id = attributes.get("r:id").unwrap_or_default();
                if let (Some(name), Some(target)) = (attributes.get("name"), targets.get(id)) {
                    sheets.push((name.to_owned(), target.clone()));
                }
            }
            _ => {}
        }
    }
    Ok((sheets, from_1904))
}

/// What stands in compound files of old.
fn compound(bytes: &[u8]) -> ImportError {
    let name: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    if memchr::memmem::find(bytes, &name).is_some() {
        return ImportError::Encrypted;
    }
    ImportError::WrongFormat {
        looks_like: "an Excel file of before 2007, or another old document",
        expected: "an .xlsx file",
        remedy: "Save it as .xlsx or CSV.",
    }
}

/// What an archive is that holds no workbook.
fn other(archive: &Archive<'_>) -> ImportError {
    let (looks_like, remedy) = if archive.has("xl/workbook.bin") {
        ("a binary Excel file (.xlsb)", "Save it as .xlsx or CSV.")
    } else if archive.has("content.xml") {
        ("an OpenDocument file (.ods)", "Save it as .xlsx or CSV.")
    } else {
        ("a ZIP archive", "Unpack it, and load what is in it.")
    };
    ImportError::WrongFormat {
        looks_like,
        expected: "an Excel file",
        remedy,
    }
}

fn relations(archive: &Archive<'_>) -> Result<HashMap<String, String>, ImportError> {
    let mut targets = HashMap::new();
    let Some(mut xml) = archive.part("xl/_rels/workbook.xml.rels")? else {
        return Ok(targets);
    };
    while let Some(node) = xml.next()? {
        if let Node::Begin { attributes, .. } = node
            && let (Some(id), Some(target)) = (attributes.get("Id"), attributes.get("Target"))
        {
            let target = match target.strip_prefix('/') {
                Some(absolute) => absolute.to_owned(),
                None => format!("xl/{target}"),
            };
            targets.insert(id.to_owned(), target);
        }
    }
    Ok(targets)
}

fn texts(archive: &Archive<'_>) -> Result<Texts, ImportError> {
    let mut texts = Texts::default();
    let Some(mut xml) = archive.part("xl/sharedStrings.xml")? else {
        return Ok(texts);
    };
    let (mut within, mut phonetic) = (false, false);
    while let Some(node) = xml.next()? {
        match node {
            Node::Begin { name, is_empty, .. } => match name.as_str() {
                "t" => within = !is_empty,
                // How to pronounce a text is no part of it.
                "rPh" => phonetic = !is_empty,
                "si" if is_empty => texts.ends.push(texts.all.len()),
                _ => {}
            },
            Node::Text(text) if within && !phonetic => {
                texts.all.push_str(&text);
                if texts.all.len() + texts.ends.len() * 8 > MOST_TEXTS {
                    return Err(ImportError::Damaged {
                        what: WHAT,
                        message: "it has more than 100 MB of text; save the sheet as CSV"
                            .to_owned(),
                    });
                }
            }
            Node::End(name) => match name.as_str() {
                "t" => within = false,
                "rPh" => phonetic = false,
                "si" => texts.ends.push(texts.all.len()),
                _ => {}
            },
            Node::Text(_) => {}
        }
    }
    Ok(texts)
}

fn styles(archive: &Archive<'_>) -> Result<Vec<Shown>, ImportError> {
    let mut styles = Vec::new();
    let Some(mut xml) = archive.part("xl/styles.xml")? else {
        return Ok(styles);
    };
    let mut own: HashMap<u32, Shown> = HashMap::new();
    let mut within = false;
    while let Some(node) = xml.next()? {
        match node {
            Node::Begin {
                name,
                attributes,
                is_empty,
            } => {
                let id = attributes.get("numFmtId").and_then(|id| id.parse().ok());
                match (name.as_str(), id) {
                    ("numFmt", Some(id)) => {
                        let code = attributes.get("formatCode").unwrap_or_default();
                        own.insert(id, shown_by(code));
                    }
                    ("cellXfs", _) => within = !is_empty,
                    ("xf", id) if within => {
                        let id = id.unwrap_or(0);
                        styles.push(own.get(&id).copied().unwrap_or_else(|| built_in(id)));
                    }
                    _ => {}
                }
            }
            Node::End(name) if name == "cellXfs" => within = false,
            _ => {}
        }
    }
    Ok(styles)
}

/// What the formats that every workbook has show a number as.
fn built_in(id: u32) -> Shown {
    match id {
        14..=17 => Shown::Day,
        18..=21 | 45..=47 => Shown::Clock,
        22 => Shown::Moment,
        _ => Shown::Number,
    }
}

/// What a format of the workbook's own shows a number as, by the letters in it.
fn shown_by(code: &str) -> Shown {
    let (mut day, mut clock) = (false, false);
    let mut signs = code.chars();
    while let Some(sign) = signs.next() {
        match sign {
            // Signs that stand for themselves, colours and conditions.
            '"' => drop(signs.by_ref().find(|sign| *sign == '"')),
            '\\' | '_' | '*' => drop(signs.next()),
            '[' => {
                let inner: String = signs.by_ref().take_while(|sign| *sign != ']').collect();
                let inner = inner.to_ascii_lowercase();
                clock |= ["h", "hh", "m", "mm", "s", "ss"].contains(&inner.as_str());
            }
            // The rest is for other signs of the number.
            ';' => break,
            'y' | 'Y' | 'd' | 'D' => day = true,
            'h' | 'H' | 's' | 'S' => clock = true,
            _ => {}
        }
    }
    match (day, clock) {
        (true, true) => Shown::Moment,
        (true, false) => Shown::Day,
        (false, true) => Shown::Clock,
        (false, false) => Shown::Number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_says_what_a_number_is_shown_as() {
        for (code, expected) in [
            ("General", Shown::Number),
            ("0.00", Shown::Number),
            ("#,##0\\ \"days\"", Shown::Number),
            ("[Red]0.0", Shown::Number),
            ("yyyy-mm-dd", Shown::Day),
            ("dd/mm/yyyy hh:mm", Shown::Moment),
            ("[h]:mm:ss", Shown::Clock),
            ("[$-409]d\\-mmm\\-yy;@", Shown::Day),
        ] {
            assert_eq!(shown_by(code), expected, "{code}");
        }
    }
}
