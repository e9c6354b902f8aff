//! Fields that have rows: measures, conditions, sort keys. One blank row always stands
//! at the end; a row whose first part is blank says nothing.

use leptos::{ev, prelude::*};

use super::{
    Form, choice, comparisons, functions,
    state::{self, HAVING, MEASURES, Names, ORDER, cell, count},
};

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
            .with_untracked(|data| state::with_cell(data, self.names, self.at, part, value));
        self.form.change(changed);
    }

    /// A part that is chosen.
    fn choice(
        self,
        part: usize,
        label: &str,
        options: impl Fn() -> Vec<(String, String)> + Send + Sync + 'static,
    ) -> AnyView {
        let label = format!("{label}, row {}", self.at + 1);
        choice(
            self.names[part],
            label,
            options,
            move || self.get(part),
            move |value| self.set(part, &value),
        )
    }

    /// A part that is typed. It is always posted, for parts stand together by their
    /// place; `is_shown` only says whether one sees it.
    fn text(
        self,
        part: usize,
        label: &str,
        is_shown: impl Fn() -> bool + Send + Sync + 'static,
    ) -> AnyView {
        let first = self
            .form
            .data
            .with_untracked(|data| cell(data, self.names[part], self.at).to_owned());
        view! {
            <input
                class="input"
                class:hidden=move || !is_shown()
                name=self.names[part]
                autocomplete="off"
                placeholder=label.to_owned()
                aria-label=format!("{label}, row {}", self.at + 1)
                value=first
                prop:value=move || self.get(part)
                on:input=move |event| self.set(part, &event_target_value(&event))
            />
        }
        .into_any()
    }

    fn remove(self, is_blank: Memo<bool>) -> AnyView {
        let (names, at) = (self.names, self.at);
        let address = move || {
            self.form
                .address(|data| state::without_row(data, names, at))
        };
        let press = move |event: ev::MouseEvent| {
            event.prevent_default();
            self.form.change(
                self.form
                    .data
                    .with_untracked(|data| state::without_row(data, names, at)),
            );
        };
        view! {
            <a class="remove" class:hidden=is_blank href=address aria-label=format!("Remove row {}", at + 1) on:click=press>"×"</a>
        }
        .into_any()
    }
}

/// Measures: a function, a column, and for a quantile which one.
pub fn measures(form: Form) -> AnyView {
    rows(form, MEASURES, |row| {
        let is_quantile = Memo::new(move |_| row.get(0) == "quantile");
        view! {
            {row.choice(0, "Measure", || with_blank("Add a measure", functions()))}
            <span class="parts">
                <span class="soft joint">"of"</span>
                {row.choice(1, "Column", move || with_blank(if row.get(0) == "count" { "all rows" } else { "choose a column" }, row.form.columns()))}
                {row.text(2, "0.9", move || is_quantile.get())}
                {row.text(3, "Name it", || true)}
            </span>
        }
        .into_any()
    })
}

/// Conditions: a column, a comparison, a value; rows with the same mark are either-or.
pub fn conditions(form: Form, names: Names, source: Source) -> AnyView {
    rows(form, names, move |row| {
        let columns = move || match source {
            Source::DataSet => row.form.columns(),
            Source::Result => row.form.result_columns(),
        };
        let takes_value =
            Memo::new(move |_| !matches!(row.get(1).as_str(), "is_null" | "not_null"));
        let is_one_of_many =
            Memo::new(move |_| row.form.data.with(|data| count(data, row.names[0]) > 1));
        let marks = || {
            [
                ("", "must hold"),
                ("1", "either this or …"),
                ("2", "or, of another pair"),
            ]
            .map(|(value, label)| (value.to_owned(), label.to_owned()))
            .to_vec()
        };
        let add = if names == HAVING {
            "Add a condition on groups"
        } else {
            "Add a condition"
        };
        view! {
            {row.choice(0, "Column", move || with_blank(add, columns()))}
            <span class="parts">
                {row.choice(1, "Comparison", move || {
                    let mut all = comparisons();
                    // A row begins with the first of them, which a blank stands for.
                    if row.get(1).is_empty() && let Some(first) = all.first_mut() {
                        first.0.clear();
                    }
                    all
                })}
                {row.text(2, "Value", move || takes_value.get())}
                <span class:hidden=move || !is_one_of_many.get()>{row.choice(3, "How it joins the others", marks)}</span>
            </span>
        }
        .into_any()
    })
}

/// Sort keys: a column and a direction.
pub fn order(form: Form) -> AnyView {
    rows(form, ORDER, |row| {
        let directions = || {
            [("", "rising"), ("desc", "falling")]
                .map(|(value, label)| (value.to_owned(), label.to_owned()))
                .to_vec()
        };
        view! {
            {row.choice(0, "Column", move || with_blank("Add a column", row.form.result_columns()))}
            <span class="parts">
                {row.choice(1, "Direction", move || {
                    let mut all = directions();
                    if row.get(1) == "asc" && let Some(first) = all.first_mut() {
                        "asc".clone_into(&mut first.0);
                    }
                    all
                })}
            </span>
        }
        .into_any()
    })
}

fn rows(
    form: Form,
    names: Names,
    draw: impl Fn(Row) -> AnyView + Clone + Send + Sync + 'static,
) -> AnyView {
    let all = move || {
        let filled = form.data.with(|data| {
            let rows = count(data, names[0]);
            // The last row may be blank already: then it is the blank one.
            if rows > 0 && cell(data, names[0], rows - 1).trim().is_empty() {
                rows - 1
            } else {
                rows
            }
        });
        0..=filled
    };
    let row = move |at: usize| {
        let row = Row { form, names, at };
        let is_blank = Memo::new(move |_| row.get(0).trim().is_empty());
        view! {
            <div class="row" class:blank=is_blank>
                {draw(row)}
                {row.remove(is_blank)}
            </div>
        }
        .into_any()
    };
    view! { <div class="rows"><For each=all key=|at| *at children=row /></div> }.into_any()
}

fn with_blank(label: &str, mut options: Vec<(String, String)>) -> Vec<(String, String)> {
    options.insert(0, (String::new(), label.to_owned()));
    options
}
