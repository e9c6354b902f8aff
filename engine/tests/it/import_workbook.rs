//! Workbooks: what a sheet becomes, and what is said of those that are none.

use std::io::Write;

use assay_engine::preview;
use assay_model::{
    ColumnType::{self, Boolean, Date, Integer, Number, Text, Time, Timestamp},
    ImportOptions, ImportReport,
};
use rawzip::{CompressionMethod, ZipArchiveWriter};
use serde_json::{Value, json};

use crate::support::{Bench, table};

/// An archive of these files.
fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, text) in files {
        let (mut entry, config) = archive
            .new_file(name)
            .compression_method(CompressionMethod::DEFLATE)
            .start()
            .unwrap();
        let packed = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::default());
        let mut writer = config.wrap(packed);
        writer.write_all(text.as_bytes()).unwrap();
        let (packed, descriptor) = writer.finish().unwrap();
        packed.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

const BOOK: &str = r#"<?xml version="1.0"?><workbook xmlns:r="r"><sheets><sheet name="Notes" sheetId="1" r:id="rId1"/><sheet name="Données" sheetId="2" r:id="rId2"/></sheets></workbook>"#;
const RELATIONS: &str = r#"<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Target="/xl/worksheets/sheet2.xml"/></Relationships>"#;
const TEXTS: &str = "<sst><si><t>name</t></si><si><r><t>A &amp; </t></r><r><t>B&#233;</t></r><rPh><t>no</t></rPh></si><si><t>day</t></si></sst>";
const STYLES: &str = r#"<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy-mm-dd hh:mm"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="21"/></cellXfs></styleSheet>"#;

fn book(sheet: &str) -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData>{sheet}</sheetData></worksheet>");
    archive(&[
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/sharedStrings.xml", TEXTS),
        ("xl/styles.xml", STYLES),
        (
            "xl/worksheets/sheet1.xml",
            r#"<worksheet><sheetData><row><c t="str"><v>x</v></c></row></sheetData></worksheet>"#,
        ),
        ("xl/worksheets/sheet2.xml", &sheet),
    ])
}

/// A table that begins at B2 and has a gap.
const TABLE: &str = r#"
<row r="2"><c r="B2" t="s"><v>0</v></c><c r="C2" t="s"><v>2</v></c><c r="D2" t="inlineStr"><is><t>at</t></is></c><c r="E2" t="str"><v>clock</v></c><c r="F2" t="str"><v>n</v></c><c r="G2" t="str"><v>x</v></c><c r="H2" t="str"><v>ok</v></c></row>
<row r="3"/>
<row r="4"><c r="B4" t="s"><v>1</v></c><c r="C4" s="1"><v>45351</v></c><c r="D4" s="2"><v>45351.395833333336</v></c><c r="E4" s="3"><v>0.39583333333333331</v></c><c r="F4"><v>42</v></c><c r="G4"><f>1/2</f><v>0.5</v></c><c r="H4" t="b"><v>1</v></c></row>
<row r="6"><c r="C6" s="1"><v>45352</v></c><c r="D6" s="2"><v>45352</v></c><c r="F6"><v>-1</v></c><c r="G6"><v>2</v></c></row>"#;

fn options(json: Value) -> ImportOptions {
    serde_json::from_value(json).unwrap()
}

async fn read(bytes: Vec<u8>, json: Value) -> (Vec<(String, ColumnType)>, Value, ImportReport) {
    let bench = Bench::new();
    let imported = bench
        .import_with("t.xlsx", bytes, &options(json))
        .await
        .unwrap();
    let columns = imported.schema.columns.iter();
    let columns = columns
        .map(|column| (column.name.clone(), column.kind))
        .collect();
    let report = imported.report.clone();
    let rows = bench
        .rows(&table(imported), json!({"kind": "rows", "limit": 1_000}))
        .await;
    (columns, json!(rows), report)
}

async fn check(bytes: Vec<u8>, json: Value, expected: &str) {
    let imported = Bench::new()
        .import_with("t.xlsx", bytes, &options(json))
        .await;
    let message = imported.unwrap_err().to_string();
    assert!(
        message.starts_with(expected),
        "{expected:?} expected, got {message:?}"
    );
}

#[tokio::test]
async fn a_sheet_becomes_a_table_with_its_days_as_days() {
    let (columns, rows, report) = read(book(TABLE), json!({"sheet": "Données"})).await;
    let expected = [
        ("name", Text),
        ("day", Date),
        ("at", Timestamp),
        ("clock", Time),
        ("n", Integer),
        ("x", Number),
        ("ok", Boolean),
    ];
    assert_eq!(
        columns,
        expected.map(|(name, kind)| (name.to_owned(), kind))
    );
    assert_eq!(
        rows,
        json!([
            [
                "A & Bé",
                "2024-02-29",
                "2024-02-29T09:30:00",
                "09:30:00",
                42,
                0.5,
                true
            ],
            [
                null,
                "2024-03-01",
                "2024-03-01T00:00:00",
                null,
                -1,
                2.0,
                null
            ]
        ])
    );
    assert_eq!(
        serde_json::to_value(&report.options).unwrap(),
        json!({"format": "xlsx", "header": "first", "sheet": "Données", "bad_lines": "refuse"})
    );
}

#[tokio::test]
async fn a_sheet_that_does_not_fit_is_told_where() {
    let outside = format!("{TABLE}<row r=\"7\"><c r=\"K7\"><v>1</v></c></row>");
    let said = |more: Value| {
        let mut said = json!({"sheet": "Données"});
        said.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        said
    };
    check(
        book(&outside),
        said(json!({})),
        "Row 7 has a value in column K, which is outside the header.",
    )
    .await;
    let (_, rows, report) = read(book(&outside), said(json!({"bad_lines": "skip"}))).await;
    assert_eq!((rows.as_array().unwrap().len(), report.skipped), (2, 1));
    check(
        book(TABLE),
        json!({"sheet": "Daten"}),
        "There is no sheet “Daten” in the workbook. It has “Notes” and “Données”.",
    )
    .await;
    check(
        book(TABLE),
        said(json!({"types": {"x": "integer"}})),
        "Row 4, column “x”: “0.5” is not an integer.",
    )
    .await;
}

#[tokio::test]
async fn what_is_no_workbook_is_told_for_what_it_is() {
    let plain = archive(&[("readme.txt", "hello")]);
    check(
        plain,
        json!({}),
        "This looks like a ZIP archive, not an Excel file.",
    )
    .await;
    let sheet = archive(&[("mimetype", "x"), ("content.xml", "<a/>")]);
    check(
        sheet,
        json!({}),
        "This looks like an OpenDocument file (.ods)",
    )
    .await;
    let mut old = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0, 0];
    check(
        old.clone(),
        json!({}),
        "This looks like an Excel file of before 2007",
    )
    .await;
    old.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    check(old, json!({}), "The workbook is protected by a password.").await;
    let whole = book(TABLE);
    check(
        whole[..whole.len() - 30].to_vec(),
        json!({}),
        "The file is cut off: the Excel file lacks its end.",
    )
    .await;
    check(
        b"PK\x03\x04".to_vec(),
        json!({}),
        "The file is cut off: the Excel file lacks its end.",
    )
    .await;
}

#[test]
fn a_look_at_a_workbook_lists_its_sheets() {
    let bytes = book(TABLE);
    let found = preview(
        &bytes,
        true,
        Some("t.xlsx"),
        &options(json!({"sheet": "Données"})),
    )
    .unwrap();
    assert_eq!(found.sheets, ["Notes", "Données"]);
    assert_eq!((found.schema.columns.len(), found.rows.len()), (7, 2));
    let cut = preview(&bytes[..100], false, None, &ImportOptions::default()).unwrap();
    assert!(cut.schema.columns.is_empty() && !cut.is_whole);
}
