//! A file in its card: what it shall be called and how it reads while it can be changed,
//! how far it is while it is under way, where it is in the end.

use assay_model::{
    ColumnType, FileFormat, ResultColumn, import::BadLines, import_fields::GIVEN_TYPES, words,
};

use super::{
    Loader,
    entry::{Entry, Phase, Stage, Step},
    options,
};
use crate::{
    clock, form,
    node::{El, IntoNode, Node, div, el, link, p, several, span, typed},
    parts::{standing, table},
    urls,
};

/// Rows shown.
const ROWS: usize = 10;
/// Lines shown of those that do not fit.
const BAD_LINES: usize = 5;

/// The card of a file.
pub fn card(loader: &Loader, id: u32) -> Node {
    let loader = loader.clone();
    let entries = loader.entries;
    let Some(first) = entries.get(id) else {
        return Node::Empty;
    };
    let phase = entries.pick(id, |entry| entry.stage.phase());
    let chip = entries.pick(id, chip);
    let title = div("entry-title")
        .add(el("h2").add(first.file.as_str()))
        .add(span("job-facts").add(words::bytes(first.size)));
    let state = span("chip-place").add(move || {
        let (class, word) = chip.get();
        (!word.is_empty()).then(|| el("span").class(class).add(word))
    });
    let body = move || match phase.get() {
        Phase::Open => open(&loader, id),
        Phase::UnderWay => under_way(&loader, id),
        Phase::Done => done(&loader, id),
    };
    el("section")
        .class("card entry")
        .attr("aria-label", first.file)
        .add(div("entry-head").add(title).add(state))
        .add(body)
        .into_node()
}

/// How it stands, as a class and a word; nothing while it is being described.
fn chip(entry: &Entry) -> (&'static str, String) {
    let said = |class, word: &str| (class, word.to_owned());
    match &entry.stage {
        Stage::Looking => said("chip wait", "Looking at it"),
        Stage::Open => match &entry.problem {
            Some((Step::Load, _)) => said("chip bad", "Not loaded"),
            Some((Step::Look, _)) => said("chip bad", "Does not read"),
            None => said("", ""),
        },
        Stage::Waiting => said("chip wait", "Waits its turn"),
        Stage::Sending(_) => said("chip run", "Sending"),
        Stage::Importing(job) => (
            standing::class(job.state),
            standing::state(job.state).to_owned(),
        ),
        Stage::Loaded(..) => said("chip good", "Loaded"),
    }
}

fn open(loader: &Loader, id: u32) -> Node {
    let entries = loader.entries;
    let name = entries.pick(id, |entry| entry.name.clone());
    let input = el("input")
        .class("input")
        .attr("name", "name")
        .attr("maxlength", "100")
        .attr("autocomplete", "off")
        .value(move || name.get())
        .on("input", move |event| {
            entries.change(id, |entry| {
                entry.name = typed(&event);
                entry.errors.retain(|error| error.field != "name");
            });
        });
    let is_wrong = entries.pick(id, |entry| {
        entry.errors.iter().any(|error| error.field == "name")
    });
    let field = el("label")
        .class(move || {
            if is_wrong.get() {
                "field wrong"
            } else {
                "field"
            }
        })
        .add(span("label").add("Name of the data set"))
        .add(input);
    let remove = {
        let loader = loader.clone();
        el("button")
            .attr("type", "button")
            .class("button")
            .on("click", move |_| loader.remove(id))
            .add("Remove")
    };
    several![
        div("entry-name").add(field).add(remove),
        options::errors(loader, id, "name"),
        options::fields(loader, id),
        problem(loader, id),
        look(loader, id),
    ]
}

fn problem(loader: &Loader, id: u32) -> Node {
    let problem = loader.entries.pick(id, |entry| {
        let elsewhere = entry.errors.iter().find(|error| is_unplaced(&error.field));
        let elsewhere = elsewhere.map(|error| error.message.clone());
        let problem = entry.problem.as_ref().map(|(_, text)| text.clone());
        problem.or(elsewhere)
    });
    let shown = move || {
        let text = problem.get()?;
        Some(p("hint bad entry-problem").attr("role", "alert").add(text))
    };
    shown.into_node()
}

/// Whether an error has no field of its own on the card.
fn is_unplaced(field: &str) -> bool {
    !matches!(
        field,
        "name"
            | "format"
            | "sheet"
            | "delimiter"
            | "header"
            | "encoding"
            | "decimal"
            | "null"
            | "bad_lines"
    )
}

/// The first rows under their columns, whose types can be changed. The head stands for as
/// long as the columns have the same names, so that the keyboard stays where it was.
fn look(loader: &Loader, id: u32) -> Node {
    let entries = loader.entries;
    let names = entries.pick(id, |entry| {
        let columns = entry.look.iter().flat_map(|look| &look.schema.columns);
        columns
            .map(|column| column.name.clone())
            .collect::<Vec<_>>()
    });
    let misfits = misfits(loader, id);
    let loader = loader.clone();
    let drawn = move || {
        let names = names.get();
        if names.is_empty() {
            return Node::Empty;
        }
        let heads: Vec<_> = names
            .into_iter()
            .enumerate()
            .map(|(at, name)| head(&loader, id, at, name))
            .collect();
        let rows = entries.pick(id, rows);
        let body = move || {
            let (columns, rows) = rows.get();
            table::lines(&columns, &rows)
        };
        let table = el("table")
            .add(el("thead").add(el("tr").add(heads)))
            .add(el("tbody").add(body));
        table::scroll("First rows".to_owned(), table)
    };
    several![drawn, misfits, below(entries.pick(id, remarks))]
}

fn rows(entry: &Entry) -> (Vec<ResultColumn>, Vec<Vec<serde_json::Value>>) {
    let Some(look) = &entry.look else {
        return Default::default();
    };
    let columns = look.schema.columns.iter().map(ResultColumn::from).collect();
    let rows = look.rows.iter().take(ROWS).cloned().collect();
    (columns, rows)
}

fn head(loader: &Loader, id: u32, at: usize, name: String) -> El {
    let entries = loader.entries;
    let kind = entries.pick(id, move |entry| {
        let column = entry.look.as_ref()?.schema.columns.get(at)?;
        let says_itself = matches!(
            entry.in_force().format,
            Some(FileFormat::Parquet | FileFormat::Arrow)
        );
        Some((
            column.kind,
            !says_itself && GIVEN_TYPES.contains(&column.kind),
        ))
    });
    let is_fixed = kind.peek(|kind| kind.is_some_and(|(_, can_change)| !can_change));
    let side = move || {
        kind.with(|kind| kind.map_or("", |(kind, _)| if kind.is_numeric() { "right" } else { "" }))
    };
    let word = move || kind.with(|kind| kind.map_or("", |(kind, _)| kind.word()).to_owned());
    let control = if is_fixed {
        span("soft").add(word).into_node()
    } else {
        let (loader, column) = (loader.clone(), name.clone());
        let choose = move |value: &str| {
            let chosen = GIVEN_TYPES.into_iter().find(|kind| kind.word() == value);
            entries.change(id, |entry| {
                entry
                    .options
                    .types
                    .extend(chosen.map(|kind| (column.clone(), kind)));
            });
            loader.look(id);
        };
        let types = || {
            let words = GIVEN_TYPES.map(ColumnType::word);
            words
                .map(|word| (word.to_owned(), word.to_owned()))
                .to_vec()
        };
        form::choice("type", format!("Type of {name}"), types, word, choose)
    };
    el("th")
        .attr("scope", "col")
        .class(side)
        .add(div("column-name").add(name))
        .add(control)
}

/// The lines that do not fit, with the remedy while they refuse the file.
fn misfits(loader: &Loader, id: u32) -> Node {
    let loader = loader.clone();
    let lines = loader.entries.pick(id, |entry| {
        let bad = entry.look.iter().flat_map(|look| &look.bad_lines);
        bad.take(BAD_LINES)
            .map(|bad| format!("Line {}: {}", words::count(bad.line), bad.why))
            .collect::<Vec<_>>()
    });
    let is_refused = loader
        .entries
        .pick(id, |entry| entry.options.bad_lines == BadLines::Refuse);
    let shown = move || {
        let lines = lines.get();
        if lines.is_empty() {
            return Node::Empty;
        }
        let is_refused = is_refused.get();
        let class = if is_refused { "hint bad" } else { "hint" };
        let heading = if is_refused {
            "Lines that do not fit refuse the file. "
        } else {
            "Lines that do not fit are left out."
        };
        let remedy = is_refused.then(|| {
            let loader = loader.clone();
            el("button")
                .attr("type", "button")
                .class("bare remedy")
                .on("click", move |_| options::leave_out(&loader, id))
                .add("Leave them out")
        });
        let lines = lines.into_iter().map(|line| p(class).add(line));
        several![p(class).add(heading).add(remedy), lines.collect::<Vec<_>>()]
    };
    div("remarks").add(shown).into_node()
}

/// What to know of a look, a line each.
fn remarks(entry: &Entry) -> Vec<String> {
    let Some(look) = &entry.look else {
        return Vec::new();
    };
    let mut remarks: Vec<String> = look
        .schema
        .columns
        .iter()
        .filter_map(|column| Some(format!("{}: {}", column.name, column.note.as_ref()?)))
        .collect();
    if look.schema.columns.is_empty() {
        remarks.push(
            "A file of this format says its columns at its end, so they are seen once it is loaded."
                .to_owned(),
        );
        return remarks;
    }
    let shown = look.rows.len().min(ROWS) as u64;
    remarks.push(if look.is_whole {
        format!("The first {}.", words::counted(shown, "row", "rows"))
    } else {
        format!(
            "The first {}. Types are as the beginning of the file suggests; the import looks at every row.",
            words::counted(shown, "row", "rows")
        )
    });
    remarks
}

fn below(remarks: crate::sig::Made<Vec<String>>) -> Node {
    let lines = move || {
        let lines = remarks.get().into_iter();
        lines.map(|line| p("hint").add(line)).collect::<Vec<_>>()
    };
    div("remarks").add(lines).into_node()
}

fn under_way(loader: &Loader, id: u32) -> Node {
    let entries = loader.entries;
    let now = clock::signal();
    let stage = entries.pick(id, |entry| entry.stage.clone());
    let part = move || {
        stage.with(|stage| match stage {
            Stage::Sending(sending) => {
                Some(((sending.sent / sending.of.max(1.0)) * 1e3).to_string())
            }
            Stage::Importing(job) => standing::fraction(job).map(|part| (part * 1e3).to_string()),
            _ => None,
        })
    };
    let words = move || {
        stage.with(|stage| match stage {
            Stage::Sending(sending) => sending.in_words(),
            Stage::Importing(job) => {
                let how = standing::in_words(job, now.get());
                match standing::progress(job, now.get()) {
                    Some(far) => format!("{how}, {far}"),
                    None => how,
                }
            }
            _ => "The files before it are sent first".to_owned(),
        })
    };
    let cancel = {
        let loader = loader.clone();
        el("button")
            .attr("type", "button")
            .class("button small")
            .on("click", move |_| loader.cancel(id))
            .add("Cancel")
    };
    let waits = entries.pick(id, |entry| entry.stage == Stage::Waiting);
    let bar = el("progress")
        .class(move || if waits.get() { "hidden" } else { "" })
        .attr("max", "1000")
        .attr("value", part)
        .attr("aria-label", "How far it is");
    div("sending")
        .add(bar)
        .add(span("job-facts").attr("role", "status").add(words))
        .add(cancel)
        .into_node()
}

fn done(loader: &Loader, id: u32) -> Node {
    let what = loader.entries.pick(id, |entry| match &entry.stage {
        Stage::Loaded(name, rows) => (name.clone(), *rows),
        _ => Default::default(),
    });
    let words = move || {
        let (name, rows) = what.get();
        let rows = rows.map(|rows| words::counted(rows, "row", "rows"));
        p("entry-done")
            .add(link(urls::dataset(&name), name).class("strong"))
            .add(rows.map(|rows| span("job-facts").add(rows)))
    };
    words.into_node()
}
