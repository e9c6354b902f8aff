//! `describe`: each column at a glance.

use serde::{Deserialize, Serialize};

use super::{Filter, Kind, distinct};
use crate::{
    form::{ColumnFilter, Control, Field, FormData, KindInfo},
    problem::FieldError,
    schema::{Column, ColumnType, Schema},
    words,
};

/// For each column: count, missing, distinct, least and greatest value, mean, standard
/// deviation, quartiles, most frequent value, small histogram.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Describe {
    /// Only these columns; all when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Only these rows.
    #[serde(skip_serializing_if = "Filter::is_empty")]
    pub filter: Filter,
}

impl Describe {
    /// The columns of the result, a row for each column described. `min` and `max` are
    /// text because columns of every type share them; figures that a type does not have
    /// are null. `histogram` is a JSON object `{"from", "to", "counts"}` for numbers and
    /// dates, `{"values", "counts"}` of the ten most frequent for the rest.
    pub fn result_columns() -> Vec<Column> {
        use ColumnType::{Integer, Number, Text};
        [
            ("column", Text),
            ("type", Text),
            ("count", Integer),
            ("missing", Integer),
            ("distinct", Integer),
            ("min", Text),
            ("max", Text),
            ("mean", Number),
            ("stddev", Number),
            ("q25", Number),
            ("median", Number),
            ("q75", Number),
            ("top", Text),
            ("top_count", Integer),
            ("histogram", Text),
        ]
        .map(|(name, kind)| Column::new(name, kind))
        .to_vec()
    }
}

impl Kind for Describe {
    const INFO: KindInfo = KindInfo {
        name: "describe",
        title: "Describe",
        sentence: "Every column at a glance",
        icon: "M4 5h22M4 11h16M4 17h20",
    };

    fn validate(&self, schema: &Schema, errors: &mut Vec<FieldError>) {
        for (i, name) in self.columns.iter().enumerate() {
            if let Err(error) = schema.find(&format!("columns[{i}]"), name) {
                errors.push(error);
            }
        }
        self.filter.validate("filter", schema, errors);
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
        ]
    }

    fn from_form(form: &FormData, schema: &Schema, errors: &mut Vec<FieldError>) -> Self {
        Self {
            columns: form.filled("columns"),
            filter: Filter::from_form("filter", "filter", form, schema, errors),
        }
    }

    fn to_form(&self, form: &mut FormData) {
        for column in &self.columns {
            form.push("columns", column);
        }
        self.filter.to_form("filter", form);
    }

    fn title(&self) -> String {
        if self.columns.is_empty() {
            "Every column at a glance".to_owned()
        } else {
            format!(
                "{} at a glance",
                words::shorten(&words::and(&self.columns), 80)
            )
        }
    }

    fn in_words(&self) -> String {
        let columns = if self.columns.is_empty() {
            "every column".to_owned()
        } else {
            words::and(&self.columns)
        };
        let filter = if self.filter.is_empty() {
            String::new()
        } else {
            format!(" of rows where {}", self.filter.in_words())
        };
        format!(
            "Describe {columns}{filter}: what is missing, how values spread, which are most frequent."
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
        Some(distinct(columns))
    }

    fn example() -> Self {
        Self {
            columns: vec![
                "dep_delay".to_owned(),
                "distance".to_owned(),
                "carrier".to_owned(),
            ],
            filter: Filter::default(),
        }
    }
}
