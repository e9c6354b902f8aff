//! Data sets go, and come back for as long as that is possible.
//!
//! A deletion takes a data set out of sight and frees its name at once. Its rows go when
//! [`RESTORE`] is over, so that a mistake can be undone.

use std::time::Duration;

use assay_model::{Dataset, DatasetId, DatasetName, JobId};

use crate::{
    Store, StoreError,
    reply::{Reply, parse, text, unexpected},
    script::Answer,
};

/// How long a deleted data set can be restored.
pub const RESTORE: Duration = Duration::from_secs(30);
/// Data sets that are ended in one call at most.
const BATCH: u32 = 20;

/// The answer to a deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeleteDataset {
    /// It is gone, and can be restored for a while.
    Deleted,
    /// There is no such data set.
    NotFound,
    /// These jobs, which are not over, read or change it.
    InUse(Vec<JobId>),
}

/// The answer to a restoration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestoreDataset {
    /// It is there again.
    Restored,
    /// There is none to restore, or it is too late.
    NotFound,
    /// Its name belongs to another data set by now.
    NameTaken(DatasetName),
}

impl Store {
    /// Deletes a data set. Jobs that read or change it stand in the way unless `force` is
    /// said; then they fail. Repeated it answers as the first time.
    pub async fn delete_dataset(
        &self,
        id: DatasetId,
        force: bool,
    ) -> Result<DeleteDataset, StoreError> {
        let id = id.to_string();
        let call = self
            .scripts()
            .delete_dataset
            .with([id.as_str(), if force { "1" } else { "0" }]);
        let reply: Reply = self.redis().script(&call).await?;
        match reply.answer {
            Answer::Done => Ok(DeleteDataset::Deleted),
            Answer::NotFound => Ok(DeleteDataset::NotFound),
            Answer::InUse => reply
                .rest
                .iter()
                .map(|value| parse(&text(value)?))
                .collect::<Result<_, _>>()
                .map(DeleteDataset::InUse),
            other => Err(unexpected(other)),
        }
    }

    /// Brings a deleted data set back. Repeated it answers as the first time.
    pub async fn restore_dataset(&self, id: DatasetId) -> Result<RestoreDataset, StoreError> {
        let while_ms = RESTORE.as_millis() as u64;
        let call = self
            .scripts()
            .restore_dataset
            .with([id.to_string(), while_ms.to_string()]);
        let reply: Reply = self.redis().script(&call).await?;
        match reply.answer {
            Answer::Done => Ok(RestoreDataset::Restored),
            Answer::NotFound => Ok(RestoreDataset::NotFound),
            Answer::NameTaken => Ok(RestoreDataset::NameTaken(reply.parse()?)),
            other => Err(unexpected(other)),
        }
    }

    /// A data set that was deleted and can still be restored.
    pub async fn deleted_dataset(&self, id: DatasetId) -> Result<Option<Dataset>, StoreError> {
        self.load_dataset_at(id, self.keys().deleted_dataset(id))
            .await
    }

    /// Ends the data sets that were deleted longer ago than `after`, [`RESTORE`] unless a
    /// test is in a hurry, with their rows; says how many. To be called every second or so.
    pub async fn purge_datasets(&self, after: Duration) -> Result<usize, StoreError> {
        let after = (after.as_millis() as u64).to_string();
        let mut purged = 0;
        loop {
            let call = self
                .scripts()
                .purge_datasets
                .with([BATCH.to_string().as_str(), after.as_str()]);
            let reply: Reply = self.redis().script(&call).await?;
            if reply.answer != Answer::Done {
                return Err(unexpected(reply.answer));
            }
            purged += reply.rest.len();
            if reply.rest.len() < BATCH as usize {
                break;
            }
        }
        if purged > 0 {
            self.sweep().await?;
        }
        Ok(purged)
    }
}
