//! The word that a data set was deleted, with the way back.

use std::time::Duration;

use assay_model::{Dataset, DatasetId};
use leptos::prelude::set_timeout;

use crate::{
    api::Client,
    node::{IntoNode, Node, div, p},
    parts::press::{Doer, press},
    sig::Sig,
    urls,
};

/// How long a deletion can be undone.
const WHILE: Duration = Duration::from_secs(30);

/// The notice; it goes when it is too late.
pub fn undo(dataset: &Dataset) -> Node {
    let (id, name): (DatasetId, String) = (dataset.id, dataset.name.to_string());
    let is_open = Sig::new(true);
    if cfg!(feature = "hydrate") {
        set_timeout(move || is_open.set(false), WHILE);
    }
    let body = move || {
        is_open.get().then(|| {
            let doer = Doer::here();
            let back = urls::dataset(&name);
            let button = press(
                "Undo",
                "button small",
                urls::restore_dataset(id),
                move || {
                    let (client, back) = (Client::here(), back.clone());
                    doer.work(async move {
                        client.restore_dataset(id).await?;
                        Ok(Some(back))
                    });
                },
            );
            p("notice")
                .add(format!("“{name}” was deleted. "))
                .add(button)
        })
    };
    div("undo").attr("role", "status").add(body).into_node()
}
