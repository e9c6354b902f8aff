//! Who asks. A visitor is known by a stable id kept in the session; jobs and events
//! belong to it. Only a write makes a session, so that a mere look leaves nothing
//! behind.

use assay_model::{Owner, ProblemKind};
use assay_store::FULL;
use axum::{extract::FromRequestParts, http::request::Parts};
use tower_sessions::{Session, session::Error, session_store};

use super::error::ApiError;

const OWNER: &str = "owner";
/// The day on which the session was last seen; its expiry moves when this changes.
const SEEN: &str = "seen";

/// The visitor of a request that writes; made when there is none yet.
#[derive(Debug, Clone)]
pub struct Visitor(pub Owner);

/// The visitor of a request that reads, if there is one.
#[derive(Debug, Clone, Default)]
pub struct MaybeVisitor(pub Option<Owner>);

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let session = session(parts, state).await?;
        if let Some(owner) = read(&session).await? {
            return Ok(Self(owner));
        }
        let owner: Owner = format!("v-{}", uuid::Uuid::now_v7().as_simple())
            .parse()
            .map_err(ApiError::internal)?;
        session
            .insert(OWNER, &owner)
            .await
            .map_err(|error| unavailable(&error))?;
        session
            .insert(SEEN, today())
            .await
            .map_err(|error| unavailable(&error))?;
        // Saved now: an answer may be a stream whose end nobody waits for, and what the
        // owner is about to make must never belong to nobody.
        session.save().await.map_err(|error| unavailable(&error))?;
        Ok(Self(owner))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for MaybeVisitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let session = session(parts, state).await?;
        read(&session).await.map(Self)
    }
}

async fn session<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Session, ApiError> {
    <Session as FromRequestParts<S>>::from_request_parts(parts, state)
        .await
        .map_err(|(_, message)| ApiError::internal(message))
}

async fn read(session: &Session) -> Result<Option<Owner>, ApiError> {
    let owner: Option<Owner> = session
        .get(OWNER)
        .await
        .map_err(|error| unavailable(&error))?;
    if owner.is_some()
        && session
            .get::<i64>(SEEN)
            .await
            .map_err(|error| unavailable(&error))?
            != Some(today())
    {
        session
            .insert(SEEN, today())
            .await
            .map_err(|error| unavailable(&error))?;
    }
    Ok(owner)
}

fn today() -> i64 {
    tower_sessions::cookie::time::OffsetDateTime::now_utc().unix_timestamp() / 86_400
}

fn unavailable(error: &Error) -> ApiError {
    tracing::warn!(%error, "session");
    if let Error::Store(session_store::Error::Backend(text)) = error
        && text == FULL
    {
        return ApiError::new(ProblemKind::Full, FULL);
    }
    ApiError::new(
        ProblemKind::Unavailable,
        "Redis cannot be reached, so nothing can be taken in now. Try again in a moment.",
    )
}
