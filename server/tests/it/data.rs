//! The data that tests load.

use serde_json::{Value, json};

/// Seven animals; one's weight is not known.
pub const ANIMALS: &str = "\
head,arms,weight,born,wild
lion,8,190.5,2013-01-02,true
lion,2,180.25,2014-03-04,true
snake,0,7.5,2015-05-06,true
eagle,2,,2016-07-08,false
goat,4,60.0,2017-09-10,false
goat,4,55.5,2018-11-12,false
goat,2,50.0,2019-01-31,false
";

/// How many animals have each head, the most frequent first.
pub fn count_by_head() -> Value {
    json!({
        "kind": "aggregate", "group_by": ["head"], "measures": [{"fn": "count"}],
        "order_by": [{"column": "count", "descending": true}, {"column": "head", "descending": false}],
    })
}

/// A table that takes a while to analyse: `rows` rows with many different keys.
pub fn large(rows: u32) -> String {
    use std::fmt::Write;
    let mut csv = String::from("id,key,value\n");
    // A linear congruential generator: spread well enough, and the same every time.
    let mut state: u32 = 1;
    for id in 0..rows {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (key, value) = (state >> 8, f64::from(state >> 12) / 64.0);
        writeln!(csv, "{id},k{key},{value}").unwrap();
    }
    csv
}

/// An analysis of [`large`] that keeps a core busy for a second or more.
pub fn heavy() -> Value {
    json!({
        "kind": "aggregate", "group_by": ["key"],
        "measures": [
            {"fn": "median", "column": "value"},
            {"fn": "quantile", "column": "value", "q": 0.9, "as": "upper"},
            {"fn": "distinct", "column": "id"},
        ],
        "order_by": [{"column": "key"}], "limit": 10,
    })
}
