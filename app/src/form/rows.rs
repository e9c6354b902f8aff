//! Fields that have rows: measures, conditions, sort keys. One blank row always stands
//! at the end; a row whose first part is blank says nothing.

use assay_model::form::FormData;
use leptos::web_sys::Event;

use super::{
    Form, choice, comparisons, functions,
    state::{self, HAVING, MEASURES, Names, ORDER, cell, count},
};
use crate::node::{IntoNode, Node, div, each, el, link, several, span, typed};

/// Which columns a condition speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Those of the data set.
    DataSet,
    /// Those of the result.
    Result,
}

/// A row of a field.
#[derive(Clone, Copy)]
struct Row {
    form: Form,
    names: Names,
    at: usize,
}

impl Row {
    fn get(self, part: usize) -> String {
        self.form
            .data
            .with(|data| cell(data, self.names[part], self.at).to_owned())
    }

    fn set(self, part: usize, value: &str) {
        let changed = self
            .form
            .data
            .peek(|data| state::with_cell(data, self.names, self.at, part, value));
        self.form.change(changed);
    }

    fn is_blank(self) -> bool {
        self.get(0).trim().is_empty()
    }

    /// A part that is chosen.
    fn choice(
        self,
        part: usize,
        label: &str,
        options: impl Fn() -> Vec<(String, String)> + Send + 'static,
    ) -> Node {
        let label = format!("{label}, row {}", self.at + 1);
        choice(
            self.names[part],
            label,
            options,
            move || self.get(part),
            move |value| self.set(part, value),
        )
    }

    /// A part that is typed. It is always posted, for parts stand together by their
    /// place; `is_shown` only says whether one sees it.
    fn text(
        self,
        part: usize,
        label: &'static str,
        is_shown: impl Fn() -> bool + Send + 'static,
    ) -> Node {
        el("input")
            .class(move || if is_shown() { "input" } else { "input hidden" })
            .attr("name", self.names[part])
            .attr("autocomplete", "off")
            .attr("placeholder", label)
            .attr("aria-label", format!("{label}, row {}", self.at + 1))
            .value(move || self.get(part))
            .on("input", move |event| self.set(part, &typed(&event)))
            .into_node()
    }

    fn remove(self) -> Node {
        let without = move |data: &FormData| state::without_row(data, self.names, self.at);
        let press = move |event: Event| {
            event.prevent_default();
            self.form.change(self.form.data.peek(without));
        };
        link(move || self.form.address(without), "×")
            .class(move || {
                if self.is_blank() {
                    "remove hidden"
                } else {
                    "remove"
                }
            })
            .attr("aria-label", format!("Remove row {}", self.at + 1))
            .on("click", press)
            .into_node()
    }
}

/// Measures: a function, a column, and for a quantile which one.
pub fn measures(form: Form) -> Node {
    rows(form, MEASURES, |row| {
        let columns = move || {
            let first = if row.get(0) == "count" {
                "all rows"
            } else {
                "choose a column"
            };
            with_blank(first, row.form.columns())
        };
        let parts = span("parts")
            .add(span("soft joint").add("of"))
            .add(row.choice(1, "Column", columns))
            .add(row.text(2, "0.9", move || row.get(0) == "quantile"))
            .add(row.text(3, "Name it", || true));
        several![
            row.choice(0, "Measure", || with_blank("Add a measure", functions())),
            parts
        ]
    })
}

/// Conditions: a column, a comparison, a value; rows with the same mark are either-or.
pub fn conditions(form: Form, names: Names, source: Source) -> Node {
    rows(form, names, move |row| {
        let add = if names == HAVING {
            "Add a condition on groups"
        } else {
            "Add a condition"
        };
        let columns = move || match source {
            Source::DataSet => with_blank(add, row.form.columns()),
            Source::Result => with_blank(add, row.form.result_columns()),
        };
        let comparisons = move || {
            let mut all = comparisons();
            // A row begins with the first of them, which a blank stands for.
            if row.get(1).is_empty()
                && let Some(first) = all.first_mut()
            {
                first.0.clear();
            }
            all
        };
        let marks = || {
            [
                ("", "must hold"),
                ("1", "either this or …"),
                ("2", "or, of another pair"),
            ]
            .map(|(value, label)| (value.to_owned(), label.to_owned()))
            .to_vec()
        };
        let joins = move || {
            let is_one_of_many = row.form.data.with(|data| count(data, row.names[0]) > 1);
            if is_one_of_many {
                "join"
            } else {
                "join hidden"
            }
        };
        let parts = span("parts")
            .add(row.choice(1, "Comparison", comparisons))
            .add(row.text(2, "Value", move || {
                !matches!(row.get(1).as_str(), "is_null" | "not_null")
            }))
            .add(
                el("span")
                    .class(joins)
                    .add(row.choice(3, "How it joins the others", marks)),
            );
        several![row.choice(0, "Column", columns), parts]
    })
}

/// Sort keys: a column and a direction.
pub fn order(form: Form) -> Node {
    rows(form, ORDER, |row| {
        let directions = move || {
            let rising = if row.get(1) == "asc" { "asc" } else { "" };
            [(rising, "rising"), ("desc", "falling")]
                .map(|(value, label)| (value.to_owned(), label.to_owned()))
                .to_vec()
        };
        let columns = move || with_blank("Add a column", row.form.result_columns());
        several![
            row.choice(0, "Column", columns),
            span("parts").add(row.choice(1, "Direction", directions))
        ]
    })
}

fn rows(
    form: Form,
    names: Names,
    draw: impl Fn(Row) -> Node + Clone + Send + Sync + 'static,
) -> Node {
    let places = move || {
        let filled = form.data.with(|data| {
            let rows = count(data, names[0]);
            // The last row may be blank already: then it is the blank one.
            if rows > 0 && cell(data, names[0], rows - 1).trim().is_empty() {
                rows - 1
            } else {
                rows
            }
        });
        (0..=filled).map(|place| place.to_string()).collect()
    };
    let row = move |place: String| {
        let row = Row {
            form,
            names,
            at: place.parse().unwrap_or(0),
        };
        el("div")
            .class(move || if row.is_blank() { "row blank" } else { "row" })
            .add(draw(row))
            .add(row.remove())
            .into_node()
    };
    div("rows").add(each(places, row)).into_node()
}

fn with_blank(label: &str, mut options: Vec<(String, String)>) -> Vec<(String, String)> {
    options.insert(0, (String::new(), label.to_owned()));
    options
}
