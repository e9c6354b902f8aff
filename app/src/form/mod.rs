//! The form of an analysis, drawn from what its kind says of itself: a control for each
//! field, errors at their field with what is suggested as something to press.

mod columns;
mod errors;
mod rows;
pub mod state;

use assay_model::{
    Analysis, FieldError, Schema,
    analysis::{MeasureFn, Op},
    form::{Control, Field, FormData},
};
use leptos::prelude::*;

pub use errors::one as error;

use crate::urls;

/// A form as one fills it in. Everything on the page follows `data`.
#[derive(Clone, Copy)]
pub struct Form {
    /// What stands in it.
    pub data: RwSignal<FormData>,
    /// The kind of analysis.
    pub kind: &'static str,
    /// Its fields.
    pub fields: StoredValue<Vec<Field>>,
    /// The columns of the data set.
    pub schema: StoredValue<Schema>,
    /// Whether errors are shown: from the first change on, not before one has begun.
    pub is_checked: RwSignal<bool>,
    /// What it makes, or what is wrong with it.
    pub made: Memo<Result<Analysis, Vec<FieldError>>>,
}

impl Form {
    /// The form of a kind, over a data set of this schema.
    pub fn new(data: FormData, kind: &'static str, schema: Schema, is_checked: bool) -> Self {
        let fields = StoredValue::new(Analysis::fields(kind).unwrap_or_default());
        let schema = StoredValue::new(schema);
        let data = RwSignal::new(data);
        let made = Memo::new(move |_| {
            data.with(|data| schema.with_value(|schema| state::check(kind, data, schema)))
        });
        Self {
            data,
            kind,
            fields,
            schema,
            is_checked: RwSignal::new(is_checked),
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
        let mut tidy = self
            .fields
            .with_value(|fields| state::tidy(&changed, fields));
        if self.is_checked.get() {
            tidy.push("check", "1");
        }
        urls::new_analysis(&tidy)
    }

    /// All fields, in the order of the kind.
    pub fn controls(self) -> AnyView {
        let fields = self.fields.get_value();
        fields
            .into_iter()
            .map(|field| self.field(field))
            .collect_view()
            .into_any()
    }

    fn field(self, field: Field) -> AnyView {
        let Field {
            name,
            label,
            hint,
            control,
        } = field;
        let has_error = Memo::new(move |_| self.has_error(name));
        let class = move || {
            if has_error.get() {
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
        let hint = (!hint.is_empty()).then(|| view! { <p class="hint">{hint}</p> });
        view! {
            <fieldset class=class>
                <legend class="label">{label}</legend>
                {control}
                {errors::list(self, name)}
                {hint}
            </fieldset>
        }
        .into_any()
    }

    fn number(self, name: &'static str, default: u64, unit: &'static str) -> AnyView {
        let value = move || self.data.with(|data| state::cell(data, name, 0).to_owned());
        let change = move |event| {
            let typed = event_target_value(&event);
            self.change(
                self.data
                    .with_untracked(|data| state::with_one(data, name, &typed)),
            );
        };
        view! {
            <span class="input unit">
                <input
                    name=name
                    inputmode="numeric"
                    autocomplete="off"
                    aria-label=format!("At most so many {unit}")
                    placeholder=assay_model::words::count(default)
                    value=self.data.with_untracked(|data| state::cell(data, name, 0).to_owned())
                    prop:value=value
                    on:input=change
                />
                <span class="soft">{unit}</span>
            </span>
        }
        .into_any()
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
        self.schema.with_value(|schema| {
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
            self.schema.with_value(|schema| {
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
fn comparisons() -> Vec<(String, String)> {
    Op::ALL
        .iter()
        .map(|op| (op.as_str().to_owned(), op.label().to_owned()))
        .collect()
}

/// A chooser. Its options may change under it; what is chosen stays, also when it is
/// none of them, so that an error can speak of it.
fn choice(
    name: &'static str,
    label: String,
    options: impl Fn() -> Vec<(String, String)> + Send + Sync + 'static,
    chosen: impl Fn() -> String + Send + Sync + 'static,
    choose: impl Fn(String) + 'static,
) -> AnyView {
    let drawn = move || {
        let chosen = chosen();
        let mut options = options();
        if !options.iter().any(|(value, _)| *value == chosen) {
            options.push((chosen.clone(), chosen.clone()));
        }
        let option = |(value, label): (String, String)| {
            let is_chosen = value == chosen;
            view! { <option value=value selected=is_chosen prop:selected=is_chosen>{label}</option> }
        };
        options.into_iter().map(option).collect_view()
    };
    let change = move |event| choose(event_target_value(&event));
    view! { <select class="input" name=name aria-label=label on:change=change>{drawn}</select> }
        .into_any()
}
