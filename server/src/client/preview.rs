//! How a file reads, on a terminal: what was found, the columns with their types, the first
//! rows.

use assay_model::{ImportOptions, Preview, import_fields, words};

use super::table;

/// Rows shown.
const ROWS: usize = 10;
/// Lines shown of those that would be left out.
const BAD_LINES: usize = 5;

/// The whole of it as text.
pub fn text(title: &str, preview: &Preview) -> String {
    let mut blocks = vec![table::printable(&format!(
        "{title}: {}",
        found(&preview.options)
    ))];
    if preview.sheets.len() > 1 {
        blocks.push(table::printable(&format!(
            "Sheets: {}",
            preview.sheets.join(", ")
        )));
    }
    blocks.push(columns(preview));
    blocks.push(rows(preview));
    if !preview.bad_lines.is_empty() {
        let shown = preview.bad_lines.iter().take(BAD_LINES);
        let mut lines: Vec<String> = shown
            .map(|bad| format!("  line {}: {}", bad.line, table::printable(&bad.why)))
            .collect();
        lines.insert(0, "Lines that do not fit:".to_owned());
        blocks.push(lines.join("\n"));
    }
    blocks.push(
        if preview.is_whole {
            "Nothing has been loaded."
        } else {
            "As the beginning of the file suggests; the import looks at every row. Nothing has been loaded."
        }
        .to_owned(),
    );
    blocks.join("\n\n")
}

/// The options in a line: `csv, delimiter semicolon, header first, decimal comma`.
fn found(options: &ImportOptions) -> String {
    let fields = options.to_fields();
    let said = fields
        .iter()
        .filter(|(name, _)| !name.starts_with(import_fields::TYPE))
        .map(|(name, value)| match name.as_str() {
            "format" => value.clone(),
            name => format!("{} {value}", name.replace('_', " ")),
        });
    said.collect::<Vec<_>>().join(", ")
}

fn columns(preview: &Preview) -> String {
    let rows: Vec<Vec<String>> = preview
        .schema
        .columns
        .iter()
        .map(|column| {
            let note = column.note.clone().unwrap_or_default();
            vec![column.name.clone(), column.kind.word().to_owned(), note]
        })
        .collect();
    let header = ["column", "type", ""].map(str::to_owned);
    table::layout(&header, &rows, &[false, false, false])
}

fn rows(preview: &Preview) -> String {
    let columns = &preview.schema.columns;
    let header: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let right: Vec<bool> = columns
        .iter()
        .map(|column| column.kind.is_numeric())
        .collect();
    let cells = |row: &Vec<_>| row.iter().map(table::cell).collect();
    let shown: Vec<Vec<String>> = preview.rows.iter().take(ROWS).map(cells).collect();
    let heading = words::counted(shown.len() as u64, "row", "rows");
    format!(
        "First {heading}:\n{}",
        table::layout(&header, &shown, &right)
    )
}

#[cfg(test)]
mod tests {
    use assay_model::{
        Column, ColumnType, FileFormat, Schema,
        import::{DecimalMark, Header},
    };
    use serde_json::json;

    use super::*;

    #[test]
    fn a_preview_says_what_was_found_and_shows_types_and_rows() {
        let preview = Preview {
            options: ImportOptions {
                format: Some(FileFormat::Csv),
                delimiter: Some(';'),
                header: Some(Header::First),
                decimal: Some(DecimalMark::Comma),
                ..ImportOptions::default()
            },
            sheets: Vec::new(),
            schema: Schema::new(vec![
                Column::new("city", ColumnType::Text),
                Column::new("amount", ColumnType::Number),
            ]),
            rows: vec![
                vec![json!("Lyon"), json!(12.5)],
                vec![json!("Oslo"), json!(null)],
            ],
            is_whole: true,
            bad_lines: Vec::new(),
        };
        assert_eq!(
            text("orders.csv", &preview),
            "orders.csv: csv, delimiter semicolon, header first, decimal comma\n\n\
             column  type\ncity    text\namount  number\n\n\
             First 2 rows:\ncity  amount\nLyon    12.5\nOslo    null\n\n\
             Nothing has been loaded."
        );
    }
}
