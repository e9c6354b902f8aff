//! Deleting a data set.

use assay_model::Dataset;

use crate::{
    api::Client,
    node::{IntoNode, Node, div, el},
    parts::press::{Doer, press},
    urls,
};

/// A menu that asks once more.
pub fn delete(dataset: &Dataset) -> Node {
    let doer = Doer::here();
    let (name, id) = (dataset.name.to_string(), dataset.id);
    let action = urls::delete_dataset(&name);
    let button = press("Delete with all rows", "button danger", action, move || {
        let (client, name) = (Client::here(), name.clone());
        doer.work(async move {
            client.delete_dataset(&name).await?;
            Ok(Some(urls::deleted(id)))
        });
    });
    let words = "Its rows go with it; for half a minute that can be undone. Results that were made from it stay.";
    let body = div("menu-body").add(el("p").add(words)).add(button);
    el("details")
        .class("menu")
        .add(el("summary").class("button").add("Delete"))
        .add(body)
        .into_node()
}
