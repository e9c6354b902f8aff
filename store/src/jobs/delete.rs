//! `delete`: a job that is over goes, and what only it had left.

use assay_model::{JobId, JobState, Owner};

use crate::{
    Store, StoreError,
    reply::{Reply, unexpected},
    script::Answer,
};

/// The answer to a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteJob {
    /// It is gone.
    Deleted,
    /// It is not over; cancel it first.
    NotOver(JobState),
    /// There is no such job.
    NotFound,
    /// The job is somebody else's.
    NotYours,
}

impl Store {
    /// Deletes a job that is over, with its result unless another job refers to it. A
    /// deletion whose answer was lost and that is repeated answers
    /// [`DeleteJob::NotFound`].
    pub async fn delete_job(&self, id: JobId, owner: &Owner) -> Result<DeleteJob, StoreError> {
        let call = self
            .scripts()
            .delete_job
            .with([id.to_string().as_str(), owner.as_str()]);
        let reply: Reply = self.redis().script(&call).await?;
        Ok(match reply.answer {
            Answer::Done => {
                self.sweep().await?;
                DeleteJob::Deleted
            }
            Answer::WrongState => DeleteJob::NotOver(reply.state()?),
            Answer::NotFound => DeleteJob::NotFound,
            Answer::NotYours => DeleteJob::NotYours,
            other => return Err(unexpected(other)),
        })
    }
}
