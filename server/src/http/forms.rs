//! The forms of pages, posted without JavaScript. Each does what the API does and leads
//! on to a page: an analysis that does not fit to its form, where the errors stand at
//! their fields, anything else that went wrong to a page that says so.

use std::sync::Arc;

use assay_app::SiteAssets;
use assay_model::{Analysis, DatasetId, JobId, JobRequest, Problem, ProblemKind, form::FormData};
use axum::{
    Form, Router,
    body::Body,
    extract::{
        DefaultBodyLimit, Path, Request, State,
        rejection::{FormRejection, PathRejection},
    },
    http::{HeaderMap, header},
    middleware,
    response::Redirect,
    routing::post,
};

use super::{
    collections, data_sets, deletion,
    error::{ApiError, ApiResult},
    jobs, plain, sample,
    state::AppState,
    submit, upload,
    visitor::Visitor,
};

/// The longest address that a form is led back to: what most proxies let through.
const ADDRESS_MOST: usize = 8_000;

/// The addresses that forms are posted to.
pub fn router(assets: Arc<SiteAssets>) -> Router<AppState> {
    Router::new()
        .route("/new", post(analyse))
        .route("/jobs/{id}/cancel", post(cancel))
        .route("/jobs/{id}/retry", post(retry))
        .route("/datasets/{name}/delete", post(delete))
        .route("/collections", post(declare))
        .route("/datasets/{id}/restore", post(restore))
        .route("/sample", post(load_sample))
        .route(
            "/datasets",
            post(load_file).layer(DefaultBodyLimit::disable()),
        )
        .layer(middleware::from_fn_with_state(assets, plain::show_problem))
}

async fn analyse(
    State(state): State<AppState>,
    Visitor(owner): Visitor,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> ApiResult<Redirect> {
    let Form(mut pairs) = form?;
    match take_in(&state, &owner, &pairs).await {
        Ok(id) => Ok(Redirect::to(&format!("/jobs/{id}"))),
        Err(error) => {
            pairs.retain(|(name, _)| name != "check");
            let query = serde_urlencoded::to_string(&pairs).map_err(ApiError::internal)?;
            let address = format!("/new?{query}&check=1");
            let form = FormData::new(pairs);
            if stands_in_form(&error.0, &form) && address.len() <= ADDRESS_MOST {
                Ok(Redirect::to(&address))
            } else {
                Err(error)
            }
        }
    }
}

/// Whether the page of the form finds all of this by itself: it makes the same checks of
/// the data set and the fields of the analysis.
fn stands_in_form(problem: &Problem, form: &FormData) -> bool {
    if problem.is(ProblemKind::NotFound) {
        return form.one("dataset").is_some();
    }
    let fields = form.one("kind").and_then(Analysis::fields);
    let is_of_form = |name: &str| {
        let name = name.split(['[', '.']).next().unwrap_or(name);
        let mut fields = fields.iter().flatten();
        fields.any(|field| field.name == name)
    };
    let mut errors = problem.errors.iter();
    !problem.errors.is_empty() && errors.all(|error| is_of_form(&error.field))
}

async fn take_in(
    state: &AppState,
    owner: &assay_model::Owner,
    pairs: &[(String, String)],
) -> ApiResult<JobId> {
    let form = FormData::new(pairs.to_vec());
    let name = form
        .one("dataset")
        .ok_or_else(|| ApiError::field("dataset", "Choose a data set."))?;
    let dataset = data_sets::find(state, name).await?;
    let kind = form
        .one("kind")
        .ok_or_else(|| ApiError::field("kind", "Choose what to do."))?;
    let (analysis, errors) = Analysis::from_form(kind, &form, &dataset.schema)?;
    if !errors.is_empty() {
        return Err(assay_model::Problem::invalid(errors).into());
    }
    let request = JobRequest {
        dataset: name.to_owned(),
        analysis: serde_json::to_value(&analysis).map_err(ApiError::internal)?,
        label: form.one("label").map(str::to_owned),
        priority: 0,
        timeout_s: None,
        fresh: false,
    };
    Ok(submit::analysis(state, owner, request, None, None)
        .await?
        .id)
}

async fn cancel(
    state: State<AppState>,
    visitor: Visitor,
    id: Result<Path<JobId>, PathRejection>,
    headers: HeaderMap,
) -> ApiResult<Redirect> {
    let id = jobs::job_id(id)?;
    jobs::cancel_job(&state, &visitor.0, id).await?;
    Ok(back(&headers, &format!("/jobs/{id}")))
}

async fn retry(
    state: State<AppState>,
    visitor: Visitor,
    id: Result<Path<JobId>, PathRejection>,
) -> ApiResult<Redirect> {
    let id = jobs::job_id(id)?;
    let job = jobs::retry_job(&state, &visitor.0, id).await?;
    Ok(Redirect::to(&format!("/jobs/{}", job.id)))
}

async fn delete(
    State(state): State<AppState>,
    _: Visitor,
    Path(name): Path<String>,
) -> ApiResult<Redirect> {
    let id = deletion::delete(&state, &name, false).await?;
    Ok(Redirect::to(&format!("/datasets?deleted={id}")))
}

async fn restore(
    State(state): State<AppState>,
    _: Visitor,
    Path(id): Path<DatasetId>,
) -> ApiResult<Redirect> {
    let dataset = deletion::restore(&state, id).await?;
    Ok(Redirect::to(&format!("/datasets/{}", dataset.name)))
}

async fn declare(
    State(state): State<AppState>,
    Visitor(owner): Visitor,
    Form(pairs): Form<Vec<(String, String)>>,
) -> ApiResult<Redirect> {
    let form = FormData::new(pairs);
    let name = submit::dataset_name(form.one("name").unwrap_or_default().trim())?;
    let dataset = collections::make(&state, &owner, &name, collections::of_form(&form)?).await?;
    Ok(Redirect::to(&format!("/datasets/{}", dataset.name)))
}

async fn load_sample(
    State(state): State<AppState>,
    Visitor(owner): Visitor,
) -> ApiResult<Redirect> {
    let loaded = sample::begin(&state, &owner, true).await?;
    Ok(match loaded.job {
        Some(job) => Redirect::to(&format!("/jobs/{}", job.id)),
        None => Redirect::to("/"),
    })
}

async fn load_file(
    State(state): State<AppState>,
    Visitor(owner): Visitor,
    request: Request<Body>,
) -> ApiResult<Redirect> {
    let job = upload::from_form(&state, &owner, request, Vec::new()).await?;
    Ok(Redirect::to(&format!("/jobs/{}", job.id)))
}

/// To the page the form stood on, if that was one of ours.
fn back(headers: &HeaderMap, otherwise: &str) -> Redirect {
    let referer = headers
        .get(header::REFERER)
        .and_then(|value| value.to_str().ok());
    let path = referer
        .and_then(|url| url.split_once("://"))
        .and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
    // The path alone: an address that begins with two slashes would lead elsewhere.
    Redirect::to(
        path.filter(|path| !path.starts_with("//"))
            .unwrap_or(otherwise),
    )
}
