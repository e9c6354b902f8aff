//! The parts that pages are made of: one a file.

pub mod collection;
pub mod copy;
pub mod export;
pub mod job_row;
pub mod notice;
pub mod press;
pub mod problem;
pub mod rail;
pub mod standing;
pub mod storage;
pub mod table;
pub mod timeline;
pub mod undo;
pub mod upload;

use leptos::{prelude::*, text_prop::TextProp};
use leptos_meta::Title;

use crate::node::{IntoNode, Node, div, el};

/// The head of a page: where one is, its title, and what one can do here.
pub fn head(title: &str, crumbs: Node, below: Node, actions: Node) -> Node {
    let text = title.to_owned();
    let words = div("page-title")
        .add(crumbs)
        .add(el("h1").add(title))
        .add(below);
    let head = el("header")
        .class("page-head")
        .add(words)
        .add(div("actions").add(actions));
    Node::Several(vec![window_title(move || text.clone()), head.into_node()])
}

/// The title in the window's frame.
pub fn window_title(text: impl Fn() -> String + Send + Sync + 'static) -> Node {
    let text = TextProp::from(text);
    view! { <Title text=text /> }.into_any().into_node()
}

/// A card with its heading.
pub fn card(heading: &str, body: impl IntoNode) -> Node {
    el("section")
        .class("card")
        .add(el("h2").add(heading))
        .add(body)
        .into_node()
}
