//! `finish`: a worker ends the job that it holds.

use assay_model::{DatasetId, DatasetName, JobId, Problem, ResultId, Schema, Token, VersionCause};
use object_store::path::Path;

use crate::{
    Store, StoreError,
    blobs::key_of,
    reply::{Reply, unexpected},
    script::Answer,
};

/// What a job leaves behind.
#[derive(Debug, Clone)]
pub enum Finish {
    /// A result.
    Result(Box<NewResult>),
    /// A version of a data set.
    Dataset(Box<NewVersion>),
    /// The columns of a version of a data set at a glance. Its job goes with the end, and is
    /// no longer there for a repeated call.
    Profile(NewProfile),
    /// Nothing.
    Nothing,
    /// An error that trying again would not mend.
    Failed(Problem),
}

/// A result to be kept. Its parts must have been written by [`Store::put_part`] and made
/// permanent by [`Store::keep_parts`].
#[derive(Debug, Clone)]
pub struct NewResult {
    /// Its id.
    pub id: ResultId,
    /// What there is to say about it, as JSON that the store does not look into.
    pub meta: String,
    /// The finding in a sentence.
    pub finding: Option<String>,
    /// Rows of its table.
    pub rows: u64,
    /// Bytes of its parts.
    pub bytes: u64,
    /// Its parts.
    pub parts: Vec<Path>,
}

/// A version of a table to be published. Its parts must have been written by
/// [`Store::put_part`] and made permanent by [`Store::keep_parts`], or be parts of the
/// version that it comes after.
#[derive(Debug, Clone)]
pub struct NewVersion {
    /// The data set.
    pub id: DatasetId,
    /// Where it stands among the versions.
    pub place: Place,
    /// Its columns.
    pub schema: Schema,
    /// Rows in all.
    pub rows: u64,
    /// Bytes in all.
    pub bytes: u64,
    /// Its parts as JSON that the store does not look into.
    pub manifest: String,
    /// All parts that the manifest names.
    pub parts: Vec<Path>,
}

/// Where a version stands.
#[derive(Debug, Clone)]
pub enum Place {
    /// It is the first of a new data set.
    First {
        /// The data set's name.
        name: DatasetName,
        /// Where it comes from.
        source: Option<String>,
    },
    /// It comes after another, which must still be the current one.
    After {
        /// That other.
        base: u64,
        /// How it came about.
        how: VersionCause,
        /// How many of its parts are small enough to be worth gathering.
        small: u64,
    },
}

/// What was found out about the columns of a version.
#[derive(Debug, Clone)]
pub struct NewProfile {
    /// The data set.
    pub dataset: DatasetId,
    /// The version.
    pub version: u64,
    /// What there is to say, as JSON that the store does not look into.
    pub profile: String,
}

/// The answer to a finish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// The job is over.
    Done,
    /// The token does not hold the job; nothing changed.
    Fenced,
    /// The name of the data set was taken meanwhile; nothing changed, and the worker holds
    /// the job still.
    NameTaken,
    /// The data set has this version by now; nothing changed, and the worker holds the job
    /// still.
    Changed(u64),
    /// The data set was deleted; nothing changed, and the worker holds the job still.
    DatasetGone,
}

impl Store {
    /// Ends a job. Repeated with the same token it answers as the first time.
    pub async fn finish(
        &self,
        id: JobId,
        token: Token,
        leaves: &Finish,
    ) -> Result<Finished, StoreError> {
        let json = |error| StoreError::corrupt("the job's end", error);
        let script = &self.scripts().finish;
        let mut call = script.call();
        call.arg(id.to_string()).arg(token.to_string());
        let parts = match leaves {
            Finish::Nothing => {
                call.arg("nothing");
                [].as_slice()
            }
            Finish::Failed(problem) => {
                call.arg("failed")
                    .arg(serde_json::to_string(problem).map_err(json)?);
                [].as_slice()
            }
            Finish::Profile(new) => {
                call.arg("profile")
                    .arg(new.dataset.to_string())
                    .arg(new.version)
                    .arg(&new.profile);
                [].as_slice()
            }
            Finish::Result(result) => {
                call.arg("result")
                    .arg(result.id.to_string())
                    .arg(&result.meta)
                    .arg(result.finding.as_deref().unwrap_or_default())
                    .arg(result.rows)
                    .arg(result.bytes);
                &result.parts
            }
            Finish::Dataset(version) => {
                let schema = serde_json::to_string(&version.schema).map_err(json)?;
                let id = version.id.to_string();
                match &version.place {
                    Place::First { name, source } => call
                        .arg("dataset")
                        .arg(id)
                        .arg(name.folded())
                        .arg(name.as_str())
                        .arg(schema)
                        .arg(version.rows)
                        .arg(version.bytes)
                        .arg(source.as_deref().unwrap_or_default()),
                    Place::After { base, how, small } => call
                        .arg("version")
                        .arg(id)
                        .arg(base)
                        .arg(how.as_str())
                        .arg(schema)
                        .arg(version.rows)
                        .arg(version.bytes)
                        .arg(small),
                };
                call.arg(&version.manifest);
                &version.parts
            }
        };
        for part in parts {
            call.arg(key_of(self.keys(), part));
        }
        let reply: Reply = self.redis().script(&call).await?;
        match reply.answer {
            Answer::Done => Ok(Finished::Done),
            Answer::Fenced => Ok(Finished::Fenced),
            Answer::NameTaken => Ok(Finished::NameTaken),
            Answer::Changed => Ok(Finished::Changed(reply.parse()?)),
            Answer::NotFound => Ok(Finished::DatasetGone),
            other => Err(unexpected(other)),
        }
    }
}
