//! `claim`: a worker takes the jobs that are next.

use std::time::Duration;

use assay_model::{JobId, Token, WorkerId};
use tracing::warn;

use super::{JobSpec, read_spec};
use crate::{
    Store, StoreError,
    reply::{Reply, parse, unexpected},
    script::Answer,
};

/// A job in a worker's hands.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// The job.
    pub id: JobId,
    /// What every later call about it carries.
    pub token: Token,
    /// Counts from 1.
    pub attempt: u32,
    /// How often it was tried again after a passing failure.
    pub retries: u32,
    /// What it asks.
    pub spec: JobSpec,
}

impl Store {
    /// Takes up to one job for each token. The tokens are the caller's and fresh; a call
    /// whose answer was lost is repeated with the same ones and gets the same jobs.
    pub async fn claim(
        &self,
        worker: &WorkerId,
        tokens: &[Token],
        lease: Duration,
    ) -> Result<Vec<Claimed>, StoreError> {
        let script = &self.scripts().claim;
        let mut call = script.call();
        call.arg(worker.as_str()).arg(lease.as_millis() as u64);
        for token in tokens {
            call.arg(token.to_string());
        }
        let reply: Reply = self.redis().script(&call).await?;
        match reply.answer {
            Answer::Done => {}
            Answer::UnknownWorker => return Err(StoreError::UnknownWorker(worker.clone())),
            other => return Err(unexpected(other)),
        }
        reply
            .rows()?
            .iter()
            .filter_map(|row| match row.as_slice() {
                [id, token, attempt, retries, spec] => {
                    let spec = match read_spec(&self.keys().spec(id), spec) {
                        Ok(spec) => spec,
                        // A newer version wrote it, say. Its lease runs out; the others of
                        // this call are taken.
                        Err(error) => {
                            warn!(%error, job = %id, "job {id} cannot be read and is left alone");
                            return None;
                        }
                    };
                    Some(claimed([id, token, attempt, retries], spec))
                }
                _ => Some(Err(unexpected(reply.answer))),
            })
            .collect()
    }
}

fn claimed(
    [id, token, attempt, retries]: [&String; 4],
    spec: JobSpec,
) -> Result<Claimed, StoreError> {
    Ok(Claimed {
        id: parse(id)?,
        token: parse(token)?,
        attempt: parse(attempt)?,
        retries: parse(retries)?,
        spec,
    })
}
