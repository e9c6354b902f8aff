//! Tables in a terminal: columns padded, figures to the right.

use assay_model::words;
use serde_json::Value;

/// Data may hold what a terminal obeys: control characters are spelt out.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// A value as a cell.
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => {
            words::number(number.as_f64().unwrap_or(f64::NAN))
        }
        other => other.to_string(),
    }
}

/// Lays out a header and rows; columns for which `right` holds are set to the right.
pub fn layout(header: &[String], rows: &[Vec<String>], right: &[bool]) -> String {
    let spell = |cells: &[String]| cells.iter().map(|cell| printable(cell)).collect();
    let header: Vec<String> = spell(header);
    let rows: Vec<Vec<String>> = rows.iter().map(|row| spell(row)).collect();
    let width = |i: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(i))
            .map(|cell| cell.chars().count());
        cells.chain([header[i].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(i, (cell, &width))| {
                if right.get(i).copied().unwrap_or(false) {
                    format!("{cell:>width$}")
                } else {
                    format!("{cell:<width$}")
                }
            })
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(&header)];
    lines.extend(rows.iter().map(|row| line(row)));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_speak_to_the_terminal() {
        let table = layout(
            &["a\tb".to_owned(), "c".to_owned()],
            &[vec!["\u{1b}[2Jx".to_owned(), "é\n漢".to_owned()]],
            &[],
        );
        assert_eq!(table, "a\\tb        c\n\\u{1b}[2Jx  é\\n漢");
    }

    #[test]
    fn figures_stand_to_the_right() {
        let cells = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>()
        };
        let table = layout(
            &cells(&["head", "count"]),
            &[cells(&["lion", "7"]), cells(&["ox", "1,200"])],
            &[false, true],
        );
        assert_eq!(table, "head  count\nlion      7\nox    1,200");
    }
}
