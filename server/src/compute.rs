//! The compute runtime: threads for work that keeps a core busy, apart from those that
//! talk to Redis and at a lower priority, so that pages and pushes stay quick while all
//! cores compute.

use std::{future::Future, sync::Arc};

use tokio::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
};

use crate::machine;

/// How much the compute threads yield to the rest, on the scale of `nice`.
const NICE: i32 = 5;
/// Deep plans need a deep stack.
const STACK: usize = 8 << 20;

/// The threads that compute. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Compute {
    runtime: Arc<Leaked>,
}

/// A runtime that is not waited for: when the process ends, a computation that never
/// yields must not hold it up.
#[derive(Debug)]
struct Leaked(Option<Runtime>);

impl Drop for Leaked {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Compute {
    /// Starts a thread for each core.
    pub fn start() -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(machine::cores() as usize)
            .thread_name("compute")
            .thread_stack_size(STACK)
            .on_thread_start(|| {
                // On Linux this concerns the thread alone. Without it, work is only less
                // polite.
                let _ = rustix::process::nice(NICE);
            })
            .enable_all()
            .build()?;
        Ok(Self {
            runtime: Arc::new(Leaked(Some(runtime))),
        })
    }

    /// Runs `work` on the compute threads.
    pub fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<JoinHandle<T>> {
        self.runtime.0.as_ref().map(|runtime| runtime.spawn(work))
    }
}
