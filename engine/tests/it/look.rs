//! Looking at rows: the right ones, and no more read than it takes.

use std::{cmp::Ordering, sync::Arc};

use assay_engine::{EngineError, Input, Look};
use assay_model::analysis::{Filter, OrderBy};
use serde_json::{Value, json};

use crate::{
    counting::Counting,
    support::{Bench, lines},
};

/// What a page of a look at the column `id` shows.
async fn ids(bench: &Bench, input: &Input, look: Look) -> Vec<i64> {
    let rows = bench.engine.look(input, &look).await.unwrap().rows;
    rows.iter().map(|row| row[0].as_i64().unwrap()).collect()
}

fn by(column: &str, descending: bool) -> OrderBy {
    OrderBy {
        column: column.to_owned(),
        descending,
    }
}

/// 30,000 rows: `id` as they come, `k` with ties, nulls and NaN.
async fn mixed(bench: &Bench) -> (Input, Vec<Option<f64>>) {
    let key = |i: u32| match i % 11 {
        3 => None,
        7 => Some(f64::NAN),
        _ => Some(f64::from((i * 7_919) % 5_003)),
    };
    let lines = lines((0..30_000).map(|i| match key(i) {
        Some(key) => format!("{i},{key}"),
        None => format!("{i},"),
    }));
    let input = bench.csv(format!("id,k\n{lines}")).await;
    (input, (0..30_000).map(key).collect())
}

#[tokio::test]
async fn any_page_of_an_order_is_that_of_a_plain_sort() {
    let bench = Bench::new();
    let (input, keys) = mixed(&bench).await;
    for descending in [false, true] {
        let mut expected: Vec<usize> = (0..keys.len()).collect();
        expected.sort_by(|a, b| match (keys[*a], keys[*b]) {
            (None, None) => Ordering::Equal,
            (None, _) => Ordering::Greater,
            (_, None) => Ordering::Less,
            (Some(a), Some(b)) if descending => b.total_cmp(&a),
            (Some(a), Some(b)) => a.total_cmp(&b),
        });
        // Near the front, near the end, over the end, and in the middle, which sorts all.
        for offset in [0, 990, 29_001, 29_990, 40_000, 1_000, 15_000, 0] {
            let look = Look {
                offset,
                limit: 20,
                order: Some(by("k", descending)),
                ..Look::default()
            };
            let offset = usize::try_from(offset).unwrap();
            let page = expected.iter().skip(offset).take(20);
            let page: Vec<_> = page.map(|i| i64::try_from(*i).unwrap()).collect();
            assert_eq!(
                ids(&bench, &input, look).await,
                page,
                "{descending} {offset}"
            );
        }
    }
}

#[tokio::test]
async fn an_order_holds_under_conditions_too() {
    let bench = Bench::new();
    let (input, keys) = mixed(&bench).await;
    let look = |offset, filter: Value| Look {
        offset,
        limit: 3,
        filter: serde_json::from_value(filter).unwrap(),
        order: Some(by("k", true)),
        ..Look::default()
    };
    let small = json!([{"column": "k", "op": "lt", "value": 100}]);
    let mut expected: Vec<usize> = (0..keys.len())
        .filter(|i| keys[*i].is_some_and(|key| key < 100.0))
        .collect();
    expected.sort_by(|a, b| keys[*b].partial_cmp(&keys[*a]).unwrap());
    let expected: Vec<i64> = expected
        .iter()
        .map(|i| i64::try_from(*i).unwrap())
        .collect();
    assert_eq!(
        ids(&bench, &input, look(0, small.clone())).await,
        expected[..3]
    );
    assert_eq!(
        ids(&bench, &input, look(200, small.clone())).await,
        expected[200..203]
    );
    // What follows from the time of asking is not kept.
    let none = json!([{"column": "id", "op": "lt", "value": 0}]);
    assert_eq!(ids(&bench, &input, look(0, none)).await, [0; 0]);
}

#[tokio::test]
async fn a_look_that_does_not_fit_says_at_which_field() {
    let bench = Bench::new();
    let input = bench.csv("a,b\n1,x\n").await;
    let refused = async |look: Look| match bench.engine.look(&input, &look).await {
        Err(EngineError::Invalid(errors)) => (errors[0].field.clone(), errors[0].message.clone()),
        other => panic!("{other:?}"),
    };
    let (field, message) = refused(Look {
        order: Some(by("c", false)),
        ..Look::default()
    })
    .await;
    assert_eq!(
        (field.as_str(), message.as_str()),
        ("order_by", "There is no column “c”.")
    );
    let filter: Filter =
        serde_json::from_value(json!([{"column": "a", "op": "gt", "value": "many"}])).unwrap();
    let (field, _) = refused(Look {
        filter,
        ..Look::default()
    })
    .await;
    assert_eq!(field, "filter[0].value");
}

#[tokio::test]
async fn a_page_reads_its_own_pages_of_parquet_wherever_it_lies() {
    let (bench, store) = counted();
    let wide = lines((0..1_200_000).map(|i| format!("{i},{}", (i * 7_919_u64) % 1_000_003)));
    let input = bench.csv(format!("id,k\n{wide}")).await;
    let Input::Table { parts, .. } = &input else {
        unreachable!()
    };
    let whole: u64 = parts.iter().map(|part| part.bytes).sum();
    let look = |offset, order| Look {
        offset,
        limit: 50,
        order,
        ..Look::default()
    };
    // The footers are read once.
    ids(&bench, &input, look(0, None)).await;
    for offset in [500_000, 1_199_950] {
        store.take();
        let found = ids(&bench, &input, look(offset, None)).await;
        assert_eq!(found[0].cast_unsigned(), offset);
        let read = store.take();
        assert!(read * 10 < whole, "{read} of {whole} bytes at {offset}");
    }
    // The middle of an order is sorted once; the next look only fetches its rows.
    let first = ids(&bench, &input, look(600_000, Some(by("id", true)))).await;
    assert_eq!(first[0], 599_999);
    store.take();
    let next = ids(&bench, &input, look(700_000, Some(by("id", true)))).await;
    assert_eq!(next[0], 499_999);
    let read = store.take();
    assert!(read * 4 < whole, "{read} of {whole} bytes");
}

fn counted() -> (Bench, Arc<Counting>) {
    let store = Arc::new(Counting::default());
    (Bench::over(Arc::clone(&store) as _, 64 << 20), store)
}
