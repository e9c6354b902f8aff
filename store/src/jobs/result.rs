//! What a job left, as it is read back.

use std::collections::HashMap;

use assay_model::ResultId;

use crate::{Store, StoreError, reply::Fields};

/// A result as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResult {
    /// Its id.
    pub id: ResultId,
    /// What its job said about it, as it was given.
    pub meta: String,
    /// The finding in a sentence.
    pub finding: Option<String>,
    /// Rows of its table.
    pub rows: u64,
    /// Bytes of its parts.
    pub bytes: u64,
}

impl Store {
    /// A result.
    pub async fn result(&self, id: ResultId) -> Result<Option<StoredResult>, StoreError> {
        let key = self.keys().result(id);
        let fields: HashMap<String, String> = self
            .redis()
            .command(redis::cmd("HGETALL").arg(&key))
            .await?;
        let fields = Fields::new(key, fields);
        if fields.is_empty() {
            return Ok(None);
        }
        Ok(Some(StoredResult {
            id,
            meta: fields.need("meta")?,
            finding: fields
                .get("finding")
                .filter(|text| !text.is_empty())
                .map(str::to_owned),
            rows: fields.need("rows")?,
            bytes: fields.need("bytes")?,
        }))
    }
}
