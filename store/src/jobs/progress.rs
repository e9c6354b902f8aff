//! `progress`: how far a running job is.

use assay_model::{JobId, Progress, Token};

use crate::{
    Store, StoreError,
    reply::{Reply, unexpected},
    script::Answer,
};

/// Whether a token still holds its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// It does.
    Kept,
    /// It does not: the job was cancelled, taken back or deleted. Stop, and drop what was
    /// computed.
    Lost,
}

impl Held {
    pub(crate) fn read(answer: Answer) -> Result<Self, StoreError> {
        match answer {
            Answer::Done => Ok(Self::Kept),
            Answer::Fenced => Ok(Self::Lost),
            other => Err(unexpected(other)),
        }
    }
}

impl Store {
    /// Notes how far a job is, and publishes it to those who follow
    /// [`Store::progress_feed`]. Call it a few times a second at most.
    pub async fn progress(
        &self,
        id: JobId,
        token: Token,
        progress: &Progress,
    ) -> Result<Held, StoreError> {
        let script = &self.scripts().progress;
        let mut call = script.call();
        call.arg(id.to_string())
            .arg(token.to_string())
            .arg(&progress.stage)
            .arg(progress.rows)
            .arg(progress.of_rows)
            .arg(progress.bytes)
            .arg(progress.of_bytes);
        let reply: Reply = self.redis().script(&call).await?;
        Held::read(reply.answer)
    }
}
