//! `aggregate`: group by columns, measure each group.

use serde::{Deserialize, Serialize};

use super::{Filter, Kind, Measure, MeasureFn, OrderBy, check_limit, distinct};
use crate::{
    form::{ColumnFilter, Control, Field, FormData, KindInfo},
    limits,
    problem::FieldError,
    schema::{Column, Schema},
    words,
};

/// Groups and their measures. A null in a group column is a group of its own. Without
/// group columns there is one group: all rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aggregate {
    /// The columns that make a group.
    pub group_by: Vec<String>,
    /// The figures of a group.
    pub measures: Vec<Measure>,
    /// Only these rows.
    #[serde(default, skip_serializing_if = "Filter::is_empty")]
    pub filter: Filter,
    /// Only these groups; conditions name columns of the result.
    #[serde(default, skip_serializing_if = "Filter::is_empty")]
    pub having: Filter,
    /// Sort keys, columns of the result; the group columns when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order_by: Vec<OrderBy>,
    /// At most so many groups; 1,000 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

impl Aggregate {
    /// The limit that holds.
    pub fn limit(&self) -> u64 {
        self.limit.unwrap_or(limits::DEFAULT_GROUPS)
    }

    /// The columns of the result: group keys, then measures. Columns that `schema`
    /// lacks are left out.
    pub fn output(&self, schema: &Schema) -> Schema {
        let keys = self
            .group_by
            .iter()
            .filter_map(|name| schema.get(name))
            .map(|c| Column::new(&c.name, c.kind));
        let measures = self.measures.iter().map(|measure| {
            let of = measure
                .column
                .as_deref()
                .and_then(|name| schema.get(name))
                .map(|column| column.kind);
            Column::new(measure.output_name(), measure.output_type(of))
        });
        Schema::new(keys.chain(measures).collect())
    }
}

impl Kind for Aggregate {
    const INFO: KindInfo = KindInfo {
        name: "aggregate",
        title: "Aggregate",
        sentence: "Group and measure",
        icon: "M4 20V12M11 20V4M18 20V9M25 20V14",
    };

    fn validate(&self, schema: &Schema, errors: &mut Vec<FieldError>) {
        if self.group_by.is_empty() {
            errors.push(FieldError::new(
                "group_by",
                "Choose at least one column to group by.",
            ));
        }
        if self.group_by.len() > limits::GROUP_COLUMNS {
            errors.push(FieldError::new(
                "group_by",
                format!("At most {} columns.", limits::GROUP_COLUMNS),
            ));
        }
        for (i, name) in self.group_by.iter().enumerate() {
            let field = format!("group_by[{i}]");
            match schema.find(&field, name) {
                Err(error) => errors.push(error),
                Ok(column) if !column.kind.is_groupable() => errors.push(FieldError::new(
                    field,
                    format!(
                        "“{name}” is {} column, which cannot be grouped by.",
                        column.kind.with_article()
                    ),
                )),
                Ok(_) if self.group_by[..i].contains(name) => {
                    errors.push(FieldError::new(field, format!("“{name}” is chosen twice.")));
                }
                Ok(_) => {}
            }
        }
        if self.measures.is_empty() {
            errors.push(FieldError {
                suggestion: Some("count".to_owned()),
                ..FieldError::new("measures", "Choose at least one measure, such as count.")
            });
        }
        Measure::validate(&self.measures, schema, errors);
        self.check_names(errors);
        self.filter.validate("filter", schema, errors);
        let output = self.output(schema);
        self.having.validate("having", &output, errors);
        OrderBy::validate(&self.order_by, &output, errors);
        check_limit(self.limit, errors);
    }

    fn fields() -> Vec<Field> {
        vec![
            Field {
                name: "group_by",
                label: "Group by",
                hint: "A group is every different combination of these.",
                control: Control::Columns(ColumnFilter::Groupable),
            },
            Field {
                name: "measures",
                label: "Measures",
                hint: "The figures of each group.",
                control: Control::Measures,
            },
            Field {
                name: "filter",
                label: "Only rows where",
                hint: "",
                control: Control::Filter,
            },
            Field {
                name: "having",
                label: "Only groups where",
                hint: "",
                control: Control::Having,
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
                    default: limits::DEFAULT_GROUPS,
                    unit: "groups",
                },
            },
        ]
    }

    fn from_form(form: &FormData, schema: &Schema, errors: &mut Vec<FieldError>) -> Self {
        let mut aggregate = Self {
            group_by: form.filled("group_by"),
            measures: Measure::from_form(form, errors),
            filter: Filter::from_form("filter", "filter", form, schema, errors),
            having: Filter::default(),
            order_by: OrderBy::from_form(form),
            limit: form.number("limit", errors),
        };
        let output = aggregate.output(schema);
        aggregate.having = Filter::from_form("having", "having", form, &output, errors);
        aggregate
    }

    fn to_form(&self, form: &mut FormData) {
        for column in &self.group_by {
            form.push("group_by", column);
        }
        Measure::to_form(&self.measures, form);
        self.filter.to_form("filter", form);
        self.having.to_form("having", form);
        OrderBy::to_form(&self.order_by, form);
        if let Some(limit) = self.limit {
            form.push("limit", limit.to_string());
        }
    }

    fn title(&self) -> String {
        let main = self
            .measures
            .iter()
            .find(|measure| measure.column.is_some())
            .or(self.measures.first());
        let measure = main.map_or_else(|| "groups".to_owned(), Measure::in_words);
        let mut title = format!("{measure} by {}", words::and(&self.group_by));
        if let Some(first) = title.get(..1).map(str::to_uppercase) {
            title.replace_range(..1, &first);
        }
        if self.filter.is_empty() {
            title
        } else {
            format!("{title} where {}", self.filter.in_words())
        }
    }

    fn in_words(&self) -> String {
        let measures: Vec<_> = self.measures.iter().map(Measure::in_words).collect();
        let filter = if self.filter.is_empty() {
            String::new()
        } else {
            format!(" of rows where {}", self.filter.in_words())
        };
        let having = if self.having.is_empty() {
            String::new()
        } else {
            format!("; only groups where {}", self.having.in_words())
        };
        format!(
            "Group by {}{filter}; {}{having}{}; {} groups at most.",
            words::and(&self.group_by),
            words::and(&measures),
            OrderBy::in_words(&self.order_by),
            words::count(self.limit())
        )
    }

    fn columns(&self) -> Option<Vec<String>> {
        let mut columns = self.group_by.clone();
        columns.extend(
            self.measures
                .iter()
                .filter_map(|measure| measure.column.clone()),
        );
        columns.extend(
            self.filter
                .conditions()
                .map(|condition| condition.column.clone()),
        );
        Some(distinct(columns))
    }

    fn example() -> Self {
        Self {
            group_by: vec!["carrier".to_owned()],
            measures: vec![Measure::count(), Measure::of(MeasureFn::Mean, "dep_delay")],
            filter: Filter::default(),
            having: Filter::default(),
            order_by: vec![OrderBy {
                column: "mean_dep_delay".to_owned(),
                descending: true,
            }],
            limit: None,
        }
    }
}

impl Aggregate {
    /// Two columns of a result cannot share a name.
    fn check_names(&self, errors: &mut Vec<FieldError>) {
        let mut seen: Vec<String> = self.group_by.clone();
        for (i, measure) in self.measures.iter().enumerate() {
            let name = measure.output_name();
            if seen.contains(&name) {
                errors.push(FieldError::new(
                    format!("measures[{i}].as"),
                    format!("Two columns of the result would be called “{name}”. Give this one another name."),
                ));
            }
            seen.push(name);
        }
    }
}
