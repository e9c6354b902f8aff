//! What happened, told once and surely.
//!
//! The script of a transition appends its event to the main stream, and to the stream of
//! those who may see it (an owner's, or the shared one) with the id that it got. One
//! [`Tail`] a process follows the main stream; a client that comes back is given what it
//! missed from its owner's and the shared stream, merged by id.
//!
//! An entry has the changing fields as they were at that moment, so an event shows the
//! state that it announces and not a later one. What seldom changes (what was asked, the
//! columns) is added when it is read; what was deleted in between tells nobody anything,
//! and its deletion follows.

use std::{collections::HashMap, time::Duration};

use assay_model::{
    Deleted, Event, JobId, JobState, Owner, Position, ResetReason, ResultId, event::WorkerChange,
};
use redis::{Value, aio::MultiplexedConnection};

use crate::{
    Store, StoreError,
    datasets::read_dataset,
    jobs::{Line, assemble, queue_facts, read_spec, take},
    reply::Fields,
    script::PART_LENGTH,
};

/// How long the tail waits for an entry before it looks whether the data is still the same.
const PATIENCE: Duration = Duration::from_secs(5);
/// Entries that the tail takes at once.
const BATCH: usize = 200;
/// Entries of a stream that a replay goes back; a client that missed more is better served
/// by its lists.
const REPLAY: usize = 1_000;

type RawEntry = (String, HashMap<String, String>);

/// Who may see an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Audience {
    /// The owner of the job.
    Owner(Owner),
    /// Everybody.
    Shared,
}

/// An entry of the main stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where it stands.
    pub position: Position,
    /// Whom it tells what; `None` when it tells nobody anything.
    pub news: Option<(Audience, Event)>,
}

/// What a client that comes back gets.
#[derive(Debug, Clone, PartialEq)]
pub enum Replay {
    /// All that it missed, in order.
    Events(Vec<(Position, Event)>),
    /// Its position is of no use: it must fetch its lists anew.
    Reset(ResetReason),
}

/// Follows the main stream.
pub struct Tail {
    store: Store,
    connection: MultiplexedConnection,
    at: Position,
}

impl Store {
    /// The name of this life of the data; another after Redis was emptied or restored.
    pub async fn epoch(&self) -> Result<String, StoreError> {
        let fresh = uuid::Uuid::new_v4().as_simple().to_string();
        self.redis()
            .script(&self.scripts().begin.with([fresh]))
            .await
    }

    /// The position of the latest entry. A client that starts here after it fetched its
    /// lists misses nothing; before, it may be told what it knows.
    pub async fn tip(&self) -> Result<Position, StoreError> {
        let epoch = self.epoch().await?;
        let mut latest = redis::cmd("XREVRANGE");
        latest
            .arg(self.keys().events())
            .arg("+")
            .arg("-")
            .arg("COUNT")
            .arg(1);
        let entries: Vec<RawEntry> = self.redis().command(&latest).await?;
        match entries.first() {
            Some((id, _)) => position(&epoch, id),
            None => Err(StoreError::corrupt(
                self.keys().events(),
                "the stream is empty",
            )),
        }
    }

    /// All that happened after a position and that this owner (or, without one, everybody)
    /// may see.
    pub async fn replay(
        &self,
        owner: Option<&Owner>,
        after: &Position,
    ) -> Result<Replay, StoreError> {
        let keys = self.keys();
        let entry = after.entry();
        let parts: Vec<String> = std::iter::once(keys.shared_events())
            .chain(owner.map(|owner| keys.owner_events(owner)))
            .collect();
        // In one transaction, so that the check holds for what is read.
        let mut pipe = redis::pipe();
        pipe.atomic();
        pipe.cmd("HGET").arg(keys.queue()).arg("epoch");
        pipe.cmd("XRANGE")
            .arg(keys.events())
            .arg(&entry)
            .arg(&entry);
        pipe.cmd("XRANGE")
            .arg(keys.events())
            .arg("-")
            .arg("+")
            .arg("COUNT")
            .arg(1);
        for part in &parts {
            pipe.cmd("XLEN").arg(part);
            pipe.cmd("XRANGE")
                .arg(part)
                .arg("-")
                .arg("+")
                .arg("COUNT")
                .arg(1);
            pipe.cmd("XRANGE")
                .arg(part)
                .arg(format!("({entry}"))
                .arg("+");
            pipe.arg("COUNT").arg(REPLAY + 1);
        }
        let mut values = self
            .redis()
            .pipeline::<Vec<Value>>(&pipe)
            .await?
            .into_iter();
        let epoch: Option<String> = take(&mut values)?;
        let this: Vec<RawEntry> = take(&mut values)?;
        let first: Vec<RawEntry> = take(&mut values)?;

        if epoch.as_ref() != Some(&after.epoch) {
            return Ok(Replay::Reset(ResetReason::Epoch));
        }
        if this.is_empty() {
            let older = match first.first() {
                Some((id, _)) => is_before(after, &position(&after.epoch, id)?),
                None => false,
            };
            let reason = if older {
                ResetReason::Trimmed
            } else {
                ResetReason::Unknown
            };
            return Ok(Replay::Reset(reason));
        }
        let mut missed: Vec<RawEntry> = Vec::new();
        for _ in parts {
            let length: u64 = take(&mut values)?;
            let first: Vec<RawEntry> = take(&mut values)?;
            let entries: Vec<RawEntry> = take(&mut values)?;
            // A stream shorter than its bound has lost nothing yet.
            let trimmed = length >= u64::from(PART_LENGTH)
                && match first.first() {
                    Some((id, _)) => is_before(after, &position(&after.epoch, id)?),
                    None => false,
                };
            if trimmed || entries.len() > REPLAY {
                return Ok(Replay::Reset(ResetReason::Trimmed));
            }
            missed.extend(entries);
        }
        let mut entries = self.render(&after.epoch, missed).await?;
        entries.sort_by_key(|entry| (entry.position.millis, entry.position.sequence));
        Ok(Replay::Events(
            entries
                .into_iter()
                .filter_map(|entry| entry.news.map(|(_, event)| (entry.position, event)))
                .collect(),
        ))
    }

    /// Follows the main stream from its tip on.
    pub async fn tail(&self) -> Result<Tail, StoreError> {
        Ok(Tail {
            at: self.tip().await?,
            connection: self.redis().blocking(PATIENCE).await?,
            store: self.clone(),
        })
    }

    /// Puts to entries what they leave out.
    async fn render(&self, epoch: &str, entries: Vec<RawEntry>) -> Result<Vec<Entry>, StoreError> {
        let keys = self.keys();
        let entries: Vec<(Position, Kind, Fields)> = entries
            .into_iter()
            .map(|(id, fields)| {
                let position = position(epoch, &id)?;
                let fields = Fields::new(format!("event {id}"), fields);
                Ok((position, Kind::of(&fields), fields))
            })
            .collect::<Result<_, StoreError>>()?;

        let mut pipe = redis::pipe();
        pipe.cmd("HGET").arg(keys.queue()).arg("epoch");
        queue_facts(&mut pipe, keys);
        for (_, kind, fields) in &entries {
            let id = fields.get("id").unwrap_or_default();
            match kind {
                Kind::Job => {
                    pipe.cmd("GET").arg(keys.spec(id));
                    pipe.cmd("LRANGE").arg(keys.attempts(id)).arg(0).arg(-1);
                }
                Kind::Dataset => {
                    pipe.cmd("HGET").arg(keys.dataset(id)).arg("schema");
                }
                Kind::Complete => {}
            }
        }
        let mut values = self
            .redis()
            .pipeline::<Vec<Value>>(&pipe)
            .await?
            .into_iter();
        if take::<Option<String>>(&mut values)?.as_deref() != Some(epoch) {
            return Err(StoreError::Replaced);
        }
        let mean_ms: Option<f64> = take(&mut values)?;
        let workers: Vec<(String, f64)> = take(&mut values)?;
        let time: (i64, i64) = take(&mut values)?;
        let results = entries
            .iter()
            .filter_map(|(_, _, fields)| fields.find::<ResultId>("result").ok().flatten());
        let (results, slots) = self.load_results(results, &workers, time).await?;
        let line = Line { mean_ms, slots };

        let mut rendered = Vec::with_capacity(entries.len());
        for (position, kind, fields) in entries {
            let news = match kind {
                Kind::Complete => complete(&fields),
                Kind::Dataset => {
                    let schema: Option<String> = take(&mut values)?;
                    dataset(&fields, schema.as_deref())
                }
                Kind::Job => {
                    let spec: Option<String> = take(&mut values)?;
                    let lines: Vec<String> = take(&mut values)?;
                    job(
                        &fields,
                        spec.as_deref(),
                        &lines,
                        |id| results.get(&id).cloned(),
                        line,
                    )
                }
            };
            // One entry that cannot be read must not hold up all that come after it.
            let news = news.unwrap_or_else(|error| {
                tracing::error!(%error, %position, "an event cannot be read");
                None
            });
            rendered.push(Entry { position, news });
        }
        Ok(rendered)
    }
}

impl Tail {
    /// Where it is: after this entry comes what [`Tail::next`] gives next.
    pub fn at(&self) -> &Position {
        &self.at
    }

    /// The next entries, once there are any. After an error the tail is of no use: entries
    /// may be missing, so end the streams that it fed and start anew.
    pub async fn next(&mut self) -> Result<Vec<Entry>, StoreError> {
        loop {
            let mut read = redis::cmd("XREAD");
            read.arg("COUNT")
                .arg(BATCH)
                .arg("BLOCK")
                .arg(PATIENCE.as_millis() as u64);
            read.arg("STREAMS")
                .arg(self.store.keys().events())
                .arg(self.at.entry());
            let found: Option<Vec<(String, Vec<RawEntry>)>> =
                read.query_async(&mut self.connection).await?;
            let raw: Vec<RawEntry> = found
                .into_iter()
                .flatten()
                .flat_map(|(_, entries)| entries)
                .collect();
            // Without entries this only looks at the epoch.
            let entries = self.store.render(&self.at.epoch, raw).await?;
            if let Some(last) = entries.last() {
                self.at = last.position.clone();
                return Ok(entries);
            }
        }
    }
}

/// What must be added to an entry.
enum Kind {
    /// What was asked, and the attempts.
    Job,
    /// The columns.
    Dataset,
    /// Nothing.
    Complete,
}

impl Kind {
    fn of(fields: &Fields) -> Self {
        match (fields.get("event"), fields.get("deleted")) {
            (Some("job"), None) => Self::Job,
            (Some("dataset"), None) => Self::Dataset,
            _ => Self::Complete,
        }
    }
}

type News = Result<Option<(Audience, Event)>, StoreError>;

fn job(
    fields: &Fields,
    spec: Option<&str>,
    lines: &[String],
    result: impl Fn(ResultId) -> Option<assay_model::ResultRef>,
    line: Line,
) -> News {
    let Some(spec) = spec else {
        return Ok(None);
    };
    let id: JobId = fields.need("id")?;
    let result = match fields.need::<JobState>("state")? {
        JobState::Succeeded => fields.find("result")?.and_then(result),
        _ => None,
    };
    let spec = read_spec("a job's spec", spec)?;
    let audience = Audience::Owner(spec.owner.clone());
    let job = assemble(id, fields, spec, lines, result, line)?;
    Ok(Some((audience, Event::Job(Box::new(job)))))
}

fn dataset(fields: &Fields, schema: Option<&str>) -> News {
    let Some(schema) = schema else {
        return Ok(None);
    };
    let dataset = read_dataset(fields.need("id")?, fields, schema)?;
    Ok(Some((Audience::Shared, Event::Dataset(Box::new(dataset)))))
}

/// An entry that has all in it.
fn complete(fields: &Fields) -> News {
    let gone = || {
        Ok::<_, StoreError>(Deleted {
            id: fields.need("id")?,
            deleted: true,
        })
    };
    Ok(match fields.get("event") {
        Some("job") => Some((
            Audience::Owner(fields.need("owner")?),
            Event::JobDeleted(gone()?),
        )),
        Some("dataset") => Some((Audience::Shared, Event::DatasetDeleted(gone()?))),
        Some("worker") => {
            let change = WorkerChange {
                id: fields.need("id")?,
                slots: fields.need("slots")?,
            };
            Some((Audience::Shared, Event::Worker(change)))
        }
        _ => None,
    })
}

fn position(epoch: &str, id: &str) -> Result<Position, StoreError> {
    format!("{epoch}:{id}")
        .parse()
        .map_err(|error| StoreError::corrupt("an event", error))
}

fn is_before(one: &Position, other: &Position) -> bool {
    (one.millis, one.sequence) < (other.millis, other.sequence)
}
