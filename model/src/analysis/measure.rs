//! Measures: figures of a group of rows, shared by the kinds.

use serde::{Deserialize, Serialize};

use crate::{
    form::FormData,
    problem::FieldError,
    schema::{Column, ColumnType, Schema},
};

/// The functions of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeasureFn {
    /// Rows; with a column, its values that are not null.
    Count,
    /// Sum of the non-nulls; null when there are none.
    Sum,
    /// Arithmetic mean of the non-nulls.
    Mean,
    /// Least value.
    Min,
    /// Greatest value.
    Max,
    /// The 0.5 quantile.
    Median,
    /// Quantile `q`, exact, by linear interpolation (type 7 of Hyndman and Fan).
    Quantile,
    /// Standard deviation of a sample (divides by n − 1); null for fewer than two.
    Stddev,
    /// Different non-null values.
    Distinct,
    /// First non-null value in the order of the rows.
    First,
    /// Last non-null value in the order of the rows.
    Last,
}

impl MeasureFn {
    /// All functions, in the order of the chooser.
    pub const ALL: [Self; 11] = [
        Self::Count,
        Self::Sum,
        Self::Mean,
        Self::Min,
        Self::Max,
        Self::Median,
        Self::Quantile,
        Self::Stddev,
        Self::Distinct,
        Self::First,
        Self::Last,
    ];

    /// The word used in JSON, names and addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Min => "min",
            Self::Max => "max",
            Self::Median => "median",
            Self::Quantile => "quantile",
            Self::Stddev => "stddev",
            Self::Distinct => "distinct",
            Self::First => "first",
            Self::Last => "last",
        }
    }

    /// How the page calls it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Stddev => "standard deviation",
            Self::Distinct => "distinct values",
            other => other.as_str(),
        }
    }

    /// The function of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|function| function.as_str() == text)
    }

    /// Whether it takes a column of this type.
    pub fn admits(self, kind: ColumnType) -> bool {
        match self {
            Self::Count | Self::First | Self::Last => true,
            Self::Distinct => kind.is_groupable(),
            Self::Min | Self::Max => kind.is_ordered(),
            Self::Sum | Self::Mean | Self::Median | Self::Quantile | Self::Stddev => {
                kind.is_numeric()
            }
        }
    }

    /// Whether it works without a column.
    pub fn is_columnless(self) -> bool {
        self == Self::Count
    }
}

/// A measure: a function, and the column it is of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The function.
    #[serde(rename = "fn")]
    pub function: MeasureFn,
    /// The column; may be left out for `count`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Which quantile, 0 to 1; for `quantile` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<f64>,
    /// The name of its column in the result.
    #[serde(default, rename = "as", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Measure {
    /// The number of rows.
    pub fn count() -> Self {
        Self {
            function: MeasureFn::Count,
            column: None,
            q: None,
            name: None,
        }
    }

    /// A function of a column.
    pub fn of(function: MeasureFn, column: impl Into<String>) -> Self {
        Self {
            function,
            column: Some(column.into()),
            q: None,
            name: None,
        }
    }

    /// The name of its column in the result: `as`, else `count` or `<fn>_<column>`.
    pub fn output_name(&self) -> String {
        match (&self.name, &self.column) {
            (Some(name), _) => name.clone(),
            (None, Some(column)) => format!("{}_{column}", self.function.as_str()),
            (None, None) => self.function.as_str().to_owned(),
        }
    }

    /// The type of its column in the result, given the type of the column it is of.
    pub fn output_type(&self, of: Option<ColumnType>) -> ColumnType {
        match self.function {
            MeasureFn::Count | MeasureFn::Distinct => ColumnType::Integer,
            MeasureFn::Mean | MeasureFn::Median | MeasureFn::Quantile | MeasureFn::Stddev => {
                ColumnType::Number
            }
            MeasureFn::Sum
            | MeasureFn::Min
            | MeasureFn::Max
            | MeasureFn::First
            | MeasureFn::Last => of.unwrap_or(ColumnType::Number),
        }
    }

    /// `count`, `mean of dep_delay`, `0.9 quantile of x`.
    pub fn in_words(&self) -> String {
        let function = match (self.function, self.q) {
            (MeasureFn::Quantile, Some(q)) => format!("{q} quantile"),
            (function, _) => function.label().to_owned(),
        };
        match &self.column {
            Some(column) => format!("{function} of {column}"),
            None => function,
        }
    }

    /// Adds an error for everything that does not fit, under `measures[i]`.
    pub(super) fn validate(measures: &[Self], schema: &Schema, errors: &mut Vec<FieldError>) {
        if measures.len() > crate::limits::MEASURES {
            errors.push(FieldError::new(
                "measures",
                format!("At most {} measures.", crate::limits::MEASURES),
            ));
        }
        for (i, measure) in measures.iter().enumerate() {
            measure.check(i, schema, errors);
        }
    }

    fn check(&self, i: usize, schema: &Schema, errors: &mut Vec<FieldError>) {
        let at = |part: &str| format!("measures[{i}].{part}");
        let word = self.function.as_str();
        match &self.column {
            None if !self.function.is_columnless() => {
                errors.push(FieldError::new(
                    at("column"),
                    format!("Choose the column that “{word}” is of."),
                ));
            }
            None => {}
            Some(name) => match schema.find(&at("column"), name) {
                Err(error) => errors.push(error),
                Ok(Column { kind, .. }) if !self.function.admits(*kind) => {
                    errors.push(FieldError {
                        suggestion: Some("count".to_owned()),
                        ..FieldError::new(
                            at("fn"),
                            format!(
                                "“{word}” does not work on “{name}”, which is {} column.",
                                kind.with_article()
                            ),
                        )
                    });
                }
                Ok(_) => {}
            },
        }
        match (self.function, self.q) {
            (MeasureFn::Quantile, None) => {
                errors.push(FieldError {
                    suggestion: Some("0.5".to_owned()),
                    ..FieldError::new(at("q"), "Say which quantile, from 0 to 1.")
                });
            }
            (MeasureFn::Quantile, Some(q)) if !(0.0..=1.0).contains(&q) => {
                errors.push(FieldError::new(
                    at("q"),
                    format!("A quantile lies between 0 and 1; {q} does not."),
                ));
            }
            (function, Some(_)) if function != MeasureFn::Quantile => {
                errors.push(FieldError::new(
                    at("q"),
                    format!("“q” belongs to “quantile”, not to “{word}”."),
                ));
            }
            _ => {}
        }
        if self
            .name
            .as_deref()
            .is_some_and(|name| name.trim().is_empty() || name.len() > 200)
        {
            errors.push(FieldError::new(at("as"), "A name has 1 to 200 characters."));
        }
    }

    pub(super) fn from_form(form: &FormData, errors: &mut Vec<FieldError>) -> Vec<Self> {
        let rows = form.rows(["measure_fn", "measure_column", "measure_q", "measure_as"]);
        let mut measures = Vec::new();
        for [function, column, q, name] in rows
            .into_iter()
            .filter(|[function, ..]| !function.is_empty())
        {
            let i = measures.len();
            let Some(function) = MeasureFn::parse(&function) else {
                errors.push(FieldError::new(
                    format!("measures[{i}].fn"),
                    format!("There is no measure “{function}”."),
                ));
                continue;
            };
            // The field for q is always there; it speaks only for a quantile.
            let q = if function == MeasureFn::Quantile && !q.is_empty() {
                let number = q.parse::<f64>().ok().filter(|q| q.is_finite());
                if number.is_none() {
                    errors.push(FieldError::new(
                        format!("measures[{i}].q"),
                        format!("“{q}” is not a number."),
                    ));
                }
                number
            } else {
                None
            };
            let filled = |text: String| (!text.is_empty()).then_some(text);
            measures.push(Self {
                function,
                column: filled(column),
                q,
                name: filled(name),
            });
        }
        measures
    }

    pub(super) fn to_form(measures: &[Self], form: &mut FormData) {
        for measure in measures {
            form.push("measure_fn", measure.function.as_str());
            form.push("measure_column", measure.column.as_deref().unwrap_or(""));
            form.push(
                "measure_q",
                measure.q.map(|q| q.to_string()).unwrap_or_default(),
            );
            form.push("measure_as", measure.name.as_deref().unwrap_or(""));
        }
    }
}
