//! The cookie and its session in Redis.

use assay_store::{Store, sessions::RedisSessions};
use tower_sessions::{
    Expiry, SessionManagerLayer,
    cookie::{SameSite, time::Duration},
};

/// How long a visitor is remembered after the last visit.
const REMEMBERED: Duration = Duration::days(400);

/// Sessions for the routes that know their visitor. `secure` for a server that people
/// reach over TLS.
pub fn layer(store: &Store, secure: bool) -> SessionManagerLayer<RedisSessions> {
    SessionManagerLayer::new(store.sessions())
        .with_name(if secure { "__Host-assay" } else { "assay" })
        .with_secure(secure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(REMEMBERED))
}
