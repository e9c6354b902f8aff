//! Sessions of the browser, for tower-sessions.
//!
//! Two requests of one visitor may save at the same time; the later wins, which is why a
//! session holds next to nothing. A save only changes what is there (`SET XX`): otherwise a
//! slow request would bring back a session that was revoked meanwhile.

use async_trait::async_trait;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{self, Error},
};

use crate::{Store, StoreError, error::FULL};

/// The session store.
#[derive(Debug, Clone)]
pub struct RedisSessions(Store);

impl Store {
    /// Where tower-sessions keeps its sessions.
    pub fn sessions(&self) -> RedisSessions {
        RedisSessions(self.clone())
    }
}

impl RedisSessions {
    /// Writes a record until it expires; false when the condition does not hold.
    async fn set(&self, record: &Record, condition: &str) -> session_store::Result<bool> {
        let json =
            serde_json::to_string(record).map_err(|error| Error::Encode(error.to_string()))?;
        let mut set = redis::cmd("SET");
        set.arg(self.0.keys().session(record.id))
            .arg(json)
            .arg(condition);
        set.arg("EXAT").arg(record.expiry_date.unix_timestamp());
        let done: Option<String> = self.0.redis().command(&set).await.map_err(backend)?;
        Ok(done.is_some())
    }
}

#[async_trait]
impl SessionStore for RedisSessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        while !self.set(record, "NX").await? {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        // One that is gone stays gone.
        self.set(record, "XX").await.map(drop)
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let mut get = redis::cmd("GET");
        let json: Option<String> = self
            .0
            .redis()
            .command(get.arg(self.0.keys().session(id)))
            .await
            .map_err(backend)?;
        json.map(|json| serde_json::from_str(&json))
            .transpose()
            .map_err(|error| Error::Decode(error.to_string()))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let mut del = redis::cmd("DEL");
        self.0
            .redis()
            .command(del.arg(self.0.keys().session(id)))
            .await
            .map_err(backend)
    }
}

/// tower-sessions passes on a text alone; [`FULL`] is told from all others by it.
fn backend(error: impl Into<StoreError>) -> Error {
    Error::Backend(match error.into() {
        StoreError::Full(_) => FULL.to_owned(),
        other => other.to_string(),
    })
}
