//! A look at a file before anything of it is stored.
//!
//! Files come from anywhere, and reading one may abort, take for ever or want all memory
//! there is. So `serve` never does it: each look is a process of its own, this very program
//! as `assay preview-file`, with bounds on memory and time. It reads the question and the
//! bytes from its standard input, and writes the answer to its standard output.

pub mod child;

use std::{path::PathBuf, process::Stdio, time::Duration};

use assay_model::{ImportOptions, Preview, Problem, ProblemKind, words};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
    sync::Semaphore,
};
use tracing::warn;

/// Most bytes of a file that are looked at.
pub const BYTES_MOST: usize = 1_000_000;
/// How long a look may take.
const TIME_MOST: Duration = Duration::from_secs(10);
/// Looks that may wait for their turn; each holds its bytes meanwhile.
const WAITING_MOST: usize = 32;
/// Most bytes of an answer.
const ANSWER_MOST: u64 = 32 << 20;
/// Most bytes of what a process says when it dies.
const LAST_WORDS_MOST: u64 = 16 << 10;
/// How the standard library says that there was no memory: before it aborts, and where it
/// can go on.
const NO_MEMORY: [&str; 2] = ["memory allocation of", "out of memory"];

/// What to look at, apart from the bytes. It travels as a line of JSON before them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// How the file is to be read, as far as that was said.
    pub options: ImportOptions,
    /// What the file is called.
    pub file_name: Option<String>,
    /// Whether these bytes are all of it.
    pub is_whole: bool,
}

/// What a look finds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Preview(Preview),
    Problem(Problem),
}

/// Looks at files, some at a time.
#[derive(Debug)]
pub struct Previewer {
    program: PathBuf,
    memory_mb: u64,
    /// Places for those that look or wait.
    places: Semaphore,
    /// Turns to look.
    turns: Semaphore,
}

/// A place among those that look or wait.
pub struct Place<'a> {
    previewer: &'a Previewer,
    _place: tokio::sync::SemaphorePermit<'a>,
}

impl Previewer {
    /// One that gives each look so much memory, and runs as many at once as there are cores.
    pub fn new(memory_mb: u64) -> std::io::Result<Self> {
        Ok(Self {
            program: std::env::current_exe()?,
            memory_mb,
            places: Semaphore::new(WAITING_MOST),
            turns: Semaphore::new(crate::machine::cores() as usize),
        })
    }

    /// A place in line, to be had before the bytes are taken in.
    pub fn place(&self) -> Result<Place<'_>, Problem> {
        let place = self.places.try_acquire().map_err(|_| {
            Problem::new(
                ProblemKind::TooMany,
                "Too many files are looked at just now. Try again in a moment.",
            )
        })?;
        Ok(Place {
            previewer: self,
            _place: place,
        })
    }
}

impl Place<'_> {
    /// Looks at the first bytes of a file. Dropping the future kills the process.
    pub async fn look(self, question: &Question, bytes: Bytes) -> Result<Preview, Problem> {
        let Ok(_turn) = self.previewer.turns.acquire().await else {
            return Err(internal("no turns are given any more"));
        };
        let mut command = Command::new(&self.previewer.program);
        command
            .arg("preview-file")
            .args(["--memory-mb", &self.previewer.memory_mb.to_string()])
            .args(["--seconds", &TIME_MOST.as_secs().to_string()]);
        let question = serde_json::to_vec(question).map_err(|error| internal(&error))?;
        ask(command, self.previewer.memory_mb, question, bytes).await
    }
}

/// Runs the process and hears its answer, whatever becomes of it.
async fn ask(
    mut command: Command,
    memory_mb: u64,
    question: Vec<u8>,
    bytes: Bytes,
) -> Result<Preview, Problem> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| internal(&error))?;
    let (out, last_words, status) =
        match tokio::time::timeout(TIME_MOST, converse(&mut child, &question, &bytes)).await {
            Ok(Ok(heard)) => heard,
            Ok(Err(error)) => return Err(internal(&error)),
            Err(_) => return Err(took_too_long()),
        };
    if status.success() {
        if !last_words.is_empty() {
            warn!(said = last_words.trim(), "a look at a file complains");
        }
        return match serde_json::from_slice(&out) {
            Ok(Answer::Preview(preview)) => Ok(preview),
            Ok(Answer::Problem(problem)) => Err(problem),
            Err(error) => Err(internal(&error)),
        };
    }
    warn!(%status, said = last_words.trim(), "a look at a file has died");
    Err(
        if NO_MEMORY.iter().any(|words| last_words.contains(words)) {
            Problem::new(
                ProblemKind::OutOfMemory,
                format!(
                    "Looking at the file needs more than {}, so there is no preview. It can be loaded all the same, or looked at with a larger --preview-memory-mb.",
                    words::bytes(memory_mb.saturating_mul(1_000_000))
                ),
            )
        } else {
            Problem::new(
                ProblemKind::Crashed,
                format!(
                    "The process that looked at the file did not survive ({status}), so there is no preview. It can be loaded all the same."
                ),
            )
        },
    )
}

type Heard = (Vec<u8>, String, std::process::ExitStatus);

/// Hands over the question and hears all that is said, at the same time: either side may
/// fill its pipe first.
async fn converse(child: &mut Child, question: &[u8], bytes: &[u8]) -> std::io::Result<Heard> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let tell = async {
        if let Some(mut stdin) = stdin {
            // A process that has died does not listen; its end says why.
            let told = async {
                stdin.write_all(question).await?;
                stdin.write_all(b"\n").await?;
                stdin.write_all(bytes).await?;
                stdin.shutdown().await
            };
            let _: std::io::Result<()> = told.await;
        }
    };
    let ((), out, last_words) = tokio::join!(
        tell,
        hear(stdout, ANSWER_MOST),
        hear(stderr, LAST_WORDS_MOST)
    );
    let status = child.wait().await?;
    let last_words = String::from_utf8_lossy(&last_words?).into_owned();
    Ok((out?, last_words, status))
}

/// The beginning of what a process says. The pipe is closed after that, so one that says
/// more is not heard and ends.
async fn hear(pipe: Option<impl AsyncRead + Unpin>, most: u64) -> std::io::Result<Vec<u8>> {
    let mut heard = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(most).read_to_end(&mut heard).await?;
    }
    Ok(heard)
}

fn took_too_long() -> Problem {
    Problem::new(
        ProblemKind::TimedOut,
        format!(
            "Looking at the file took longer than {}, so there is no preview. It can be loaded all the same: the import has more time.",
            words::duration(TIME_MOST.as_secs() * 1_000)
        ),
    )
}

/// A fault of ours, whose cause is for the log.
fn internal(cause: &(impl std::fmt::Display + ?Sized)) -> Problem {
    tracing::error!(%cause, "a look at a file has failed");
    Problem::new(
        ProblemKind::Internal,
        "The file cannot be looked at; the log of the server says why. It can be loaded all the same.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told when the process is this shell script.
    async fn told(script: &str) -> Problem {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let bytes = Bytes::from(vec![b'x'; BYTES_MOST]);
        ask(command, 512, b"{}".to_vec(), bytes).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_process_that_is_killed_is_a_plain_problem() {
        let problem = told("kill -9 $$").await;
        assert!(problem.is(ProblemKind::Crashed), "{problem}");
        assert!(problem.detail.contains("signal: 9"), "{problem}");
    }

    #[tokio::test]
    async fn one_without_memory_is_told_apart() {
        let problem = told("echo 'memory allocation of 9 bytes failed' >&2; kill -6 $$").await;
        assert!(problem.is(ProblemKind::OutOfMemory), "{problem}");
        assert!(problem.detail.contains("--preview-memory-mb"), "{problem}");
    }

    #[tokio::test]
    async fn one_that_does_not_end_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("pid");
        let script = format!("echo $$ > {}; exec sleep 600", mark.display());
        let problem = told(&script).await;
        assert!(problem.is(ProblemKind::TimedOut), "{problem}");
        let pid = std::fs::read_to_string(&mark).unwrap();
        let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
        while rustix::process::test_kill_process(pid).is_ok() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn one_that_talks_nonsense_is_our_fault() {
        let problem = told("cat > /dev/null; echo nonsense").await;
        assert!(problem.is(ProblemKind::Internal), "{problem}");
    }

    #[tokio::test]
    async fn those_that_wait_are_counted() {
        let previewer = Previewer::new(512).unwrap();
        let places: Vec<_> = (0..WAITING_MOST)
            .map(|_| previewer.place().unwrap())
            .collect();
        let refused = previewer.place().err().unwrap();
        assert!(refused.is(ProblemKind::TooMany), "{refused}");
        drop(places);
        assert!(previewer.place().is_ok());
    }
}
