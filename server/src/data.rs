//! Where store and engine are introduced to each other: each knows only the traits it
//! is handed, and these are the hands.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use assay_engine::{
    BoxError, Input, Part, PartSink, RecordSource, RecordStream, Spool, SpoolStream,
};
use assay_model::{
    Collection, Dataset, DatasetId, DatasetKind, DatasetName, DatasetRef, ImportReport, InputStamp,
    JobId, Owner, Problem, ProblemKind, Profile, Records, ResultColumn, ResultId, Schema, Token,
};
use assay_store::{
    Store, StoreError, blobs,
    collection::{Depth, ScanStamp, ScanWatch, Wanted},
    jobs::{NewVersion, Place},
    upload::Upload,
};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is kept beside a result's rows; the store passes it on unread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResultMeta {
    /// The columns.
    pub columns: Vec<ResultColumn>,
    /// The parts, in the order of the rows.
    pub parts: Vec<Part>,
    /// A Vega-Lite specification.
    pub chart: Option<Value>,
    /// The finding in a sentence.
    pub finding: Option<String>,
    /// What was read.
    pub inputs: Vec<InputStamp>,
}

/// What is kept of a version of a table; the store passes it on unread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Its columns.
    pub schema: Schema,
    /// Its parts, in the order of the rows.
    pub parts: Vec<Part>,
    /// How its file was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ImportReport>,
}

/// What is kept of the columns of a version of a table; the store passes it on unread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoredProfile {
    /// They were looked at.
    Done(Profile),
    /// They cannot be, and why.
    Failed(Problem),
}

/// Parts below this many bytes are worth gathering.
const SMALL: u64 = 8 << 20;

impl Manifest {
    /// Where its parts are.
    pub fn paths(&self) -> Vec<Path> {
        self.parts.iter().map(|part| part.path.clone()).collect()
    }

    /// How many of its parts are worth gathering.
    pub fn small_parts(&self) -> u64 {
        self.parts.iter().filter(|part| is_small(part)).count() as u64
    }

    /// A version of a table that holds this.
    pub fn version(self, id: DatasetId, place: Place) -> Result<NewVersion, StoreError> {
        let manifest =
            serde_json::to_string(&self).map_err(|error| unreadable("the manifest", &error))?;
        Ok(NewVersion {
            id,
            place,
            rows: self.parts.iter().map(|part| part.rows).sum(),
            bytes: self.parts.iter().map(|part| part.bytes).sum(),
            parts: self.paths(),
            schema: self.schema,
            manifest,
        })
    }
}

/// Whether a part is worth gathering with others.
pub fn is_small(part: &Part) -> bool {
    part.bytes < SMALL
}

/// The owner of jobs that nobody submitted: they are in no list of anybody's.
pub fn house() -> Result<Owner, StoreError> {
    "assay".parse().map_err(|error| StoreError::Corrupt {
        key: "the owner of the house's jobs".to_owned(),
        what: format!("{error}"),
    })
}

/// The problem of a job whose data set was deleted before it ended.
pub fn deleted(name: &DatasetName) -> Problem {
    Problem::new(
        ProblemKind::NotFound,
        format!("The data set “{name}” was deleted before the job ended."),
    )
}

/// A data set ready to be read.
pub struct Opened {
    /// For the engine.
    pub input: Input,
    scan: Option<Arc<Scan>>,
}

impl Opened {
    /// How the last scan of a collection went; `None` for a table.
    pub fn scan_stamp(&self) -> Option<ScanStamp> {
        self.scan.as_ref().and_then(|scan| scan.stamp())
    }
}

/// Opens a data set as it is now.
pub async fn input(store: &Store, dataset: &Dataset) -> Result<Input, StoreError> {
    open(store, dataset, dataset.version)
        .await
        .map(|opened| opened.input)
}

/// Opens a data set at a version; a collection has none and is read as it is.
pub async fn open(store: &Store, dataset: &Dataset, version: u64) -> Result<Opened, StoreError> {
    match (dataset.kind, &dataset.collection) {
        (DatasetKind::Collection, Some(collection)) => {
            let scan = Arc::new(Scan::new(store, collection));
            let source: Arc<dyn RecordSource> = Arc::clone(&scan) as _;
            let input = Input::Records {
                schema: dataset.schema.clone(),
                source,
            };
            Ok(Opened {
                input,
                scan: Some(scan),
            })
        }
        _ => {
            let Manifest { schema, parts, .. } = manifest(store, dataset, version).await?;
            Ok(Opened {
                input: Input::Table { schema, parts },
                scan: None,
            })
        }
    }
}

/// The records of a collection that is not declared, with the columns that a look found.
pub fn undeclared(store: &Store, collection: &Collection, schema: Schema) -> Input {
    Input::Records {
        schema,
        source: Arc::new(Scan::new(store, collection)),
    }
}

/// The manifest of a version of a table.
pub async fn manifest(
    store: &Store,
    dataset: &Dataset,
    version: u64,
) -> Result<Manifest, StoreError> {
    let read = DatasetRef {
        version,
        ..dataset.reference()
    };
    manifest_of(store, &read).await
}

/// The manifest of a version of a table, as a job names it.
pub async fn manifest_of(store: &Store, read: &DatasetRef) -> Result<Manifest, StoreError> {
    let stored = store.manifest(read.id, read.version).await?;
    let stored = stored.ok_or_else(|| StoreError::Corrupt {
        key: format!("version {} of “{}”", read.version, read.name),
        what: "it is not there".to_owned(),
    })?;
    read_manifest(&stored)
}

/// A manifest as it was written.
pub fn read_manifest(text: &str) -> Result<Manifest, StoreError> {
    serde_json::from_str(text).map_err(|error| unreadable("the manifest", &error))
}

/// JSON of ours that does not read or write as it should.
pub fn unreadable(what: &str, error: &serde_json::Error) -> StoreError {
    StoreError::Corrupt {
        key: what.to_owned(),
        what: error.to_string(),
    }
}

/// Puts parts into Redis, under the protection of the job that writes them.
pub struct Sink {
    store: Store,
    job: JobId,
    name: Box<dyn Fn(u32) -> Path + Send + Sync>,
}

impl Sink {
    /// For the parts of a result.
    pub fn of_result(store: Store, job: JobId, id: ResultId) -> Self {
        Self {
            store,
            job,
            name: Box::new(move |n| blobs::result_part(id, n)),
        }
    }

    /// For the parts of a version of a table.
    pub fn of_dataset(store: Store, job: JobId, id: DatasetId, version: u64) -> Self {
        Self {
            store,
            job,
            name: Box::new(move |n| blobs::dataset_part(id, version, n)),
        }
    }

    /// For parts that an attempt adds to a table, numbered from `first`.
    pub fn of_added(store: Store, job: JobId, id: DatasetId, token: Token, first: u32) -> Self {
        Self {
            store,
            job,
            name: Box::new(move |n| blobs::added_part(id, token, first + n)),
        }
    }
}

#[async_trait]
impl PartSink for Sink {
    async fn put(&self, n: u32, bytes: Bytes) -> Result<Path, BoxError> {
        let path = (self.name)(n);
        self.store.put_part(self.job, &path, bytes).await?;
        Ok(path)
    }
}

/// A spooled upload, as the importer reads it.
pub struct UploadSpool {
    store: Store,
    upload: Upload,
    file_name: Option<String>,
}

impl UploadSpool {
    /// Reads this upload of a file of that name.
    pub fn new(store: Store, upload: Upload, file_name: Option<String>) -> Self {
        Self {
            store,
            upload,
            file_name,
        }
    }
}

#[async_trait]
impl Spool for UploadSpool {
    fn bytes(&self) -> u64 {
        self.upload.bytes
    }

    fn file_name(&self) -> Option<&str> {
        self.file_name.as_deref()
    }

    async fn open(&self) -> io::Result<SpoolStream> {
        Ok(self.store.read_upload(&self.upload).boxed())
    }
}

/// Scans of a collection, as the engine reads them.
struct Scan {
    store: Store,
    collection: Collection,
    watch: Mutex<Option<ScanWatch>>,
}

impl Scan {
    fn new(store: &Store, collection: &Collection) -> Self {
        Self {
            store: store.clone(),
            collection: collection.clone(),
            watch: Mutex::default(),
        }
    }

    fn stamp(&self) -> Option<ScanStamp> {
        let watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        watch.as_ref().map(ScanWatch::stamp)
    }
}

impl RecordSource for Scan {
    fn scan(&self, fields: &[String], streams: usize) -> Vec<RecordStream> {
        let wanted = Wanted::Fields(fields.to_vec());
        match self.store.scan(&self.collection, wanted, streams) {
            Ok((streams, watch)) => {
                *self.watch.lock().unwrap_or_else(PoisonError::into_inner) = Some(watch);
                let boxed = |stream: assay_store::collection::RecordStream| {
                    stream.map_err(BoxError::from).boxed()
                };
                streams.into_iter().map(boxed).collect()
            }
            Err(error) => vec![stream::iter([Err(error.into())]).boxed()],
        }
    }
}

/// Records that have been read, for the engine to type.
pub struct Read(pub Records);

impl RecordSource for Read {
    fn scan(&self, _: &[String], _: usize) -> Vec<RecordStream> {
        vec![stream::iter([Ok(self.0.clone())]).boxed()]
    }
}

/// The data set as it is now, for those who are about to read its rows: the columns of a
/// collection that had few records are looked for anew, since a producer may just have
/// begun. Larger ones follow their analyses, and whoever watches them.
pub async fn current(store: &Store, dataset: Dataset) -> Result<Dataset, StoreError> {
    match &dataset.collection {
        Some(collection) if dataset.rows <= FEW => {
            look_again(store, &dataset, collection, Depth::Sample).await
        }
        _ => Ok(dataset),
    }
}

/// Records that are read in no time.
const FEW: u64 = 1_000;

/// Looks at a collection and notes what it found; gives the data set as it now is.
pub async fn look_again(
    store: &Store,
    dataset: &Dataset,
    collection: &Collection,
    depth: Depth,
) -> Result<Dataset, StoreError> {
    let look = store.look(collection, Some(&dataset.schema), depth).await?;
    store.observe_collection(dataset.id, &look).await?;
    Ok(Dataset {
        rows: look.records,
        schema: look.schema,
        ..dataset.clone()
    })
}
