//! The same request in other words: for the shell, for Python, for the command line.

use assay_model::{
    Analysis, JobRequest,
    analysis::{Clause, Filter, Measure, OrderBy, Rows},
};
use serde_json::Value;

use crate::{
    json,
    origin::origin,
    urls::{self, api},
};

/// A job as `curl` submits it. The cookie jar keeps all such jobs with one owner.
pub fn curl(request: &JobRequest) -> String {
    format!(
        "curl -sS -b ~/.assay-cookies -c ~/.assay-cookies \\\n  -H 'Content-Type: application/json' \\\n  -d {} \\\n  {}{}",
        quote(&json(request)),
        origin(),
        api::JOBS
    )
}

/// A job as Python submits it and fetches its result.
pub fn python(request: &JobRequest) -> String {
    let body = serde_json::to_value(request).unwrap_or_default();
    format!(
        r#"import time
import pandas as pd
import requests

assay = requests.Session()
jobs = "{origin}{jobs}"
answer = assay.post(jobs, json={body})
answer.raise_for_status()
job = answer.json()
while job["state"] in ("queued", "running"):
    time.sleep(0.2)
    job = assay.get(f"{{jobs}}/{{job['id']}}").json()
result = assay.get(f"{{jobs}}/{{job['id']}}/result?limit=1000").json()
table = pd.DataFrame(result["rows"], columns=[column["name"] for column in result["columns"]])
print(table)
"#,
        origin = origin(),
        jobs = api::JOBS,
        body = literal(&body),
    )
}

/// A job as JSON.
pub fn json(request: &JobRequest) -> String {
    serde_json::to_string(request).unwrap_or_default()
}

/// A job as a command line; `None` when the flags cannot say all of it.
pub fn command(dataset: &str, analysis: &Analysis, label: Option<&str>) -> Option<String> {
    let mut line = vec!["assay run".to_owned(), analysis.kind().to_owned()];
    let mut flag = |name: &str, value: String| line.push(format!("--{name} {}", quote(&value)));
    flag("dataset", dataset.to_owned());
    match analysis {
        Analysis::Aggregate(it) if it.having.is_empty() => {
            flag("group-by", list(&it.group_by)?);
            for measure in &it.measures {
                flag("measure", measure_flag(measure)?);
            }
            filter_flags(&it.filter, &mut flag)?;
            order_flags(&it.order_by, &mut flag);
            limit_flag(it.limit, &mut flag);
        }
        Analysis::Describe(it) => {
            columns_flag(&it.columns, &mut flag)?;
            filter_flags(&it.filter, &mut flag)?;
        }
        Analysis::Rows(it @ Rows { offset: None, .. }) => {
            columns_flag(&it.columns, &mut flag)?;
            filter_flags(&it.filter, &mut flag)?;
            order_flags(&it.order_by, &mut flag);
            limit_flag(it.limit, &mut flag);
        }
        _ => return None,
    }
    if let Some(label) = label {
        flag("label", label.to_owned());
    }
    Some(line.join(" "))
}

/// Rows of a data set as `curl` reads them.
pub fn curl_rows(dataset: &str) -> String {
    format!(
        "curl -sS {}",
        quote(&format!("{}{}", origin(), urls::api::rows(dataset, 100)))
    )
}

/// Rows of a data set as Python reads them.
pub fn python_rows(dataset: &str) -> String {
    format!(
        "import pandas as pd\nimport requests\n\nrows = requests.get({}).json()[\"items\"]\nprint(pd.DataFrame(rows))\n",
        literal(&Value::String(format!(
            "{}{}",
            origin(),
            urls::api::rows(dataset, 1000)
        )))
    )
}

fn measure_flag(measure: &Measure) -> Option<String> {
    let column = measure.column.as_deref();
    if measure.name.is_some() || column.is_some_and(|column| column.contains(':')) {
        return None;
    }
    let parts = [
        Some(measure.function.as_str().to_owned()),
        column.map(str::to_owned),
        measure.q.map(|q| q.to_string()),
    ];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join(":"))
}

fn filter_flags(filter: &Filter, flag: &mut impl FnMut(&str, String)) -> Option<()> {
    for clause in &filter.clauses {
        let Clause::One(condition) = clause else {
            return None;
        };
        if condition.column.contains(':') {
            return None;
        }
        let start = format!("{}:{}", condition.column, condition.op.as_str());
        let value = match &condition.value {
            None => start,
            Some(Value::Array(values)) => {
                let values: Vec<_> = values.iter().map(plain).collect();
                format!("{start}:{}", list(&values)?)
            }
            // Text that reads as a number or a truth would arrive as one.
            Some(Value::String(text))
                if json::parse(text)
                    .is_some_and(|value| value.is_number() || value.is_boolean()) =>
            {
                return None;
            }
            Some(value) => format!("{start}:{}", plain(value)),
        };
        flag("where", value);
    }
    Some(())
}

fn order_flags(keys: &[OrderBy], flag: &mut impl FnMut(&str, String)) {
    for key in keys {
        flag(
            "order-by",
            format!(
                "{}:{}",
                key.column,
                if key.descending { "desc" } else { "asc" }
            ),
        );
    }
}

fn columns_flag(columns: &[String], flag: &mut impl FnMut(&str, String)) -> Option<()> {
    if !columns.is_empty() {
        flag("columns", list(columns)?);
    }
    Some(())
}

fn limit_flag(limit: Option<u64>, flag: &mut impl FnMut(&str, String)) {
    if let Some(limit) = limit {
        flag("limit", limit.to_string());
    }
}

/// Names between commas; `None` when one of them holds a comma itself.
fn list(names: &[String]) -> Option<String> {
    names
        .iter()
        .all(|name| !name.contains(','))
        .then(|| names.join(","))
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// A word for the shell, in single quotes when it needs them.
fn quote(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:,=@%+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// A value as Python writes it.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Array(values) => format!(
            "[{}]",
            values.iter().map(literal).collect::<Vec<_>>().join(", ")
        ),
        Value::Object(members) => {
            let pairs = members
                .iter()
                .map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), literal(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        // JSON's text and numbers are Python's too.
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(analysis: Value, expect: Option<&str>) {
        let analysis = Analysis::parse(analysis).unwrap();
        assert_eq!(command("flights", &analysis, None).as_deref(), expect);
    }

    #[test]
    fn a_form_is_a_command_where_flags_can_say_it() {
        check(
            json!({"kind": "aggregate", "group_by": ["carrier", "origin"],
                "measures": [{"fn": "count"}, {"fn": "quantile", "column": "dep_delay", "q": 0.9}],
                "filter": [{"column": "distance", "op": "ge", "value": 500}, {"column": "dest", "op": "in", "value": ["ORD", "BOS"]}],
                "order_by": [{"column": "count", "descending": true}], "limit": 5}),
            Some(
                "assay run aggregate --dataset flights --group-by carrier,origin --measure count --measure quantile:dep_delay:0.9 --where distance:ge:500 --where dest:in:ORD,BOS --order-by count:desc --limit 5",
            ),
        );
        check(
            json!({"kind": "rows", "columns": ["it's"], "filter": [{"column": "a b", "op": "is_null"}]}),
            Some(r"assay run rows --dataset flights --columns 'it'\''s' --where 'a b:is_null'"),
        );
    }

    #[test]
    fn a_command_that_would_say_something_else_is_not_offered() {
        let measures = json!([{"fn": "count"}]);
        check(
            json!({"kind": "aggregate", "group_by": ["a"], "measures": measures, "having": [{"column": "count", "op": "gt", "value": 1}]}),
            None,
        );
        check(
            json!({"kind": "rows", "filter": [{"column": "zip", "op": "eq", "value": "10001"}]}),
            None,
        );
        check(json!({"kind": "rows", "columns": ["a,b"]}), None);
    }

    #[test]
    fn values_are_written_as_python_writes_them() {
        assert_eq!(
            literal(&json!({"fresh": false, "label": null, "n": [1, 2.5, "it's"]})),
            r#"{"fresh": False, "label": None, "n": [1, 2.5, "it's"]}"#
        );
    }
}
