//! Sources: other Redis servers whose records can be collections, by their names in the
//! configuration.
//!
//! A source is somebody else's: it is connected to when it is first read, it is not
//! written unless the configuration says so, and none of its settings is ever changed.
//! Its address may hold a password and is shown nowhere.

use std::{collections::BTreeMap, fmt, sync::Arc};

use assay_model::{Collection, SourceName};

use crate::{Store, StoreError, connection::Redis};

/// A source as it is configured.
#[derive(Clone, PartialEq, Eq)]
pub struct Source {
    /// What collections call it.
    pub name: SourceName,
    /// Where it is: `redis://user:password@host:port/database`, `redis+unix:///path`.
    pub url: String,
    /// What may be done there.
    pub access: Access,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("name", &self.name)
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}

/// What may be done with the records of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// They are read.
    Read,
    /// They are read and written.
    Write,
}

/// The sources that are known.
#[derive(Clone, Default)]
pub(crate) struct Sources(Arc<BTreeMap<SourceName, (Redis, Access)>>);

/// Where the records of a collection are.
#[derive(Clone)]
pub(crate) struct Place {
    pub redis: Redis,
    pub access: Access,
    /// `None` for the bench's own Redis.
    source: Option<SourceName>,
}

impl Place {
    /// An error of this place, which a source's name belongs to.
    pub fn error(&self, error: StoreError) -> StoreError {
        match (&self.source, error) {
            (None, error) | (Some(_), error @ StoreError::Source { .. }) => error,
            (Some(name), error) => StoreError::Source {
                name: name.clone(),
                cause: Box::new(error),
            },
        }
    }
}

impl Store {
    /// The same store, with these sources.
    pub fn with_sources(mut self, sources: &[Source]) -> Result<Self, StoreError> {
        let mut known = BTreeMap::new();
        for source in sources {
            let redis = Redis::lazy(&source.url).map_err(|cause| StoreError::Source {
                name: source.name.clone(),
                cause: Box::new(cause),
            })?;
            known.insert(source.name.clone(), (redis, source.access));
        }
        self.sources = Sources(Arc::new(known));
        Ok(self)
    }

    /// The names of the sources.
    pub fn source_names(&self) -> Vec<SourceName> {
        self.sources.0.keys().cloned().collect()
    }

    /// Where a collection's records are.
    pub(crate) fn place(&self, collection: &Collection) -> Result<Place, StoreError> {
        let Some(name) = &collection.source else {
            return Ok(Place {
                redis: self.redis().clone(),
                access: Access::Write,
                source: None,
            });
        };
        let (redis, access) = self
            .sources
            .0
            .get(name)
            .ok_or_else(|| StoreError::UnknownSource(name.clone()))?;
        Ok(Place {
            redis: redis.clone(),
            access: *access,
            source: Some(name.clone()),
        })
    }
}
