//! `assay preview-file`: the process of one look. It bounds itself before it reads a byte,
//! reads all of its standard input, answers on its standard output, and is gone.

use std::io::{Read, Write};

use anyhow::Context;
use rustix::process::{Resource, Rlimit, setrlimit};

use super::{Answer, BYTES_MOST, Question};
use crate::{cli::PreviewFileArgs, failure};

/// Most bytes of the question.
const QUESTION_MOST: u64 = 1 << 20;

/// Looks once.
pub fn run(args: &PreviewFileArgs) -> anyhow::Result<()> {
    bound(args)?;
    let mut input = Vec::new();
    std::io::stdin()
        .lock()
        .take(QUESTION_MOST + BYTES_MOST as u64 + 1)
        .read_to_end(&mut input)?;
    let end = input
        .iter()
        .position(|byte| *byte == b'\n')
        .context("there is no question")?;
    let question: Question = serde_json::from_slice(&input[..end])?;
    let answer = match assay_engine::preview(
        &input[end + 1..],
        question.is_whole,
        question.file_name.as_deref(),
        &question.options,
    ) {
        Ok(preview) => Answer::Preview(preview),
        Err(error) => Answer::Problem(failure::import_problem(&error)),
    };
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, &answer)?;
    out.flush()?;
    Ok(())
}

/// Memory, time of the processor, no files, no core dumps. What goes over a bound ends the
/// process, which the parent takes for an answer.
fn bound(args: &PreviewFileArgs) -> anyhow::Result<()> {
    let most = |figure| Rlimit {
        current: Some(figure),
        maximum: Some(figure),
    };
    setrlimit(
        Resource::Data,
        most(args.memory_mb.saturating_mul(1_000_000)),
    )?;
    setrlimit(Resource::Cpu, most(args.seconds))?;
    setrlimit(Resource::Core, most(0))?;
    Ok(())
}
