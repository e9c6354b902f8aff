//! The way to the API while rendering on the server: a call into the router, in this
//! very process.

use std::{pin::Pin, sync::Arc};

use super::{Method, Pending, Reply};

/// Answers a request of the page that is being rendered, as the visitor who asked for
/// the page. The server puts an `Arc<dyn Transport>` into the context.
pub trait Transport: Send + Sync {
    /// Calls the API. The error is that there was no answer.
    fn call(
        &self,
        method: Method,
        path_and_query: String,
        body: Option<String>,
    ) -> Pin<Box<dyn Future<Output = Result<Reply, ()>> + Send>>;
}

/// Without a transport (routes are listed without one) there is no answer.
pub fn call(
    transport: Option<&Arc<dyn Transport>>,
    method: Method,
    path: String,
    body: Option<String>,
) -> Pending {
    let Some(transport) = transport else {
        return Box::pin(std::future::ready(Reply::none()));
    };
    let answer = transport.call(method, path, body);
    Box::pin(async move { answer.await.unwrap_or_else(|()| Reply::none()) })
}
