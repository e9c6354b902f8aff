//! What has become of the data that a job read.

use assay_model::{Event, words};

use super::Shown;
use crate::{
    live,
    node::{IntoNode, Node, p},
    sig::Sig,
};

impl Shown {
    /// Says when the rows have changed since they were read, also when that happens while
    /// one looks; and when this run read others than the one that it repeats.
    pub fn since(self) -> Node {
        let now = Sig::new(None::<u64>);
        live::on_event(move |event| {
            if let Event::Dataset(dataset) = event {
                let has_changed = self.job.try_peek(|job| {
                    job.inputs.first().is_some_and(|read| {
                        read.id == dataset.id
                            && read.version > 0
                            && dataset.content_version > read.version
                    })
                });
                if has_changed == Some(true) {
                    now.set(Some(dataset.version));
                }
            }
        });
        let changed = move || {
            let version = now.get();
            self.job.with(|job| {
                let read = job.inputs.first().filter(|_| job.state.is_terminal())?;
                let version = version.or(job.newer_version)?;
                Some(p("since").add(format!(
                    "The data has changed since: this read version {}, now there is version {}. Run it again to read that.",
                    words::count(read.version),
                    words::count(version)
                )))
            })
        };
        let repeated = move || {
            self.job.with(|job| {
                let (read, before) = (job.inputs.first()?, job.retry_read?);
                Some(p("soft").add(format!(
                    "This reads version {}, as the data is now; the run that it repeats read version {}.",
                    words::count(read.version),
                    words::count(before)
                )))
            })
        };
        Node::Several(vec![changed.into_node(), repeated.into_node()])
    }
}
