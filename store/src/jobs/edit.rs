//! `edit`: the owner changes a job's label or pin.

use assay_model::{JobId, Owner};

use super::read_spec;
use crate::{
    Store, StoreError,
    reply::{Reply, unexpected},
    script::Answer,
};

/// What to change of a job; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct JobEdit {
    /// The new label, or none.
    pub label: Option<Option<String>>,
    /// Whether it is kept beyond the 30 days.
    pub pinned: Option<bool>,
}

/// The answer to an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// It is changed.
    Done,
    /// There is no such job.
    NotFound,
    /// The job is somebody else's.
    NotYours,
}

impl Store {
    /// Changes a job's label or pin.
    pub async fn edit_job(
        &self,
        id: JobId,
        owner: &Owner,
        edit: &JobEdit,
    ) -> Result<Edit, StoreError> {
        let key = self.keys().spec(id);
        let pinned = match edit.pinned {
            Some(true) => "1",
            Some(false) => "0",
            None => "",
        };
        loop {
            let Some(before): Option<String> =
                self.redis().command(redis::cmd("GET").arg(&key)).await?
            else {
                return Ok(Edit::NotFound);
            };
            let mut spec = read_spec(&key, &before)?;
            let after = match &edit.label {
                Some(label) => {
                    spec.label.clone_from(label);
                    serde_json::to_string(&spec)
                        .map_err(|error| StoreError::corrupt(&key, error))?
                }
                None => before.clone(),
            };
            let call = self.scripts().edit.with([
                id.to_string().as_str(),
                owner.as_str(),
                &before,
                &after,
                pinned,
            ]);
            let reply: Reply = self.redis().script(&call).await?;
            return Ok(match reply.answer {
                Answer::Done => Edit::Done,
                Answer::NotFound => Edit::NotFound,
                Answer::NotYours => Edit::NotYours,
                // Somebody else's edit came between: look again.
                Answer::Changed => continue,
                other => return Err(unexpected(other)),
            });
        }
    }
}
