//! Tables of values: results of jobs, rows of data sets.

use std::cmp::Ordering;

use assay_model::{ColumnType, ResultColumn, words};
use leptos::prelude::*;
use serde_json::Value;

use crate::chart::spark;

/// A table that sorts what it holds by any of its columns. `name` says what it is to
/// those who do not see it.
pub fn table(name: String, columns: Vec<ResultColumn>, rows: Vec<Vec<Value>>) -> AnyView {
    let sort = RwSignal::new(None::<Sort>);
    let kinds: Vec<ColumnType> = columns.iter().map(|column| column.kind).collect();
    let heads = columns
        .into_iter()
        .enumerate()
        .map(|(at, column)| head(at, column, sort))
        .collect_view();
    let body = move || {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        if let Some(Sort { at, descending }) = sort.get() {
            order.sort_by(|a, b| {
                compare(cell_at(&rows, *a, at), cell_at(&rows, *b, at), descending)
            });
        }
        let line = |i: usize| {
            let cells = kinds
                .iter()
                .enumerate()
                .map(|(at, kind)| cell(cell_at(&rows, i, at), *kind));
            view! { <tr>{cells.collect_view()}</tr> }
        };
        order.into_iter().map(line).collect_view()
    };
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label=name>
            <table>
                <thead><tr>{heads}</tr></thead>
                <tbody>{body}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sort {
    at: usize,
    descending: bool,
}

impl Sort {
    /// Rising, then falling, then as it came.
    fn next(now: Option<Self>, at: usize) -> Option<Self> {
        match now {
            Some(sort) if sort.at == at && !sort.descending => Some(Self {
                at,
                descending: true,
            }),
            Some(sort) if sort.at == at => None,
            _ => Some(Self {
                at,
                descending: false,
            }),
        }
    }
}

fn head(at: usize, column: ResultColumn, sort: RwSignal<Option<Sort>>) -> AnyView {
    let here = move || sort.get().filter(|sort| sort.at == at);
    let direction = move || {
        here().map(|sort| {
            if sort.descending {
                "descending"
            } else {
                "ascending"
            }
        })
    };
    let mark = move || match here() {
        Some(Sort {
            descending: true, ..
        }) => " ↓",
        Some(_) => " ↑",
        None => "",
    };
    let press = move |_| sort.update(|sort| *sort = Sort::next(*sort, at));
    view! {
        <th scope="col" class=side(column.kind) aria-sort=direction>
            <button type="button" class="bare" on:click=press>
                {column.name}
                <span aria-hidden="true">{mark}</span>
            </button>
        </th>
    }
    .into_any()
}

fn side(kind: ColumnType) -> Option<&'static str> {
    kind.is_numeric().then_some("right")
}

fn cell_at(rows: &[Vec<Value>], row: usize, at: usize) -> &Value {
    rows.get(row)
        .and_then(|row| row.get(at))
        .unwrap_or(&Value::Null)
}

fn cell(value: &Value, kind: ColumnType) -> AnyView {
    let class = side(kind);
    match value {
        Value::Null => view! { <td class=class><i class="null">"null"</i></td> }.into_any(),
        Value::String(text) if text.is_empty() => {
            view! { <td class=class><span class="null">"“”"</span></td> }.into_any()
        }
        Value::String(text) if text.starts_with("{\"") => match spark::bars(text) {
            Some(bars) => view! { <td>{bars}</td> }.into_any(),
            None => view! { <td class="long">{words::shorten(text, 200)}</td> }.into_any(),
        },
        value => view! { <td class=class>{text(value, kind)}</td> }.into_any(),
    }
}

/// A value as people read it.
pub fn text(value: &Value, kind: ColumnType) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole_number(whole),
            (None, Some(real)) => words::number(real),
            (None, None) => number.to_string(),
        },
        Value::String(text) => match kind {
            ColumnType::Integer => text.parse().map_or_else(|_| text.clone(), whole_number),
            ColumnType::Timestamp => text
                .replacen('T', " ", 1)
                .trim_end_matches('Z')
                .trim_end_matches(".000")
                .to_owned(),
            ColumnType::Number => text.replace("-Infinity", "−∞").replace("Infinity", "∞"),
            _ => words::shorten(text, 200),
        },
        Value::Bool(true) => "true".to_owned(),
        Value::Bool(false) => "false".to_owned(),
        other => words::shorten(&other.to_string(), 200),
    }
}

fn whole_number(n: i64) -> String {
    let sign = if n < 0 { "−" } else { "" };
    format!("{sign}{}", words::count(n.unsigned_abs()))
}

/// The order that people expect; nulls last either way.
fn compare(a: &Value, b: &Value, descending: bool) -> Ordering {
    let by_size = match (a, b) {
        (Value::Null, Value::Null) => return Ordering::Equal,
        (Value::Null, _) => return Ordering::Greater,
        (_, Value::Null) => return Ordering::Less,
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (a, b) => match (figure(a), figure(b)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => a.as_str().cmp(&b.as_str()),
        },
    };
    if descending {
        by_size.reverse()
    } else {
        by_size
    }
}

/// A number, also one that travels as text.
fn figure(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => match text.as_str() {
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            text => text.parse().ok(),
        },
        value => value.as_f64(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_read_as_people_write_them() {
        let shown = |value, kind| text(&value, kind);
        assert_eq!(shown(json!(-336_776), ColumnType::Integer), "−336,776");
        assert_eq!(
            shown(json!("9007199254740993"), ColumnType::Integer),
            "9,007,199,254,740,993"
        );
        assert_eq!(shown(json!(20.2019), ColumnType::Number), "20.2");
        assert_eq!(shown(json!("-Infinity"), ColumnType::Number), "−∞");
        assert_eq!(
            shown(json!("2013-01-01T05:00:00.000Z"), ColumnType::Timestamp),
            "2013-01-01 05:00:00"
        );
        assert_eq!(shown(json!("1999"), ColumnType::Text), "1999");
    }

    #[test]
    fn nulls_come_last_whichever_way_one_sorts() {
        let sorted = |descending| {
            let mut values = vec![json!(null), json!(10), json!(9), json!("9007199254740993")];
            values.sort_by(|a, b| compare(a, b, descending));
            values
        };
        assert_eq!(
            sorted(false),
            [json!(9), json!(10), json!("9007199254740993"), json!(null)]
        );
        assert_eq!(
            sorted(true),
            [json!("9007199254740993"), json!(10), json!(9), json!(null)]
        );
    }

    #[test]
    fn a_third_press_brings_back_the_order_that_came() {
        let once = Sort::next(None, 2);
        let twice = Sort::next(once, 2);
        assert_eq!(
            twice,
            Some(Sort {
                at: 2,
                descending: true
            })
        );
        assert_eq!(Sort::next(twice, 2), None);
        assert_eq!(
            Sort::next(twice, 1),
            Some(Sort {
                at: 1,
                descending: false
            })
        );
    }
}
