//! The line of facts below a job's title: how it stands, how long it took, what it read.

use assay_model::{DatasetRef, words};

use super::Shown;
use crate::{
    clock,
    node::{El, IntoNode, Node, div, el},
    parts::standing,
};

impl Shown {
    /// The line. Only how it stands is told to who cannot see it, and not each second.
    pub fn facts(self) -> Node {
        let now = clock::signal();
        let class = move || self.job.with(|job| standing::class(job.state));
        let place = move || self.job.with(standing::place);
        let until = move || self.job.with(|job| standing::until(job, now.get()));
        let took = move || {
            let is_over = self.job.with(|job| job.finished.is_some());
            let now = if is_over {
                now.peek(Clone::clone)
            } else {
                now.get()
            };
            self.job.with(|job| standing::took(job, now)).map(fact)
        };
        let read = move || {
            self.result.with(|result| {
                let page = result.as_ref()?.as_ref().ok()?;
                let rows: u64 = page.inputs.iter().map(|input| input.rows).sum();
                Some(fact(words::counted(rows, "row read", "rows read")))
            })
        };
        let version = move || {
            self.job.with(|job| {
                let DatasetRef { name, version, .. } = job.dataset.as_ref()?;
                Some(fact(if *version == 0 {
                    name.to_string()
                } else {
                    format!("{name}, version {version}")
                }))
            })
        };
        let created = self.job.peek(|job| job.created);
        div("facts-line")
            .add(
                el("span").class(class).add(
                    el("span")
                        .add(el("span").attr("role", "status").add(place))
                        .add(until),
                ),
            )
            .add(took)
            .add(read)
            .add(version)
            .add(el("span").add("submitted ").add(clock::ago(created)))
            .into_node()
    }
}

/// One of several facts.
pub fn fact(text: String) -> El {
    el("span").add(text)
}
