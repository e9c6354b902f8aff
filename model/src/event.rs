//! What the event stream says.
//!
//! An event carries the thing as the REST answer has it, so a client keeps one type
//! for both. Its position is `<epoch>:<ms>-<seq>`: the epoch names the life of the
//! Redis data (a restored or emptied Redis has another), the rest is the entry's id
//! in the stream.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{dataset::Dataset, id::BadId, job::Job};

/// One event. `name()` is the SSE `event:` field, `data()` the `data:` field.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A job as it now stands.
    Job(Box<Job>),
    /// A job that is gone.
    JobDeleted(Deleted),
    /// A data set as it now stands.
    Dataset(Box<Dataset>),
    /// A data set that is gone.
    DatasetDeleted(Deleted),
    /// A worker came or went.
    Worker(WorkerChange),
    /// The client's position is of no use: fetch the lists anew.
    Reset(ResetReason),
}

impl Event {
    /// All names that the `event:` field may take.
    pub const NAMES: [&'static str; 4] = ["job", "dataset", "worker", "reset"];

    /// The `event:` field.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Job(_) | Self::JobDeleted(_) => "job",
            Self::Dataset(_) | Self::DatasetDeleted(_) => "dataset",
            Self::Worker(_) => "worker",
            Self::Reset(_) => "reset",
        }
    }

    /// The `data:` field: one line of JSON.
    pub fn data(&self) -> Result<String, serde_json::Error> {
        #[derive(Serialize)]
        struct Reset {
            reason: ResetReason,
        }
        match self {
            Self::Job(job) => serde_json::to_string(job),
            Self::Dataset(dataset) => serde_json::to_string(dataset),
            Self::JobDeleted(gone) | Self::DatasetDeleted(gone) => serde_json::to_string(gone),
            Self::Worker(change) => serde_json::to_string(change),
            Self::Reset(reason) => serde_json::to_string(&Reset { reason: *reason }),
        }
    }

    /// Reads an event back from its two fields; `None` for a name that this version
    /// does not know, which a client skips.
    pub fn parse(name: &str, data: &str) -> Result<Option<Self>, serde_json::Error> {
        // Through a tree of values: the same code then reads a job from an event and from
        // an answer, which halves what the browser has to load for it.
        Self::read(name, serde_json::from_str(data)?)
    }

    /// As [`Event::parse`], for whoever has read the data into a tree of values already.
    pub fn read(name: &str, data: Value) -> Result<Option<Self>, serde_json::Error> {
        #[derive(Deserialize)]
        struct Reset {
            reason: ResetReason,
        }
        let is_gone = data.get("deleted").is_some();
        Ok(Some(match name {
            "job" if is_gone => Self::JobDeleted(crate::tree::read(data)?),
            "job" => Self::Job(crate::tree::read(data)?),
            "dataset" if is_gone => Self::DatasetDeleted(crate::tree::read(data)?),
            "dataset" => Self::Dataset(crate::tree::read(data)?),
            "worker" => Self::Worker(crate::tree::read(data)?),
            "reset" => Self::Reset(crate::tree::read::<Reset>(data)?.reason),
            _ => return Ok(None),
        }))
    }
}

/// A thing that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    /// Its id.
    pub id: uuid::Uuid,
    /// Always true.
    pub deleted: bool,
}

/// A worker that came or went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerChange {
    /// Its id.
    pub id: crate::id::WorkerId,
    /// Jobs that it runs at once; 0 when it went.
    pub slots: u32,
}

/// Why a client must fetch its lists anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetReason {
    /// The position is not one that this server gave.
    Unknown,
    /// The position is older than what is kept.
    Trimmed,
    /// The data has been replaced since.
    Epoch,
    /// The client read too slowly.
    Slow,
}

/// A place in the event stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The life of the Redis data.
    pub epoch: String,
    /// Milliseconds part of the entry's id.
    pub millis: u64,
    /// Sequence part of the entry's id.
    pub sequence: u64,
}

impl Position {
    /// The entry's id in the stream, `<ms>-<seq>`.
    pub fn entry(&self) -> String {
        format!("{}-{}", self.millis, self.sequence)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}-{}", self.epoch, self.millis, self.sequence)
    }
}

impl FromStr for Position {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let bad = || BadId(text.to_owned());
        let (epoch, entry) = text.split_once(':').ok_or_else(bad)?;
        let (millis, sequence) = entry.split_once('-').ok_or_else(bad)?;
        let plain =
            (1..=64).contains(&epoch.len()) && epoch.chars().all(|c| c.is_ascii_alphanumeric());
        let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        if !plain || !digits(millis) || !digits(sequence) {
            return Err(bad());
        }
        Ok(Self {
            epoch: epoch.to_owned(),
            millis: millis.parse().map_err(|_| bad())?,
            sequence: sequence.parse().map_err(|_| bad())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_read_back_and_rubbish_does_not() {
        let text = "3f2a:1700000000000-12";
        assert_eq!(
            text.parse::<Position>().map(|p| p.to_string()),
            Ok(text.to_owned())
        );
        for bad in [
            "", "1-2", "e:", "e:1", "e:1-", "e:-1-2", "e:1-2-3", "e:+1-2", "é:1-2", ":1-2",
        ] {
            assert!(bad.parse::<Position>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_deletion_reads_back() {
        let gone = Event::JobDeleted(Deleted {
            id: uuid::Uuid::nil(),
            deleted: true,
        });
        let data = gone.data().unwrap();
        assert_eq!(Event::parse("job", &data).unwrap(), Some(gone));
    }
}
