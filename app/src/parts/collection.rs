//! Declaring a collection: which records in Redis are to be read as a data set, with what
//! there is of them shown before one decides.
//!
//! Without the program it is a plain form, and a second button asks for the glance; with
//! it the glance follows what one types.

use std::time::Duration;

use crate::sig::Sig;
use assay_model::{
    Collection, CollectionPreview, CollectionType, Problem, ResultColumn, form::FormData, words,
};
use leptos::{prelude::set_timeout, web_sys::Event};

use super::{press::Doer, table::table};
use crate::{
    api::Client,
    load,
    node::{IntoNode, Node, div, el, p, several, span, typed},
    urls,
};

/// How long one may pause in typing before the glance is taken.
const PAUSE: Duration = Duration::from_millis(350);

/// What the form holds.
#[derive(Clone, Copy)]
struct Form {
    name: Sig<String>,
    pattern: Sig<String>,
    kind: Sig<CollectionType>,
    source: Sig<String>,
    /// What the glance found, or what is wrong.
    glance: Sig<Option<Result<CollectionPreview, Problem>>>,
    /// Counts changes: only the glance at the last one counts.
    changes: Sig<u32>,
    error: Sig<Option<Problem>>,
}

/// The form, as an address fills it in, with the glance at what that describes. `sources`
/// are the other Redis servers to choose from.
pub fn collection(
    filled: &FormData,
    sources: &[String],
    glance: Option<Result<CollectionPreview, Problem>>,
) -> Node {
    let one = |name| filled.one(name).unwrap_or_default().to_owned();
    let form = Form {
        name: Sig::new(one("name")),
        pattern: Sig::new(one("pattern")),
        kind: Sig::new(one("type").parse().unwrap_or_default()),
        source: Sig::new(one("source")),
        glance: Sig::new(glance),
        changes: Sig::new(0),
        error: Sig::new(None),
    };
    let doer = Doer::here();
    let submit = move |event: Event| {
        event.prevent_default();
        form.declare(&doer);
    };
    let source = (!sources.is_empty()).then(|| form.source(sources));
    let buttons = div("actions")
        .add(el("button").class("button").add("Read them"))
        .add(
            el("button")
                .class("button without-program")
                .attr("formmethod", "get")
                .attr("formaction", urls::DATASETS)
                .attr("formnovalidate", true)
                .add("Look first"),
        );
    let described = el("form")
        .attr("method", "post")
        .attr("action", urls::COLLECTIONS)
        .attr("aria-label", "Read records that are in Redis")
        .class("analysis")
        .on("submit", submit)
        .add(source)
        .add(form.kind())
        .add(form.pattern())
        .add(move || form.shown())
        .add(form.name())
        .add(move || form.error.with(|error| error.as_ref().map(said)))
        .add(buttons);
    let words =
        p("soft").add("What other programs write there is read where it is, each time anew.");
    super::card("Read records that are in Redis", several![words, described])
}

impl Form {
    fn name(self) -> Node {
        let input = el("input")
            .class("input")
            .attr("name", "name")
            .attr("required", true)
            .attr("maxlength", "100")
            .attr("autocomplete", "off")
            .attr("placeholder", "animals")
            .value(move || self.name.get())
            .on("input", move |event| self.name.set(typed(&event)));
        field("What to call them", input)
    }

    fn kind(self) -> Node {
        let options = CollectionType::ALL.map(|kind| {
            el("option")
                .attr("value", kind.as_str())
                .attr("selected", self.kind.peek(|chosen| *chosen == kind))
                .add(kind.label())
        });
        let select = el("select")
            .class("input")
            .attr("name", "type")
            .on("change", move |event| {
                self.kind.set(typed(&event).parse().unwrap_or_default());
                self.changed();
            })
            .add(Vec::from(options));
        field("What is there", select)
    }

    fn pattern(self) -> Node {
        let is_one_key = move || self.kind.get().is_one_key();
        let input = el("input")
            .class("input mono")
            .attr("name", "pattern")
            .attr("required", true)
            .attr("maxlength", "1000")
            .attr("autocomplete", "off")
            .attr("autocapitalize", "none")
            .attr("spellcheck", "false")
            .attr("placeholder", move || {
                if is_one_key() { "scores" } else { "animal:*" }
            })
            .value(move || self.pattern.get())
            .on("input", move |event| {
                self.pattern.set(typed(&event));
                self.changed();
            });
        let label = move || {
            if is_one_key() {
                "Its key"
            } else {
                "Keys that match"
            }
        };
        field(label, input)
    }

    fn source(self, sources: &[String]) -> Node {
        let chosen = self.source.peek(Clone::clone);
        let own = el("option").attr("value", "").add("The bench’s own Redis");
        let options = sources.iter().map(|name| {
            el("option")
                .attr("value", name.clone())
                .attr("selected", *name == chosen)
                .add(name.as_str())
        });
        let select = el("select")
            .class("input")
            .attr("name", "source")
            .on("change", move |event| {
                self.source.set(typed(&event));
                self.changed();
            })
            .add(own)
            .add(options.collect::<Vec<_>>());
        field("Where", select)
    }

    /// What the glance found.
    fn shown(self) -> Node {
        let found = div("stack").attr("aria-live", "polite");
        self.glance
            .with(|glance| match glance {
                None => found,
                Some(Err(problem)) => found.add(p("hint bad").add(problem.detail.clone())),
                Some(Ok(preview)) => found.add(few(preview)),
            })
            .into_node()
    }

    /// The fields that say which records.
    fn data(self) -> FormData {
        let mut data = FormData::default();
        data.push("pattern", self.pattern.peek(Clone::clone));
        data.push("type", self.kind.peek(|kind| kind.as_str()));
        data.push("source", self.source.peek(Clone::clone));
        data
    }

    /// Takes a glance once one has stopped typing.
    fn changed(self) {
        let change = self.changes.peek(|n| n + 1);
        self.changes.set(change);
        if self.pattern.peek(|pattern| pattern.trim().is_empty()) {
            return self.glance.set(None);
        }
        let is_last = move || self.changes.try_peek(|n| *n) == Some(change);
        let look = move || {
            if !is_last() {
                return;
            }
            load::refresh(
                vec![urls::api::collection_preview(&self.data())],
                move |replies| {
                    if is_last() {
                        self.glance.set(Some(replies.read(0)));
                    }
                },
            );
        };
        set_timeout(look, PAUSE);
    }

    fn declare(self, doer: &Doer) {
        let source = self.source.peek(Clone::clone);
        let collection = Collection {
            source: source.parse().ok(),
            pattern: self.pattern.peek(|pattern| pattern.trim().to_owned()),
            kind: self.kind.peek(|kind| *kind),
        };
        let name = self.name.peek(|name| name.trim().to_owned());
        let (client, error) = (Client::here(), self.error);
        doer.work(async move {
            match client.declare(&name, &collection).await {
                Ok(dataset) => Ok(Some(urls::dataset(dataset.name.as_str()))),
                Err(problem) => {
                    error.set(Some(problem));
                    Ok(None)
                }
            }
        });
    }
}

fn field(label: impl IntoNode, control: crate::node::El) -> Node {
    el("label")
        .class("field")
        .add(span("label").add(label))
        .add(control)
        .into_node()
}

fn said(problem: &Problem) -> Node {
    p("hint bad")
        .attr("role", "alert")
        .add(problem.detail.clone())
        .into_node()
}

/// The first of the records, and how many there are.
fn few(preview: &CollectionPreview) -> Node {
    let count = words::counted(preview.rows, "record", "records");
    let count = match (preview.rows, preview.is_whole) {
        (0, true) => "Nothing is there yet; what comes will be read.".to_owned(),
        (_, true) => format!("{count}."),
        (_, false) => format!("At least {count}."),
    };
    let columns: Vec<ResultColumn> = preview
        .schema
        .columns
        .iter()
        .map(ResultColumn::from)
        .collect();
    let rows: Vec<Vec<_>> = preview
        .items
        .iter()
        .map(|item| {
            let cell = |column: &ResultColumn| item.get(&column.name).cloned().unwrap_or_default();
            columns.iter().map(cell).collect()
        })
        .collect();
    let rows = (!rows.is_empty()).then(|| table("The first records".to_owned(), columns, rows));
    several![p("hint").add(count), rows]
}
