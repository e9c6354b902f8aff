//! Where `serve` looks at rows and writes exports: on threads of its own, at a lower
//! priority, so that pages and pushes stay quick while a look decodes or sorts.
//!
//! Why here and not in the worker? A look answers at once or it is of no use, and a queue
//! is not for that. What keeps it from hurting: it reads only parts that Assay wrote, its
//! memory is one pool that spills to disk, searches take turns, and none takes longer than
//! [`PATIENCE`].

use std::{io, sync::Arc, time::Duration};

use assay_engine::{Engine, EngineError, Export, Input, Look, Part, Rows};
use assay_model::{Problem, ProblemKind};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::task::AbortOnDropHandle;

use crate::{compute::Compute, failure, machine};

/// How long a look may take. What takes longer is an analysis.
const PATIENCE: Duration = Duration::from_secs(30);
/// Pieces of an export that wait for a slow reader.
const AHEAD: usize = 2;

/// Looks at rows. Cheap to clone.
#[derive(Clone)]
pub struct Looker {
    engine: Engine,
    compute: Compute,
    /// Turns of those that read more than the page they show.
    searches: Arc<Semaphore>,
}

impl Looker {
    /// Starts the threads.
    pub fn start(engine: Engine) -> io::Result<Self> {
        Ok(Self {
            engine,
            compute: Compute::start()?,
            searches: Arc::new(Semaphore::new(machine::cores() as usize)),
        })
    }

    /// Some rows of a data set. When whoever asked has gone, so does the work.
    pub async fn look(&self, input: &Input, look: &Look) -> Result<Rows, Problem> {
        let is_search = look.order.is_some() || !look.filter.is_empty() || !look.equals.is_empty();
        let turns = is_search.then(|| Arc::clone(&self.searches));
        let (engine, input, look) = (self.engine.clone(), input.clone(), look.clone());
        self.run(async move {
            let _turn = match turns {
                Some(turns) => turns.acquire_owned().await.ok(),
                None => None,
            };
            engine.look(&input, &look).await
        })
        .await
    }

    /// Random rows of a data set.
    pub async fn sample(&self, input: &Input, look: &Look, seed: u64) -> Result<Rows, Problem> {
        let (engine, input, look) = (self.engine.clone(), input.clone(), look.clone());
        let searches = Arc::clone(&self.searches);
        self.run(async move {
            let _turn = searches.acquire_owned().await.ok();
            engine.sample(&input, &look, seed).await
        })
        .await
    }

    /// Some rows of a result or a table, in the order of the data.
    pub async fn page(&self, parts: &[Part], offset: u64, limit: u64) -> Result<Rows, Problem> {
        let (engine, parts) = (self.engine.clone(), parts.to_vec());
        self.run(async move { engine.page(&parts, offset, limit).await })
            .await
    }

    /// The pieces of a file, from this byte of it on, made as fast as they are taken.
    pub fn export(
        &self,
        input: &Input,
        export: Export,
        from: u64,
    ) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
        let mut pieces = self.engine.export(input, export, from);
        let (sender, mut receiver) = mpsc::channel(AHEAD);
        let work = self.compute.spawn(async move {
            while let Some(piece) = pieces.next().await {
                if sender.send(piece).await.is_err() {
                    return;
                }
            }
        });
        let work = work.map(AbortOnDropHandle::new);
        futures::stream::poll_fn(move |context| {
            // Held for as long as somebody reads.
            let _ = &work;
            receiver.poll_recv(context)
        })
    }

    /// The size of the file that an export makes, found by making it.
    pub async fn count(&self, input: &Input, export: Export) -> io::Result<u64> {
        let mut pieces = std::pin::pin!(self.export(input, export, 0));
        let mut size = 0;
        while let Some(piece) = pieces.next().await {
            size += piece?.len() as u64;
        }
        Ok(size)
    }

    async fn run(
        &self,
        work: impl Future<Output = Result<Rows, EngineError>> + Send + 'static,
    ) -> Result<Rows, Problem> {
        let Some(task) = self.compute.spawn(work) else {
            return Err(Problem::new(
                ProblemKind::Unavailable,
                "The server is stopping.",
            ));
        };
        match tokio::time::timeout(PATIENCE, AbortOnDropHandle::new(task)).await {
            Ok(Ok(rows)) => rows.map_err(|error| failure::engine_problem(&error)),
            Ok(Err(panic)) => {
                tracing::error!(%panic, "a look panicked");
                Err(Problem::new(
                    ProblemKind::Internal,
                    "Something went wrong in the server; its log says what.",
                ))
            }
            Err(_) => Err(Problem::new(
                ProblemKind::Invalid,
                "Finding these rows takes too long for a look. Narrow them with a filter, or run the analysis “rows”.",
            )),
        }
    }
}
