//! The way to the API from the browser: `fetch`, on addresses of this site.

use gloo_net::{Error, http::Request};
use send_wrapper::SendWrapper;

use super::{Method, Pending, Reply};

/// Sends one request. There is one thread in the browser, so the answer may be said to
/// be sendable.
pub fn call(method: Method, path: String, body: Option<String>) -> Pending {
    Box::pin(SendWrapper::new(async move {
        fetch(method, &path, body)
            .await
            .unwrap_or_else(|_| Reply::none())
    }))
}

async fn fetch(method: Method, path: &str, body: Option<String>) -> Result<Reply, Error> {
    let request = match method {
        Method::Get => Request::get(path),
        Method::Post => Request::post(path),
        Method::Delete => Request::delete(path),
    };
    let request = request.header("Accept", "application/json");
    let request = match body {
        None => request.build()?,
        Some(body) => request
            .header("Content-Type", "application/json")
            .body(body)?,
    };
    let response = request.send().await?;
    if method != Method::Get {
        crate::live::wrote();
    }
    Ok(Reply {
        status: response.status(),
        body: response.text().await?,
    })
}
