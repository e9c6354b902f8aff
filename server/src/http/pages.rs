//! The pages: rendered here by the app's components, with their data fetched by a
//! direct call into the API's router, then alive in the browser.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
};

use assay_app::{
    Origin, PageStatus, SiteAssets, Theme,
    api::{Method as ApiMethod, Reply, Transport},
    shell,
};
use assay_engine::ExportFormat;
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::Response,
    routing::get,
};
use leptos::{
    context::{provide_context, use_context},
    nonce::use_nonce,
};
use leptos_axum::ResponseOptions;
use tower::ServiceExt;

use super::API;

/// Most bytes of an answer that a page is rendered from.
const ANSWER_MOST: usize = 64 << 20;

/// Renders pages.
#[derive(Clone)]
pub struct Pages {
    assets: Arc<SiteAssets>,
    api: Router,
    scheme: &'static str,
}

impl Pages {
    /// Pages that fetch their data from `api`, the router with the sessions around it.
    /// `secure` when people reach the server over TLS.
    pub fn new(assets: SiteAssets, api: Router, secure: bool) -> Self {
        // An error only says that it was done before.
        let _ = any_spawner::Executor::init_tokio();
        Self {
            assets: Arc::new(assets),
            api,
            scheme: if secure { "https" } else { "http" },
        }
    }

    /// The names of the page's files.
    pub fn assets(&self) -> Arc<SiteAssets> {
        Arc::clone(&self.assets)
    }

    /// Under which address the reader sees the page.
    fn origin(&self, headers: &HeaderMap) -> Origin {
        let host = headers
            .get(header::HOST)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("localhost");
        Origin(format!("{}://{host}", self.scheme))
    }

    /// The addresses of pages; every other address gets the page that says so.
    pub fn router(self) -> Router {
        let page = |pages: Self| get(move |request: Request| pages.clone().render(request));
        let missing = self.clone();
        let data_set = self.clone();
        Router::new()
            .route("/", page(self.clone()))
            .route("/datasets", page(self.clone()))
            .route(
                "/datasets/{name}",
                get(move |request| data_set.clone().data_set(request)),
            )
            .route("/load", page(self.clone()))
            .route("/new", page(self.clone()))
            .route("/jobs", page(self.clone()))
            .route("/jobs/{id}", page(self))
            .fallback(move |request: Request| async move {
                let Ok(mut response) = missing.render(request).await;
                *response.status_mut() = StatusCode::NOT_FOUND;
                response
            })
    }

    /// Answers a request for the page of a data set, or for its twin as a file: no name has
    /// a point in it, so `flights.csv` can be nothing else.
    async fn data_set(self, request: Request) -> Response {
        let twin = request
            .uri()
            .path()
            .rsplit_once('.')
            .and_then(|(path, ending)| {
                let name = path.strip_prefix("/datasets/")?;
                let format = ExportFormat::parse(ending)?;
                let address = format!("{API}/datasets/{name}/export?format={}", format.as_str());
                match request.uri().query() {
                    Some(query) => format!("{address}&{query}"),
                    None => address,
                }
                .parse::<Uri>()
                .ok()
            });
        let answer = match twin {
            Some(address) => {
                // What this router has found in the address is not for the API's.
                let mut asked = Request::new(Body::empty());
                *asked.method_mut() = request.method().clone();
                *asked.uri_mut() = address;
                *asked.headers_mut() = request.headers().clone();
                self.api.oneshot(asked).await
            }
            None => self.render(request).await,
        };
        match answer {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    /// Answers a request for a page.
    pub async fn render(self, request: Request) -> Result<Response, Infallible> {
        let code = Arc::new(AtomicU16::new(StatusCode::OK.as_u16()));
        let for_page = Arc::clone(&code);
        let status = PageStatus(Arc::new(move |status| {
            for_page.store(status, Ordering::Relaxed);
        }));
        let theme = Theme::from_cookies(&cookies(request.headers()));
        let origin = self.origin(request.headers());
        let assets = Arc::clone(&self.assets);
        let transport: Arc<dyn Transport> = Arc::new(InProcess {
            api: self.api.clone(),
            headers: visitor_headers(request.headers()),
        });
        let handler = leptos_axum::render_app_async_with_context(
            move || {
                provide_context(Arc::clone(&transport));
                provide_context(status.clone());
                provide_context(theme);
                provide_context(origin.clone());
                if let Some(options) = use_context::<ResponseOptions>() {
                    set_policy(&options);
                }
            },
            move || shell(&assets),
        );
        let mut response = handler(request).await;
        if let Ok(code) = StatusCode::from_u16(code.load(Ordering::Relaxed))
            && response.status() == StatusCode::OK
        {
            *response.status_mut() = code;
        }
        // A page shows live data: what the browser kept would show the past.
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Ok(response)
    }
}

/// What says who asks.
fn visitor_headers(headers: &HeaderMap) -> HeaderMap {
    let kept = [header::COOKIE, header::HOST, header::ACCEPT_LANGUAGE];
    kept.into_iter()
        .filter_map(|name| headers.get(&name).map(|value| (name, value.clone())))
        .collect()
}

fn cookies(headers: &HeaderMap) -> String {
    headers
        .get(header::COOKIE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

/// Nothing but what this server sends may run or be drawn, and scripts only with this
/// page's nonce.
fn set_policy(options: &ResponseOptions) {
    let nonce = use_nonce()
        .map(|nonce| format!("'nonce-{nonce}'"))
        .unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src {nonce} 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(value) = HeaderValue::from_str(&policy) {
        options.insert_header(header::CONTENT_SECURITY_POLICY, value);
    }
}

/// The API without the network between.
struct InProcess {
    api: Router,
    headers: HeaderMap,
}

impl Transport for InProcess {
    fn call(
        &self,
        method: ApiMethod,
        path_and_query: String,
        body: Option<String>,
    ) -> Pin<Box<dyn Future<Output = Result<Reply, ()>> + Send>> {
        let api = self.api.clone();
        let mut request = Request::new(body.map_or_else(Body::empty, Body::from));
        *request.headers_mut() = self.headers.clone();
        request.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        Box::pin(async move {
            *request.method_mut() = method.as_str().parse().map_err(|_| ())?;
            *request.uri_mut() = path_and_query.parse().map_err(|_| ())?;
            let response = match api.oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            let status = response.status().as_u16();
            let bytes = axum::body::to_bytes(response.into_body(), ANSWER_MOST)
                .await
                .map_err(|_| ())?;
            let body = String::from_utf8(bytes.into()).map_err(|_| ())?;
            Ok(Reply { status, body })
        })
    }
}
