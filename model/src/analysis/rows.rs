//! `rows`: filter, choose, sort, limit.

use serde::{Deserialize, Serialize};

use super::{Filter, Kind, OrderBy, check_limit, distinct};
use crate::{
    form::{ColumnFilter, Control, Field, FormData, KindInfo},
    limits,
    problem::FieldError,
    schema::Schema,
    words,
};

/// The rows themselves, in the order of the data unless `order_by` says otherwise.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rows {
    /// Only these columns, in this order; all when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Only these rows.
    #[serde(skip_serializing_if = "Filter::is_empty")]
    pub filter: Filter,
    /// Sort keys, the first first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub order_by: Vec<OrderBy>,
    /// At most so many rows; 100 when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Skip so many rows first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
}

impl Rows {
    /// The limit that holds.
    pub fn limit(&self) -> u64 {
        self.limit.unwrap_or(limits::DEFAULT_ROWS)
    }
}

impl Kind for Rows {
    const INFO: KindInfo = KindInfo {
        name: "rows",
        title: "Rows",
        sentence: "Filter, choose and sort",
        icon: "M4 5h22M4 11h22M4 17h22",
    };

    fn validate(&self, schema: &Schema, errors: &mut Vec<FieldError>) {
        for (i, name) in self.columns.iter().enumerate() {
            let field = format!("columns[{i}]");
            match schema.find(&field, name) {
                Err(error) => errors.push(error),
                Ok(_) if self.columns[..i].contains(name) => {
                    errors.push(FieldError::new(field, format!("“{name}” is chosen twice.")));
                }
                Ok(_) => {}
            }
        }
        self.filter.validate("filter", schema, errors);
        OrderBy::validate(&self.order_by, schema, errors);
        check_limit(self.limit, errors);
    }

    fn fields() -> Vec<Field> {
        vec![
            Field {
                name: "columns",
                label: "Columns",
                hint: "All when left empty.",
                control: Control::Columns(ColumnFilter::Any),
            },
            Field {
                name: "filter",
                label: "Only rows where",
                hint: "",
                control: Control::Filter,
            },
            Field {
                name: "order_by",
                label: "Order",
                hint: "",
                control: Control::Order,
            },
            Field {
                name: "limit",
                label: "At most",
                hint: "",
                control: Control::Number {
                    least: 1,
                    most: limits::RESULT_ROWS,
                    default: limits::DEFAULT_ROWS,
                    unit: "rows",
                },
            },
        ]
    }

    fn from_form(form: &FormData, schema: &Schema, errors: &mut Vec<FieldError>) -> Self {
        Self {
            columns: form.filled("columns"),
            filter: Filter::from_form("filter", "filter", form, schema, errors),
            order_by: OrderBy::from_form(form),
            limit: form.number("limit", errors),
            offset: form.number("offset", errors),
        }
    }

    fn to_form(&self, form: &mut FormData) {
        for column in &self.columns {
            form.push("columns", column);
        }
        self.filter.to_form("filter", form);
        OrderBy::to_form(&self.order_by, form);
        if let Some(limit) = self.limit {
            form.push("limit", limit.to_string());
        }
        if let Some(offset) = self.offset {
            form.push("offset", offset.to_string());
        }
    }

    fn title(&self) -> String {
        let what = if self.columns.is_empty() {
            "Rows".to_owned()
        } else {
            format!("Rows of {}", words::and(&self.columns))
        };
        if self.filter.is_empty() {
            what
        } else {
            format!("{what} where {}", self.filter.in_words())
        }
    }

    fn in_words(&self) -> String {
        let columns = if self.columns.is_empty() {
            "all columns".to_owned()
        } else {
            words::and(&self.columns)
        };
        let filter = if self.filter.is_empty() {
            String::new()
        } else {
            format!(" where {}", self.filter.in_words())
        };
        format!(
            "Take {columns} of the rows{filter}{}; {} at most.",
            OrderBy::in_words(&self.order_by),
            words::count(self.limit())
        )
    }

    fn columns(&self) -> Option<Vec<String>> {
        if self.columns.is_empty() {
            return None;
        }
        let mut columns = self.columns.clone();
        columns.extend(
            self.filter
                .conditions()
                .map(|condition| condition.column.clone()),
        );
        columns.extend(self.order_by.iter().map(|key| key.column.clone()));
        Some(distinct(columns))
    }

    fn example() -> Self {
        Self {
            columns: ["carrier", "flight", "origin", "dest", "dep_delay"]
                .map(str::to_owned)
                .to_vec(),
            order_by: vec![OrderBy {
                column: "dep_delay".to_owned(),
                descending: true,
            }],
            limit: Some(20),
            ..Self::default()
        }
    }
}
