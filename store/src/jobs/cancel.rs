//! `cancel`: the owner ends a job.

use assay_model::{JobId, JobState, Owner};

use crate::{
    Store, StoreError,
    reply::{Reply, unexpected},
    script::Answer,
};

/// The answer to a cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancel {
    /// The job is cancelled, by this call or by one before.
    Cancelled,
    /// The job had ended by itself.
    AlreadyOver(JobState),
    /// There is no such job.
    NotFound,
    /// The job is somebody else's.
    NotYours,
}

impl Store {
    /// Ends a job at once, whatever its worker does; the worker hears by
    /// [`Store::signals`] and by its next `renew`.
    pub async fn cancel(&self, id: JobId, owner: &Owner) -> Result<Cancel, StoreError> {
        let call = self
            .scripts()
            .cancel
            .with([id.to_string().as_str(), owner.as_str()]);
        let reply: Reply = self.redis().script(&call).await?;
        Ok(match reply.answer {
            Answer::Done => Cancel::Cancelled,
            Answer::WrongState => Cancel::AlreadyOver(reply.state()?),
            Answer::NotFound => Cancel::NotFound,
            Answer::NotYours => Cancel::NotYours,
            other => return Err(unexpected(other)),
        })
    }
}
