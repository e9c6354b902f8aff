//! An event stream as it comes over the wire, block by block: tests look at what a
//! library would hide, such as blocks that hold only a position.

use futures::{Stream, StreamExt};
use reqwest::{RequestBuilder, header::HeaderMap};
use serde_json::Value;
use std::{collections::VecDeque, pin::Pin};

use crate::fixture::{PATIENCE, within};

/// An open stream.
pub struct Events {
    /// The status of the answer.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    bytes: Pin<Box<dyn Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>,
    text: Vec<u8>,
    ready: VecDeque<Block>,
}

/// What stands between two blank lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Block {
    /// `id:`
    pub id: Option<String>,
    /// `event:`
    pub event: String,
    /// `data:`, which is JSON; null when there is none.
    pub data: Value,
    /// `retry:`
    pub retry: Option<String>,
}

impl Events {
    /// Sends the request; an error is one of the connection.
    pub async fn open(request: RequestBuilder) -> reqwest::Result<Self> {
        let response = within(PATIENCE, "the stream opens", request.send()).await?;
        Ok(Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            bytes: Box::pin(response.bytes_stream()),
            text: Vec::new(),
            ready: VecDeque::new(),
        })
    }

    /// The next block; `None` when the stream has ended, in order or not.
    pub async fn next(&mut self) -> Option<Block> {
        within(PATIENCE, "something comes over the stream", async {
            while self.ready.is_empty() {
                self.text.extend(self.bytes.next().await?.ok()?);
                while let Some(end) = self.text.windows(2).position(|two| two == b"\n\n") {
                    let block: Vec<u8> = self.text.drain(..end + 2).collect();
                    self.ready.push_back(Block::parse(&block));
                }
            }
            self.ready.pop_front()
        })
        .await
    }

    /// The next block that is an event.
    pub async fn next_event(&mut self) -> Block {
        self.next_where("an event comes", |block| !block.event.is_empty())
            .await
    }

    /// The next event that has a position: what happened, without the progress.
    pub async fn next_kept(&mut self) -> Block {
        self.next_where("an event with a place comes", |block| {
            !block.event.is_empty() && block.id.is_some()
        })
        .await
    }

    async fn next_where(&mut self, what: &str, fits: impl Fn(&Block) -> bool) -> Block {
        // Idle streams say something too, so the wait for a block is no bound.
        within(PATIENCE, what, async {
            loop {
                let block = self.next().await.expect("the stream has ended");
                if fits(&block) {
                    return block;
                }
            }
        })
        .await
    }

    /// All blocks up to the end.
    pub async fn rest(mut self) -> Vec<Block> {
        let mut blocks = Vec::new();
        while let Some(block) = self.next().await {
            blocks.push(block);
        }
        blocks
    }
}

impl Block {
    fn parse(bytes: &[u8]) -> Self {
        let mut block = Self::default();
        for line in std::str::from_utf8(bytes).unwrap().lines() {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "id" => block.id = Some(value.to_owned()),
                "event" => value.clone_into(&mut block.event),
                "data" => block.data = serde_json::from_str(value).unwrap(),
                "retry" => block.retry = Some(value.to_owned()),
                // A comment, or the blank line at the end.
                "" => {}
                other => panic!("a stream has no field {other:?}"),
            }
        }
        block
    }
}
