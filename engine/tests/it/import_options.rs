//! What may be said of a file, what is found when nothing is said, and that both agree.

use std::io::Write;

use assay_model::{
    ColumnType::{self, Boolean, Date, Decimal, Integer, Number, Text, Time, Timestamp},
    ImportOptions, ImportReport,
    import::{BadLines, DecimalMark, Encoding, Header},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Bench, block_on, lines, table};

/// Types, rows and report of a file of which something was said.
async fn read(
    file: &str,
    bytes: impl AsRef<[u8]>,
    options: &ImportOptions,
) -> (Vec<ColumnType>, Value, ImportReport) {
    let bench = Bench::new();
    let bytes = bytes.as_ref().to_vec();
    let imported = bench.import_with(file, bytes, options).await.unwrap();
    let types = imported.schema.columns.iter().map(|column| column.kind);
    let (types, report) = (types.collect(), imported.report.clone());
    let rows = bench
        .rows(&table(imported), json!({"kind": "rows", "limit": 1_000}))
        .await;
    (types, json!(rows), report)
}

fn options(json: Value) -> ImportOptions {
    serde_json::from_value(json).unwrap()
}

async fn refusal(bytes: impl AsRef<[u8]>, json: Value) -> String {
    let bytes = bytes.as_ref().to_vec();
    let imported = Bench::new()
        .import_with("t.csv", bytes, &options(json))
        .await;
    imported.unwrap_err().to_string()
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

#[tokio::test]
async fn what_is_found_is_in_the_report() {
    let (types, rows, report) = read(
        "t.csv",
        "1001;1,5;'a;b'\n1002;2,25;'c'\n",
        &ImportOptions::default(),
    )
    .await;
    assert_eq!(types, [Integer, Number, Text]);
    assert_eq!(rows, json!([[1001, 1.5, "a;b"], [1002, 2.25, "c"]]));
    assert_eq!(
        serde_json::to_value(&report).unwrap(),
        json!({
            "options": {
                "format": "csv", "delimiter": ";", "quote": "'", "header": "none",
                "encoding": "utf-8", "decimal": "comma", "bad_lines": "refuse"
            },
            "skipped": 0
        })
    );
}

#[tokio::test]
async fn what_is_said_holds_against_what_would_be_found() {
    let said = options(json!({
        "delimiter": ",", "quote": "\"", "header": "first", "decimal": "point", "nulls": ["NA", "-"]
    }));
    let (types, rows, _) = read("t.csv", "1,2\n5,NA\n-,7\n", &said).await;
    assert_eq!(types, [Integer, Integer]);
    assert_eq!(rows, json!([[5, null], [null, 7]]));
    let (types, rows, report) = read(
        "t.csv",
        "city,item\nLyon,\"1,5\"\n",
        &options(json!({"header": "none", "decimal": "comma"})),
    )
    .await;
    assert_eq!(
        (types, report.options.header),
        (vec![Text, Text], Some(Header::None))
    );
    assert_eq!(rows, json!([["city", "item"], ["Lyon", "1,5"]]));
}

#[tokio::test]
async fn types_that_are_said_hold_for_every_value() {
    let said = options(json!({"types": {
        "zip": "integer", "n": "text", "d": "decimal", "b": "boolean", "t": "time", "x": "number"
    }}));
    let (types, rows, _) = read(
        "t.csv",
        "zip,n,d,b,t,x\n007,1.0,1.50,yes,09:30:00,1\n,,,,,\n12, 2,12345678901234567890.5,0,23:59:59.25,2\n",
        &said,
    )
    .await;
    assert_eq!(types, [Integer, Text, Decimal, Boolean, Time, Number]);
    assert_eq!(
        rows,
        json!([
            [7, "1.0", "1.5000000000", true, "09:30:00", 1.0],
            [null, null, null, null, null, null],
            [
                12,
                " 2",
                "12345678901234567890.5000000000",
                false,
                "23:59:59.250",
                2.0
            ]
        ])
    );
    for (types, text, expected) in [
        (
            json!({"n": "integer"}),
            "n,s\n1,\"a\nb\"\n2.5,c\n",
            "Line 4, column “n”: “2.5” is not an integer.",
        ),
        (
            json!({"amuont": "integer"}),
            "amount\n1\n",
            "There is no column “amuont”. Did you mean “amount”?",
        ),
        (
            json!({"n": "list"}),
            "n\n1\n",
            "Column “n” cannot be read as a list",
        ),
        (
            json!({"n": "date"}),
            "n\n2024-02-30\n",
            "Line 2, column “n”: “2024-02-30” is not a date.",
        ),
    ] {
        let message = refusal(text, json!({ "types": types })).await;
        assert!(message.starts_with(expected), "{message}");
    }
}

#[tokio::test]
async fn values_come_out_as_they_went_in() {
    let (types, rows, _) = read(
        "t.csv",
        "id,zip,day,at,utc,clock,ok\n123456789012345678901,01234,2024-02-29,2024-02-29T10:00:00.123456,2024-02-29T10:00:00+02:00,09:30:00,true\n",
        &ImportOptions::default(),
    )
    .await;
    assert_eq!(
        types,
        [Text, Text, Date, Timestamp, Timestamp, Time, Boolean]
    );
    assert_eq!(
        rows,
        json!([[
            "123456789012345678901",
            "01234",
            "2024-02-29",
            "2024-02-29T10:00:00.123456",
            "2024-02-29T08:00:00Z",
            "09:30:00",
            true
        ]])
    );
}

#[tokio::test]
async fn text_is_read_in_every_encoding() {
    let text = "name,n\r\nÉmile,1\r\n漢字,2\r\n";
    let expected = json!([["Émile", 1], ["漢字", 2]]);
    let marked = |bytes: &[u8], mark: &[u8]| [mark, bytes].concat();
    let little = utf16(text, u16::to_le_bytes);
    let big = utf16(text, u16::to_be_bytes);
    for (bytes, encoding) in [
        (text.as_bytes().to_vec(), Encoding::Utf8),
        (marked(text.as_bytes(), b"\xEF\xBB\xBF"), Encoding::Utf8),
        (little.clone(), Encoding::Utf16Le),
        (big.clone(), Encoding::Utf16Be),
        (marked(&little, b"\xFF\xFE"), Encoding::Utf16Le),
        (marked(&big, b"\xFE\xFF"), Encoding::Utf16Be),
        (gzip(&little), Encoding::Utf16Le),
    ] {
        let (_, rows, report) = read("t.csv", bytes, &ImportOptions::default()).await;
        assert_eq!(
            (rows, report.options.encoding),
            (expected.clone(), Some(encoding))
        );
    }
    let latin = options(json!({"encoding": "latin-1"}));
    let (_, rows, _) = read("t.csv", b"name\n\xC9mile \x80\n", &latin).await;
    assert_eq!(rows, json!([["Émile €"]]));
    let (_, rows, _) = read(
        "t.json",
        utf16(r#"[{"a": "é"}]"#, u16::to_le_bytes),
        &ImportOptions::default(),
    )
    .await;
    assert_eq!(rows, json!([["é"]]));
}

#[tokio::test]
async fn text_that_is_not_what_it_claims_is_told_where() {
    let mut odd = vec![0xFF, 0xFE];
    odd.extend(utf16("a\n1\n", u16::to_le_bytes));
    odd.extend([0x00, 0xD8, 0x41, 0x00]);
    let mut appended = b"a,b\n1,2\n".to_vec();
    appended.extend(utf16("3,4\n", u16::to_le_bytes));
    for (bytes, json, expected) in [
        (
            b"a\nx\n\xC9mile\n".to_vec(),
            json!({}),
            "Line 3 is not UTF-8, near byte 4 of the file. If the file is Latin-1 (Windows-1252), say so (encoding=latin-1)",
        ),
        (
            odd,
            json!({}),
            "Line 3 is not UTF-16, near byte 10 of the file.",
        ),
        (
            b"\xFF\xFEa\0\n".to_vec(),
            json!({}),
            "Line 1 is not UTF-16, near byte 4 of the file.",
        ),
        (appended, json!({}), "Line 3 holds a zero byte"),
        (
            b"\xEF\xBB\xBFa\n1\n".to_vec(),
            json!({"encoding": "latin-1"}),
            "The file begins with the mark of UTF-8, but was said to be Latin-1.",
        ),
    ] {
        let mut file = bytes.clone();
        if expected.contains("zero byte") {
            // Far enough in that the beginning looks like text.
            file = [
                lines((0..100_000).map(|_| "1,2".to_owned())).as_bytes(),
                &bytes,
            ]
            .concat();
            let message = refusal(file, json).await;
            assert!(message.contains("holds a zero byte"), "{message}");
            continue;
        }
        let message = refusal(file, json).await;
        assert!(
            message.starts_with(expected),
            "{expected:?} expected, got {message:?}"
        );
    }
    let message = Bench::new()
        .import("t.json", b"[{\"a\": \"\xC9\"}]".to_vec())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with("Line 1 is not UTF-8, near byte 8"),
        "{message}"
    );
}

#[tokio::test]
async fn packed_files_are_unpacked_whatever_their_name_says() {
    let text = "a,b\n1,x\n2,y\n";
    let expected = json!([[1, "x"], [2, "y"]]);
    let members = [gzip(b"a,b\n1,"), gzip(b"x\n2,y\n")].concat();
    let zstd = zstd::encode_all(text.as_bytes(), 3).unwrap();
    for bytes in [gzip(text.as_bytes()), members, zstd] {
        let (_, rows, _) = read("t.csv", bytes, &ImportOptions::default()).await;
        assert_eq!(rows, expected);
    }
    let json = gzip(br#"{"a": 1, "b": "x"}"#);
    let (_, rows, _) = read("t.ndjson.gz", json, &ImportOptions::default()).await;
    assert_eq!(rows, json!([[1, "x"]]));
}

#[tokio::test]
async fn lines_that_do_not_fit_are_left_out_on_request_and_listed() {
    let skip = options(json!({"bad_lines": "skip"}));
    let (_, rows, report) = read("t.csv", "a,b\n1,2\n3\n\"x\n\",4,5\n6,7\n", &skip).await;
    assert_eq!(rows, json!([[1, 2], [6, 7]]));
    let listed: Vec<_> = report
        .bad_lines
        .iter()
        .map(|bad| (bad.line, bad.why.as_str()))
        .collect();
    assert_eq!(
        listed,
        [
            (3, "It has 1 field; there are 2 columns."),
            (4, "It has 3 fields; there are 2 columns.")
        ]
    );
    let text = format!("a,b\n{}1,2\n", lines((0..200_000).map(|_| "x".to_owned())));
    let (_, rows, report) = read("t.csv", text, &skip).await;
    assert_eq!(
        (rows, report.skipped, report.bad_lines.len()),
        (json!([[1, 2]]), 200_000, 100)
    );
}

#[tokio::test]
async fn a_value_past_the_sample_loses_nothing() {
    // 40 MB of what looks like numbers, so that parts are written before the truth is out.
    let mut text = String::from("a,b,c\n");
    text.push_str(&lines((0..2_600_000).map(|i| format!("{i},1.0,"))));
    text.push_str("1.5,n/a,5\n");
    let bench = Bench::new();
    let imported = bench.import("t.csv", text).await.unwrap();
    let columns: Vec<_> = imported
        .schema
        .columns
        .iter()
        .map(|column| (column.kind, column.nullable, column.note.as_deref()))
        .collect();
    assert_eq!(
        columns,
        [
            (Number, false, None),
            (
                Text,
                false,
                Some("Kept as text because of “n/a” at line 2600002.")
            ),
            (Integer, true, None)
        ]
    );
    assert_eq!(imported.rows, 2_600_001);
    let found = bench
        .rows(
            &table(imported),
            json!({"kind": "aggregate", "group_by": ["b"], "measures": [{"fn": "count"}, {"fn": "max", "column": "a"}, {"fn": "sum", "column": "c"}]}),
        )
        .await;
    assert_eq!(
        json!(found),
        json!([["1.0", 2_600_000, 2_599_999.0, null], ["n/a", 1, 1.5, 5]])
    );
}

fn any_text() -> impl Strategy<Value = String> {
    let field = prop_oneof![
        "[a-c]{0,3}",
        "-?[0-9]{1,3}",
        "[0-9]{1,2}[.,][0-9]{1,2}",
        "\"[a ,;\n]{0,4}\"",
        "2024-0[1-3]-[01][0-9]",
        Just(String::new()),
    ];
    let row = proptest::collection::vec(field, 3);
    (
        proptest::collection::vec(row, 1..8),
        prop_oneof![Just(","), Just(";"), Just("\t")],
    )
        .prop_map(|(rows, delimiter)| {
            let mut text = format!("x{delimiter}y{delimiter}z\n");
            for row in rows {
                text += &row.join(delimiter);
                text.push('\n');
            }
            text
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn options_said_as_they_were_found_give_the_same_table(text in any_text()) {
        block_on(async {
            let skip = ImportOptions { bad_lines: BadLines::Skip, ..ImportOptions::default() };
            let bench = Bench::new();
            let Ok(found) = bench.import_with("t.csv", text.clone(), &skip).await else {
                return Ok(());
            };
            let said = found.report.options.clone();
            let again = bench.import_with("other", text, &said).await.unwrap();
            prop_assert_eq!(&again.report, &found.report);
            prop_assert_eq!(&again.schema, &found.schema);
            let all = json!({"kind": "rows", "limit": 1_000});
            prop_assert_eq!(bench.rows(&table(found), all.clone()).await, bench.rows(&table(again), all).await);
            Ok(())
        })?;
    }
}

#[test]
fn a_decimal_comma_goes_by_its_name() {
    assert_eq!(
        options(json!({"decimal": "comma"})).decimal,
        Some(DecimalMark::Comma)
    );
}
