//! The hub: one reader of the event stream for all connections of this process.
//!
//! Whatever the number of browsers, Redis is read once. Events go to the connections
//! over a bounded channel: a connection that does not keep up loses its place, is told
//! so, and starts anew, so that a slow reader costs a fixed amount of memory. When the
//! reading itself breaks, every stream is ended, and the clients resume by id.

use std::{sync::Arc, time::Duration};

use assay_model::{Event, Job, JobId, Owner, Position};
use assay_store::{
    Store, StoreError,
    events::{Audience, Tail},
};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// Events that a connection may lag behind before it loses its place.
const BUFFER: usize = 4_096;
/// How long to wait before reading on after the reading broke.
const PAUSE: Duration = Duration::from_millis(500);

/// What connections receive.
#[derive(Debug, Clone)]
pub enum Live {
    /// An event of the stream.
    Event {
        /// Its place.
        position: Position,
        /// Whom it tells what; `None` when it tells nobody anything.
        news: Option<(Audience, Arc<Event>)>,
    },
    /// A running job's progress; never in the stream, and without a place in it.
    Progress {
        /// Whose job.
        owner: Owner,
        /// The job as it stands.
        job: Arc<Event>,
    },
    /// The reading broke: end, so that the client resumes by id.
    Broken,
}

/// Feeds connections with what happens.
#[derive(Debug, Clone)]
pub struct Hub {
    store: Store,
    live: broadcast::Sender<Live>,
}

impl Hub {
    /// A hub that reads from `store` until told to stop. It reads before anybody can
    /// attach.
    pub async fn start(store: Store, stop: CancellationToken) -> Result<Self, StoreError> {
        let (live, _) = broadcast::channel(BUFFER);
        let hub = Self { store, live };
        let mut first = Some(hub.store.tail().await?);
        let read_events = move |hub: Self| hub.read_events(first.take());
        tokio::spawn(hub.clone().until(stop.clone(), read_events));
        tokio::spawn(hub.clone().until(stop, Self::read_progress));
        Ok(hub)
    }

    /// Attaches to what happens from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Live> {
        self.live.subscribe()
    }

    /// Whether anybody is attached.
    pub fn is_watched(&self) -> bool {
        self.live.receiver_count() > 0
    }

    /// Waits until a job has ended, or for `most`; gives the job as it then stands.
    /// `None` when there is no such job.
    pub async fn wait(&self, id: JobId, most: Duration) -> Result<Option<Job>, StoreError> {
        let end = Instant::now() + most;
        // Attached before looking: what happens in between is not missed.
        let mut live = self.subscribe();
        loop {
            match self.store.job(id).await? {
                Some(job) if !job.state.is_terminal() && Instant::now() < end => {}
                job => return Ok(job),
            }
            let over = async {
                loop {
                    match live.recv().await {
                        Ok(Live::Event {
                            news: Some((_, event)),
                            ..
                        }) => match &*event {
                            Event::Job(job) if job.id == id && job.state.is_terminal() => return,
                            Event::JobDeleted(gone) if gone.id == id.0 => return,
                            _ => {}
                        },
                        Ok(Live::Event { news: None, .. } | Live::Progress { .. }) => {}
                        Ok(Live::Broken) | Err(RecvError::Lagged(_)) => return,
                        Err(RecvError::Closed) => return std::future::pending().await,
                    }
                }
            };
            tokio::time::timeout_at(end, over).await.ok();
        }
    }

    async fn until<F>(self, stop: CancellationToken, mut read: impl FnMut(Self) -> F)
    where
        F: Future<Output = Result<(), StoreError>>,
    {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                ended = read(self.clone()) => if let Err(error) = ended {
                    warn!(%error, "events cannot be read; trying again");
                },
            }
            // An error only says that nobody listens.
            let _ = self.live.send(Live::Broken);
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    async fn read_events(self, first: Option<Tail>) -> Result<(), StoreError> {
        let mut tail = match first {
            Some(tail) => tail,
            None => {
                let tail = self.store.tail().await?;
                // Whoever attached since the reading broke has not been told what came
                // until now.
                let _ = self.live.send(Live::Broken);
                tail
            }
        };
        loop {
            for entry in tail.next().await? {
                let news = entry
                    .news
                    .map(|(audience, event)| (audience, Arc::new(event)));
                let _ = self.live.send(Live::Event {
                    position: entry.position,
                    news,
                });
            }
        }
    }

    async fn read_progress(self) -> Result<(), StoreError> {
        let mut feed = self.store.progress_feed();
        loop {
            let note = feed.next().await;
            // Nobody looks: nothing to render.
            if self.live.receiver_count() == 0 {
                continue;
            }
            if let Some(job) = self.store.job(note.id).await?
                && !job.state.is_terminal()
            {
                let job = Arc::new(Event::Job(Box::new(job)));
                let _ = self.live.send(Live::Progress {
                    owner: note.owner,
                    job,
                });
            }
        }
    }
}
