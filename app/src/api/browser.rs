//! The way to the API from the browser: `fetch`, on addresses of this site.

use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, Response};

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

async fn fetch(method: Method, path: &str, body: Option<String>) -> Result<Reply, JsValue> {
    let options = RequestInit::new();
    options.set_method(method.as_str());
    let request = web_sys::Request::new_with_str_and_init(path, &options)?;
    request.headers().set("Accept", "application/json")?;
    let request = match body {
        None => request,
        Some(body) => {
            options.set_body(&JsValue::from_str(&body));
            let request = web_sys::Request::new_with_str_and_init(path, &options)?;
            request.headers().set("Content-Type", "application/json")?;
            request
        }
    };
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let response: Response = JsFuture::from(window.fetch_with_request(&request))
        .await?
        .dyn_into()?;
    if method != Method::Get {
        crate::live::wrote();
    }
    let text = JsFuture::from(response.text()?).await?;
    Ok(Reply {
        status: response.status(),
        body: text.as_string().unwrap_or_default(),
    })
}
