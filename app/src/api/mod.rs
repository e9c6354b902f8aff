//! The one way to the server: in the browser over HTTP, while rendering on the server
//! straight into its router. Pages say what they want and never how it gets there.

#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "ssr")]
mod server;

use std::pin::Pin;

use assay_model::{
    Collection, Dataset, DatasetId, Job, JobId, JobRequest, Problem, ProblemKind, tree,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

#[cfg(feature = "ssr")]
pub use server::Transport;

use crate::{json, urls::api};

/// The methods in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes, or tells a thing to do something.
    Post,
    /// Deletes.
    Delete,
}

impl Method {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status; 0 when there was no answer.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Reply {
    /// No answer at all.
    pub fn none() -> Self {
        Self {
            status: 0,
            body: String::new(),
        }
    }

    /// Whether the answer is only that there is none now: worth asking again.
    pub fn is_away(&self) -> bool {
        matches!(self.status, 0 | 502 | 503 | 504)
    }

    /// What it says, or what went wrong.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let value = self.value()?;
        tree::read(value).map_err(|_| misread())
    }

    fn value(&self) -> Result<Value, Problem> {
        if self.status == 0 {
            let detail = "The page goes on by itself once the server is back.";
            return Err(Problem {
                title: "The server cannot be reached".to_owned(),
                ..Problem::new(ProblemKind::Unavailable, detail)
            });
        }
        let value = if self.body.is_empty() {
            Some(Value::Null)
        } else {
            json::parse(&self.body)
        };
        if (200..300).contains(&self.status) {
            return value.ok_or_else(misread);
        }
        let problem = value.and_then(|value| tree::read(value).ok());
        Err(problem.unwrap_or_else(|| {
            let kind = ProblemKind::ALL
                .into_iter()
                .find(|kind| kind.status() == self.status);
            let detail = format!("The server answered {} and said no more.", self.status);
            Problem::new(kind.unwrap_or(ProblemKind::Internal), detail)
        }))
    }
}

fn misread() -> Problem {
    let detail =
        "The answer of the server cannot be read. Load the page anew: it may have been updated.";
    Problem::new(ProblemKind::Internal, detail)
}

/// An answer on its way.
pub type Pending = Pin<Box<dyn Future<Output = Reply> + Send>>;

/// The typed client.
#[derive(Clone)]
pub struct Client {
    #[cfg(feature = "ssr")]
    transport: Option<std::sync::Arc<dyn Transport>>,
}

impl Client {
    /// The client of the page that is being rendered. To be called where the context is
    /// at hand, that is not after an `await`.
    pub fn here() -> Self {
        Self {
            #[cfg(feature = "ssr")]
            transport: leptos::prelude::use_context(),
        }
    }

    /// Sends one request.
    pub fn call(&self, method: Method, path: String, body: Option<String>) -> Pending {
        #[cfg(feature = "ssr")]
        return server::call(self.transport.as_ref(), method, path, body);
        #[cfg(all(feature = "hydrate", not(feature = "ssr")))]
        return browser::call(method, path, body);
        #[cfg(not(any(feature = "ssr", feature = "hydrate")))]
        {
            let _ = (method, path, body);
            Box::pin(std::future::ready(Reply::none()))
        }
    }

    /// Reads several things, one after the other, for as long as `goes_on` says so of
    /// each reply.
    pub async fn get_while(self, paths: Vec<String>, goes_on: fn(&Reply) -> bool) -> Vec<Reply> {
        let mut replies = Vec::with_capacity(paths.len());
        for path in paths {
            let reply = self.call(Method::Get, path, None).await;
            let is_last = !goes_on(&reply);
            replies.push(reply);
            if is_last {
                break;
            }
        }
        replies
    }

    /// Submits a job.
    pub async fn submit(&self, request: &JobRequest) -> Result<Job, Problem> {
        let body = serde_json::to_string(request).map_err(|_| misread())?;
        self.call(Method::Post, api::JOBS.to_owned(), Some(body))
            .await
            .read()
    }

    /// Declares a collection.
    pub async fn declare(&self, name: &str, collection: &Collection) -> Result<Dataset, Problem> {
        let body = serde_json::json!({"name": name, "collection": collection}).to_string();
        self.call(Method::Post, api::DATASETS.to_owned(), Some(body))
            .await
            .read()
    }

    /// Cancels a job.
    pub async fn cancel(&self, id: JobId) -> Result<Job, Problem> {
        self.call(Method::Post, api::cancel(id), None).await.read()
    }

    /// Runs a job again, as a new one.
    pub async fn retry(&self, id: JobId) -> Result<Job, Problem> {
        self.call(Method::Post, api::retry(id), None).await.read()
    }

    /// Deletes a data set.
    pub async fn delete_dataset(&self, name: &str) -> Result<(), Problem> {
        self.call(Method::Delete, api::dataset(name), None)
            .await
            .value()
            .map(drop)
    }

    /// Takes the deletion of a data set back.
    pub async fn restore_dataset(&self, id: DatasetId) -> Result<(), Problem> {
        self.call(Method::Post, api::restore(id), None)
            .await
            .value()
            .map(drop)
    }

    /// Loads the sample; the job whose page to follow.
    pub async fn load_sample(&self) -> Result<Option<Job>, Problem> {
        #[derive(Deserialize)]
        struct Started {
            #[serde(default)]
            job: Option<Job>,
        }
        let reply = self.call(Method::Post, api::SAMPLE.to_owned(), None).await;
        reply.read::<Started>().map(|started| started.job)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, body: &str, expect: &str) {
        let reply = Reply {
            status,
            body: body.to_owned(),
        };
        let problem = reply.read::<Vec<u8>>().unwrap_err();
        assert_eq!(problem.to_string(), expect);
    }

    #[test]
    fn every_failure_becomes_a_problem() {
        check(
            404,
            r#"{"type":"urn:assay:problem:not-found","title":"Not found","status":404,"detail":"Gone."}"#,
            "Not found: Gone.",
        );
        check(
            429,
            "<html>",
            "Too many requests: The server answered 429 and said no more.",
        );
        check(
            0,
            "",
            "The server cannot be reached: The page goes on by itself once the server is back.",
        );
        check(
            200,
            "{}",
            "A fault of the server: The answer of the server cannot be read. Load the page anew: it may have been updated.",
        );
    }

    #[test]
    fn only_an_absence_is_worth_asking_again() {
        let away = |status| {
            Reply {
                status,
                body: String::new(),
            }
            .is_away()
        };
        assert!(away(0) && away(503));
        assert!(!away(200) && !away(404) && !away(500));
    }
}
