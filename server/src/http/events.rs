//! `GET /events`: server-sent events.
//!
//! A connection attaches to the hub first, then replays what its client has missed, then
//! drops from the hub what it has replayed: no gap, no doubling. A position that is of no
//! use gets `reset`, never silence.

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use assay_model::{Event, JobId, Owner, Position, ResetReason};
use assay_store::events::{Audience, Replay};
use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event as Block, Sse},
    },
    routing::get,
};
use futures::stream::{self, Stream};
use serde::Deserialize;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, Interval, interval_at},
};
use tokio_util::sync::CancellationToken;

use super::{
    error::{ApiError, ApiResult},
    state::AppState,
    visitor::MaybeVisitor,
};
use crate::hub::Live;

/// How often an idle client is given a fresh position.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How soon a client comes back, as the stream tells it.
const RETRY: Duration = Duration::from_secs(2);

/// The route of the stream.
pub fn router() -> Router<AppState> {
    Router::new().route("/events", get(events))
}

#[derive(Debug, Deserialize)]
struct Options {
    last_event_id: Option<String>,
    job: Option<JobId>,
}

async fn events(
    State(state): State<AppState>,
    MaybeVisitor(owner): MaybeVisitor,
    options: Result<Query<Options>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let Query(options) = options?;
    let header = headers
        .get("last-event-id")
        .map(|value| value.to_str().unwrap_or("?").to_owned());
    let last = header.or(options.last_event_id).filter(|id| !id.is_empty());
    let connection = match options.job {
        Some(id) => {
            // Of one job only the last event has an id. A client that comes back with one
            // has seen the end, and this stops it: browsers come back by themselves.
            let over = |job: &assay_model::Job| job.state.is_terminal();
            let seen = last.is_some();
            let live = state.hub.subscribe();
            let tip = state.store.tip().await?;
            let Some(job) = state.store.job(id).await? else {
                return Err(ApiError::not_found(format!("There is no job {id}.")));
            };
            if seen && over(&job) {
                return Ok(StatusCode::NO_CONTENT.into_response());
            }
            let ended = over(&job);
            let end = ended.then(|| tip.clone());
            let mut connection = Connection::new(live, Scope::Job(id), tip, state.stop.clone());
            connection.greet();
            connection.push(&Event::Job(Box::new(job)), end)?;
            connection.ended = ended;
            connection
        }
        None => open(&state, owner, last.as_deref()).await?,
    };
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        ),
    ];
    Ok((headers, Sse::new(connection.into_stream())).into_response())
}

/// A connection to everything that `owner` may see, from `last` on.
async fn open(state: &AppState, owner: Option<Owner>, last: Option<&str>) -> ApiResult<Connection> {
    let live = state.hub.subscribe();
    let tip = state.store.tip().await?;
    let scope = Scope::Visitor(owner);
    let (position, replay) = match last.map(str::parse::<Position>) {
        None => (tip, Replay::Events(Vec::new())),
        Some(Err(_)) => (tip, Replay::Reset(ResetReason::Unknown)),
        Some(Ok(position)) => match state.store.replay(scope.owner(), &position).await? {
            Replay::Reset(reason) => (tip, Replay::Reset(reason)),
            Replay::Events(missed) => (position, Replay::Events(missed)),
        },
    };
    let mut connection = Connection::new(live, scope, position.clone(), state.stop.clone());
    connection.greet();
    match replay {
        Replay::Events(missed) => {
            for (position, event) in missed {
                connection.push(&event, Some(position))?;
            }
        }
        Replay::Reset(reason) => connection.push(&Event::Reset(reason), Some(position))?,
    }
    Ok(connection)
}

/// What a connection is shown.
enum Scope {
    /// One job, until its end.
    Job(JobId),
    /// One's own jobs, and what all may see.
    Visitor(Option<Owner>),
}

impl Scope {
    fn owner(&self) -> Option<&Owner> {
        match self {
            Self::Visitor(owner) => owner.as_ref(),
            Self::Job(_) => None,
        }
    }

    fn shows(&self, audience: &Audience, event: &Event) -> bool {
        match (self, audience) {
            (Self::Job(id), _) => is_about(event, *id),
            (Self::Visitor(_), Audience::Shared) => true,
            (Self::Visitor(Some(me)), Audience::Owner(owner)) => me == owner,
            (Self::Visitor(None), Audience::Owner(_)) => false,
        }
    }

    fn shows_progress(&self, owner: &Owner, event: &Event) -> bool {
        match self {
            Self::Job(id) => is_about(event, *id),
            Self::Visitor(me) => me.as_ref() == Some(owner),
        }
    }

    /// Whether nothing can follow this event.
    fn ends_with(&self, event: &Event) -> bool {
        match (self, event) {
            (Self::Job(_), Event::Job(job)) => job.state.is_terminal(),
            (Self::Job(_), Event::JobDeleted(_)) => true,
            _ => false,
        }
    }
}

fn is_about(event: &Event, id: JobId) -> bool {
    match event {
        Event::Job(job) => job.id == id,
        Event::JobDeleted(gone) => gone.id == id.0,
        _ => false,
    }
}

/// One open stream.
struct Connection {
    live: Receiver<Live>,
    scope: Scope,
    /// Everything up to here has been sent, or is not for this client.
    position: Position,
    /// Blocks that are ready to be sent.
    pending: VecDeque<Block>,
    heartbeat: Interval,
    ended: bool,
    stop: CancellationToken,
}

impl Connection {
    fn new(
        live: Receiver<Live>,
        scope: Scope,
        position: Position,
        stop: CancellationToken,
    ) -> Self {
        let heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        Self {
            live,
            scope,
            position,
            pending: VecDeque::new(),
            heartbeat,
            ended: false,
            stop,
        }
    }

    /// The first block: how soon to come back, and the position, which a browser keeps
    /// without making an event of it.
    fn greet(&mut self) {
        let block = self.at_position(Block::default().retry(RETRY));
        self.pending.push_back(block);
    }

    /// The block with the position, from which its client can go on later. A client of
    /// one job goes on from how the job then stands.
    fn at_position(&self, block: Block) -> Block {
        match self.scope {
            Scope::Visitor(_) => block.id(self.position.to_string()),
            Scope::Job(_) => block,
        }
    }

    /// Queues an event; with a position it moves the stream there.
    fn push(&mut self, event: &Event, position: Option<Position>) -> ApiResult<()> {
        let data = event.data().map_err(ApiError::internal)?;
        let mut block = Block::default().event(event.name()).data(data);
        if let Some(position) = position {
            if matches!(self.scope, Scope::Visitor(_)) || self.scope.ends_with(event) {
                block = block.id(position.to_string());
            }
            self.position = position;
        }
        self.pending.push_back(block);
        Ok(())
    }

    fn into_stream(self) -> impl Stream<Item = Result<Block, Infallible>> {
        stream::unfold(self, |mut connection| async move {
            connection.next().await.map(|block| (Ok(block), connection))
        })
    }

    async fn next(&mut self) -> Option<Block> {
        loop {
            if let Some(block) = self.pending.pop_front() {
                return Some(block);
            }
            if self.ended {
                return None;
            }
            let stop = self.stop.clone();
            tokio::select! {
                () = stop.cancelled() => return None,
                _ = self.heartbeat.tick() => {
                    return Some(self.at_position(Block::default().comment("still here")));
                }
                live = self.live.recv() => self.take(live),
            }
        }
    }

    fn take(&mut self, live: Result<Live, RecvError>) {
        match live {
            Ok(Live::Event { position, news }) => {
                let replayed = position.epoch == self.position.epoch
                    && (position.millis, position.sequence)
                        <= (self.position.millis, self.position.sequence);
                if replayed {
                    return;
                }
                match news {
                    Some((audience, event)) if self.scope.shows(&audience, &event) => {
                        self.ended = self.push(&event, Some(position)).is_err()
                            || self.scope.ends_with(&event);
                    }
                    _ => self.position = position,
                }
            }
            Ok(Live::Progress { owner, job }) => {
                if self.scope.shows_progress(&owner, &job) {
                    self.ended = self.push(&job, None).is_err();
                }
            }
            Err(RecvError::Lagged(_)) => {
                let position = self.position.clone();
                self.push(&Event::Reset(ResetReason::Slow), Some(position))
                    .ok();
                self.ended = true;
            }
            Ok(Live::Broken) | Err(RecvError::Closed) => self.ended = true,
        }
    }
}
