//! The table G1 of the db-benchmark (<https://github.com/duckdblabs/db-benchmark>) as a
//! stream of CSV: `G1_1e7_1e2_0_0` for 10,000,000 rows, k = 100, no nulls, unsorted.

use std::fmt::Write;

use bytes::Bytes;
use futures::stream::{self, Stream};

use crate::sample::SplitMix;

/// Groups of the columns of low cardinality.
const K: usize = 100;
/// Rows made at a time.
const BATCH: u64 = 20_000;

/// The table's text, piece by piece.
pub fn csv(rows: u64) -> impl Stream<Item = std::io::Result<Bytes>> {
    let mut random = SplitMix(108);
    let many = usize::try_from(rows)
        .unwrap_or(usize::MAX)
        .div_ceil(K)
        .max(1);
    let header = std::iter::once(Bytes::from_static(b"id1,id2,id3,id4,id5,id6,v1,v2,v3\n"));
    let batches = (0..rows.div_ceil(BATCH)).map(move |batch| {
        let count = BATCH.min(rows - batch * BATCH);
        let mut text = String::with_capacity(64 * BATCH as usize);
        for _ in 0..count {
            let mut below = |n: usize| random.below(n) + 1;
            let (id1, id2, id3) = (below(K), below(K), below(many));
            let (id4, id5, id6) = (below(K), below(K), below(many));
            let (v1, v2, v3) = (below(5), below(15), below(100_000_000) - 1);
            let (whole, part) = (v3 / 1_000_000, v3 % 1_000_000);
            // Writing to a `String` cannot fail.
            let _ = writeln!(
                text,
                "id{id1:03},id{id2:03},id{id3:010},{id4},{id5},{id6},{v1},{v2},{whole}.{part:06}"
            );
        }
        Bytes::from(text)
    });
    stream::iter(header.chain(batches).map(Ok))
}
