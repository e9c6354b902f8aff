//! The command line as a client of the HTTP API: what a person can do in the page and
//! a program by HTTP, a shell can do here.

pub mod bar;
pub mod doctor;
pub mod export;
pub mod files;
pub mod jobs;
pub mod load;
pub mod out;
pub mod preview;
pub mod run;
pub mod session;
pub mod stream;
pub mod table;
pub mod watch;

use anyhow::{Context, anyhow};
use assay_model::Problem;
use reqwest::{Method, RequestBuilder, Response};
use serde::de::DeserializeOwned;

use self::session::SessionFile;

/// A connection to a server, as one visitor.
#[derive(Debug, Clone)]
pub struct Client {
    base: String,
    http: reqwest::Client,
    session: SessionFile,
}

impl Client {
    /// A client of the server at `base`, as the visitor whose session this user's state
    /// folder keeps.
    pub fn new(base: &str) -> anyhow::Result<Self> {
        Self::with_session(base, SessionFile::of_user(base)?)
    }

    /// A client that keeps its session in `session`.
    pub fn with_session(base: &str, session: SessionFile) -> anyhow::Result<Self> {
        Ok(Self {
            base: base.trim_end_matches('/').to_owned(),
            http: reqwest::Client::builder().build()?,
            session,
        })
    }

    /// A request to an address under `/api/v1`.
    pub fn request(&self, method: Method, path: &str) -> anyhow::Result<RequestBuilder> {
        let request = self
            .http
            .request(method, format!("{}/api/v1{path}", self.base));
        Ok(match self.session.read()? {
            Some(cookie) => request.header(reqwest::header::COOKIE, cookie),
            None => request,
        })
    }

    /// Sends a request; a problem becomes the error.
    pub async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let response = request.send().await.map_err(|error| {
            if error.is_connect() {
                anyhow!(
                    "Nobody answers at {}. Start `assay serve`, or name the server with --server",
                    self.base
                )
            } else {
                error.into()
            }
        })?;
        self.session.keep(response.headers())?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = response.text().await.unwrap_or_default();
        match serde_json::from_str::<Problem>(&body) {
            Ok(problem) => Err(Refused(problem).into()),
            Err(_) => Err(anyhow!(
                "The server answered {status}: {}",
                assay_model::words::shorten(&body, 200)
            )),
        }
    }

    /// Gets what is at `path`.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let response = self.send(self.request(Method::GET, path)?).await?;
        response
            .json()
            .await
            .with_context(|| format!("The answer to {path} cannot be read"))
    }
}

/// A problem that the server answered with, as a shell shows it.
#[derive(Debug)]
pub struct Refused(pub Problem);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.detail)?;
        if self.0.errors.len() > 1 {
            for error in &self.0.errors {
                write!(f, "\n  {}: {}", error.field, error.message)?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}
