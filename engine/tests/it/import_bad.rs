//! Files that nobody meant well with: each is refused in plain words, in bounded memory.

use std::io::Write;

use assay_engine::ImportError;

use crate::support::Bench;

async fn refusal(file: &str, bytes: impl Into<bytes::Bytes>) -> String {
    let imported = Bench::new().import(file, bytes).await;
    match imported.unwrap_err() {
        ImportError::Internal(cause) => panic!("an internal error: {cause}"),
        error => error.to_string(),
    }
}

async fn check(file: &str, bytes: impl Into<bytes::Bytes>, expected: &str) {
    let message = refusal(file, bytes).await;
    assert!(
        message.starts_with(expected),
        "{expected:?} expected, got {message:?}"
    );
}

#[tokio::test]
async fn a_cell_of_100_megabytes_is_refused() {
    let mut file = b"a,b\n1,".to_vec();
    file.resize(100 << 20, b'x');
    file.extend_from_slice(b"\n2,y\n");
    check(
        "t.csv",
        file,
        "The record that begins on line 2 is longer than 64 MB.",
    )
    .await;
    let mut file = b"[{\"a\": 1},\n{\"a\": \"".to_vec();
    file.resize(100 << 20, b'x');
    file.extend_from_slice(b"\"}]");
    check(
        "t.json",
        file,
        "The record that begins on line 2 is longer than 16 MB.",
    )
    .await;
}

#[tokio::test]
async fn a_hundred_thousand_columns_are_refused() {
    let expected = "The file has more than 10,000 columns, the most that a data set may have.";
    let names: Vec<_> = (0..100_000).map(|i| format!("c{i}")).collect();
    check("t.csv", format!("{}\n", names.join(",")), expected).await;
    let members: Vec<_> = names.iter().map(|name| format!("\"{name}\": 1")).collect();
    check("t.json", format!("[{{{}}}]", members.join(",")), expected).await;
}

#[tokio::test]
async fn cut_off_files_are_told_as_such() {
    let text = "a,b\n1,x\n".repeat(2_000);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(text.as_bytes(), 3).unwrap();
    check(
        "t.csv",
        gzip[..gzip.len() - 12].to_vec(),
        "The file is cut off: the gzip file ends in the middle.",
    )
    .await;
    check(
        "t.csv",
        zstd[..zstd.len() - 5].to_vec(),
        "The file is cut off: the zstd file ends in the middle.",
    )
    .await;
    let mut damaged = gzip.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xFF;
    let message = refusal("t.csv", damaged).await;
    assert!(message.contains("gzip file"), "{message}");
    check(
        "t.json",
        "[{\"a\": 1}, {\"a\"",
        "The file is cut off: the JSON ends in the middle",
    )
    .await;
    check(
        "t.csv",
        "a,b\n1,\"x",
        "The quote that opens a field on line 2 is never closed.",
    )
    .await;
}

#[tokio::test]
async fn lone_quotes_are_signs_within_a_field_and_a_fault_at_its_beginning() {
    let imported = Bench::new().import("t.csv", "a,b\n5\" pipe,x\"y\n").await;
    assert_eq!(imported.unwrap().rows, 1);
    check(
        "t.csv",
        "a,b\n1,2\n\"x,3\n4,5\n",
        "The quote that opens a field on line 3 is never closed.",
    )
    .await;
}

#[tokio::test]
async fn what_is_no_table_is_told_for_what_it_is() {
    let noise: Vec<u8> = (0..5_000_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    check(
        "t.csv",
        noise,
        "This looks like a binary file, not a CSV file.",
    )
    .await;
    check(
        "t.parquet",
        "a,b\n1,2\n",
        "This looks like something else, not a Parquet file.",
    )
    .await;
    check(
        "t.csv",
        "<?xml version=\"1.0\"?><a/>",
        "This looks like an XML file, not a CSV file.",
    )
    .await;
    check(
        "t.csv",
        "%PDF-1.7\n",
        "This looks like a PDF file, not a CSV file.",
    )
    .await;
    check(
        "t.csv",
        "a, a\n1,2\n",
        "Columns 1 and 2 are both called “a”.",
    )
    .await;
    check(
        "t.csv",
        "a,\"\"\nx,2\n",
        "Column 2 of the header has no name.",
    )
    .await;
}

#[tokio::test]
async fn parquet_bombs_are_refused_or_written_out_in_pieces() {
    use arrow::array::{ArrayRef, RecordBatch, StringArray};
    use parquet::{
        arrow::ArrowWriter,
        basic::{Compression, ZstdLevel},
        file::properties::WriterProperties,
    };
    use std::sync::Arc;
    let write = |values: Vec<&str>, times: usize| {
        let column: ArrayRef = Arc::new(StringArray::from(values));
        let batch = RecordBatch::try_from_iter([("a", column)]).unwrap();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .build();
        let mut writer =
            ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
        for _ in 0..times {
            writer.write(&batch).unwrap();
        }
        writer.into_inner().unwrap()
    };
    // 600 MB in one page.
    let long = "x".repeat(600_000_000);
    check(
        "t.parquet",
        write(vec![&long], 1),
        "The Parquet file cannot be read: its pages unpack to 600 MB at a time",
    )
    .await;
    // One text of 900 kB that 2,000 rows share: 1.8 GB, written out.
    let text = "y".repeat(900_000);
    let shared = write(vec![&text; 100], 20);
    assert!(shared.len() < 1 << 20, "{}", shared.len());
    let imported = Bench::new().import("t.parquet", shared).await.unwrap();
    assert_eq!((imported.rows, imported.parts.len()), (2_000, 1));
}
