//! An address that leads nowhere.

use assay_model::{Problem, ProblemKind};
use leptos::prelude::*;

use crate::parts::problem;

/// The page.
pub fn page() -> AnyView {
    problem::page(&Problem::new(
        ProblemKind::NotFound,
        "There is no page at this address.",
    ))
}
