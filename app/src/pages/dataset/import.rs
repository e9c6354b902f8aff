//! How the file of a data set was read, and what was left out of it.

use assay_model::{ImportReport, import_fields, words};

use crate::{
    node::{Node, el, p, several},
    parts,
};

/// Lines shown of those that were left out.
const SHOWN: usize = 10;

/// A card that says what was found out of the file; nothing where no file was read.
pub fn import(report: Option<ImportReport>) -> Option<Node> {
    let report = report?;
    let fields = report.options.to_fields();
    let list = fields
        .iter()
        .fold(el("dl").class("facts"), |list, (name, value)| {
            list.add(el("dt").add(label(name)))
                .add(el("dd").add(said(name, value)))
        });
    let skipped = (report.skipped > 0).then(|| {
        let lines = report
            .bad_lines
            .iter()
            .take(SHOWN)
            .map(|bad| el("li").add(format!("Line {}: {}", words::count(bad.line), bad.why)));
        let left_out = format!(
            "{} did not fit and {} left out.",
            words::counted(report.skipped, "line", "lines"),
            if report.skipped == 1 { "was" } else { "were" }
        );
        several![
            p("hint bad").add(left_out),
            el("ul").class("plain hint").add(lines.collect::<Vec<_>>())
        ]
    });
    Some(parts::card(
        "How the file was read",
        several![list, skipped],
    ))
}

/// The name of a field as people say it.
fn label(name: &str) -> String {
    if let Some(column) = name.strip_prefix(import_fields::TYPE) {
        return format!("Type of {column}");
    }
    let words = match name {
        "header" => "First line",
        "decimal" => "Decimal mark",
        "null" => "Stands for null",
        "bad_lines" => "Lines that do not fit",
        other => other,
    };
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// A value as people say it, where the word of the field alone would be a riddle.
fn said(name: &str, value: &str) -> String {
    match (name, value) {
        ("header", "first") => "names the columns",
        ("header", "none") => "is data",
        ("bad_lines", "skip") => "left out",
        _ => value,
    }
    .to_owned()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use assay_model::{
        FileFormat, ImportOptions,
        import::{BadLine, BadLines},
    };
    use leptos::prelude::RenderHtml;

    use super::*;

    #[test]
    fn what_was_left_out_is_said_line_by_line() {
        assert!(import(None).is_none());
        let report = ImportReport {
            options: ImportOptions {
                format: Some(FileFormat::Csv),
                delimiter: Some(';'),
                bad_lines: BadLines::Skip,
                ..ImportOptions::default()
            },
            skipped: 1,
            bad_lines: vec![BadLine {
                line: 3,
                why: "it has 3 fields".to_owned(),
            }],
        };
        let html = import(Some(report)).unwrap().to_html();
        for said in [
            "Delimiter",
            "semicolon",
            "1 line did not fit",
            "Line 3: it has 3 fields",
        ] {
            assert!(html.contains(said), "{said}: {html}");
        }
    }
}
