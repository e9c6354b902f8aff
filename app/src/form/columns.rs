//! Choosing columns, in order: those chosen as tags, the rest in a chooser.

use assay_model::form::ColumnFilter;
use leptos::{ev, prelude::*, web_sys::HtmlSelectElement};

use super::{Form, state};

/// The control of a field that takes columns.
pub fn control(form: Form, name: &'static str, admits: ColumnFilter) -> AnyView {
    let chosen = Memo::new(move |_| form.data.with(|data| data.filled(name)));
    let tags = move || 0..chosen.with(Vec::len);
    let rest = move || {
        let chosen = chosen.get();
        let names = form.schema.with_value(|schema| {
            let columns = schema
                .columns
                .iter()
                .filter(|column| admits.admits(column.kind) && !chosen.contains(&column.name));
            columns
                .map(|column| {
                    (
                        column.name.clone(),
                        format!("{} ({})", column.name, column.kind.word()),
                    )
                })
                .collect::<Vec<_>>()
        });
        let option = |(name, label)| view! { <option value=name>{label}</option> };
        names.into_iter().map(option).collect_view()
    };
    let add = move |event: ev::Event| {
        let picked = event_target_value(&event);
        event_target::<HtmlSelectElement>(&event).set_value("");
        if !picked.is_empty() {
            let mut values = chosen.get_untracked();
            values.push(picked);
            form.change(
                form.data
                    .with_untracked(|data| state::with_values(data, name, &values)),
            );
        }
    };
    view! {
        <div class="input tags">
            <For each=tags key=|i| *i children=move |i| tag(form, name, chosen, i) />
            <select name=name class="add" aria-label="Add a column" on:change=add>
                <option value="">"Add a column"</option>
                {rest}
            </select>
        </div>
    }
    .into_any()
}

fn tag(form: Form, name: &'static str, chosen: Memo<Vec<String>>, i: usize) -> AnyView {
    let column = move || chosen.with(|chosen| chosen.get(i).cloned().unwrap_or_default());
    let without = move || {
        let mut values = chosen.get();
        if i < values.len() {
            values.remove(i);
        }
        values
    };
    let address = move || form.address(|data| state::with_values(data, name, &without()));
    let remove = move |event: ev::MouseEvent| {
        event.prevent_default();
        form.change(
            form.data
                .with_untracked(|data| state::with_values(data, name, &without())),
        );
    };
    view! {
        <span class="tag">
            {column}
            <input type="hidden" name=name value=column />
            <a class="remove" href=address aria-label=move || format!("Remove {}", column()) on:click=remove>"×"</a>
        </span>
    }
    .into_any()
}
