//! Filters: conditions on rows, shared by the kinds.
//!
//! All clauses must hold; an `any` clause holds when one of its conditions does. A
//! comparison with a null never holds; `is_null` and `not_null` ask for it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::value::{Span, check_scalar, quote, read_value, scalar_text};
use crate::{
    form::FormData,
    limits,
    problem::FieldError,
    schema::{Column, ColumnType, Schema},
    words,
};

/// The comparisons of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// `[low, high]`, both included.
    Between,
    In,
    /// Text that contains the value, case and all.
    Contains,
    StartsWith,
    /// A regular expression (syntax of the `regex` crate) found anywhere in the text.
    Matches,
    IsNull,
    NotNull,
    /// A date within the last while: `"30 days"`.
    Last,
}

impl Op {
    /// All comparisons, in the order of the chooser.
    pub const ALL: [Self; 14] = [
        Self::Eq,
        Self::Ne,
        Self::Lt,
        Self::Le,
        Self::Gt,
        Self::Ge,
        Self::Between,
        Self::In,
        Self::Contains,
        Self::StartsWith,
        Self::Matches,
        Self::IsNull,
        Self::NotNull,
        Self::Last,
    ];

    /// The word used in JSON and addresses.
    pub fn as_str(self) -> &'static str {
        self.facts().0
    }

    /// The sign or words that the page shows.
    pub fn label(self) -> &'static str {
        self.facts().1
    }

    /// The comparison of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.as_str() == text)
    }

    /// Whether it takes no value.
    pub fn is_valueless(self) -> bool {
        matches!(self, Self::IsNull | Self::NotNull)
    }

    /// Whether its value is a list.
    pub fn takes_list(self) -> bool {
        matches!(self, Self::Between | Self::In)
    }

    fn facts(self) -> (&'static str, &'static str) {
        match self {
            Self::Eq => ("eq", "="),
            Self::Ne => ("ne", "≠"),
            Self::Lt => ("lt", "<"),
            Self::Le => ("le", "≤"),
            Self::Gt => ("gt", ">"),
            Self::Ge => ("ge", "≥"),
            Self::Between => ("between", "between"),
            Self::In => ("in", "is one of"),
            Self::Contains => ("contains", "contains"),
            Self::StartsWith => ("starts_with", "starts with"),
            Self::Matches => ("matches", "matches"),
            Self::IsNull => ("is_null", "is null"),
            Self::NotNull => ("not_null", "is not null"),
            Self::Last => ("last", "in the last"),
        }
    }

    fn admits(self, kind: ColumnType) -> bool {
        match self {
            Self::IsNull | Self::NotNull => true,
            Self::Eq
            | Self::Ne
            | Self::In
            | Self::Lt
            | Self::Le
            | Self::Gt
            | Self::Ge
            | Self::Between => kind.is_ordered(),
            Self::Contains | Self::StartsWith | Self::Matches => kind == ColumnType::Text,
            Self::Last => matches!(kind, ColumnType::Date | ColumnType::Timestamp),
        }
    }
}

/// A comparison of a column with a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The column.
    pub column: String,
    /// The comparison.
    pub op: Op,
    /// What it is compared with; a list for `between` and `in`, nothing for `is_null`
    /// and `not_null`. Dates and times are text in ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// A condition, or several of which one must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, try_from = "Written")]
pub enum Clause {
    /// One of these must hold.
    Any {
        /// The conditions.
        any: Vec<Condition>,
    },
    /// This must hold.
    One(Condition),
}

/// A clause as it is written: the members of either sort, so that an error names the
/// member that is wrong.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    any: Option<Vec<Condition>>,
    column: Option<String>,
    op: Option<Op>,
    value: Option<Value>,
}

impl TryFrom<Written> for Clause {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written {
            Written {
                any: Some(any),
                column: None,
                op: None,
                value: None,
            } => Ok(Self::Any { any }),
            Written { any: Some(_), .. } => Err(
                "beside “any” a clause has nothing; write the other condition as a clause of its own",
            ),
            Written {
                column: Some(column),
                op: Some(op),
                value,
                ..
            } => Ok(Self::One(Condition { column, op, value })),
            Written { column: None, .. } => Err("missing field `column`"),
            Written { op: None, .. } => Err("missing field `op`"),
        }
    }
}

impl Clause {
    /// Its conditions.
    pub fn conditions(&self) -> &[Condition] {
        match self {
            Self::Any { any } => any,
            Self::One(one) => std::slice::from_ref(one),
        }
    }
}

/// Clauses that must all hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Filter {
    /// The clauses.
    pub clauses: Vec<Clause>,
}

impl Filter {
    /// Whether it lets every row through.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    /// All conditions, whatever clause they stand in.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.clauses.iter().flat_map(Clause::conditions)
    }

    /// Adds an error for everything that does not fit, under `<field>[i]`.
    pub(super) fn validate(&self, field: &str, schema: &Schema, errors: &mut Vec<FieldError>) {
        if self.conditions().count() > limits::CONDITIONS {
            errors.push(FieldError::new(
                field,
                format!("At most {} conditions.", limits::CONDITIONS),
            ));
            return;
        }
        for (i, clause) in self.clauses.iter().enumerate() {
            match clause {
                Clause::One(condition) => {
                    condition.validate(&format!("{field}[{i}]"), schema, errors);
                }
                Clause::Any { any } if any.is_empty() => {
                    errors.push(FieldError::new(
                        format!("{field}[{i}].any"),
                        "Give at least one condition.",
                    ));
                }
                Clause::Any { any } => {
                    for (j, condition) in any.iter().enumerate() {
                        condition.validate(&format!("{field}[{i}].any[{j}]"), schema, errors);
                    }
                }
            }
        }
    }

    /// Reads `<prefix>_column`, `_op`, `_value` and `_any`; rows that share a mark in
    /// `_any` make one `any` clause.
    pub(super) fn from_form(
        prefix: &str,
        field: &str,
        form: &FormData,
        schema: &Schema,
        errors: &mut Vec<FieldError>,
    ) -> Self {
        let names = ["column", "op", "value", "any"].map(|part| format!("{prefix}_{part}"));
        let mut marked: Vec<(String, Vec<Condition>)> = Vec::new();
        for [column, op, value, mark] in form.rows([&names[0], &names[1], &names[2], &names[3]]) {
            if column.is_empty() {
                continue;
            }
            let Some(op) = Op::parse(if op.is_empty() { "eq" } else { &op }) else {
                errors.push(FieldError::new(
                    field,
                    format!("There is no comparison “{op}”."),
                ));
                continue;
            };
            let kind = schema
                .get(&column)
                .map_or(ColumnType::Text, |column| column.kind);
            let condition = Condition {
                value: read_value(op, kind, &value),
                column,
                op,
            };
            match marked
                .iter_mut()
                .find(|(have, _)| !mark.is_empty() && *have == mark)
            {
                Some((_, group)) => group.push(condition),
                None => marked.push((mark, vec![condition])),
            }
        }
        let clauses = marked
            .into_iter()
            .map(|(mark, mut group)| match (mark.as_str(), group.len()) {
                ("", 1) => Clause::One(group.remove(0)),
                _ => Clause::Any { any: group },
            })
            .collect();
        Self { clauses }
    }

    pub(super) fn to_form(&self, prefix: &str, form: &mut FormData) {
        for (i, clause) in self.clauses.iter().enumerate() {
            let mark = match clause {
                Clause::Any { .. } => (i + 1).to_string(),
                Clause::One(_) => String::new(),
            };
            for condition in clause.conditions() {
                form.push(&format!("{prefix}_column"), &condition.column);
                form.push(&format!("{prefix}_op"), condition.op.as_str());
                form.push(&format!("{prefix}_value"), condition.value_text());
                form.push(&format!("{prefix}_any"), &mark);
            }
        }
    }

    /// `distance ≥ 500 and (a = 1 or b is null)`.
    pub fn in_words(&self) -> String {
        let clauses: Vec<_> = self
            .clauses
            .iter()
            .map(|clause| {
                let words: Vec<_> = clause
                    .conditions()
                    .iter()
                    .map(Condition::in_words)
                    .collect();
                if words.len() > 1 {
                    format!("({})", words.join(" or "))
                } else {
                    words.concat()
                }
            })
            .collect();
        clauses.join(" and ")
    }
}

impl Condition {
    /// `distance ≥ 500`.
    pub fn in_words(&self) -> String {
        let sign = self.op.label();
        if self.op.is_valueless() {
            return format!("{} {sign}", self.column);
        }
        format!("{} {sign} {}", self.column, self.value_text())
    }

    /// The value as a form has it; the parts of a list between commas. A part that
    /// holds a comma or a quote itself stands in double quotes.
    fn value_text(&self) -> String {
        match &self.value {
            None => String::new(),
            Some(Value::Array(values)) => values
                .iter()
                .map(|value| quote(scalar_text(value)))
                .collect::<Vec<_>>()
                .join(", "),
            Some(value) => scalar_text(value),
        }
    }

    fn validate(&self, at: &str, schema: &Schema, errors: &mut Vec<FieldError>) {
        let column = match schema.find(&format!("{at}.column"), &self.column) {
            Ok(column) => column,
            Err(error) => return errors.push(error),
        };
        if !self.op.admits(column.kind) {
            let message = format!(
                "“{}” does not work on “{}”, which is {} column.",
                self.op.label(),
                self.column,
                column.kind.with_article()
            );
            return errors.push(FieldError::new(format!("{at}.op"), message));
        }
        if let Err(message) = self.check_value(column) {
            errors.push(FieldError::new(format!("{at}.value"), message));
        }
    }

    fn check_value(&self, column: &Column) -> Result<(), String> {
        let missing = || format!("Say what “{}” is compared with.", self.column);
        match (self.op, &self.value) {
            (op, None | Some(Value::Null)) if op.is_valueless() => Ok(()),
            (op, Some(_)) if op.is_valueless() => Err(format!("“{}” takes no value.", op.label())),
            (_, None | Some(Value::Null)) => Err(missing()),
            (Op::Between, Some(Value::Array(ends))) => match ends.as_slice() {
                [low, high] => check_scalar(low, column).and(check_scalar(high, column)),
                _ => Err("“between” takes two values, the lower first.".to_owned()),
            },
            (Op::Between, Some(_)) => {
                Err("“between” takes two values, the lower first.".to_owned())
            }
            (Op::In, Some(Value::Array(values))) if values.is_empty() => Err(missing()),
            (Op::In, Some(Value::Array(values))) if values.len() > limits::IN_VALUES => Err(
                format!("At most {} values.", words::count(limits::IN_VALUES as u64)),
            ),
            (Op::In, Some(Value::Array(values))) => values
                .iter()
                .try_for_each(|value| check_scalar(value, column)),
            (Op::In, Some(_)) => Err("“is one of” takes a list.".to_owned()),
            (Op::Last, Some(Value::String(text))) => Span::parse(text).map(drop),
            (Op::Last, Some(_)) => Err("Say how long, such as “30 days”.".to_owned()),
            (_, Some(value)) => check_scalar(value, column),
        }
    }
}
