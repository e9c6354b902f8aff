//! `release`: a worker puts back the job that it holds.

use std::time::Duration;

use assay_model::{JobId, Outcome, Problem, Token};

use super::Held;
use crate::{Store, StoreError, reply::Reply};

/// Why a job is put back.
#[derive(Debug, Clone)]
pub enum Release {
    /// The worker stops in good order. The job goes back to where it stood in line.
    HandedBack,
    /// A passing failure. The job is tried again after the delay.
    Retry {
        /// How long to wait.
        delay: Duration,
        /// What failed.
        problem: Problem,
    },
}

impl Store {
    /// Puts a job back. Repeated with the same token it answers as the first time.
    pub async fn release(
        &self,
        id: JobId,
        token: Token,
        why: &Release,
    ) -> Result<Held, StoreError> {
        let (outcome, delay, problem) = match why {
            Release::HandedBack => (Outcome::HandedBack, Duration::ZERO, String::new()),
            Release::Retry { delay, problem } => (
                Outcome::Retried,
                *delay,
                serde_json::to_string(problem)
                    .map_err(|error| StoreError::corrupt("the problem", error))?,
            ),
        };
        let script = &self.scripts().release;
        let mut call = script.call();
        call.arg(id.to_string())
            .arg(token.to_string())
            .arg(outcome.as_str())
            .arg(delay.as_millis() as u64)
            .arg(problem);
        let reply: Reply = self.redis().script(&call).await?;
        Held::read(reply.answer)
    }
}
