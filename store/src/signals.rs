//! What is said in passing, by Pub/Sub: that there is work, that a job was cancelled, how
//! far one is. Whoever is not listening misses it, so nothing may depend on it: claims are
//! tried from time to time anyway, and `renew` tells of a cancel too.

use std::time::Duration;

use assay_model::{JobId, Owner, Progress};
use futures::StreamExt;
use redis::aio::PubSub;

use crate::{Store, StoreError, reply::parse};

/// Pause before a lost subscription is tried again.
const PAUSE: Duration = Duration::from_millis(500);

/// What a worker hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// It listens from here on, again or for the first time: it may have missed something.
    Listening,
    /// There is work.
    Wake,
    /// This job was cancelled.
    Cancelled(JobId),
}

/// How far a running job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgressNote {
    /// Whose it is.
    pub owner: Owner,
    /// The job.
    pub id: JobId,
    /// How far it is.
    pub progress: Progress,
}

/// A subscription that comes back by itself when its connection is lost.
struct Subscription {
    store: Store,
    channels: Vec<String>,
    connection: Option<PubSub>,
}

/// What the subscription brought.
enum Heard {
    Listening,
    Message { channel: String, text: String },
}

impl Subscription {
    /// The next message; never one on behalf of a failure, which only takes time. Dropping
    /// the future loses nothing.
    async fn next(&mut self) -> Heard {
        loop {
            if let Some(connection) = &mut self.connection {
                let message = connection.on_message().next().await;
                match message {
                    Some(message) => {
                        if let Ok(text) = message.get_payload() {
                            let channel = message.get_channel_name().to_owned();
                            return Heard::Message { channel, text };
                        }
                    }
                    None => self.connection = None,
                }
            } else {
                match self.connect().await {
                    Ok(connection) => {
                        self.connection = Some(connection);
                        return Heard::Listening;
                    }
                    Err(error) => {
                        tracing::debug!(%error, "no subscription yet");
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            }
        }
    }

    async fn connect(&self) -> Result<PubSub, StoreError> {
        let mut connection = self.store.redis().pubsub().await?;
        connection.subscribe(&self.channels).await?;
        Ok(connection)
    }
}

/// What a worker listens to.
pub struct Signals(Subscription);

/// What a server listens to, to pass it on.
pub struct ProgressFeed(Subscription);

impl Store {
    /// Listens for work and for cancelled jobs. Read it before the first claim, so that no
    /// work comes in between.
    pub fn signals(&self) -> Signals {
        Signals(self.subscription(vec![
            self.keys().wake_channel(),
            self.keys().cancel_channel(),
        ]))
    }

    /// Listens for how far jobs are.
    pub fn progress_feed(&self) -> ProgressFeed {
        ProgressFeed(self.subscription(vec![self.keys().progress_channel()]))
    }

    fn subscription(&self, channels: Vec<String>) -> Subscription {
        Subscription {
            store: self.clone(),
            channels,
            connection: None,
        }
    }
}

impl Signals {
    /// The next signal. It waits out a lost connection. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Signal {
        loop {
            match self.0.next().await {
                Heard::Listening => return Signal::Listening,
                Heard::Message { channel, text } => {
                    if channel == self.0.channels[0] {
                        return Signal::Wake;
                    }
                    if let Ok(id) = text.parse() {
                        return Signal::Cancelled(id);
                    }
                }
            }
        }
    }
}

impl ProgressFeed {
    /// The next note. It waits out a lost connection. Dropping the future loses nothing.
    pub async fn next(&mut self) -> ProgressNote {
        loop {
            if let Heard::Message { text, .. } = self.0.next().await
                && let Ok(note) = read_note(&text)
            {
                return note;
            }
        }
    }
}

fn read_note(text: &str) -> Result<ProgressNote, StoreError> {
    let parts: Vec<&str> = text.split('\t').collect();
    let [owner, id, stage, rows, of_rows, bytes, of_bytes] = parts.as_slice() else {
        return Err(StoreError::corrupt("a progress note", text));
    };
    Ok(ProgressNote {
        owner: parse(owner)?,
        id: parse(id)?,
        progress: Progress {
            stage: (*stage).to_owned(),
            rows: parse(rows)?,
            of_rows: parse(of_rows)?,
            bytes: parse(bytes)?,
            of_bytes: parse(of_bytes)?,
        },
    })
}
