//! What went wrong, as people and programs are told: RFC 9457 problem details.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The sorts of problem. Each has one title and one HTTP status, so that the same
/// mistake looks the same wherever it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The request could not be read.
    BadRequest,
    /// The analysis, name or option does not fit; `errors` names the fields.
    Invalid,
    /// The file is not what it claims to be; the detail names the line or byte.
    BadFile,
    /// No such thing.
    NotFound,
    /// The address knows the thing but not this method.
    MethodNotAllowed,
    /// The name belongs to another data set.
    NameTaken,
    /// The state of the thing does not allow the request.
    Conflict,
    /// The body is over the limit.
    TooLarge,
    /// Not allowed to do this.
    Forbidden,
    /// The host name is not one that this server answers to.
    WrongHost,
    /// Too many at once; try later.
    TooMany,
    /// Redis cannot be reached.
    Unavailable,
    /// Another Redis, which a collection reads, cannot be reached.
    SourceAway,
    /// Redis is full.
    Full,
    /// The job took longer than it was allowed to.
    TimedOut,
    /// The job needed more memory than it may use.
    OutOfMemory,
    /// The job stopped its worker, or its worker was lost, too often.
    Crashed,
    /// A fault of the server.
    Internal,
}

impl ProblemKind {
    /// All kinds, for documentation and tests.
    pub const ALL: [Self; 18] = [
        Self::BadRequest,
        Self::Invalid,
        Self::BadFile,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::NameTaken,
        Self::Conflict,
        Self::TooLarge,
        Self::Forbidden,
        Self::WrongHost,
        Self::TooMany,
        Self::Unavailable,
        Self::SourceAway,
        Self::Full,
        Self::TimedOut,
        Self::OutOfMemory,
        Self::Crashed,
        Self::Internal,
    ];

    /// The stable name, the last part of `type`.
    pub fn slug(self) -> &'static str {
        self.facts().0
    }

    /// The HTTP status.
    pub fn status(self) -> u16 {
        self.facts().1
    }

    /// The title, the same for every problem of the kind.
    pub fn title(self) -> &'static str {
        self.facts().2
    }

    fn facts(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::BadRequest => ("bad-request", 400, "The request cannot be read"),
            Self::Invalid => ("invalid", 422, "The request does not fit"),
            Self::BadFile => ("bad-file", 422, "The file cannot be read"),
            Self::NotFound => ("not-found", 404, "Not found"),
            Self::MethodNotAllowed => ("method-not-allowed", 405, "Method not allowed"),
            Self::NameTaken => ("name-taken", 409, "The name is taken"),
            Self::Conflict => ("conflict", 409, "Not possible in this state"),
            Self::TooLarge => ("too-large", 413, "Too large"),
            Self::Forbidden => ("forbidden", 403, "Not allowed"),
            Self::WrongHost => ("wrong-host", 421, "Wrong host name"),
            Self::TooMany => ("too-many", 429, "Too many requests"),
            Self::Unavailable => ("unavailable", 503, "Redis cannot be reached"),
            Self::SourceAway => ("source-away", 424, "A source cannot be reached"),
            Self::Full => ("full", 507, "Redis is full"),
            Self::TimedOut => ("timed-out", 504, "The job took too long"),
            Self::OutOfMemory => ("out-of-memory", 507, "The job needs more memory"),
            Self::Crashed => ("crashed", 500, "The job did not survive"),
            Self::Internal => ("internal", 500, "A fault of the server"),
        }
    }
}

/// A problem as it travels: `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `urn:assay:problem:<slug>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind's title.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened here, and what to do about it.
    pub detail: String,
    /// For a bad analysis or form: which fields, and what is wrong with each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

impl Problem {
    /// A problem of `kind` with its detail.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:assay:problem:{}", kind.slug()),
            title: kind.title().to_owned(),
            status: kind.status(),
            detail: detail.into(),
            errors: Vec::new(),
        }
    }

    /// A bad analysis or form: one error a field. The detail repeats the first.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [] => "The request does not fit.".to_owned(),
            [one] => one.message.clone(),
            [first, rest @ ..] => format!("{} And {} more.", first.message, rest.len()),
        };
        Self {
            errors,
            ..Self::new(ProblemKind::Invalid, detail)
        }
    }

    /// Whether this is a problem of `kind`.
    pub fn is(&self, kind: ProblemKind) -> bool {
        self.kind.strip_prefix("urn:assay:problem:") == Some(kind.slug())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.title, self.detail)
    }
}

impl std::error::Error for Problem {}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field as the JSON has it: `group_by[0]`, `measures[1].column`.
    pub field: String,
    /// A whole sentence.
    pub message: String,
    /// What to put there instead, where it can be guessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

impl FieldError {
    /// An error without a suggestion.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
            suggestion: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_the_shape_of_rfc_9457() {
        let problem = Problem::invalid(vec![FieldError::new("limit", "The limit is too high.")]);
        assert_eq!(
            serde_json::to_value(&problem).unwrap(),
            serde_json::json!({
                "type": "urn:assay:problem:invalid", "title": "The request does not fit", "status": 422,
                "detail": "The limit is too high.",
                "errors": [{"field": "limit", "message": "The limit is too high."}],
            })
        );
        assert!(problem.is(ProblemKind::Invalid));
    }

    #[test]
    fn no_two_kinds_share_a_slug() {
        let mut slugs: Vec<_> = ProblemKind::ALL.iter().map(|kind| kind.slug()).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), ProblemKind::ALL.len());
    }
}
