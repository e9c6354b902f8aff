//! A look at the beginning of a file.

use assay_engine::preview;
use assay_model::{FileFormat, ImportOptions, import::BadLines};
use serde_json::json;

use crate::support::lines;

#[test]
fn the_beginning_of_a_file_shows_its_columns_and_first_rows() {
    let text = "a;b\n1;\"x\ny\"\n2;1,5\n3\n4;\"cut";
    let found = preview(
        text.as_bytes(),
        false,
        Some("t.csv"),
        &ImportOptions::default(),
    )
    .unwrap();
    assert_eq!(
        serde_json::to_value(&found).unwrap(),
        json!({
            "options": {
                "format": "csv", "delimiter": ";", "quote": "\"", "header": "first",
                "encoding": "utf-8", "decimal": "comma", "bad_lines": "refuse"
            },
            "schema": {"columns": [
                {"name": "a", "type": "integer", "nullable": false},
                {"name": "b", "type": "text", "nullable": false}
            ]},
            "rows": [[1, "x\ny"], [2, "1,5"]],
            "is_whole": false,
            "bad_lines": [{"line": 5, "why": "It has 1 field; there are 2 columns."}]
        })
    );
}

#[test]
fn a_whole_file_is_looked_at_to_its_end() {
    let options = ImportOptions {
        bad_lines: BadLines::Skip,
        ..ImportOptions::default()
    };
    let found = preview(b"a,b\n1,2\n3,4", true, None, &options).unwrap();
    assert_eq!((found.rows.len(), found.is_whole), (2, true));
    let error = preview(b"a,b\n1,\"2", true, None, &options).unwrap_err();
    assert!(
        error.to_string().starts_with("The quote that opens"),
        "{error}"
    );
}

#[test]
fn packed_and_json_files_show_their_beginning_too() {
    let text = lines((0..100_000).map(|i| format!("{{\"a\": {i}, \"b\": {{\"c\": \"x\"}}}}")));
    let packed = zstd::encode_all(text.as_bytes(), 1).unwrap();
    let found = preview(
        &packed[..packed.len() / 2],
        false,
        Some("t.ndjson.zst"),
        &ImportOptions::default(),
    )
    .unwrap();
    assert_eq!(found.options.format, Some(FileFormat::Ndjson));
    let names: Vec<_> = found
        .schema
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(names, ["a", "b.c"]);
    assert_eq!(
        (found.rows.len(), &found.rows[1], found.is_whole),
        (50, &vec![json!(1), json!("x")], false)
    );
    let found = preview(
        b"[{\"a\": 1}, {\"a\": 2}, {\"a\"",
        false,
        None,
        &ImportOptions::default(),
    )
    .unwrap();
    assert_eq!(found.rows, [[json!(1)], [json!(2)]]);
}
