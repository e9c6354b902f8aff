//! `reap`: jobs come back from workers that have gone.

use std::time::Duration;

use assay_model::{JobId, JobState, Outcome, Problem, ProblemKind, WorkerId};

use crate::{
    Store, StoreError,
    reply::{Reply, parse, unexpected},
    script::Answer,
};

/// Attempts that may end with their process: the last of them fails the job.
const CRASH_LIMIT: u32 = 3;
/// Losses that are forgiven: the next fails the job.
const LOSS_LIMIT: u32 = 10;
/// Milliseconds without a look at the leases that mean an outage.
const OUTAGE_MS: u64 = 3_000;
/// Milliseconds after which a worker that holds nothing is forgotten.
const FORGET_MS: u64 = 60_000;

/// How a worker went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// Its process ended abnormally by itself: counts against each of its jobs.
    Crashed,
    /// Its process was killed from outside, or its machine is gone: forgiven many times.
    Lost,
    /// It stopped in good order: counts as neither.
    SignedOff,
}

impl Gone {
    fn outcome(self) -> Outcome {
        match self {
            Self::Crashed => Outcome::Crashed,
            Self::Lost => Outcome::Lost,
            Self::SignedOff => Outcome::HandedBack,
        }
    }
}

/// A job that was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reaped {
    /// The job.
    pub id: JobId,
    /// Queued, or failed when it came back once too often.
    pub state: JobState,
}

impl Store {
    /// Takes back all that a worker holds, and forgets the worker.
    pub async fn reap(&self, worker: &WorkerId, gone: Gone) -> Result<Vec<Reaped>, StoreError> {
        let [crashed, lost] = problems()?;
        let script = &self.scripts().reap;
        let mut call = script.call();
        call.arg(worker.as_str())
            .arg(gone.outcome().as_str())
            .arg(CRASH_LIMIT)
            .arg(LOSS_LIMIT)
            .arg(crashed)
            .arg(lost);
        read(&self.redis().script(&call).await?)
    }

    /// Takes back all that workers of this home hold, as lost: those of a `serve` that has
    /// been killed and starts again on its data folder.
    pub async fn reap_home(&self, home: &str) -> Result<Vec<Reaped>, StoreError> {
        let mut reaped = Vec::new();
        for worker in self.workers().await? {
            if worker.home == home {
                reaped.extend(self.reap(&worker.id, Gone::Lost).await?);
            }
        }
        Ok(reaped)
    }

    /// Takes back up to `most` jobs whose lease has run out, puts jobs that are due for
    /// another try back in line, forgets workers long unheard of, and sweeps. To be called
    /// every second: a longer pause is taken for an outage, and then no lease ends for one
    /// `lease`.
    pub async fn reap_expired(
        &self,
        most: u32,
        lease: Duration,
    ) -> Result<Vec<Reaped>, StoreError> {
        let [crashed, lost] = problems()?;
        let script = &self.scripts().reap_expired;
        let mut call = script.call();
        call.arg(most)
            .arg(lease.as_millis() as u64)
            .arg(OUTAGE_MS)
            .arg(FORGET_MS)
            .arg(CRASH_LIMIT)
            .arg(LOSS_LIMIT)
            .arg(crashed)
            .arg(lost);
        let reaped = read(&self.redis().script(&call).await?)?;
        self.sweep().await?;
        Ok(reaped)
    }
}

/// What a job fails with that crashed, or was lost, too often.
fn problems() -> Result<[String; 2], StoreError> {
    let json = |detail: String| {
        serde_json::to_string(&Problem::new(ProblemKind::Crashed, detail))
            .map_err(|error| StoreError::corrupt("the problem", error))
    };
    Ok([
        json(format!(
            "The job stopped its worker {CRASH_LIMIT} times. It may need more memory than there is; try it on fewer rows or columns."
        ))?,
        json(format!(
            "The job's worker was lost {} times. Look at the workers' machines, then run the job again.",
            LOSS_LIMIT + 1
        ))?,
    ])
}

fn read(reply: &Reply) -> Result<Vec<Reaped>, StoreError> {
    if reply.answer != Answer::Done {
        return Err(unexpected(reply.answer));
    }
    reply
        .rows()?
        .iter()
        .map(|row| match row.as_slice() {
            [id, state] => Ok(Reaped {
                id: parse(id)?,
                state: parse(state)?,
            }),
            _ => Err(unexpected(reply.answer)),
        })
        .collect()
}
