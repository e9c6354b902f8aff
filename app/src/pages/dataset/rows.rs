//! The rows of a data set: a page of them, in the order and under the conditions that the
//! address says. Heads and pages are links and the conditions a form, so that all works
//! without a program; in the browser only this card is drawn anew.

use std::sync::Arc;

use assay_model::{Column, Dataset, Event, Page, ResultColumn, form::FormData, words};
use leptos::prelude::Get;
use leptos_router::hooks::use_location;
use serde_json::{Map, Value};

use super::look::{Look, ROWS, clauses};
use crate::{
    form::comparisons,
    live, load,
    node::{El, IntoNode, Node, div, el, link, p, several, span},
    parts::{
        problem,
        table::{direction, headed, mark, side},
    },
    sig::{Sig, made},
    urls,
};

/// A card with the rows that the address says; it follows the data set as that changes.
pub fn rows(dataset: Sig<Dataset>) -> Node {
    let search = use_location().search;
    let of = Arc::new(dataset.peek(Clone::clone));
    let schema = Arc::clone(&of);
    let look = made(move || Look::read(&urls::parse_query(&search.get()), &schema.schema));
    let name = of.name.to_string();
    // The head that was pressed last: when it is drawn anew, the focus comes back to it.
    let pressed = Sig::new(String::new());
    let path = move || vec![look.with(|look| look.path(&name))];
    let card = load::loaded(path, move |replies| {
        let look = look.peek(Clone::clone);
        let page = match replies.read::<Rows>(0) {
            Ok(page) => page,
            Err(problem) => {
                return several![conditions(&of, &look), problem::card(&problem),];
            }
        };
        let page = followed(&of, &look, page);
        // Drawn anew only when it says something else: one may be reading it.
        let table = made(move || (dataset.with(|now| now.schema.clone()), page.get()));
        let (form, of) = (conditions(&of, &look), Arc::clone(&of));
        let drawn = move || {
            let (schema, page) = table.get();
            let now = Dataset {
                schema,
                ..Dataset::clone(&of)
            };
            shown(&now, &look, page, pressed)
        };
        several![form, drawn]
    });
    el("section")
        .class("card flush")
        .add(el("h2").add("Rows"))
        .add(card)
        .into_node()
}

type Rows = Page<Map<String, Value>>;

/// The rows as they stand when the data set has changed.
fn followed(dataset: &Dataset, look: &Look, page: Rows) -> Sig<Rows> {
    let (id, page) = (dataset.id, Sig::new(page));
    // By its id, for the name may be another by now.
    let path = look.path(&id.to_string());
    live::on_event(move |event| {
        let has_changed = match event {
            Event::Dataset(now) => now.id == id,
            Event::Reset(_) => true,
            _ => false,
        };
        if has_changed {
            load::refresh(vec![path.clone()], move |replies| {
                if let Ok(now) = replies.read(0) {
                    page.set(now);
                }
            });
        }
    });
    page
}

fn shown(dataset: &Dataset, look: &Look, page: Rows, pressed: Sig<String>) -> Node {
    let columns = &dataset.schema.columns;
    let heads = columns
        .iter()
        .map(|column| head(dataset, look, column, pressed));
    let heads: Vec<Node> = heads.collect();
    let names: Vec<_> = columns.iter().map(ResultColumn::from).collect();
    let has_more = page.next.is_some();
    let rows: Vec<Vec<Value>> = page
        .items
        .into_iter()
        .map(|mut item| {
            let cells = columns.iter();
            cells
                .map(|column| item.remove(&column.name).unwrap_or_default())
                .collect()
        })
        .collect();
    let count = rows.len() as u64;
    let nothing = (count == 0).then(|| p("soft nothing").add("No rows here."));
    several![
        headed("Rows".to_owned(), heads, &names, &rows),
        nothing,
        pager(dataset, look, count, has_more)
    ]
}

fn head(dataset: &Dataset, look: &Look, column: &Column, pressed: Sig<String>) -> Node {
    let is_here = look.sort == column.name;
    let cell = el("th")
        .attr("scope", "col")
        .class(side(column.kind))
        .attr("aria-sort", is_here.then(|| direction(look.descending)));
    if !column.kind.is_ordered() {
        return cell.add(column.name.as_str()).into_node();
    }
    let name = column.name.clone();
    let link = link(
        look.by(&column.name).address(dataset.name.as_str()),
        column.name.as_str(),
    )
    .class("bare")
    .attr("noscroll", "")
    .add(is_here.then(|| {
        el("span")
            .attr("aria-hidden", "true")
            .add(mark(look.descending))
    }));
    cell.add(refocused(link, name, pressed)).into_node()
}

/// A link that has the focus when it was the last to be pressed.
fn refocused(link: El, name: String, pressed: Sig<String>) -> El {
    #[cfg(feature = "hydrate")]
    let link = {
        let this = name.clone();
        link.hook(move |element| {
            if pressed.peek(|pressed| *pressed == this) {
                pressed.set(String::new());
                focus(&element);
            }
        })
    };
    link.on("click", move |_| pressed.set(name.clone()))
}

#[cfg(feature = "hydrate")]
fn focus(element: &leptos::web_sys::Element) {
    use leptos::wasm_bindgen::JsCast;

    let element = element.clone();
    // It stands in the page only once all of it is drawn.
    leptos::prelude::request_animation_frame(move || {
        if let Some(element) = element.dyn_ref::<leptos::web_sys::HtmlElement>() {
            // An element that has gone cannot be focused, which does no harm.
            let _ = element.focus();
        }
    });
}

fn pager(dataset: &Dataset, look: &Look, count: u64, has_more: bool) -> Node {
    let name = dataset.name.as_str();
    // How many rows pass a condition is not counted for a look.
    let total = look.filter.is_empty().then_some(dataset.rows);
    let last = total.map(|rows| rows.div_ceil(ROWS).max(1));
    if look.page == 1 && !has_more {
        return Node::Empty;
    }
    let first_row = (look.page - 1) * ROWS + 1;
    let range = if count == 0 {
        format!("Page {}", words::count(look.page))
    } else {
        let range = format!(
            "Rows {} to {}",
            words::count(first_row),
            words::count(first_row + count - 1)
        );
        match total {
            Some(rows) => format!("{range} of {}", words::count(rows)),
            None => range,
        }
    };
    let to = |page: u64, word: &'static str| {
        link(look.at(page).address(name), word)
            .class("button small")
            .attr("noscroll", "")
    };
    let jump = last.filter(|last| *last > 2).map(|last| {
        el("form")
            .attr("method", "get")
            .attr("action", urls::dataset(name))
            .class("jump")
            .add(hidden(&look.kept()))
            .add(
                el("label").add("Page ").add(
                    el("input")
                        .class("input")
                        .attr("type", "number")
                        .attr("name", "page")
                        .attr("min", "1")
                        .attr("max", last.to_string())
                        .attr("value", look.page.to_string()),
                ),
            )
            .add(span("soft").add(format!("of {}", words::count(last))))
            .add(el("button").class("button small").add("Go"))
    });
    let before = look.page > 1;
    el("nav")
        .class("pager")
        .attr("aria-label", "Pages of the table")
        .add(span("soft range").add(range))
        .add(before.then(|| to(1, "First")))
        .add(before.then(|| to(look.page - 1, "Before")))
        .add(jump)
        .add(has_more.then(|| to(look.page + 1, "After")))
        .add(
            last.filter(|last| has_more && *last > look.page)
                .map(|last| to(last, "Last")),
        )
        .into_node()
}

/// The conditions that hold, each with a way to drop it, and a form for one more.
fn conditions(dataset: &Dataset, look: &Look) -> Node {
    let name = dataset.name.as_str();
    let held = clauses(&look.filter).into_iter().enumerate();
    let held: Vec<_> = held
        .map(|(i, clause)| {
            span("tag").add(clause.as_str()).add(
                link(look.without(i).address(name), "×")
                    .class("remove")
                    .attr("noscroll", "")
                    .attr("aria-label", format!("Drop the condition {clause}")),
            )
        })
        .collect();
    let columns = dataset
        .schema
        .columns
        .iter()
        .map(|column| (column.name.clone(), column.name.clone()));
    let first = (String::new(), "Only rows where".to_owned());
    let form = el("form")
        .attr("method", "get")
        .attr("action", urls::dataset(name))
        .class("narrow")
        .attr("role", "search")
        .attr("aria-label", "Filter the rows")
        .add(hidden(&look.kept()))
        .add(chooser(
            "filter_column",
            "Column",
            std::iter::once(first).chain(columns).collect(),
        ))
        .add(chooser("filter_op", "Comparison", comparisons()))
        .add(
            el("input")
                .class("input")
                .attr("name", "filter_value")
                .attr("autocomplete", "off")
                .attr("aria-label", "Value")
                .attr("placeholder", "Value"),
        )
        .add(el("button").class("button small").add("Filter"));
    div("conditions").add(form).add(held).into_node()
}

fn chooser(name: &'static str, label: &'static str, options: Vec<(String, String)>) -> El {
    let options = options
        .into_iter()
        .map(|(value, word)| el("option").attr("value", value).add(word));
    el("select")
        .class("input")
        .attr("name", name)
        .attr("aria-label", label)
        .add(options.collect::<Vec<_>>())
}

fn hidden(form: &FormData) -> Vec<El> {
    let fields = form.pairs.iter().map(|(name, value)| {
        el("input")
            .attr("type", "hidden")
            .attr("name", name.clone())
            .attr("value", value.clone())
    });
    fields.collect()
}
