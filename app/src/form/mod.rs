//! The form of an analysis, drawn from what its kind says of itself: a control for each
//! field, errors at their field with what is suggested as something to press.

mod columns;
mod errors;
mod rows;
pub mod state;

use crate::sig::{Made, Sig, made};
use assay_model::{
    Analysis, FieldError, Schema,
    analysis::{MeasureFn, Op},
    form::{Control, Field, FormData},
};
use leptos::web_sys::Event;

pub use errors::list as error_list;

use crate::{
    node::{IntoNode, Node, el, p, span, typed},
    urls,
};

/// A form as one fills it in. Everything on the page follows `data`.
#[derive(Clone, Copy)]
pub struct Form {
    /// What stands in it.
    pub data: Sig<FormData>,
    /// The kind of analysis.
    pub kind: &'static str,
    /// Its fields.
    pub fields: Sig<Vec<Field>>,
    /// The columns of the data set.
    pub schema: Sig<Schema>,
    /// Whether errors are shown: from the first change on, not before one has begun.
    pub is_checked: Sig<bool>,
    /// What it makes, or what is wrong with it.
    pub made: Made<Result<Analysis, Vec<FieldError>>>,
}

impl Form {
    /// The form of a kind, over a data set of this schema.
    pub fn new(data: FormData, kind: &'static str, schema: Schema, is_checked: bool) -> Self {
        let fields = Sig::new(Analysis::fields(kind).unwrap_or_default());
        let schema = Sig::new(schema);
        let data = Sig::new(data);
        let made =
            made(move || data.with(|data| schema.peek(|schema| state::check(kind, data, schema))));
        Self {
            data,
            kind,
            fields,
            schema,
            is_checked: Sig::new(is_checked),
            made,
        }
    }

    /// Puts a changed form in place.
    pub fn change(self, data: FormData) {
        self.data.set(data);
        self.is_checked.set(true);
    }

    /// The address of the form as `change` would make it; links without JavaScript.
    pub fn address(self, change: impl FnOnce(&FormData) -> FormData) -> String {
        let changed = self.data.with(change);
        let mut tidy = self.fields.peek(|fields| state::tidy(&changed, fields));
        if self.is_checked.get() {
            tidy.push("check", "1");
        }
        urls::new_analysis(&tidy)
    }

    /// All fields, in the order of the kind.
    pub fn controls(self) -> Vec<Node> {
        self.fields
            .peek(Clone::clone)
            .into_iter()
            .map(|field| self.field(field))
            .collect()
    }

    fn field(self, field: Field) -> Node {
        let Field {
            name,
            label,
            hint,
            control,
        } = field;
        let class = move || {
            if self.has_error(name) {
                "field wrong"
            } else {
                "field"
            }
        };
        let control = match control {
            Control::Columns(admits) => columns::control(self, name, admits),
            Control::Measures => rows::measures(self),
            Control::Filter => rows::conditions(self, state::FILTER, rows::Source::DataSet),
            Control::Having => rows::conditions(self, state::HAVING, rows::Source::Result),
            Control::Order => rows::order(self),
            Control::Number { default, unit, .. } => self.number(name, default, unit),
        };
        el("fieldset")
            .class(class)
            .add(el("legend").class("label").add(label))
            .add(control)
            .add(errors::list(self, move |field| field == name))
            .add((!hint.is_empty()).then(|| p("hint").add(hint)))
            .into_node()
    }

    fn number(self, name: &'static str, default: u64, unit: &'static str) -> Node {
        let value = move || self.data.with(|data| state::cell(data, name, 0).to_owned());
        let change = move |event: Event| {
            let typed = typed(&event);
            self.change(self.data.peek(|data| state::with_one(data, name, &typed)));
        };
        let input = el("input")
            .attr("name", name)
            .attr("inputmode", "numeric")
            .attr("autocomplete", "off")
            .attr("aria-label", format!("At most so many {unit}"))
            .attr("placeholder", assay_model::words::count(default))
            .value(value)
            .on("input", change);
        span("input unit")
            .add(input)
            .add(span("soft").add(unit))
            .into_node()
    }

    fn has_error(self, field: &str) -> bool {
        self.is_checked.get()
            && self.made.with(|made| {
                made.as_ref()
                    .is_err_and(|errors| errors.iter().any(|error| state::field_of(error) == field))
            })
    }

    /// The columns of the data set, with their types.
    fn columns(self) -> Vec<(String, String)> {
        self.schema.peek(|schema| {
            let label = |column: &assay_model::Column| {
                (
                    column.name.clone(),
                    format!("{} ({})", column.name, column.kind.word()),
                )
            };
            schema.columns.iter().map(label).collect()
        })
    }

    /// The columns that the result will have, as far as the form says.
    fn result_columns(self) -> Vec<(String, String)> {
        let read = self.data.with(|data| {
            self.schema.peek(|schema| {
                Analysis::from_form(self.kind, data, schema).map(|(analysis, _)| match analysis {
                    Analysis::Aggregate(aggregate) => Some(aggregate.output(schema)),
                    _ => None,
                })
            })
        });
        match read {
            Ok(Some(schema)) => schema
                .columns
                .into_iter()
                .map(|column| (column.name.clone(), column.name))
                .collect(),
            _ => self.columns(),
        }
    }
}

/// The functions of measures, for a chooser.
fn functions() -> Vec<(String, String)> {
    MeasureFn::ALL
        .iter()
        .map(|function| (function.as_str().to_owned(), function.label().to_owned()))
        .collect()
}

/// The comparisons of conditions, for a chooser.
pub fn comparisons() -> Vec<(String, String)> {
    Op::ALL
        .iter()
        .map(|op| (op.as_str().to_owned(), op.label().to_owned()))
        .collect()
}

/// A chooser. Its options may change under it; what is chosen stays, also when it is
/// none of them, so that an error can speak of it.
pub fn choice(
    name: &'static str,
    label: String,
    options: impl Fn() -> Vec<(String, String)> + Send + 'static,
    chosen: impl Fn() -> String + Send + 'static,
    choose: impl Fn(&str) + Send + 'static,
) -> Node {
    let drawn = move || {
        let chosen = chosen();
        let mut options = options();
        if !options.iter().any(|(value, _)| *value == chosen) {
            options.push((chosen.clone(), chosen.clone()));
        }
        let option = |(value, label): (String, String)| {
            let is_chosen = value == chosen;
            el("option")
                .attr("value", value)
                .attr("selected", is_chosen)
                .add(label)
        };
        options.into_iter().map(option).collect::<Vec<_>>()
    };
    el("select")
        .class("input")
        .attr("name", name)
        .attr("aria-label", label)
        .on("change", move |event| choose(&typed(&event)))
        .add(drawn)
        .into_node()
}
