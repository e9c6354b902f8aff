//! Tables of values: results of jobs, rows of data sets.

use crate::sig::Sig;
use std::cmp::Ordering;

use assay_model::{ColumnType, ResultColumn, words};
use serde_json::Value;

use crate::{
    chart::spark,
    figures,
    node::{El, IntoNode, Node, div, el, span},
};

/// A table that sorts what it holds by any of its columns. `name` says what it is to
/// those who do not see it.
pub fn table(name: String, columns: Vec<ResultColumn>, rows: Vec<Vec<Value>>) -> Node {
    let sort = Sig::new(None::<Sort>);
    let ways = ways(&columns, &rows);
    let heads = columns
        .into_iter()
        .enumerate()
        .map(|(at, column)| head(at, column, sort));
    let heads = el("thead").add(el("tr").add(heads.collect::<Vec<_>>()));
    let body = move || {
        let sort = sort.get();
        let order = figures::order(rows.len(), &mut |a, b| match sort {
            Some(Sort { at, descending }) => {
                compare(cell_at(&rows, a, at), cell_at(&rows, b, at), descending)
            }
            None => Ordering::Equal,
        });
        let lines = order.into_iter().map(|i| line(&rows, i, &ways));
        lines.collect::<Vec<_>>()
    };
    scroll(name, el("table").add(heads).add(el("tbody").add(body)))
}

/// Rows as lines of a table whose head stands elsewhere.
pub fn lines(columns: &[ResultColumn], rows: &[Vec<Value>]) -> Vec<El> {
    let ways = ways(columns, rows);
    (0..rows.len()).map(|i| line(rows, i, &ways)).collect()
}

/// A table in the order in which it came, under heads of its own.
pub fn headed(
    name: String,
    heads: Vec<Node>,
    columns: &[ResultColumn],
    rows: &[Vec<Value>],
) -> Node {
    let table = el("table")
        .add(el("thead").add(el("tr").add(heads)))
        .add(el("tbody").add(lines(columns, rows)));
    scroll(name, table)
}

fn ways(columns: &[ResultColumn], rows: &[Vec<Value>]) -> Vec<Way> {
    let columns = columns.iter().enumerate();
    columns
        .map(|(at, column)| Way::of(column, rows, at))
        .collect()
}

fn line(rows: &[Vec<Value>], i: usize, ways: &[Way]) -> El {
    let cells = ways
        .iter()
        .enumerate()
        .map(|(at, way)| cell(cell_at(rows, i, at), *way));
    el("tr").add(cells.collect::<Vec<_>>())
}

/// Something wide, which scrolls in its place, also by the keyboard.
pub fn scroll(name: String, wide: El) -> Node {
    div("table-scroll")
        .attr("tabindex", "0")
        .attr("role", "region")
        .attr("aria-label", name)
        .add(wide)
        .into_node()
}

/// How the values of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Way {
    kind: ColumnType,
    decimals: Option<usize>,
    /// Years and numbers that are names are not quantities: their thousands stay
    /// together.
    is_name: bool,
}

impl Way {
    fn of(column: &ResultColumn, rows: &[Vec<Value>], at: usize) -> Self {
        let reals = rows.iter().filter_map(|row| row.get(at)?.as_f64());
        let decimals = if column.kind == ColumnType::Number {
            figures::decimals(reals)
        } else {
            None
        };
        Self {
            kind: column.kind,
            decimals,
            is_name: is_name(&column.name),
        }
    }
}

/// Whether the numbers of a column of this name are rather names than quantities.
pub fn is_name(column: &str) -> bool {
    let name = column.to_ascii_lowercase();
    let last = name.rsplit(['_', '-', ' ', '.']).next();
    matches!(last, Some("year" | "id"))
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

fn head(at: usize, column: ResultColumn, sort: Sig<Option<Sort>>) -> Node {
    let here = move || sort.get().filter(|sort| sort.at == at);
    let direction = move || here().map(|sort| direction(sort.descending));
    let mark = move || here().map_or("", |sort| mark(sort.descending));
    let press = move |_| sort.update(|sort| *sort = Sort::next(*sort, at));
    let button = el("button")
        .attr("type", "button")
        .class("bare")
        .on("click", press)
        .add(column.name)
        .add(el("span").attr("aria-hidden", "true").add(mark));
    el("th")
        .attr("scope", "col")
        .class(side(column.kind))
        .attr("aria-sort", direction)
        .add(button)
        .into_node()
}

/// What `aria-sort` says.
pub fn direction(descending: bool) -> &'static str {
    if descending {
        "descending"
    } else {
        "ascending"
    }
}

/// The mark beside the name.
pub fn mark(descending: bool) -> &'static str {
    if descending { " ↓" } else { " ↑" }
}

/// On which side the values of a type stand.
pub fn side(kind: ColumnType) -> Option<&'static str> {
    kind.is_numeric().then_some("right")
}

fn cell_at(rows: &[Vec<Value>], row: usize, at: usize) -> &Value {
    rows.get(row)
        .and_then(|row| row.get(at))
        .unwrap_or(&Value::Null)
}

fn cell(value: &Value, way: Way) -> Node {
    let cell = el("td").class(side(way.kind));
    let cell = match value {
        Value::Null => cell.add(el("i").class("null").add("null")),
        Value::String(text) if text.is_empty() => cell.add(span("null").add("“”")),
        Value::String(text) if text.starts_with("{\"") => match spark::bars(text) {
            Some(bars) => cell.add(bars),
            None => cell.add(words::shorten(text, 200)),
        },
        value => cell.add(text(value, way)),
    };
    cell.into_node()
}

/// A value as people read it.
fn text(value: &Value, way: Way) -> String {
    let Way {
        kind,
        decimals,
        is_name,
    } = way;
    match value {
        Value::Number(number) if is_name && kind == ColumnType::Integer => number.to_string(),
        Value::Null => "null".to_owned(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) if kind != ColumnType::Number => whole_number(whole),
            (_, Some(real)) => figures::figure(real, decimals),
            _ => number.to_string(),
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
        let shown = |value, kind| {
            text(
                &value,
                Way {
                    kind,
                    decimals: None,
                    is_name: false,
                },
            )
        };
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
    fn years_and_ids_keep_their_digits_together() {
        let column = |name: &str| ResultColumn {
            name: name.to_owned(),
            kind: ColumnType::Integer,
        };
        let shown = |name| text(&json!(2_013), Way::of(&column(name), &[], 0));
        assert_eq!(shown("year"), "2013");
        assert_eq!(shown("order_id"), "2013");
        assert_eq!(shown("yearly"), "2,013");
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
