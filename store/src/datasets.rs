//! Data sets: what each is, under which name, in which version.
//!
//! A table comes about by the `finish` of its import; a collection is declared here; how
//! both go is in `deletion`. Names are unique without regard to case, and the hash of names
//! is also the list of all data sets.

use std::collections::HashMap;

use assay_model::{
    Collection, Dataset, DatasetId, DatasetKind, DatasetName, FieldError, Owner, Schema, SourceName,
};
use redis::Value;

use crate::{
    Store, StoreError,
    collection::Look,
    jobs::take,
    reply::{Fields, Reply, unexpected},
    script::Answer,
};

/// A collection to be made.
#[derive(Debug, Clone)]
pub struct NewCollection {
    /// Its id, made by the caller.
    pub id: DatasetId,
    /// Its name.
    pub name: DatasetName,
    /// Who makes it.
    pub owner: Owner,
    /// Which records.
    pub collection: Collection,
    /// What a first look found.
    pub look: Look,
}

/// The answer to a declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declare {
    /// It is there.
    Declared,
    /// The name belongs to another data set.
    NameTaken,
}

/// The answer to a look at a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observed {
    /// It is as the look found it.
    Noted,
    /// It is, but a change was told less than a second ago: call again to have this one
    /// told too.
    Untold,
    /// There is no such collection.
    NotFound,
}

/// The answer to a change of name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rename {
    /// It has the name.
    Renamed,
    /// There is no such data set.
    NotFound,
    /// The name belongs to another data set.
    NameTaken,
}

impl Store {
    /// All data sets, the newest first.
    pub async fn datasets(&self) -> Result<Vec<Dataset>, StoreError> {
        let key = self.keys().names();
        let ids: Vec<String> = self.redis().command(redis::cmd("HVALS").arg(&key)).await?;
        let ids = ids
            .iter()
            .map(|id| id.parse().map_err(|error| StoreError::corrupt(&key, error)))
            .collect::<Result<Vec<DatasetId>, _>>()?;
        let mut datasets: Vec<Dataset> = self
            .load_datasets(&ids)
            .await?
            .into_iter()
            .flatten()
            .collect();
        datasets.sort_by_key(|dataset| std::cmp::Reverse((dataset.created, dataset.id)));
        Ok(datasets)
    }

    /// A data set.
    pub async fn dataset(&self, id: DatasetId) -> Result<Option<Dataset>, StoreError> {
        Ok(self.load_datasets(&[id]).await?.pop().flatten())
    }

    /// A data set by its id or, without regard to case, its name.
    pub async fn find_dataset(&self, id_or_name: &str) -> Result<Option<Dataset>, StoreError> {
        if let Ok(id) = id_or_name.parse()
            && let Some(dataset) = self.dataset(id).await?
        {
            return Ok(Some(dataset));
        }
        let Ok(name) = id_or_name.parse::<DatasetName>() else {
            return Ok(None);
        };
        let key = self.keys().names();
        let id: Option<String> = self
            .redis()
            .command(redis::cmd("HGET").arg(&key).arg(name.folded()))
            .await?;
        match id {
            Some(id) => {
                let id = id
                    .parse()
                    .map_err(|error| StoreError::corrupt(&key, error))?;
                self.dataset(id).await
            }
            None => Ok(None),
        }
    }

    /// The manifest of a version of a table, as its import gave it.
    pub async fn manifest(
        &self,
        id: DatasetId,
        version: u64,
    ) -> Result<Option<String>, StoreError> {
        let key = self.keys().manifest(id, version);
        self.redis().command(redis::cmd("GET").arg(key)).await
    }

    /// What was found out about the columns of a version, as its job gave it.
    pub async fn profile(&self, id: DatasetId, version: u64) -> Result<Option<String>, StoreError> {
        let key = self.keys().profile(id, version);
        self.redis().command(redis::cmd("GET").arg(key)).await
    }

    /// Makes a collection. Repeated with the same id it answers as the first time.
    pub async fn declare_collection(&self, new: &NewCollection) -> Result<Declare, StoreError> {
        let script = &self.scripts().declare;
        let mut call = script.call();
        call.arg(new.id.to_string())
            .arg(new.name.folded())
            .arg(new.name.as_str())
            .arg(new.owner.as_str())
            .arg(&new.collection.pattern)
            .arg(new.collection.kind.as_str())
            .arg(schema_json(&new.look.schema)?)
            .arg(new.look.records)
            .arg(&new.look.digest)
            .arg(
                new.collection
                    .source
                    .as_ref()
                    .map_or("", SourceName::as_str),
            );
        let reply: Reply = self.redis().script(&call).await?;
        match reply.answer {
            Answer::Done => Ok(Declare::Declared),
            Answer::NameTaken => Ok(Declare::NameTaken),
            other => Err(unexpected(other)),
        }
    }

    /// Notes what a collection looks like, and tells so if it has changed since the look
    /// before: however often that is, once a second at most.
    pub async fn observe_collection(
        &self,
        id: DatasetId,
        look: &Look,
    ) -> Result<Observed, StoreError> {
        let call = self.scripts().observe.with([
            id.to_string(),
            schema_json(&look.schema)?,
            look.records.to_string(),
            look.digest.clone(),
        ]);
        let reply: Reply = self.redis().script(&call).await?;
        match reply.answer {
            Answer::Done => Ok(Observed::Noted),
            Answer::Changed => Ok(Observed::Untold),
            Answer::NotFound => Ok(Observed::NotFound),
            other => Err(unexpected(other)),
        }
    }

    /// Renames a data set.
    pub async fn rename_dataset(
        &self,
        id: DatasetId,
        name: &DatasetName,
    ) -> Result<Rename, StoreError> {
        let call =
            self.scripts()
                .rename
                .with([id.to_string().as_str(), &name.folded(), name.as_str()]);
        let reply: Reply = self.redis().script(&call).await?;
        match reply.answer {
            Answer::Done => Ok(Rename::Renamed),
            Answer::NotFound => Ok(Rename::NotFound),
            Answer::NameTaken => Ok(Rename::NameTaken),
            other => Err(unexpected(other)),
        }
    }

    /// What stands at a key as a data set.
    pub(crate) async fn load_dataset_at(
        &self,
        id: DatasetId,
        key: String,
    ) -> Result<Option<Dataset>, StoreError> {
        let mut command = redis::cmd("HGETALL");
        let fields: HashMap<String, String> = self.redis().command(command.arg(&key)).await?;
        if fields.is_empty() {
            return Ok(None);
        }
        let fields = Fields::new(key, fields);
        let schema = fields.need::<String>("schema")?;
        read_dataset(id, &fields, &schema).map(Some)
    }

    async fn load_datasets(&self, ids: &[DatasetId]) -> Result<Vec<Option<Dataset>>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut pipe = redis::pipe();
        for id in ids {
            pipe.cmd("HGETALL").arg(self.keys().dataset(id));
        }
        let mut values = self
            .redis()
            .pipeline::<Vec<Value>>(&pipe)
            .await?
            .into_iter();
        ids.iter()
            .map(|id| {
                let fields: HashMap<String, String> = take(&mut values)?;
                if fields.is_empty() {
                    return Ok(None);
                }
                let fields = Fields::new(self.keys().dataset(id), fields);
                let schema = fields.need::<String>("schema")?;
                read_dataset(*id, &fields, &schema).map(Some)
            })
            .collect()
    }
}

/// A data set from its fields, those of the hash or of an event.
pub(crate) fn read_dataset(
    id: DatasetId,
    fields: &Fields,
    schema: &str,
) -> Result<Dataset, StoreError> {
    let corrupt = |what: String| StoreError::corrupt(format!("data set {id}"), what);
    let kind = match fields.get("kind") {
        Some("table") => DatasetKind::Table,
        Some("collection") => DatasetKind::Collection,
        other => return Err(corrupt(format!("kind is {other:?}"))),
    };
    let name: String = fields.need("name")?;
    Ok(Dataset {
        id,
        name: name
            .parse()
            .map_err(|_| corrupt(format!("name is “{name}”")))?,
        kind,
        version: fields.need("version")?,
        content_version: match fields.find("content_version")? {
            Some(version) => version,
            None => fields.need("version")?,
        },
        rows: fields.need("rows")?,
        bytes: fields.need("bytes")?,
        parts: fields.need("parts")?,
        created: fields.need_time("created")?,
        owner: fields.need("owner")?,
        source: fields
            .get("source")
            .filter(|source| !source.is_empty())
            .map(str::to_owned),
        collection: read_collection(fields).map_err(|error| corrupt(error.message))?,
        schema: serde_json::from_str(schema).map_err(|error| corrupt(error.to_string()))?,
    })
}

/// Which records a data set reads; `None` for a table.
fn read_collection(fields: &Fields) -> Result<Option<Collection>, FieldError> {
    let Some(pattern) = fields.get("pattern") else {
        return Ok(None);
    };
    let source = fields.get("from").filter(|name| !name.is_empty());
    Ok(Some(Collection {
        source: source.map(str::parse).transpose()?,
        pattern: pattern.to_owned(),
        kind: fields.get("type").unwrap_or_default().parse()?,
    }))
}

fn schema_json(schema: &Schema) -> Result<String, StoreError> {
    serde_json::to_string(schema).map_err(|error| StoreError::corrupt("the schema", error))
}
