//! From a request to a job in line: one road for the API, the forms and the sample.

use assay_model::{
    Analysis, DatasetName, DatasetRef, FieldError, Job, JobId, JobKind, JobRequest, Owner, Problem,
    ProblemKind, limits, words,
};
use assay_store::{
    collection::Depth,
    jobs::{Idempotency, ImportSpec, ImportTarget, JobSpec, NewJob, Submit},
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    error::{ApiError, ApiResult},
    state::AppState,
};
use crate::data;

/// A client's key, with the hash of what was sent under it: another body under the same
/// key is a mistake.
pub fn idempotency(key: &str, body: &[u8]) -> ApiResult<Idempotency> {
    if key.is_empty() || key.len() > 200 {
        return Err(ApiError::new(
            ProblemKind::BadRequest,
            "An Idempotency-Key has 1 to 200 characters.",
        ));
    }
    let request_hash = format!("{:x}", Sha256::digest(body));
    Ok(Idempotency {
        key: key.to_owned(),
        request_hash,
    })
}

/// Checks an analysis and puts it in line.
pub async fn analysis(
    state: &AppState,
    owner: &Owner,
    request: JobRequest,
    retry_of: Option<JobId>,
    idempotency: Option<Idempotency>,
) -> ApiResult<Job> {
    check_options(&request)?;
    if request.analysis.get("kind").and_then(Value::as_str) == Some(JobKind::Noop.as_str())
        && state.options.bench
    {
        return put_in_line(
            state,
            owner,
            spec(owner, JobKind::Noop, &request, None, vec![], retry_of),
            idempotency,
        )
        .await;
    }
    let dataset = super::data_sets::find(state, &request.dataset).await?;
    let analysis = Analysis::parse(request.analysis.clone()).map_err(Problem::invalid)?;
    if let Err(errors) = analysis.validate(&dataset.schema) {
        // The records of a collection may have other columns by now than they had.
        let Some(collection) = &dataset.collection else {
            return Err(Problem::invalid(errors).into());
        };
        let now = data::look_again(&state.store, &dataset, collection, Depth::Sample).await?;
        analysis.validate(&now.schema).map_err(Problem::invalid)?;
    }
    let input = DatasetRef {
        id: dataset.id,
        name: dataset.name,
        version: dataset.version,
    };
    let mut spec = spec(
        owner,
        JobKind::Analysis,
        &request,
        Some(analysis),
        vec![input],
        retry_of,
    );
    spec.retry_read = other_version_read(state, &spec).await?;
    put_in_line(state, owner, spec, idempotency).await
}

/// The version that the job which this one repeats read, when this one reads another.
async fn other_version_read(state: &AppState, spec: &JobSpec) -> ApiResult<Option<u64>> {
    let Some(repeated) = spec.retry_of else {
        return Ok(None);
    };
    let read = state
        .store
        .job(repeated)
        .await?
        .and_then(|job| Some(job.inputs.first()?.version));
    let reads = spec.inputs.first().map(|input| input.version);
    Ok(read.filter(|_| read != reads))
}

/// Puts the import of a spooled file in line.
pub async fn import(
    state: &AppState,
    owner: &Owner,
    import: ImportSpec,
    source: Option<String>,
    label: Option<String>,
) -> ApiResult<Job> {
    load(state, owner, import, source, label, None).await
}

/// Puts the import of a spooled file in line, once however often it is asked for under one
/// idempotency key.
pub async fn load(
    state: &AppState,
    owner: &Owner,
    import: ImportSpec,
    source: Option<String>,
    label: Option<String>,
    idempotency: Option<Idempotency>,
) -> ApiResult<Job> {
    let name = import.target.name().clone();
    let request = JobRequest {
        dataset: String::new(),
        analysis: Value::Null,
        label,
        priority: 0,
        timeout_s: Some(limits::TIMEOUT_MOST_S),
        fresh: false,
    };
    let mut spec = spec(owner, JobKind::Import, &request, None, vec![], None);
    spec.source = source.or_else(|| Some(name.to_string()));
    spec.import = Some(import);
    put_in_line(state, owner, spec, idempotency).await
}

/// The name that a client gave.
pub fn dataset_name(text: &str) -> ApiResult<DatasetName> {
    Ok(text.parse::<DatasetName>()?)
}

fn check_options(request: &JobRequest) -> ApiResult<()> {
    let mut errors = Vec::new();
    if !(-2..=2).contains(&request.priority) {
        errors.push(FieldError::new(
            "priority",
            "The priority is a whole number from −2 to 2.",
        ));
    }
    if request
        .timeout_s
        .is_some_and(|seconds| seconds == 0 || seconds > limits::TIMEOUT_MOST_S)
    {
        errors.push(FieldError::new(
            "timeout_s",
            format!(
                "A job may take 1 to {} seconds.",
                words::count(u64::from(limits::TIMEOUT_MOST_S))
            ),
        ));
    }
    if request
        .label
        .as_ref()
        .is_some_and(|label| label.chars().count() > limits::LABEL_CHARS)
    {
        errors.push(FieldError::new(
            "label",
            format!("A label has at most {} characters.", limits::LABEL_CHARS),
        ));
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid(errors).into())
    }
}

fn spec(
    owner: &Owner,
    kind: JobKind,
    request: &JobRequest,
    analysis: Option<Analysis>,
    inputs: Vec<DatasetRef>,
    retry_of: Option<JobId>,
) -> JobSpec {
    JobSpec {
        analysis,
        inputs,
        label: request
            .label
            .clone()
            .filter(|label| !label.trim().is_empty()),
        priority: request.priority,
        timeout_s: request.timeout_s.unwrap_or(limits::TIMEOUT_S),
        retry_of,
        ..JobSpec::new(kind, owner.clone())
    }
}

async fn put_in_line(
    state: &AppState,
    owner: &Owner,
    spec: JobSpec,
    idempotency: Option<Idempotency>,
) -> ApiResult<Job> {
    let reserve_name = match spec.import.as_ref().map(|import| &import.target) {
        Some(ImportTarget::New(name)) => Some(name.clone()),
        _ => None,
    };
    let new = NewJob {
        reserve_name,
        idempotency,
        ..NewJob::new(spec)
    };
    let id = match state.store.submit(&new).await? {
        Submit::Submitted => new.id,
        Submit::AlreadyThere(id) => {
            // What was sent again has arrived for nothing.
            if let Some(import) = new.spec.import.as_ref().filter(|_| id != new.id) {
                state.store.delete_upload(&import.upload).await?;
            }
            id
        }
        Submit::IdempotencyConflict => {
            return Err(ApiError::new(
                ProblemKind::Conflict,
                "This Idempotency-Key was used for another request.",
            ));
        }
        Submit::UnknownInput(_) => {
            return Err(ApiError::new(
                ProblemKind::Conflict,
                "The data set was changed or deleted just now. Try again.",
            ));
        }
        Submit::NameTaken => return Err(name_taken(new.reserve_name.as_ref())),
    };
    tracing::info!(job = %id, %owner, kind = new.spec.kind.as_str(), "job {id} in line");
    state
        .store
        .job(id)
        .await?
        .ok_or_else(|| ApiError::not_found("The job is gone already."))
}

/// The problem of a name that another data set has.
pub fn name_taken(name: Option<&DatasetName>) -> ApiError {
    let name = name.map(ToString::to_string).unwrap_or_default();
    let message = format!(
        "There is a data set “{name}” already. Choose another name, or delete that one first."
    );
    let problem = Problem {
        errors: vec![FieldError::new("name", message.clone())],
        ..Problem::new(ProblemKind::NameTaken, message)
    };
    problem.into()
}
