//! The pages that a first visit does without: all but the bench.
//!
//! The browser's program comes in two pieces. The first holds the bench and what all
//! pages share; the second holds these pages, and is fetched on the way to the first of
//! them. [`draw`] is where the program is cut: whatever can be reached only through it
//! goes into the second piece. On the server it is a plain call.

use assay_model::{Problem, ProblemKind};
use leptos::{
    prelude::*,
    tachys::view::any_view::AnyView,
    wasm_split::{SplitLoaderError, wasm_split},
};
use leptos_router::ChooseView;

use super::{dataset, datasets, import, job, jobs, new};
use crate::{node::Node, parts::problem};

/// A page of the second piece.
#[derive(Debug, Clone, Copy)]
pub enum Later {
    /// The list of data sets.
    Datasets,
    /// One data set.
    Dataset,
    /// Loading files.
    Import,
    /// A new analysis.
    New,
    /// The list of jobs.
    Jobs,
    /// One job.
    Job,
}

/// The second piece did not come.
struct Missing;

impl From<SplitLoaderError> for Missing {
    fn from(_: SplitLoaderError) -> Self {
        Self
    }
}

impl ChooseView for Later {
    async fn choose(self) -> AnyView {
        draw(self)
            .await
            .unwrap_or_else(|Missing| missing())
            .into_any()
    }

    async fn preload(&self) {
        // What fails to come now is asked for again when it is needed.
        let _ = fetch().await;
    }
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "what fetches the piece adds how that can fail"
)]
#[wasm_split(pages, wasm_split_path = ::leptos::wasm_split, fallible, preload(fetch))]
fn draw(page: Later) -> Result<Node, Missing> {
    Ok(match page {
        Later::Datasets => datasets::page(),
        Later::Dataset => dataset::page(),
        Later::Import => import::page(),
        Later::New => new::page(),
        Later::Jobs => jobs::page(),
        Later::Job => job::page(),
    })
}

/// The server is away, or has been replaced by one with another program. Either way the
/// next visit asks anew, and loading the page afresh always helps once the server is back.
fn missing() -> Node {
    let detail = "The server may be away, or may have been updated meanwhile. Load the page again.";
    problem::page(&Problem {
        title: "This page did not come".to_owned(),
        ..Problem::new(ProblemKind::Unavailable, detail)
    })
}
