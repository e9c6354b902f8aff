//! A JSON object as a record: a member is a value, members of members have dotted names,
//! lists stay JSON text. Text that is no object stands whole under the name `value`, so
//! that nothing is lost.

use assay_model::Written;
use serde_json::{Map, Value};

use super::fetch::Names;

/// The values of a record.
pub(super) fn values(text: Written, names: &mut Names) -> Vec<(usize, Written)> {
    let object = match &text {
        Written::Plain(text) => serde_json::from_str::<Map<String, Value>>(text).ok(),
        _ => None,
    };
    let mut values = Vec::new();
    match object {
        Some(object) => flatten(object, "", &mut |name, value| {
            if let Some(value) = scalar(value) {
                values.push((names.place(name), value));
            }
        }),
        None => values.push((names.place(WHOLE), text)),
    }
    values
}

/// What a text that is no object is called.
const WHOLE: &str = "value";

/// Calls `each` with every member that is no object, under its full name.
fn flatten(object: Map<String, Value>, path: &str, each: &mut impl FnMut(&str, Value)) {
    for (name, value) in object {
        let name = if path.is_empty() {
            name
        } else {
            format!("{path}.{name}")
        };
        match value {
            Value::Object(inner) => flatten(inner, &name, each),
            other => each(&name, other),
        }
    }
}

/// `None` for a null, which is as good as missing.
fn scalar(value: Value) -> Option<Written> {
    Some(match value {
        Value::Null => return None,
        Value::String(text) => Written::Quoted(text),
        Value::Bool(_) | Value::Number(_) => Written::Plain(value.to_string()),
        list => Written::Quoted(list.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, Written)]) {
        let mut names = Names::default();
        let found = values(Written::Plain(text.to_owned()), &mut names);
        let found: Vec<(&str, Written)> = found
            .into_iter()
            .map(|(at, value)| (names.list[at].as_str(), value))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn members_of_members_have_dotted_names_and_text_stays_text() {
        let plain = |text: &str| Written::Plain(text.to_owned());
        let quoted = |text: &str| Written::Quoted(text.to_owned());
        check(
            r#"{"head": "lion", "size": {"arms": 8, "of": {"x": 0.5}}, "code": "007", "tags": ["a", 1], "none": null, "big": 18446744073709551615}"#,
            &[
                ("head", quoted("lion")),
                ("size.arms", plain("8")),
                ("size.of.x", plain("0.5")),
                ("code", quoted("007")),
                ("tags", quoted(r#"["a",1]"#)),
                ("big", plain("18446744073709551615")),
            ],
        );
    }

    #[test]
    fn what_is_no_object_is_kept_whole() {
        for text in ["[1, 2]", "17", "{\"cut\": ", ""] {
            check(text, &[("value", Written::Plain(text.to_owned()))]);
        }
    }
}
