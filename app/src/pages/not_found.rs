//! An address that leads nowhere.

use assay_model::{Problem, ProblemKind};

use crate::{node::Node, parts::problem};

/// The page.
pub fn page() -> Node {
    problem::page(&Problem::new(
        ProblemKind::NotFound,
        "There is no page at this address.",
    ))
}
