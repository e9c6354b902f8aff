//! The form as data: what stands in which field, and what changing it makes of it.
//!
//! A form is nothing but the pairs of its address, so each change is a function from
//! pairs to pairs. A link that works without JavaScript is then the address of the
//! changed form, and a press in the browser puts the changed form in place: one truth.

use assay_model::{
    Analysis, FieldError,
    form::{Control, Field, FormData},
};

/// The parallel parameters of a field that has rows.
pub type Names = &'static [&'static str];

/// Of measures.
pub const MEASURES: Names = &["measure_fn", "measure_column", "measure_q", "measure_as"];
/// Of conditions on rows.
pub const FILTER: Names = &["filter_column", "filter_op", "filter_value", "filter_any"];
/// Of conditions on groups.
pub const HAVING: Names = &["having_column", "having_op", "having_value", "having_any"];
/// Of sort keys.
pub const ORDER: Names = &["order_column", "order_direction"];

/// The text at one place, as it was typed.
pub fn cell<'a>(form: &'a FormData, name: &str, row: usize) -> &'a str {
    let mut values = form.pairs.iter().filter(|(key, _)| key == name);
    values.nth(row).map_or("", |(_, value)| value)
}

/// How many values a parameter has.
pub fn count(form: &FormData, name: &str) -> usize {
    form.pairs.iter().filter(|(key, _)| key == name).count()
}

/// The form with another text at one place of a field with rows.
pub fn with_cell(form: &FormData, names: Names, row: usize, part: usize, value: &str) -> FormData {
    let mut rows = rows(form, names);
    while rows.len() <= row {
        rows.push(vec![String::new(); names.len()]);
    }
    value.clone_into(&mut rows[row][part]);
    with_rows(form, names, &rows)
}

/// The form without one row.
pub fn without_row(form: &FormData, names: Names, row: usize) -> FormData {
    let mut rows = rows(form, names);
    if row < rows.len() {
        rows.remove(row);
    }
    with_rows(form, names, &rows)
}

/// The form with another list of values.
pub fn with_values(form: &FormData, name: &str, values: &[String]) -> FormData {
    let mut pairs: Vec<_> = form
        .pairs
        .iter()
        .filter(|(key, _)| key != name)
        .cloned()
        .collect();
    pairs.extend(values.iter().map(|value| (name.to_owned(), value.clone())));
    FormData::new(pairs)
}

/// The form with one value, or none when it is blank.
pub fn with_one(form: &FormData, name: &str, value: &str) -> FormData {
    let values = if value.trim().is_empty() {
        Vec::new()
    } else {
        vec![value.to_owned()]
    };
    with_values(form, name, &values)
}

/// Whether a row says nothing: its first part is blank.
pub fn is_blank(row: &[String]) -> bool {
    row.first().is_none_or(|first| first.trim().is_empty())
}

/// The form as an address holds it: data set and kind, then the fields of the kind in
/// their order, without what is blank.
pub fn tidy(form: &FormData, fields: &[Field]) -> FormData {
    let mut tidy = FormData::default();
    let mut keep = |name: &str| {
        if let Some(value) = form.one(name) {
            tidy.push(name, value);
        }
    };
    keep("dataset");
    keep("kind");
    for field in fields {
        let rows = match field.control {
            Control::Measures => Some(MEASURES),
            Control::Filter => Some(FILTER),
            Control::Having => Some(HAVING),
            Control::Order => Some(ORDER),
            Control::Columns(_) | Control::Number { .. } => None,
        };
        match rows {
            None => tidy.pairs.extend(
                form.filled(field.name)
                    .into_iter()
                    .map(|value| (field.name.to_owned(), value)),
            ),
            Some(names) => {
                for row in self::rows(form, names).iter().filter(|row| !is_blank(row)) {
                    tidy.pairs.extend(
                        names
                            .iter()
                            .zip(row)
                            .map(|(name, value)| ((*name).to_owned(), value.clone())),
                    );
                }
            }
        }
    }
    if let Some(label) = form.one("label") {
        tidy.push("label", label);
    }
    tidy
}

/// What a kind starts from: an aggregate counts, unless the address says otherwise.
pub fn started(mut form: FormData, kind: &str) -> FormData {
    let is_untouched = form
        .pairs
        .iter()
        .all(|(name, _)| name == "dataset" || name == "kind");
    if kind == "aggregate" && is_untouched {
        form = with_cell(&form, MEASURES, 0, 0, "count");
    }
    form
}

/// The form with what an error suggests put in place; `None` when it suggests nothing
/// or names no place of the form.
pub fn with_suggestion(form: &FormData, error: &FieldError) -> Option<FormData> {
    let suggestion = error.suggestion.as_deref()?;
    let (base, place, part) = split_path(&error.field);
    let in_row = |names: Names, prefix: &str, row: usize| {
        let part = names
            .iter()
            .position(|name| *name == format!("{prefix}_{part}"))?;
        Some(with_cell(form, names, row, part, suggestion))
    };
    match (base, place.as_slice()) {
        ("columns" | "group_by", [at]) => {
            let mut values = form.filled(base);
            suggestion.clone_into(values.get_mut(*at)?);
            Some(with_values(form, base, &values))
        }
        ("limit", []) => Some(with_one(form, "limit", suggestion)),
        ("measures", []) => Some(with_cell(
            form,
            MEASURES,
            count(form, MEASURES[0]),
            0,
            suggestion,
        )),
        ("measures", [at]) => in_row(MEASURES, "measure", *filled_rows(form, MEASURES).get(*at)?),
        ("order_by", [at]) => in_row(ORDER, "order", *filled_rows(form, ORDER).get(*at)?),
        ("filter", place) => in_row(FILTER, "filter", clause_row(form, FILTER, place)?),
        ("having", place) => in_row(HAVING, "having", clause_row(form, HAVING, place)?),
        _ => None,
    }
}

/// The field that an error belongs to: `measures` of `measures[1].column`.
pub fn field_of(error: &FieldError) -> &str {
    split_path(&error.field).0
}

/// Reads and checks the form as the server does.
pub fn check(
    kind: &str,
    form: &FormData,
    schema: &assay_model::Schema,
) -> Result<Analysis, Vec<FieldError>> {
    let (analysis, mut errors) =
        Analysis::from_form(kind, form, schema).map_err(|error| vec![error])?;
    if let Err(more) = analysis.validate(schema) {
        // What cannot be read is said once, not once more as missing.
        errors.extend(
            more.into_iter()
                .filter(|more| !errors.iter().any(|error| error.field == more.field))
                .collect::<Vec<_>>(),
        );
    }
    if errors.is_empty() {
        Ok(analysis)
    } else {
        Err(errors)
    }
}

fn rows(form: &FormData, names: Names) -> Vec<Vec<String>> {
    let longest = names
        .iter()
        .map(|name| count(form, name))
        .max()
        .unwrap_or(0);
    (0..longest)
        .map(|row| {
            names
                .iter()
                .map(|name| cell(form, name, row).to_owned())
                .collect()
        })
        .collect()
}

fn with_rows(form: &FormData, names: Names, rows: &[Vec<String>]) -> FormData {
    let mut pairs: Vec<_> = form
        .pairs
        .iter()
        .filter(|(key, _)| !names.contains(&key.as_str()))
        .cloned()
        .collect();
    for row in rows {
        pairs.extend(
            names
                .iter()
                .zip(row)
                .map(|(name, value)| ((*name).to_owned(), value.clone())),
        );
    }
    FormData::new(pairs)
}

/// The rows that say something: the n-th of these is the n-th of the analysis.
fn filled_rows(form: &FormData, names: Names) -> Vec<usize> {
    let rows = rows(form, names);
    (0..rows.len())
        .filter(|row| !is_blank(&rows[*row]))
        .collect()
}

/// The row behind clause `[i]`, or behind condition `[i].any[j]`: rows that share a mark
/// are one clause.
fn clause_row(form: &FormData, names: Names, place: &[usize]) -> Option<usize> {
    let mut clauses: Vec<(String, Vec<usize>)> = Vec::new();
    for row in filled_rows(form, names) {
        let mark = cell(form, names[3], row).trim().to_owned();
        match clauses
            .iter_mut()
            .find(|(have, _)| !mark.is_empty() && *have == mark)
        {
            Some((_, rows)) => rows.push(row),
            None => clauses.push((mark, vec![row])),
        }
    }
    let (_, rows) = clauses.get(*place.first()?)?;
    rows.get(place.get(1).copied().unwrap_or(0)).copied()
}

/// `filter[2].any[0].value` is `filter`, `[2, 0]` and `value`.
fn split_path(path: &str) -> (&str, Vec<usize>, &str) {
    let base = path.split(['[', '.']).next().unwrap_or(path);
    let place = path
        .split('[')
        .skip(1)
        .filter_map(|rest| rest.split(']').next()?.parse().ok())
        .collect();
    let part = path
        .rsplit('.')
        .next()
        .filter(|part| !part.contains('['))
        .unwrap_or("");
    (base, place, part)
}

#[cfg(test)]
mod tests {
    use assay_model::{Column, ColumnType, Schema};

    use super::*;
    use crate::urls::parse_query;

    fn schema() -> Schema {
        Schema::new(vec![
            Column::new("carrier", ColumnType::Text),
            Column::new("distance", ColumnType::Integer),
        ])
    }

    /// The form after all that its errors suggest has been pressed.
    fn mended(kind: &str, query: &str) -> String {
        let mut form = parse_query(query);
        for _ in 0..9 {
            let Err(errors) = check(kind, &form, &schema()) else {
                break;
            };
            match errors
                .iter()
                .find_map(|error| with_suggestion(&form, error))
            {
                Some(better) => form = better,
                None => break,
            }
        }
        crate::urls::with_query("", &tidy(&form, &Analysis::fields(kind).unwrap()))
    }

    #[test]
    fn pressing_what_is_suggested_mends_the_form() {
        assert_eq!(
            mended("aggregate", "group_by=carier&measure_fn=&measure_fn=count"),
            "?group_by=carrier&measure_fn=count&measure_column=&measure_q=&measure_as="
        );
        assert_eq!(
            mended("aggregate", "group_by=carrier"),
            "?group_by=carrier&measure_fn=count&measure_column=&measure_q=&measure_as="
        );
        assert_eq!(
            mended(
                "rows",
                "filter_column=&filter_column=distnace&filter_op=&filter_op=ge&filter_value=&filter_value=500&limit=9000000"
            ),
            "?filter_column=distance&filter_op=ge&filter_value=500&filter_any=&limit=1000000"
        );
    }

    #[test]
    fn a_suggestion_finds_its_condition_within_an_either_or() {
        let form = "filter_column=carrier&filter_op=eq&filter_value=UA&filter_any=&filter_column=carrier&filter_op=eq&filter_value=B6&filter_any=1&filter_column=distnace&filter_op=ge&filter_value=5&filter_any=1";
        assert_eq!(
            mended("rows", form),
            format!("?{}", form.replace("distnace", "distance"))
        );
    }

    #[test]
    fn a_row_goes_whole() {
        let form = parse_query(
            "order_column=a&order_direction=desc&order_column=b&order_direction=asc&x=1",
        );
        let form = without_row(&form, ORDER, 0);
        assert_eq!(
            crate::urls::with_query("", &form),
            "?x=1&order_column=b&order_direction=asc"
        );
    }

    #[test]
    fn typing_into_the_blank_row_makes_a_whole_row() {
        let form = with_cell(&FormData::default(), FILTER, 1, 0, "distance");
        assert_eq!(count(&form, "filter_any"), 2);
        assert_eq!(cell(&form, "filter_column", 1), "distance");
    }

    #[test]
    fn an_untouched_aggregate_counts() {
        let start = |query| {
            started(parse_query(query), "aggregate")
                .one("measure_fn")
                .map(str::to_owned)
        };
        assert_eq!(start("dataset=flights").as_deref(), Some("count"));
        assert_eq!(start("dataset=flights&group_by=carrier"), None);
    }
}
