//! A visitor: a small HTTP client that keeps its session's cookie, as a browser does.

use std::{sync::Mutex, time::Duration};

use bytes::Bytes;
use reqwest::{
    Body, Method, RequestBuilder,
    header::{CONTENT_TYPE, COOKIE, HeaderMap, SET_COOKIE},
    redirect::Policy,
};
use serde_json::{Value, json};

use crate::{fixture::PATIENCE, stream::Events};

/// A visitor of a server.
pub struct Client {
    url: String,
    http: reqwest::Client,
    cookie: Mutex<Option<String>>,
}

impl Client {
    /// A visitor whom the server does not know yet.
    pub fn new(url: &str) -> Self {
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .connect_timeout(Duration::from_secs(5))
            // A server that is killed leaves nothing to find again.
            .pool_max_idle_per_host(0)
            .build()
            .unwrap();
        Self {
            url: url.to_owned(),
            http,
            cookie: Mutex::new(None),
        }
    }

    /// A request to the API: `/jobs` is `/api/v1/jobs`.
    pub fn api(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, &format!("/api/v1{path}"))
    }

    /// A request to an address of the server.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &*self.cookie.lock().unwrap() {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    /// Sends a request; an error is one of the connection.
    pub async fn try_send(&self, request: RequestBuilder) -> reqwest::Result<Answer> {
        let response = request.timeout(PATIENCE * 2).send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        if let Some(cookie) = headers.get(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            *self.cookie.lock().unwrap() = Some(pair.to_owned());
        }
        let body = response.bytes().await?;
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    /// Sends a request that must be answered.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).await.unwrap()
    }

    /// `GET` of the API.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.api(Method::GET, path)).await
    }

    /// `GET` of a page.
    pub async fn page(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST` of JSON to the API.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.api(Method::POST, path).json(body)).await
    }

    /// `PATCH` of JSON to the API.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.api(Method::PATCH, path).json(body)).await
    }

    /// `DELETE` of the API.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.api(Method::DELETE, path)).await
    }

    /// Sends a file as a data set.
    pub async fn upload(&self, name: &str, body: impl Into<Body>) -> Answer {
        let request = self
            .api(Method::POST, &format!("/datasets?name={name}"))
            .header(CONTENT_TYPE, "application/octet-stream")
            .body(body);
        self.send(request).await
    }

    /// Loads a file that is good, and waits until its data set is there.
    pub async fn load(&self, name: &str, body: impl Into<Body>) -> Value {
        let answer = self.upload(name, body).await;
        if answer.status == 202 {
            let job = self.finished(&answer.json()).await;
            assert_eq!(job["state"], "succeeded", "{job}");
            return self.get(&format!("/datasets/{name}")).await.ok();
        }
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    }

    /// Submits an analysis that is good; gives its job.
    pub async fn submit(&self, dataset: &str, analysis: &Value) -> Value {
        let body = json!({"dataset": dataset, "analysis": analysis});
        let answer = self.post("/jobs", &body).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        answer.json()
    }

    /// Submits an analysis and waits for its result.
    pub async fn run(&self, dataset: &str, analysis: &Value) -> Value {
        let job = self.finished(&self.submit(dataset, analysis).await).await;
        assert_eq!(job["state"], "succeeded", "{job}");
        self.get(&format!("/jobs/{}/result", id(&job))).await.ok()
    }

    /// Waits, by its events, until a job is over; gives it as it then stands.
    pub async fn finished(&self, job: &Value) -> Value {
        self.until(job, |job| {
            matches!(
                job["state"].as_str(),
                Some("succeeded" | "failed" | "cancelled")
            )
        })
        .await
    }

    /// Waits, by its events, until a job is as `seen` wants it.
    pub async fn until(&self, job: &Value, seen: impl Fn(&Value) -> bool) -> Value {
        let path = format!("/events?job={}", id(job));
        let mut stream = self.events(&path, None).await;
        loop {
            let job = stream.next_event().await.data;
            if seen(&job) {
                return job;
            }
        }
    }

    /// Opens a stream of events, which must open.
    pub async fn events(&self, path: &str, last_event_id: Option<&str>) -> Events {
        let mut request = self.api(Method::GET, path);
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        Events::open(request).await.unwrap()
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    /// The JSON of an answer that must be good.
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }

    /// The body of an answer that must be good, with this status.
    pub fn ok_with(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }

    /// A header as text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The problem of an answer that must be one with this status.
    pub fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        problem
    }
}

/// The id of a job or data set.
pub fn id(thing: &Value) -> &str {
    thing["id"]
        .as_str()
        .unwrap_or_else(|| panic!("no id: {thing}"))
}
