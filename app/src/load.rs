//! Loading what a page shows.
//!
//! One piece of machinery for all pages, not generic on purpose: a page names the
//! addresses it needs and gets the raw replies. So the browser loads one kind of
//! resource, not one for each type of answer.
//!
//! While the server (or its Redis) is away, the page says so and asks again by itself.

use crate::sig::Sig;
use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use assay_model::Problem;
use leptos::prelude::*;
use serde::de::DeserializeOwned;

use crate::{
    api::{Client, Reply},
    live,
    node::{IntoNode, Node, p},
    parts::problem,
};

/// The replies, in the order of the addresses. A page that the server rendered carries
/// them along, so the browser starts from the very same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replies(Vec<Reply>);

impl Replies {
    /// The `i`-th reply.
    pub fn get(&self, i: usize) -> Option<&Reply> {
        self.0.get(i)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// What the `i`-th reply says.
    pub fn read<T: DeserializeOwned>(&self, i: usize) -> Result<T, Problem> {
        self.0
            .get(i)
            .map_or_else(|| Reply::none().read(), Reply::read)
    }
}

impl fmt::Display for Replies {
    /// Of each reply its status, the length of its body, and the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|Reply { status, body }| write!(f, "{status} {} {body}", body.len()))
    }
}

impl FromStr for Replies {
    type Err = Cut;

    fn from_str(mut text: &str) -> Result<Self, Cut> {
        let mut replies = Vec::new();
        while !text.is_empty() {
            let (status, rest) = text.split_once(' ').ok_or(Cut)?;
            let (length, rest) = rest.split_once(' ').ok_or(Cut)?;
            let length = length.parse().map_err(|_| Cut)?;
            let (body, rest) = rest.split_at_checked(length).ok_or(Cut)?;
            replies.push(Reply {
                status: status.parse().map_err(|_| Cut)?,
                body: body.to_owned(),
            });
            text = rest;
        }
        Ok(Self(replies))
    }
}

/// The replies that a page carried are not whole. The browser then asks for them itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut;

/// Shows what the server says at `paths`, on the server as in the browser; anew
/// whenever the addresses change.
pub fn loaded(
    paths: impl Fn() -> Vec<String> + Send + Sync + 'static,
    render: impl Fn(Replies) -> Node + Send + Sync + 'static,
) -> Node {
    show(
        Box::new(paths),
        |_| true,
        Arc::new(render),
        problem::trying_again,
        loading,
    )
}

/// As [`loaded`], but only for as long as `goes_on` says so of each reply in turn.
pub fn loaded_while(
    paths: impl Fn() -> Vec<String> + Send + Sync + 'static,
    goes_on: fn(&Reply) -> bool,
    render: impl Fn(Replies) -> Node + Send + Sync + 'static,
) -> Node {
    show(
        Box::new(paths),
        goes_on,
        Arc::new(render),
        problem::trying_again,
        loading,
    )
}

/// As [`loaded`], but nothing stands there while there is nothing to show.
pub fn loaded_quietly(
    path: &'static str,
    render: impl Fn(Replies) -> Node + Send + Sync + 'static,
) -> Node {
    show(
        Box::new(move || vec![path.to_owned()]),
        |_| true,
        Arc::new(render),
        |_| Node::Empty,
        || Node::Empty,
    )
}

type Paths = Box<dyn Fn() -> Vec<String> + Send + Sync>;
type Render = Arc<dyn Fn(Replies) -> Node + Send + Sync>;

fn loading() -> Node {
    p("loading")
        .attr("role", "status")
        .add("Loading")
        .into_node()
}

fn show(
    paths: Paths,
    goes_on: fn(&Reply) -> bool,
    render: Render,
    when_away: fn(&Reply) -> Node,
    fallback: fn() -> Node,
) -> Node {
    let resource = Resource::new_str(paths, move |paths| {
        let replies = Client::here().get_while(paths, goes_on);
        async move { Replies(replies.await) }
    });
    let failures = Sig::new(0_u32);
    let body = move || {
        let render = Arc::clone(&render);
        Suspend::new(async move {
            let replies = resource.await;
            match replies.0.iter().find(|reply| reply.is_away()) {
                None => {
                    failures.set(0);
                    render(replies)
                }
                Some(away) => {
                    let failed = failures.peek(|failed| *failed);
                    failures.set(failed + 1);
                    if cfg!(feature = "hydrate") {
                        set_timeout(move || resource.refetch(), back_off(failed));
                    }
                    when_away(away)
                }
            }
        })
    };
    view! { <Transition fallback=fallback>{body}</Transition> }
        .into_any()
        .into_node()
}

/// How long to wait before the next try: 1, 2, 4 … 30 seconds.
pub fn back_off(failed: u32) -> Duration {
    Duration::from_secs((1_u64 << failed.min(5)).min(30))
}

/// Fetches `paths` once more, in the browser, and hands over what came unless the
/// server is away; then tells again what happened meanwhile, which what came may not know
/// of. Values of a page that was left meanwhile are gone, and setting them does nothing.
pub fn refresh(paths: Vec<String>, apply: impl FnOnce(Replies) + 'static) {
    let client = Client::here();
    let apply: Box<dyn FnOnce(Replies)> = Box::new(apply);
    let asked = live::now();
    leptos::task::spawn_local(async move {
        let replies = client.get_while(paths, |_| true).await;
        if !replies.iter().any(Reply::is_away) {
            apply(Replies(replies));
            live::tell_again(asked);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_grow_apart_to_half_a_minute() {
        let waits: Vec<u64> = (0..8).map(|n| back_off(n).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
    }

    #[test]
    fn a_page_carries_its_replies_whole() {
        let reply = |status, body: &str| Reply {
            status,
            body: body.to_owned(),
        };
        let replies = Replies(vec![
            reply(200, "{\"items\": [\"ä 12 b\"]}\n"),
            reply(0, ""),
            reply(404, "1 1 1"),
        ]);
        let text = replies.to_string();
        assert_eq!(text.parse(), Ok(replies));
        assert_eq!(text[..text.len() - 1].parse::<Replies>(), Err(Cut));
        assert_eq!("".parse(), Ok(Replies(Vec::new())));
    }
}
