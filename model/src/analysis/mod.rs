//! The kinds of analysis.
//!
//! A kind is one file here (its JSON, its checks, its form, its words), its twin in the
//! engine (its computation), and one line of the list below.

mod aggregate;
mod describe;
mod filter;
mod measure;
mod order;
mod rows;
mod value;

use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::Value;

pub use aggregate::Aggregate;
pub use describe::Describe;
pub use filter::{Clause, Condition, Filter, Op};
pub use measure::{Measure, MeasureFn};
pub use order::OrderBy;
pub use rows::Rows;
pub use value::Span;

use crate::{
    form::{Field, FormData, KindInfo},
    problem::FieldError,
    schema::Schema,
};

/// What every kind of analysis can say of itself.
pub trait Kind: Serialize + DeserializeOwned {
    /// Its words.
    const INFO: KindInfo;

    /// Adds an error for everything in it that does not fit the schema or the limits.
    fn validate(&self, schema: &Schema, errors: &mut Vec<FieldError>);

    /// The form that describes it.
    fn fields() -> Vec<Field>;

    /// Reads it from a form. What cannot be read at all becomes an error and is left
    /// out; the rest is for `validate`.
    fn from_form(form: &FormData, schema: &Schema, errors: &mut Vec<FieldError>) -> Self;

    /// Writes it as a form: the inverse of `from_form`.
    fn to_form(&self, form: &mut FormData);

    /// Its title in a list: `Mean of dep_delay by carrier`.
    fn title(&self) -> String;

    /// What it does, in a sentence that follows the data set's name.
    fn in_words(&self) -> String;

    /// The columns it reads; `None` for all.
    fn columns(&self) -> Option<Vec<String>>;

    /// The worked example of the documentation, on the flights sample.
    fn example() -> Self;
}

macro_rules! kinds {
    ($($name:literal => $variant:ident),* $(,)?) => {
        /// An analysis, as forms, programs and the command line describe it.
        ///
        /// ```
        /// # use assay_model::Analysis;
        /// let json = serde_json::json!({"kind": "aggregate", "group_by": ["head"], "measures": [{"fn": "count"}]});
        /// let analysis = Analysis::parse(json).unwrap();
        /// assert_eq!(analysis.kind(), "aggregate");
        /// ```
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(tag = "kind")]
        pub enum Analysis {
            $(
                #[allow(missing_docs)]
                #[serde(rename = $name)]
                $variant($variant),
            )*
        }

        impl Analysis {
            /// All kinds, in the order of the chooser.
            pub const KINDS: &'static [KindInfo] = &[$($variant::INFO),*];

            /// The value of `"kind"`.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name),* }
            }

            /// The words of its kind.
            pub fn info(&self) -> KindInfo {
                match self { $(Self::$variant(_) => $variant::INFO),* }
            }

            /// Reads an analysis; each error names its field.
            pub fn parse(json: Value) -> Result<Self, Vec<FieldError>> {
                let (kind, rest) = take_kind(json)?;
                match kind.as_str() {
                    $($name => read(rest).map(Self::$variant),)*
                    other => Err(vec![unknown_kind(other)]),
                }
            }

            /// Everything in it that does not fit the schema or the limits.
            pub fn validate(&self, schema: &Schema) -> Result<(), Vec<FieldError>> {
                let mut errors = Vec::new();
                match self { $(Self::$variant(it) => it.validate(schema, &mut errors)),* }
                if errors.is_empty() { Ok(()) } else { Err(errors) }
            }

            /// The form that describes a kind; `None` when there is no such kind.
            pub fn fields(kind: &str) -> Option<Vec<Field>> {
                match kind { $($name => Some($variant::fields()),)* _ => None }
            }

            /// Reads an analysis of `kind` from a form, with what could not be read.
            /// Check the rest with [`Analysis::validate`].
            pub fn from_form(kind: &str, form: &FormData, schema: &Schema) -> Result<(Self, Vec<FieldError>), FieldError> {
                let mut errors = Vec::new();
                let analysis = match kind {
                    $($name => Self::$variant($variant::from_form(form, schema, &mut errors)),)*
                    other => return Err(unknown_kind(other)),
                };
                Ok((analysis, errors))
            }

            /// The analysis as a form, without its kind.
            pub fn to_form(&self) -> FormData {
                let mut form = FormData::default();
                match self { $(Self::$variant(it) => it.to_form(&mut form)),* }
                form
            }

            /// Its title in a list.
            pub fn title(&self) -> String {
                match self { $(Self::$variant(it) => it.title()),* }
            }

            /// What it does, in a sentence.
            pub fn in_words(&self) -> String {
                match self { $(Self::$variant(it) => it.in_words()),* }
            }

            /// The columns it reads; `None` for all.
            pub fn columns(&self) -> Option<Vec<String>> {
                match self { $(Self::$variant(it) => it.columns()),* }
            }

            /// One worked example of each kind, on the flights sample.
            pub fn examples() -> Vec<Self> {
                vec![$(Self::$variant($variant::example())),*]
            }
        }
    };
}

kinds! {
    "aggregate" => Aggregate,
    "describe" => Describe,
    "rows" => Rows,
}

impl<'de> Deserialize<'de> for Analysis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(Value::deserialize(deserializer)?).map_err(|errors| {
            let messages: Vec<_> = errors.into_iter().map(|error| error.message).collect();
            serde::de::Error::custom(messages.join(" "))
        })
    }
}

fn take_kind(json: Value) -> Result<(String, Value), Vec<FieldError>> {
    let Value::Object(mut members) = json else {
        return Err(vec![FieldError::new(
            "analysis",
            "The analysis must be an object with a “kind”.",
        )]);
    };
    match members.remove("kind") {
        Some(Value::String(kind)) => Ok((kind, Value::Object(members))),
        Some(_) => Err(vec![FieldError::new("kind", "The kind must be text.")]),
        None => Err(vec![FieldError::new(
            "kind",
            format!("Say the kind of analysis: {}.", kind_names()),
        )]),
    }
}

fn unknown_kind(kind: &str) -> FieldError {
    FieldError::new(
        "kind",
        format!(
            "There is no analysis of kind “{kind}”. There is {}.",
            kind_names()
        ),
    )
}

fn kind_names() -> String {
    crate::words::and(
        &Analysis::KINDS
            .iter()
            .map(|info| info.name.to_owned())
            .collect::<Vec<_>>(),
    )
}

#[cfg(not(target_arch = "wasm32"))]
fn read<T: DeserializeOwned>(json: Value) -> Result<T, Vec<FieldError>> {
    serde_path_to_error::deserialize(json).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." {
            "analysis".to_owned()
        } else {
            path
        };
        let message = error.into_inner().to_string();
        vec![FieldError::new(
            field,
            format!("Cannot be read: {message}."),
        )]
    })
}

/// In the browser analyses come from the server, checked, or from the form, which names
/// its fields itself; following the path through the JSON would be a tenth of the page's
/// program for nothing.
#[cfg(target_arch = "wasm32")]
fn read<T: DeserializeOwned>(json: Value) -> Result<T, Vec<FieldError>> {
    crate::tree::read(json).map_err(|error| {
        vec![FieldError::new(
            "analysis",
            format!("Cannot be read: {error}."),
        )]
    })
}

/// The names in order, each once.
fn distinct(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names.dedup();
    names
}

/// Adds the error that `limit` is out of bounds, when it is.
fn check_limit(limit: Option<u64>, errors: &mut Vec<FieldError>) {
    let most = crate::limits::RESULT_ROWS;
    match limit {
        Some(0) => errors.push(FieldError::new("limit", "The limit must be at least 1.")),
        Some(limit) if limit > most => errors.push(FieldError {
            field: "limit".to_owned(),
            message: format!(
                "The limit is at most {}; {} is over it.",
                crate::words::count(most),
                crate::words::count(limit)
            ),
            suggestion: Some(most.to_string()),
        }),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
