//! Sort order, shared by the kinds.

use serde::{Deserialize, Serialize};

use crate::{
    form::FormData,
    problem::FieldError,
    schema::{Schema, unknown_column},
};

/// One key of a sort order. Nulls come last either way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderBy {
    /// The column.
    pub column: String,
    /// Largest first.
    #[serde(default)]
    pub descending: bool,
}

impl OrderBy {
    /// Adds an error for each key that `known` does not have.
    pub(super) fn validate(keys: &[Self], known: &Schema, errors: &mut Vec<FieldError>) {
        for (i, key) in keys.iter().enumerate() {
            let field = format!("order_by[{i}].column");
            match known.get(&key.column) {
                None => {
                    let names = known.columns.iter().map(|column| column.name.as_str());
                    errors.push(unknown_column(&field, &key.column, names));
                }
                Some(column) if !column.kind.is_ordered() => errors.push(FieldError::new(
                    field,
                    format!(
                        "“{}” is {} column, which has no order.",
                        key.column,
                        column.kind.with_article()
                    ),
                )),
                Some(_) => {}
            }
        }
    }

    pub(super) fn from_form(form: &FormData) -> Vec<Self> {
        form.rows(["order_column", "order_direction"])
            .into_iter()
            .filter(|[column, _]| !column.is_empty())
            .map(|[column, direction]| Self {
                column,
                descending: direction == "desc",
            })
            .collect()
    }

    pub(super) fn to_form(keys: &[Self], form: &mut FormData) {
        for key in keys {
            form.push("order_column", &key.column);
            form.push(
                "order_direction",
                if key.descending { "desc" } else { "asc" },
            );
        }
    }

    /// `, by a, b falling`, or nothing.
    pub(super) fn in_words(keys: &[Self]) -> String {
        if keys.is_empty() {
            return String::new();
        }
        let keys: Vec<_> = keys
            .iter()
            .map(|key| {
                format!(
                    "{}{}",
                    key.column,
                    if key.descending {
                        ", falling"
                    } else {
                        ", rising"
                    }
                )
            })
            .collect();
        format!("; ordered by {}", keys.join(", then "))
    }
}
