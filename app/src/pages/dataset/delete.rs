//! Deleting a data set.

use crate::{
    api::Client,
    node::{IntoNode, Node, div, el},
    parts::press::{Doer, press},
    urls,
};

/// A menu that asks once more.
pub fn delete(name: &str) -> Node {
    let doer = Doer::here();
    let gone = name.to_owned();
    let button = press(
        "Delete for good",
        "button danger",
        urls::delete_dataset(name),
        move || {
            let (client, name) = (Client::here(), gone.clone());
            doer.work(async move {
                client.delete_dataset(&name).await?;
                Ok(Some(urls::DATASETS.to_owned()))
            });
        },
    );
    let body = div("menu-body")
        .add(el("p").add("Its rows go with it. Results that were made from it stay."))
        .add(button);
    el("details")
        .class("menu")
        .add(el("summary").class("button").add("Delete"))
        .add(body)
        .into_node()
}
