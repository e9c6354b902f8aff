//! The versions of a table: how each came about, what is kept, who reads it.

use assay_model::{Version, VersionCause, words};
use serde::Deserialize;

use crate::{
    clock,
    node::{El, IntoNode, Node, div, el, link, span},
    parts, urls,
};

/// Versions shown; a long history is had over HTTP.
const SHOWN: usize = 12;

/// What the server says of them.
#[derive(Debug, Deserialize)]
pub struct Versions {
    items: Vec<Version>,
}

/// The card; nothing for a collection, which has none.
pub fn versions(found: &Versions) -> Option<Node> {
    if found.items.is_empty() {
        return None;
    }
    let items: Vec<El> = found.items.iter().take(SHOWN).map(line).collect();
    let more = found.items.len().saturating_sub(SHOWN) as u64;
    let more = (more > 0).then(|| {
        span("hint").add(format!(
            "And {} before.",
            words::counted(more, "version", "versions")
        ))
    });
    let body = div("stack")
        .add(el("ol").class("timeline").add(items))
        .add(more);
    Some(parts::card("Versions", body))
}

fn line(version: &Version) -> El {
    let how = match version.how {
        VersionCause::Import => "loaded",
        VersionCause::Append => "rows appended",
        VersionCause::Replace => "replaced",
        VersionCause::Compact => "parts gathered, the same rows",
    };
    let facts = format!(
        "{}, {} in {}",
        words::counted(version.rows, "row", "rows"),
        words::bytes(version.bytes),
        words::counted(version.parts, "part", "parts"),
    );
    let kept = (!version.kept).then(|| span("hint").add("Its rows are no longer kept."));
    let readers: Vec<Node> = version
        .readers
        .iter()
        .map(|job| {
            span("hint")
                .add("Read by ")
                .add(link(urls::job(*job), "a job that is not over"))
                .into_node()
        })
        .collect();
    el("li")
        .add(
            div("strong")
                .add(format!("Version {}: ", words::count(version.version)))
                .add(link(urls::job(version.job), how)),
        )
        .add(
            span("hint")
                .add(facts)
                .add(", ")
                .add(clock::ago(version.created)),
        )
        .add(kept)
        .add(readers)
}
