//! What a job leaves: the chart, the table in pages, the files to take along; or the
//! data set that an import has made.

use assay_model::{JobId, JobKind, JobState, ResultPage, words};

use super::{ROWS, Shown};
use crate::{
    chart, clock,
    node::{El, IntoNode, Node, div, el, link, p, several, span},
    parts::{self, export, problem, table::table},
    urls,
};

/// The chart alone as a file, and what it is called.
const CHART: (&str, &str) = ("vega-lite", "Chart as Vega-Lite");

impl Shown {
    /// What the job left, once it has succeeded.
    pub fn result(self, state: JobState) -> Node {
        if state != JobState::Succeeded {
            return Node::Empty;
        }
        if self.job.peek(|job| job.kind == JobKind::Import) {
            return self.imported().into_node();
        }
        match self.result.get() {
            Some(Ok(page)) => {
                several![page.chart.as_ref().and_then(chart::chart), self.rows(page)]
            }
            Some(Err(problem)) => problem::card(&problem),
            None => p("loading")
                .attr("role", "status")
                .add("Fetching the result")
                .into_node(),
        }
    }

    fn imported(self) -> Option<Node> {
        let name = self
            .job
            .peek(|job| job.dataset.as_ref().map(|dataset| dataset.name.to_string()))?;
        let words = el("p")
            .add("It is called ")
            .add(link(urls::dataset(&name), name.as_str()).class("strong"))
            .add(".");
        let actions = div("actions")
            .add(link(urls::analyse(&name), "Analyse").class("button main"))
            .add(link(urls::dataset(&name), "Look at it").class("button"));
        Some(parts::card(
            "The data set is ready",
            several![words, actions],
        ))
    }

    fn rows(self, page: ResultPage) -> Node {
        let shown = page.rows.len() as u64;
        if page.row_count == 0 {
            return el("section")
                .class("card")
                .add(p("soft").add("The result has no rows."))
                .into_node();
        }
        let (first, last) = (self.offset + 1, self.offset + shown);
        let to = |offset: u64, word: &'static str| {
            let address = urls::job(self.id);
            let address = if offset == 0 {
                address
            } else {
                format!("{address}?offset={offset}")
            };
            link(address, word).class("button small")
        };
        let pager = (shown < page.row_count).then(|| {
            let range = format!(
                "Rows {} to {} of {}",
                words::count(first),
                words::count(last),
                words::count(page.row_count)
            );
            el("nav")
                .class("pager")
                .attr("aria-label", "Pages of the table")
                .add(span("soft").add(range))
                .add((self.offset > 0).then(|| to(self.offset.saturating_sub(ROWS), "Before")))
                .add((last < page.row_count).then(|| to(last, "After")))
        });
        let table = table("Result".to_owned(), page.columns, page.rows);
        several![
            el("section").class("card flush").add(table).add(pager),
            scan_note(&page.inputs)
        ]
    }
}

/// For a collection: between when and when it was read, and what went meanwhile.
fn scan_note(inputs: &[assay_model::result::InputStamp]) -> Vec<El> {
    let note = |input: &assay_model::result::InputStamp| {
        let (began, ended) = (input.scan_began?, input.scan_ended?);
        let vanished = input.vanished.filter(|n| *n > 0);
        let vanished =
            vanished.map(|n| format!("; {} meanwhile", words::counted(n, "key went", "keys went")));
        let misfits = input.misfits.map(|n| {
            let values = words::counted(n, "value", "values");
            format!(" {values} changed their type meanwhile and count as missing.")
        });
        let end = format!(
            ", in {}{}.{}",
            words::duration(ended.millis_since(began)),
            vanished.unwrap_or_default(),
            misfits.unwrap_or_default()
        );
        let start = format!("{} was read where it is at ", input.dataset.name);
        Some(
            p("soft small")
                .add(start)
                .add(clock::moment(began))
                .add(end),
        )
    };
    inputs.iter().filter_map(note).collect()
}

/// The result as a file, in any of the formats.
pub fn export(id: JobId) -> Node {
    let formats = [&export::FORMATS[..], &[CHART]].concat();
    export::menu(&formats, |format| urls::api::download(id, format))
}
