//! `submit`: a new job joins the line.

use assay_model::{DatasetId, DatasetName, DatasetRef, JobId, JobKind};
use sha2::{Digest, Sha256};

use super::JobSpec;
use crate::{
    Store, StoreError,
    reply::{Reply, unexpected},
    script::Answer,
};

/// Seconds that an idempotency key is remembered.
const IDEMPOTENCY_S: u32 = 24 * 60 * 60;

/// A job to be submitted.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Its id, made by the caller, so that a submit whose answer was lost can be repeated.
    pub id: JobId,
    /// What it asks.
    pub spec: JobSpec,
    /// A name that no data set may have yet, for an import. It is not held from here on:
    /// `finish` decides.
    pub reserve_name: Option<DatasetName>,
    /// The request's idempotency key.
    pub idempotency: Option<Idempotency>,
}

impl NewJob {
    /// A job that asks `spec`, with a fresh id.
    pub fn new(spec: JobSpec) -> Self {
        Self {
            id: JobId(uuid::Uuid::now_v7()),
            spec,
            reserve_name: None,
            idempotency: None,
        }
    }
}

/// What a client sent so that a repeated request makes no second job.
#[derive(Debug, Clone)]
pub struct Idempotency {
    /// The key, any text.
    pub key: String,
    /// A hash of the request, without white space.
    pub request_hash: String,
}

/// The answer to a submit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Submit {
    /// The job is in line.
    Submitted,
    /// The same job, or the same request under the same idempotency key, was taken before; or
    /// another job gathers the parts of the data set already.
    AlreadyThere(JobId),
    /// The idempotency key was used for another request.
    IdempotencyConflict,
    /// This input, or that version of it, is not there.
    UnknownInput(DatasetId),
    /// The name belongs to a data set.
    NameTaken,
}

impl Store {
    /// Takes a new job. Refused with [`StoreError::Full`] when Redis is full.
    pub async fn submit(&self, job: &NewJob) -> Result<Submit, StoreError> {
        let spec = serde_json::to_string(&job.spec)
            .map_err(|error| StoreError::corrupt("the job", error))?;
        let script = &self.scripts().submit;
        let mut call = script.call();
        call.arg(job.id.to_string())
            .arg(job.spec.owner.as_str())
            .arg(job.spec.kind.as_str())
            .arg(spec)
            .arg(
                job.reserve_name
                    .as_ref()
                    .map(DatasetName::folded)
                    .unwrap_or_default(),
            );
        match &job.idempotency {
            Some(idempotency) => call
                .arg(format!("{:x}", Sha256::digest(&idempotency.key)))
                .arg(&idempotency.request_hash),
            None => call.arg("").arg(""),
        };
        // Nobody waits for a profile, so it keeps nobody from deleting what it reads.
        let read = match job.spec.kind {
            JobKind::Profile => [].as_slice(),
            _ => &job.spec.inputs,
        };
        let import = job.spec.import.as_ref();
        let changes = import.and_then(|import| import.target.existing());
        let id = |dataset: &DatasetRef| dataset.id.to_string();
        call.arg(IDEMPOTENCY_S)
            .arg(changes.map(id).unwrap_or_default())
            .arg(
                import
                    .map(|import| import.upload.id.to_string())
                    .unwrap_or_default(),
            )
            .arg(read.len() + usize::from(changes.is_some()));
        for input in read {
            call.arg(id(input)).arg(input.version);
        }
        // What it changes it does not read.
        if let Some(changes) = changes {
            call.arg(id(changes)).arg(0);
        }
        for chunk in import
            .into_iter()
            .flat_map(|import| import.upload.keys(self.keys()))
        {
            call.arg(chunk);
        }
        let reply: Reply = self.redis().script(&call).await?;
        Ok(match reply.answer {
            Answer::Done => Submit::Submitted,
            Answer::AlreadyThere => Submit::AlreadyThere(reply.parse()?),
            Answer::IdempotencyConflict => Submit::IdempotencyConflict,
            Answer::UnknownInput => Submit::UnknownInput(reply.parse()?),
            Answer::NameTaken => Submit::NameTaken,
            other => return Err(unexpected(other)),
        })
    }
}
