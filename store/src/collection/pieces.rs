//! What is too large for one call, in pieces: hashes of many fields, long texts, and the
//! elements of lists, sets, sorted sets and streams.

use std::collections::HashSet;

use assay_model::{CollectionType, Record, Records, Written};
use futures::{StreamExt, stream};
use redis::{FromRedisValue, Pipeline, RedisError, Value};

use super::{
    RecordStream,
    fetch::{Fetch, Names, pipeline, written},
    walk::Key,
};
use crate::StoreError;

/// Fields, elements or members of one piece. Each costs Redis about a microsecond.
const PIECE: usize = 512;
/// Bytes of one piece of a text.
const TEXT_PIECE: usize = 1 << 20;

pub(super) type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// Asks for a piece of a hash; a small one is a piece as a whole.
pub(super) fn hash_piece(pipe: &mut Pipeline, key: &[u8], cursor: u64) {
    pipe.cmd("HSCAN")
        .arg(key)
        .arg(cursor)
        .arg("COUNT")
        .arg(PIECE);
}

/// Where the next piece begins, 0 at the end, and this piece.
pub(super) fn read_hash_piece(reply: Value) -> Result<(u64, Fields), StoreError> {
    read(reply)
}

/// The whole of a hash; `None` when there is none.
pub(super) async fn hash(fetch: &Fetch, key: &[u8]) -> Result<Option<Fields>, StoreError> {
    let mut pipe = pipeline(1);
    hash_piece(&mut pipe, key, 0);
    let Some(reply) = only(fetch, &pipe).await? else {
        return Ok(None);
    };
    let (cursor, fields) = read_hash_piece(reply)?;
    let fields = rest_of_hash(fetch, key, cursor, fields).await?;
    Ok(Some(fields).filter(|fields| !fields.is_empty()))
}

/// The whole of a text; `None` when there is none.
pub(super) async fn text(fetch: &Fetch, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    let mut pipe = pipeline(1);
    string_piece(&mut pipe, key, 0);
    match only(fetch, &pipe).await? {
        Some(Value::BulkString(text)) if text.is_empty() && !exists(fetch, key).await? => Ok(None),
        Some(Value::BulkString(text)) => rest_of_string(fetch, key, text).await.map(Some),
        _ => Ok(None),
    }
}

/// The whole of a hash whose first piece is there. What Redis repeats is dropped.
pub(super) async fn rest_of_hash(
    fetch: &Fetch,
    key: &[u8],
    mut cursor: u64,
    mut fields: Fields,
) -> Result<Fields, StoreError> {
    let mut seen: HashSet<Vec<u8>> = HashSet::new();
    fields.retain(|(name, _)| seen.insert(name.clone()));
    while cursor != 0 {
        let mut pipe = pipeline(1);
        hash_piece(&mut pipe, key, cursor);
        let Some(reply) = only(fetch, &pipe).await? else {
            break;
        };
        let (next, piece) = read_hash_piece(reply)?;
        let new = piece
            .into_iter()
            .filter(|(name, _)| seen.insert(name.clone()));
        fields.extend(new);
        cursor = next;
    }
    Ok(fields)
}

/// Asks for a piece of a text.
pub(super) fn string_piece(pipe: &mut Pipeline, key: &[u8], from: usize) {
    pipe.cmd("GETRANGE")
        .arg(key)
        .arg(from)
        .arg(from + TEXT_PIECE - 1);
}

/// The whole of a text whose first piece is there.
pub(super) async fn rest_of_string(
    fetch: &Fetch,
    key: &[u8],
    mut text: Vec<u8>,
) -> Result<Vec<u8>, StoreError> {
    let mut is_full = text.len() == TEXT_PIECE;
    while is_full {
        let mut pipe = pipeline(1);
        string_piece(&mut pipe, key, text.len());
        let Some(Value::BulkString(piece)) = only(fetch, &pipe).await? else {
            break;
        };
        is_full = piece.len() == TEXT_PIECE;
        text.extend(piece);
    }
    Ok(text)
}

/// The records in a key, piece by piece.
pub(super) fn records(fetch: Fetch, key: Key) -> RecordStream {
    let reading = Reading {
        fetch,
        key,
        place: Some(Place::Start),
        seen: HashSet::new(),
    };
    stream::try_unfold(reading, |mut reading| async move {
        let records = reading.next().await?;
        Ok(records.map(|records| (records, reading)))
    })
    .boxed()
}

/// A key that is being read.
struct Reading {
    fetch: Fetch,
    key: Key,
    /// `None` at the end.
    place: Option<Place>,
    /// Members that were given; Redis may repeat one.
    seen: HashSet<Vec<u8>>,
}

/// Where the next piece begins.
enum Place {
    Start,
    /// An index into a list.
    Index(usize),
    /// A cursor of a scan.
    Cursor(u64),
    /// After this entry of a stream.
    After(String),
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Records>, StoreError> {
        let Some(place) = self.place.take() else {
            return Ok(None);
        };
        let is_first = matches!(place, Place::Start);
        let mut pipe = pipeline(1);
        self.ask(&mut pipe, &place);
        let Some(reply) = only(&self.fetch, &pipe).await? else {
            self.fetch.vanished(1);
            return Ok(None);
        };
        let records = match self.fetch.kind {
            CollectionType::Stream => self.entries(reply)?,
            CollectionType::List => self.elements(reply, &place)?,
            CollectionType::Zset => self.scored(reply)?,
            _ => self.members(reply)?,
        };
        // An empty stream is still a stream; the others go with their last element.
        if is_first
            && self.place.is_none()
            && records.rows.is_empty()
            && self.fetch.kind == CollectionType::Stream
            && !exists(&self.fetch, &self.key).await?
        {
            self.fetch.vanished(1);
        }
        self.fetch.given(&records);
        Ok(Some(records))
    }

    fn ask(&self, pipe: &mut Pipeline, place: &Place) {
        let key = &self.key;
        let cursor = match place {
            Place::Cursor(cursor) => *cursor,
            _ => 0,
        };
        match self.fetch.kind {
            CollectionType::Stream => {
                let from = match place {
                    Place::After(id) => format!("({id}"),
                    _ => "-".to_owned(),
                };
                pipe.cmd("XRANGE").arg(key).arg(from).arg("+");
                pipe.arg("COUNT").arg(PIECE);
            }
            CollectionType::List => {
                let from = match place {
                    Place::Index(from) => *from,
                    _ => 0,
                };
                pipe.cmd("LRANGE").arg(key).arg(from).arg(from + PIECE - 1);
            }
            CollectionType::Zset => {
                pipe.cmd("ZSCAN")
                    .arg(key)
                    .arg(cursor)
                    .arg("COUNT")
                    .arg(PIECE);
            }
            _ => {
                pipe.cmd("SSCAN")
                    .arg(key)
                    .arg(cursor)
                    .arg("COUNT")
                    .arg(PIECE);
            }
        }
    }

    /// Entries of a stream: `[[id, [name, value, …]], …]`.
    fn entries(&mut self, reply: Value) -> Result<Records, StoreError> {
        let entries: Vec<(String, Option<Fields>)> = read(reply)?;
        if entries.len() == PIECE {
            self.place = entries.last().map(|(id, _)| Place::After(id.clone()));
        }
        let mut names = Names::default();
        let id_place = names.place("_id");
        let rows = entries.into_iter().map(|(id, fields)| {
            let mut values = vec![(id_place, Written::Quoted(id))];
            for (name, value) in fields.unwrap_or_default() {
                values.push((names.place(written(name).as_str()), written(value)));
            }
            self.record(values)
        });
        let rows = rows.collect();
        Ok(Records {
            names: names.list,
            rows,
        })
    }

    fn elements(&mut self, reply: Value, place: &Place) -> Result<Records, StoreError> {
        let elements: Vec<Vec<u8>> = read(reply)?;
        let first = match place {
            Place::Index(first) => *first,
            _ => 0,
        };
        if elements.len() == PIECE {
            self.place = Some(Place::Index(first + PIECE));
        }
        let rows = elements.into_iter().enumerate().map(|(i, element)| {
            let index = Written::Plain((first + i).to_string());
            self.record(vec![(0, index), (1, written(element))])
        });
        Ok(Records {
            rows: rows.collect(),
            names: vec!["_index".to_owned(), "value".to_owned()],
        })
    }

    fn members(&mut self, reply: Value) -> Result<Records, StoreError> {
        let (cursor, mut members): (u64, Vec<Vec<u8>>) = read(reply)?;
        self.place = (cursor != 0).then_some(Place::Cursor(cursor));
        members.retain(|member| self.seen.insert(member.clone()));
        let rows = members
            .into_iter()
            .map(|member| self.record(vec![(0, written(member))]));
        Ok(Records {
            rows: rows.collect(),
            names: vec!["value".to_owned()],
        })
    }

    fn scored(&mut self, reply: Value) -> Result<Records, StoreError> {
        let (cursor, mut members): (u64, Fields) = read(reply)?;
        self.place = (cursor != 0).then_some(Place::Cursor(cursor));
        members.retain(|(member, _)| self.seen.insert(member.clone()));
        let rows = members
            .into_iter()
            .map(|(member, score)| self.record(vec![(0, written(member)), (1, score_text(score))]));
        Ok(Records {
            rows: rows.collect(),
            names: vec!["value".to_owned(), "score".to_owned()],
        })
    }

    fn record(&self, values: Vec<(usize, Written)>) -> Record {
        Record {
            key: written(self.key.clone()),
            values,
        }
    }
}

/// Whether something stands under a key.
async fn exists(fetch: &Fetch, key: &[u8]) -> Result<bool, StoreError> {
    let mut pipe = pipeline(1);
    pipe.cmd("EXISTS").arg(key);
    Ok(matches!(only(fetch, &pipe).await?, Some(Value::Int(1))))
}

/// The reply to the only command of a pipeline; `None` when the key has turned into
/// something else.
async fn only(fetch: &Fetch, pipe: &Pipeline) -> Result<Option<Value>, StoreError> {
    match fetch.ask(pipe).await?.pop() {
        Some(reply) => fetch.here(reply),
        None => Ok(None),
    }
}

fn read<T: FromRedisValue>(reply: Value) -> Result<T, StoreError> {
    Ok(T::from_redis_value(reply).map_err(RedisError::from)?)
}

/// A score, with the infinities as Assay writes them.
fn score_text(score: Vec<u8>) -> Written {
    match score.as_slice() {
        b"inf" => Written::Plain("Infinity".to_owned()),
        b"-inf" => Written::Plain("-Infinity".to_owned()),
        _ => written(score),
    }
}
