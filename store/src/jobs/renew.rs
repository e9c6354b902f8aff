//! `renew`: a worker is still there.

use std::time::Duration;

use assay_model::{JobId, Token, WorkerId};

use super::Held;
use crate::{
    Store, StoreError,
    reply::{Reply, parse_answer, unexpected},
    script::Answer,
};

impl Store {
    /// Prolongs the leases of the worker's jobs, answers for each in turn whether the
    /// worker holds it still, and notes that the worker was heard of (also without jobs).
    pub async fn renew(
        &self,
        worker: &WorkerId,
        lease: Duration,
        jobs: &[(JobId, Token)],
    ) -> Result<Vec<Held>, StoreError> {
        let script = &self.scripts().renew;
        let mut call = script.call();
        call.arg(worker.as_str()).arg(lease.as_millis() as u64);
        for (id, token) in jobs {
            call.arg(id.to_string()).arg(token.to_string());
        }
        let reply: Reply = self.redis().script(&call).await?;
        match reply.answer {
            Answer::Done => reply
                .rest
                .iter()
                .map(|value| Held::read(parse_answer(value)?))
                .collect(),
            Answer::UnknownWorker => Err(StoreError::UnknownWorker(worker.clone())),
            other => Err(unexpected(other)),
        }
    }
}
