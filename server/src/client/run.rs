//! `assay run`: describe an analysis, wait for it, print its result.

use anyhow::{Context, bail};
use assay_model::{Job, JobRequest, JobState, ResultPage, words};
use futures::StreamExt;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{Client, Refused, out, stream, table};
use crate::cli::{OutputFormat, RunArgs};

/// Submits, waits, prints.
pub async fn run(args: RunArgs) -> anyhow::Result<()> {
    let client = Client::new(&args.client.server)?;
    let request = JobRequest {
        dataset: args.dataset.clone(),
        analysis: analysis(&args)?,
        label: args.label.clone(),
        priority: 0,
        timeout_s: None,
        fresh: false,
    };
    let job: Job = client
        .send(client.request(Method::POST, "/jobs")?.json(&request))
        .await?
        .json()
        .await?;
    let job = if job.state.is_terminal() {
        job
    } else {
        stream::until_over(&client, job.id, |_| {}).await?
    };
    match (job.state, job.error) {
        (JobState::Succeeded, _) => {}
        (_, Some(problem)) => return Err(Refused(problem).into()),
        (state, None) => bail!("The job was {state}"),
    }
    let path = format!("/jobs/{}/result", job.id);
    match args.output {
        OutputFormat::Table => {
            let page: ResultPage = client.get(&format!("{path}?limit=1000")).await?;
            out::line(print(&page))
        }
        OutputFormat::Csv => copy(&client, &format!("{path}?format=csv")).await,
        OutputFormat::Json => copy(&client, &format!("{path}?format=json")).await,
        OutputFormat::Ndjson => copy(&client, &format!("{path}?format=ndjson")).await,
    }
}

async fn copy(client: &Client, path: &str) -> anyhow::Result<()> {
    let mut body = client
        .send(client.request(Method::GET, path)?)
        .await?
        .bytes_stream();
    while let Some(chunk) = body.next().await {
        out::bytes(&chunk?)?;
    }
    Ok(())
}

fn print(page: &ResultPage) -> String {
    let header: Vec<String> = page
        .columns
        .iter()
        .map(|column| column.name.clone())
        .collect();
    let right: Vec<bool> = page
        .columns
        .iter()
        .map(|column| column.kind.is_numeric())
        .collect();
    let rows: Vec<Vec<String>> = page
        .rows
        .iter()
        .map(|row| row.iter().map(table::cell).collect())
        .collect();
    let mut text = String::new();
    if let Some(finding) = &page.finding {
        text = format!("{}\n\n", table::printable(&finding.replace("**", "")));
    }
    text += &table::layout(&header, &rows, &right);
    let more = page.row_count - rows.len() as u64;
    if more > 0 {
        text += "\nand ";
        text += &words::counted(more, "more row", "more rows");
    }
    text
}

/// The analysis that the flags describe, as JSON; the server checks it.
fn analysis(args: &RunArgs) -> anyhow::Result<Value> {
    let mut analysis = Map::new();
    analysis.insert("kind".to_owned(), json!(args.kind));
    let mut put = |name: &str, value: Value, given: bool| {
        if given {
            analysis.insert(name.to_owned(), value);
        }
    };
    let measures = args
        .measure
        .iter()
        .map(|text| measure(text))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let conditions = args
        .conditions
        .iter()
        .map(|text| condition(text))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let keys: Vec<Value> = args.order_by.iter().map(|text| sort_key(text)).collect();
    let aggregates = args.kind == "aggregate";
    put(
        "group_by",
        json!(args.group_by),
        aggregates || !args.group_by.is_empty(),
    );
    put(
        "measures",
        json!(measures),
        aggregates || !measures.is_empty(),
    );
    put("columns", json!(args.columns), !args.columns.is_empty());
    put("filter", json!(conditions), !conditions.is_empty());
    put("order_by", json!(keys), !keys.is_empty());
    put("limit", json!(args.limit), args.limit.is_some());
    Ok(Value::Object(analysis))
}

fn measure(text: &str) -> anyhow::Result<Value> {
    let parts: Vec<&str> = text.split(':').collect();
    Ok(match parts.as_slice() {
        [function] => json!({"fn": function}),
        [function, column] => json!({"fn": function, "column": column}),
        [function, column, q] => {
            let q: f64 = q
                .parse()
                .with_context(|| format!("“{q}” in --measure {text} is not a number"))?;
            json!({"fn": function, "column": column, "q": q})
        }
        _ => bail!("--measure {text} has too many parts; write it as mean:dep_delay"),
    })
}

fn condition(text: &str) -> anyhow::Result<Value> {
    let mut parts = text.splitn(3, ':');
    let column = parts.next().unwrap_or_default();
    let Some(op) = parts.next() else {
        bail!("--where {text} has no comparison; write it as distance:ge:500")
    };
    let scalar = |text: &str| match serde_json::from_str::<Value>(text) {
        Ok(value @ (Value::Number(_) | Value::Bool(_))) => value,
        _ => json!(text),
    };
    Ok(match (op, parts.next()) {
        (_, None) => json!({"column": column, "op": op}),
        ("in" | "between", Some(list)) => {
            json!({"column": column, "op": op, "value": list.split(',').map(scalar).collect::<Vec<_>>()})
        }
        (_, Some(value)) => json!({"column": column, "op": op, "value": scalar(value)}),
    })
}

fn sort_key(text: &str) -> Value {
    match text.rsplit_once(':') {
        Some((column, "desc")) => json!({"column": column, "descending": true}),
        Some((column, "asc")) => json!({"column": column}),
        _ => json!({"column": text}),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    #[test]
    fn flags_say_what_the_json_says() {
        let line = "assay run aggregate --dataset flights --group-by carrier,origin --measure count --measure quantile:dep_delay:0.9 --where distance:ge:500 --where dest:in:ORD,BOS --order-by count:desc --limit 5";
        let Command::Run(args) = Cli::parse_from(line.split(' ')).command else {
            panic!("not run")
        };
        assert_eq!(
            analysis(&args).unwrap(),
            json!({
                "kind": "aggregate", "group_by": ["carrier", "origin"],
                "measures": [{"fn": "count"}, {"fn": "quantile", "column": "dep_delay", "q": 0.9}],
                "filter": [{"column": "distance", "op": "ge", "value": 500}, {"column": "dest", "op": "in", "value": ["ORD", "BOS"]}],
                "order_by": [{"column": "count", "descending": true}], "limit": 5,
            })
        );
    }
}
