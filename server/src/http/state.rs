//! What every handler may use.

use std::sync::Arc;

use assay_store::Store;
use tokio_util::sync::CancellationToken;

use crate::{hub::Hub, looker::Looker, preview::Previewer};

/// Shared by all handlers; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// Everything kept.
    pub store: Store,
    /// Reads rows for looking at and results for showing; analyses and imports run in
    /// the worker.
    pub engine: Looker,
    /// Sizes of files that were made, by their tags.
    pub sizes: Sizes,
    /// Looks at files before they are stored.
    pub previewer: Arc<Previewer>,
    /// What happens.
    pub hub: Hub,
    /// What was configured.
    pub options: Arc<Options>,
    /// Ends the streams when the server stops.
    pub stop: CancellationToken,
}

/// Sizes of files by their tags: as many as are asked for of late.
pub type Sizes = Arc<quick_cache::sync::Cache<String, u64>>;

/// What was configured for the HTTP side.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where other programs reach Redis.
    pub redis: String,
    /// Most bytes of an upload.
    pub upload_most: u64,
    /// Bytes that the store may use, where that was configured.
    pub limit: Option<u64>,
    /// Whether jobs of the kind `noop` are taken.
    pub bench: bool,
}
