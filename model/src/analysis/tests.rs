//! What holds for every kind, and the errors that people meet.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::schema::{Column, ColumnType};

fn flights() -> Schema {
    use ColumnType::{Integer, Number, Text, Timestamp};
    Schema::new(vec![
        Column::new("carrier", Text),
        Column::new("flight", Integer),
        Column::new("origin", Text),
        Column::new("dest", Text),
        Column::new("dep_delay", Number),
        Column::new("distance", Integer),
        Column::new("time_hour", Timestamp),
    ])
}

/// The errors of an analysis, each as `field: message`.
fn check(json: Value) -> Vec<String> {
    let errors = match Analysis::parse(json) {
        Ok(analysis) => analysis.validate(&flights()).err().unwrap_or_default(),
        Err(errors) => errors,
    };
    errors
        .into_iter()
        .map(|error| format!("{}: {}", error.field, error.message))
        .collect()
}

#[test]
fn every_example_is_valid_and_survives_json_and_form() {
    for example in Analysis::examples() {
        assert_eq!(example.validate(&flights()), Ok(()));
        let json = serde_json::to_value(&example).unwrap();
        assert_eq!(Analysis::parse(json), Ok(example.clone()));
        let (read, errors) =
            Analysis::from_form(example.kind(), &example.to_form(), &flights()).unwrap();
        assert_eq!((read, errors), (example, vec![]));
    }
}

#[test]
fn every_kind_has_a_form() {
    for info in Analysis::KINDS {
        assert!(
            Analysis::fields(info.name).is_some_and(|fields| !fields.is_empty()),
            "{}",
            info.name
        );
    }
}

#[test]
fn mistakes_are_placed_and_said_in_plain_words() {
    assert_eq!(
        check(json!({"kind": "aggregate", "group_by": [], "measures": []})),
        [
            "group_by: Choose at least one column to group by.",
            "measures: Choose at least one measure, such as count."
        ]
    );
    assert_eq!(
        check(
            json!({"kind": "aggregate", "group_by": ["carier"], "measures": [{"fn": "mean", "column": "origin"}]})
        ),
        [
            "group_by[0]: There is no column “carier”. Did you mean “carrier”?",
            "measures[0].fn: “mean” does not work on “origin”, which is a text column.",
        ]
    );
    assert_eq!(
        check(json!({"kind": "rows", "limit": 1_000_001})),
        ["limit: The limit is at most 1,000,000; 1,000,001 is over it."]
    );
    assert_eq!(
        check(
            json!({"kind": "rows", "filter": [{"column": "distance", "op": "gt", "value": "far"}]})
        ),
        ["filter[0].value: “far” is not a number; “distance” is an integer column."]
    );
    assert_eq!(
        check(json!({"kind": "pivot"})),
        ["kind: There is no analysis of kind “pivot”. There is aggregate, describe and rows."]
    );
    assert_eq!(check(json!({"kind": "rows", "limit": -1})).len(), 1);
    assert!(
        check(json!({"kind": "aggregate", "group_by": ["carrier"], "measures": [{"fn": "modus"}]}))
            [0]
        .starts_with("measures[0].fn: ")
    );
    assert!(
        check(json!({"kind": "rows", "colums": ["carrier"]}))[0].contains("unknown field `colums`")
    );
}

#[test]
fn a_clause_that_cannot_be_read_is_told_which_part() {
    let filter = |clause: Value| check(json!({"kind": "rows", "filter": [clause]}));
    let any = json!([{"column": "dest", "op": "is_null"}]);
    assert_eq!(
        filter(json!({"any": any, "column": "origin", "op": "eq", "value": "JFK"})),
        [
            "filter[0]: Cannot be read: beside “any” a clause has nothing; write the other condition as a clause of its own."
        ]
    );
    assert!(filter(json!({"any": any})).is_empty());
    let error = &filter(json!({"column": "origin", "op": "is", "value": "JFK"}))[0];
    assert!(
        error.starts_with("filter[0].op: Cannot be read: unknown variant `is`, expected one of"),
        "{error}"
    );
    let error = &filter(json!({"any": [{"column": "origin", "op": "is"}]}))[0];
    assert!(
        error.starts_with("filter[0].any[0].op: Cannot be read: unknown variant `is`"),
        "{error}"
    );
    assert_eq!(
        filter(json!({"op": "is_null"})),
        ["filter[0]: Cannot be read: missing field `column`."]
    );
    assert_eq!(
        filter(json!({"column": "dest"})),
        ["filter[0]: Cannot be read: missing field `op`."]
    );
    let error = &filter(json!({"column": "dest", "op": "is_null", "colour": 1}))[0];
    assert!(error.contains("unknown field `colour`"), "{error}");
    let error = &filter(json!(["dest", "is_null"]))[0];
    assert!(error.starts_with("filter[0]"), "{error}");
}

#[test]
fn a_day_is_written_in_ten_characters() {
    for bad in [
        "2026-1-4",
        "+12345-6-7",
        " 202-01-04",
        "+202-01-04",
        "2026-02-30",
        "2026-01-04 ",
    ] {
        let filter = json!([{"column": "time_hour", "op": "ge", "value": bad}]);
        assert_eq!(
            check(json!({"kind": "rows", "filter": filter})).len(),
            1,
            "{bad}"
        );
    }
    let filter = json!([{"column": "time_hour", "op": "ge", "value": "2026-01-04"}]);
    assert!(check(json!({"kind": "rows", "filter": filter})).is_empty());
}

#[test]
fn having_and_order_speak_of_the_result() {
    let ok = json!({
        "kind": "aggregate", "group_by": ["carrier"], "measures": [{"fn": "count"}],
        "having": [{"column": "count", "op": "gt", "value": 10}], "order_by": [{"column": "count", "descending": true}],
    });
    assert!(check(ok).is_empty());
    let bad = json!({
        "kind": "aggregate", "group_by": ["carrier"], "measures": [{"fn": "count"}],
        "having": [{"column": "distance", "op": "gt", "value": 10}],
    });
    assert_eq!(
        check(bad),
        ["having[0].column: There is no column “distance”."]
    );
}

#[test]
fn two_result_columns_of_one_name_are_refused() {
    let twice = json!({"kind": "aggregate", "group_by": ["carrier"], "measures": [{"fn": "count"}, {"fn": "count"}]});
    assert_eq!(check(twice).len(), 1);
}

fn scalars() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[ -~äß\"]{1,12}".prop_map(|text| json!(text.trim())),
        Just(json!("a,b")),
        Just(json!("x\"y"))
    ]
    .prop_filter("blank text cannot be told from no value", |value| {
        value != &json!("")
    })
}

fn conditions() -> impl Strategy<Value = Condition> {
    let text = || Just("carrier".to_owned());
    prop_oneof![
        (text(), scalars()).prop_map(|(column, value)| Condition {
            column,
            op: Op::Ne,
            value: Some(value)
        }),
        (text(), prop::collection::vec(scalars(), 1..4)).prop_map(|(column, values)| Condition {
            column,
            op: Op::In,
            value: Some(Value::Array(values))
        }),
        any::<i32>().prop_map(|n| Condition {
            column: "distance".to_owned(),
            op: Op::Ge,
            value: Some(json!(n))
        }),
        Just(Condition {
            column: "dest".to_owned(),
            op: Op::IsNull,
            value: None
        }),
    ]
}

proptest! {
    #[test]
    fn a_filter_survives_its_form(
        clauses in prop::collection::vec(
            prop_oneof![
                conditions().prop_map(Clause::One),
                prop::collection::vec(conditions(), 1..4).prop_map(|any| Clause::Any { any }),
            ],
            0..5,
        )
    ) {
        let analysis = Analysis::Rows(Rows { filter: Filter { clauses }, ..Rows::default() });
        prop_assert_eq!(analysis.validate(&flights()), Ok(()));
        let (read, errors) = Analysis::from_form("rows", &analysis.to_form(), &flights()).unwrap();
        prop_assert_eq!(read, analysis);
        prop_assert!(errors.is_empty());
    }
}
