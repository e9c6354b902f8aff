//! The one place where errors become HTTP: every error is a [`Problem`], every problem
//! an `application/problem+json` answer. The cause of a fault of ours is logged and
//! never shown.

use assay_engine::EngineError;
use assay_model::{FieldError, Problem, ProblemKind};
use assay_store::StoreError;
use axum::{
    extract::rejection::{
        BytesRejection, FormRejection, JsonRejection, PathRejection, QueryRejection,
    },
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// A problem on its way out.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiError(pub Problem);

/// What a handler returns.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// A problem of `kind`.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self(Problem::new(kind, detail))
    }

    /// One field that does not fit.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self(Problem::invalid(vec![FieldError::new(field, message)]))
    }

    /// No such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::NotFound, detail)
    }

    /// A fault of ours: logged with its cause, shown without.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "fault");
        Self::new(
            ProblemKind::Internal,
            "Something went wrong in the server; its log says what.",
        )
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(&self.0)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if matches!(
            status,
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
        ) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<FieldError> for ApiError {
    fn from(error: FieldError) -> Self {
        Self(Problem::invalid(vec![error]))
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "store");
        Self(error.into())
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        Self(crate::failure::engine_problem(&error))
    }
}

impl From<BytesRejection> for ApiError {
    fn from(rejection: BytesRejection) -> Self {
        Self::new(
            body_kind(rejection.status()),
            format!("{}.", rejection.body_text().trim_end_matches('.')),
        )
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(
            body_kind(rejection.status()),
            format!("{}.", rejection.body_text().trim_end_matches('.')),
        )
    }
}

impl From<FormRejection> for ApiError {
    fn from(rejection: FormRejection) -> Self {
        Self::new(
            body_kind(rejection.status()),
            format!("{}.", rejection.body_text().trim_end_matches('.')),
        )
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(
            ProblemKind::BadRequest,
            format!("{}.", rejection.body_text().trim_end_matches('.')),
        )
    }
}

impl From<PathRejection> for ApiError {
    fn from(rejection: PathRejection) -> Self {
        Self::new(
            ProblemKind::BadRequest,
            format!("{}.", rejection.body_text().trim_end_matches('.')),
        )
    }
}

/// A body that is over the limit, or one that cannot be read.
fn body_kind(status: StatusCode) -> ProblemKind {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        ProblemKind::TooLarge
    } else {
        ProblemKind::BadRequest
    }
}
