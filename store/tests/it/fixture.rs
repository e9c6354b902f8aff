//! A Redis of the test's own, and the jobs and workers that most tests need.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use assay_model::{
    Analysis, Column, ColumnType, DatasetId, DatasetName, DatasetRef, JobId, JobKind, JobState,
    Owner, Problem, ProblemKind, ResultId, Schema, Token, WorkerId,
};
use assay_store::{
    Prefix, Store,
    blobs::{dataset_part, result_part},
    jobs::{Claimed, Finish, Finished, JobSpec, NewJob, NewResult, NewVersion, Place, Submit},
};
use bytes::Bytes;
use redis::aio::MultiplexedConnection;
use tempfile::TempDir;
use uuid::Uuid;

/// A lease that outlives any test.
pub const LONG: Duration = Duration::from_mins(10);

/// A `redis-server` on a socket in a folder of its own, gone when dropped.
pub struct Redis {
    process: Child,
    folder: TempDir,
}

impl Redis {
    /// Starts one and waits until it answers.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let process = Self::spawn(&folder);
        let redis = Self { process, folder };
        redis.ready().await;
        redis
    }

    fn spawn(folder: &TempDir) -> Child {
        Command::new("redis-server")
            .args(["--port", "0", "--unixsocket", "redis.sock", "--save", ""])
            .args(["--appendonly", "yes", "--appendfsync", "always", "--dir"])
            .arg(folder.path())
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server starts")
    }

    async fn ready(&self) {
        let client = redis::Client::open(self.url()).expect("an address");
        until("Redis answers", async || {
            match client.get_multiplexed_async_connection().await {
                Ok(mut connection) => redis::cmd("PING")
                    .query_async::<()>(&mut connection)
                    .await
                    .is_ok(),
                Err(_) => false,
            }
        })
        .await;
    }

    /// Kills it without warning.
    pub fn kill(&mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it ends");
    }

    /// Starts it again on its file.
    pub async fn restart(&mut self) {
        self.process = Self::spawn(&self.folder);
        self.ready().await;
    }

    pub fn url(&self) -> String {
        format!(
            "redis+unix://{}",
            self.folder.path().join("redis.sock").display()
        )
    }

    /// A store on it.
    pub async fn store(&self) -> Store {
        Store::connect(&self.url(), Prefix::default())
            .await
            .expect("a store")
    }

    /// A connection past the store.
    pub async fn raw(&self) -> MultiplexedConnection {
        // The library's own patience of half a second is short where many tests run at once.
        let patient =
            redis::AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(30)));
        redis::Client::open(self.url())
            .expect("an address")
            .get_multiplexed_async_connection_with_config(&patient)
            .await
            .expect("a connection")
    }

    /// The answer to a command past the store.
    pub async fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let mut command = redis::cmd(words[0]);
        for word in &words[1..] {
            command.arg(*word);
        }
        command
            .query_async(&mut self.raw().await)
            .await
            .expect("an answer")
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Waits for a condition.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let patience = tokio::time::timeout(Duration::from_secs(20), async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(patience.await.is_ok(), "waited in vain until {what}");
}

pub fn owner(name: &str) -> Owner {
    name.parse().expect("an owner")
}

pub fn ann() -> Owner {
    owner("ann")
}

pub fn token() -> Token {
    Token(Uuid::new_v4())
}

pub fn name(name: &str) -> DatasetName {
    name.parse().expect("a name")
}

pub fn problem(detail: &str) -> Problem {
    Problem::new(ProblemKind::Internal, detail)
}

/// A job of Ann's that reads nothing.
pub fn noop() -> NewJob {
    NewJob::new(JobSpec::new(JobKind::Noop, ann()))
}

/// A job of Ann's that describes these data sets.
pub fn describe(inputs: &[DatasetRef]) -> NewJob {
    let analysis = Analysis::parse(serde_json::json!({"kind": "describe"})).expect("an analysis");
    NewJob::new(JobSpec {
        analysis: Some(analysis),
        inputs: inputs.to_vec(),
        ..JobSpec::new(JobKind::Analysis, ann())
    })
}

/// A worker of four slots.
pub async fn worker(store: &Store, id: &str) -> WorkerId {
    let id: WorkerId = id.parse().expect("a worker");
    store
        .register_worker(&id, 4, "home")
        .await
        .expect("it registers");
    id
}

/// Submits a job that must be taken.
pub async fn submit(store: &Store, job: &NewJob) -> JobId {
    let answer = store.submit(job).await.expect("an answer");
    assert_eq!(answer, Submit::Submitted);
    job.id
}

/// Claims the job that is next.
pub async fn claim_one(store: &Store, worker: &WorkerId) -> Claimed {
    let mut claimed = store
        .claim(worker, &[token()], LONG)
        .await
        .expect("an answer");
    claimed.pop().expect("a job is in line")
}

pub async fn state(store: &Store, id: JobId) -> JobState {
    store
        .job(id)
        .await
        .expect("an answer")
        .expect("the job is there")
        .state
}

/// Makes a table of one part through an import, and answers how a job names it.
pub async fn table(store: &Store, called: &str) -> DatasetRef {
    let worker = worker(store, "importer").await;
    let spec = JobSpec::new(JobKind::Import, ann());
    submit(store, &NewJob::new(spec)).await;
    let claimed = claim_one(store, &worker).await;
    let version = new_version(called);
    for part in &version.parts {
        store
            .put_part(claimed.id, part, Bytes::from_static(b"part"))
            .await
            .expect("it is written");
    }
    store.keep_parts(&version.parts).await.expect("they stay");
    let made = DatasetRef {
        id: version.id,
        name: name(called),
        version: 1,
    };
    let answer = store
        .finish(
            claimed.id,
            claimed.token,
            &Finish::Dataset(Box::new(version)),
        )
        .await;
    assert_eq!(answer.expect("an answer"), Finished::Done);
    made
}

/// The first version of a table with one part.
pub fn new_version(called: &str) -> NewVersion {
    let id = DatasetId(Uuid::now_v7());
    NewVersion {
        id,
        place: Place::First {
            name: name(called),
            source: Some("animals.csv".to_owned()),
        },
        schema: Schema::new(vec![Column::new("head", ColumnType::Text)]),
        rows: 3,
        bytes: 4,
        manifest: "[]".to_owned(),
        parts: vec![dataset_part(id, 1, 0)],
    }
}

/// A result with one part.
pub fn new_result() -> NewResult {
    let id = ResultId(Uuid::now_v7());
    NewResult {
        id,
        meta: "{}".to_owned(),
        finding: Some("**lion** leads".to_owned()),
        rows: 7,
        bytes: 4,
        parts: vec![result_part(id, 0)],
    }
}
