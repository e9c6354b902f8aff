//! One record of a collection by its whole key: read, written, deleted.

use assay_model::{Collection, CollectionType, Written};
use redis::Script;

use super::{
    ScanWatch, Wanted,
    fetch::{Fetch, written},
    pieces,
    walk::redis_type,
};
use crate::{
    Store, StoreError,
    reply::{Reply, unexpected},
    script::Answer,
    sources::Access,
};

/// What a record holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordBody {
    /// The fields of a hash, in the order in which Redis gives them.
    Fields(Vec<(String, String)>),
    /// The text of a string; for a collection of JSON the object's.
    Text(String),
}

/// The answer to a record put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutRecord {
    /// It is there as given.
    Done,
    /// The key does not belong to the collection.
    NotInCollection,
    /// Something else than a record stands under the key.
    OtherType,
    /// The source is only read.
    ReadOnly,
}

/// The answer to the deletion of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteRecord {
    /// It is gone.
    Deleted,
    /// There is none, or the key does not belong to the collection.
    NotFound,
    /// The source is only read.
    ReadOnly,
}

/// The scripts on records. They run in whichever Redis the record is, of any version, and
/// know no key of Assay's.
pub(crate) struct RecordScripts {
    put: Script,
    delete: Script,
}

impl RecordScripts {
    pub fn new() -> Self {
        Self {
            put: Script::new(include_str!("../lua/put_record.lua")),
            delete: Script::new(include_str!("../lua/delete_record.lua")),
        }
    }
}

impl Store {
    /// One record of a collection by its whole key; `None` when there is none, or the key
    /// does not belong to the collection. Bytes that are not UTF-8 stand in base64.
    pub async fn record(
        &self,
        collection: &Collection,
        key: &str,
    ) -> Result<Option<RecordBody>, StoreError> {
        if !self.belongs(collection, key) {
            return Ok(None);
        }
        let fetch = Fetch {
            place: self.place(collection)?,
            kind: collection.kind,
            wanted: Wanted::All,
            watch: ScanWatch::default(),
        };
        match collection.kind {
            CollectionType::Hash => hash(&fetch, key).await,
            CollectionType::Json | CollectionType::String => text(&fetch, key).await,
            _ => Ok(None),
        }
    }

    /// Writes a record whole: fields that are not given go. Without fields there is no
    /// record: Redis has no empty hashes.
    pub async fn put_record(
        &self,
        collection: &Collection,
        key: &str,
        body: &RecordBody,
    ) -> Result<PutRecord, StoreError> {
        if !self.belongs(collection, key) || !collection.kind.has_keyed_records() {
            return Ok(PutRecord::NotInCollection);
        }
        let place = self.place(collection)?;
        if place.access == Access::Read {
            return Ok(PutRecord::ReadOnly);
        }
        let mut call = self.inner.record_scripts.put.key(key);
        call.arg(redis_type(collection.kind));
        match body {
            RecordBody::Fields(fields) => {
                for (name, value) in fields {
                    call.arg(name).arg(value);
                }
            }
            RecordBody::Text(text) => {
                call.arg(text);
            }
        }
        let reply: Result<Reply, _> = place.redis.script(&call).await;
        match reply.map_err(|error| place.error(error))?.answer {
            Answer::Done => Ok(PutRecord::Done),
            Answer::OtherType => Ok(PutRecord::OtherType),
            other => Err(unexpected(other)),
        }
    }

    /// Deletes a record.
    pub async fn delete_record(
        &self,
        collection: &Collection,
        key: &str,
    ) -> Result<DeleteRecord, StoreError> {
        if !self.belongs(collection, key) || !collection.kind.has_keyed_records() {
            return Ok(DeleteRecord::NotFound);
        }
        let place = self.place(collection)?;
        if place.access == Access::Read {
            return Ok(DeleteRecord::ReadOnly);
        }
        let mut call = self.inner.record_scripts.delete.key(key);
        call.arg(redis_type(collection.kind));
        let reply: Result<Reply, _> = place.redis.script(&call).await;
        match reply.map_err(|error| place.error(error))?.answer {
            Answer::Done => Ok(DeleteRecord::Deleted),
            Answer::NotFound => Ok(DeleteRecord::NotFound),
            other => Err(unexpected(other)),
        }
    }
}

async fn hash(fetch: &Fetch, key: &str) -> Result<Option<RecordBody>, StoreError> {
    let Some(fields) = pieces::hash(fetch, key.as_bytes()).await? else {
        return Ok(None);
    };
    let fields = fields
        .into_iter()
        .map(|(name, value)| (plain(written(name)), plain(written(value))));
    Ok(Some(RecordBody::Fields(fields.collect())))
}

async fn text(fetch: &Fetch, key: &str) -> Result<Option<RecordBody>, StoreError> {
    let text = pieces::text(fetch, key.as_bytes()).await?;
    Ok(text.map(|text| RecordBody::Text(plain(written(text)))))
}

fn plain(value: Written) -> String {
    match value {
        Written::Plain(text) | Written::Quoted(text) | Written::Base64(text) => text,
    }
}
