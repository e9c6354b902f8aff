//! Loading files: dropped, chosen or pasted, each looked at before anything is stored, then
//! sent one after the other.
//!
//! Without the program it is a plain form with a field for each option. With it, files are
//! listed with how they read; what is being sent goes on while one looks at other pages,
//! and stands here again when one comes back.

#[cfg(feature = "hydrate")]
mod browser;
mod card;
#[cfg_attr(
    not(feature = "hydrate"),
    allow(dead_code, reason = "only a browser has files")
)]
mod entry;
mod options;
mod plain;

use leptos::web_sys::Event;

use crate::{
    node::{IntoNode, Node, div, each, el, link, p, several, span, typed},
    parts::{self, press::Doer, upload},
    sig::{Sig, made},
    urls,
};
use entry::{Entries, Phase};

/// Brings files in, for the views of this page.
#[derive(Clone)]
struct Loader {
    entries: Entries,
    doer: Doer,
}

/// The page.
pub fn page() -> Node {
    let loader = Loader::here();
    let entries = loader.entries;
    let crumbs = el("nav")
        .class("crumbs")
        .attr("aria-label", "Where one is")
        .add(link(urls::DATASETS, "Data sets"));
    let lead = "Files are looked at first; nothing is stored until you press Load.";
    let cards = {
        let loader = loader.clone();
        let ids = made(move || {
            entries.0.with(|all| {
                all.iter()
                    .map(|entry| entry.id.to_string())
                    .collect::<Vec<_>>()
            })
        });
        each(
            move || ids.get(),
            move |id| card::card(&loader, id.parse().unwrap_or(0)),
        )
    };
    let main = div("stack")
        .add(div("stack entries").add(cards))
        .add(actions(&loader))
        .add(drop_field(&loader))
        .add(paste(&loader));
    let aside = el("aside")
        .class("stack")
        .attr("aria-label", "What can be loaded")
        .add(what());
    several![
        parts::head(
            "Load data",
            crumbs.into_node(),
            p("lead alive-only").add(lead).into_node(),
            Node::Empty
        ),
        div("columns").add(main).add(aside),
    ]
}

/// The one main action, once there is something to load.
fn actions(loader: &Loader) -> Node {
    let loader = loader.clone();
    let entries = loader.entries;
    let open = made(move || {
        entries.0.with(|all| {
            let open = all
                .iter()
                .filter(|entry| entry.stage.phase() == Phase::Open);
            open.count()
        })
    });
    let shown = move || {
        let words = match open.get() {
            0 => return None,
            1 => "Load".to_owned(),
            n => format!("Load {n} files"),
        };
        let loader = loader.clone();
        let press = el("button")
            .attr("type", "button")
            .class("button main")
            .on("click", move |_| loader.load_all())
            .add(words);
        Some(div("actions entry-actions").add(press))
    };
    shown.into_node()
}

/// Where files are dropped or chosen; all of the page without the program.
fn drop_field(loader: &Loader) -> Node {
    let is_over = Sig::new(false);
    let over = move |event: Event| {
        event.prevent_default();
        is_over.set(true);
    };
    let drop = {
        let loader = loader.clone();
        move |event: Event| {
            event.prevent_default();
            is_over.set(false);
            loader.take(upload::dropped(&event));
        }
    };
    let chosen = {
        let loader = loader.clone();
        move |_| loader.take(upload::chosen())
    };
    let entries = loader.entries;
    let has_some = made(move || entries.0.with(|all| !all.is_empty()));
    let title = move || {
        if has_some.get() {
            "Drop more files here, or choose them"
        } else {
            "Drop files here, or choose them"
        }
    };
    let choose = el("label")
        .class("drop-file")
        .add(span("drop-title").add(title))
        .add(span("job-facts").add(upload::FORMATS))
        .add(upload::file_input(chosen));
    el("form")
        .attr("method", "post")
        .attr("action", urls::DATASETS)
        .attr("enctype", "multipart/form-data")
        .class(move || match (is_over.get(), has_some.get()) {
            (true, _) => "drop over",
            (false, true) => "drop",
            (false, false) => "drop large",
        })
        .on("dragover", over)
        .on("dragleave", move |_| is_over.set(false))
        .on("drop", drop)
        .add(choose)
        .add(plain::fields())
        .into_node()
}

/// A table from a spreadsheet, by the clipboard.
fn paste(loader: &Loader) -> Node {
    let text = Sig::new(String::new());
    let take = {
        let loader = loader.clone();
        move || {
            let table = text.peek(Clone::clone);
            if !table.trim().is_empty() {
                text.set(String::new());
                loader.paste(&table);
            }
        }
    };
    let press = {
        let take = take.clone();
        move |_| take()
    };
    let pasted = {
        let loader = loader.clone();
        move |event: Event| {
            if let Some(table) = upload::pasted(&event) {
                event.prevent_default();
                text.set(String::new());
                loader.paste(&table);
            }
        }
    };
    let area = el("textarea")
        .class("input paste")
        .attr("rows", "3")
        .attr("spellcheck", "false")
        .attr("aria-label", "Or paste a table")
        .attr("placeholder", "Rows from a spreadsheet, or CSV")
        .value(move || text.get())
        .on("input", move |event| text.set(typed(&event)))
        .on("paste", pasted);
    let is_filled = made(move || text.with(|text| !text.trim().is_empty()));
    let button = move || {
        let press = press.clone();
        is_filled.get().then(|| {
            el("button")
                .attr("type", "button")
                .class("button")
                .on("click", press)
                .add("Use this table")
        })
    };
    el("section")
        .class("card alive-only")
        .add(el("h2").add("Or paste a table"))
        .add(area)
        .add(button)
        .into_node()
}

fn what() -> Node {
    let facts = [
        ("CSV, TSV", "delimiter, encoding and decimal mark are found"),
        ("JSON, NDJSON", "members become columns"),
        ("Parquet, Arrow", "with the types they come with"),
        ("Excel (.xlsx)", "one sheet, dates as dates"),
    ];
    let list = facts
        .into_iter()
        .fold(el("dl").class("formats"), |list, (term, words)| {
            list.add(el("dt").add(term)).add(el("dd").add(words))
        });
    let packed = p("soft small").add("Packed with gzip or zstd, or as they are.");
    let shell = several![
        p("soft").add("A shell loads files too, and shows first how they read:"),
        el("pre")
            .class("snippet")
            .attr("tabindex", "0")
            .add("assay load --preview orders.csv\nassay load '*.csv'"),
    ];
    several![
        parts::card("What can be loaded", several![list, packed]),
        parts::card("From a shell", shell),
    ]
}

#[cfg(not(feature = "hydrate"))]
impl Loader {
    fn here() -> Self {
        Self {
            entries: Entries(Sig::new(Vec::new())),
            doer: Doer::here(),
        }
    }

    fn take(&self, files: upload::Files) {
        let _ = (files, &self.doer);
    }

    fn paste(&self, table: &str) {
        let _ = (self, table);
    }

    fn look(&self, id: u32) {
        let _ = (self, id);
    }

    fn load_all(&self) {
        let _ = self;
    }

    fn cancel(&self, id: u32) {
        let _ = (self, id);
    }

    fn remove(&self, id: u32) {
        let _ = (self, id);
    }
}
