//! How a job stands, in words: the same on the bench, in the list and on its own page.

use assay_model::{Job, JobKind, JobState, Outcome, Timestamp, Waiting, words};

/// The class that colours a state.
pub fn class(state: JobState) -> &'static str {
    match state {
        JobState::Queued | JobState::Cancelled => "chip wait",
        JobState::Running => "chip run",
        JobState::Succeeded => "chip good",
        JobState::Failed => "chip bad",
    }
}

/// The name of a state.
pub fn state(state: JobState) -> &'static str {
    match state {
        JobState::Queued => "Waiting",
        JobState::Running => "Running",
        JobState::Succeeded => "Succeeded",
        JobState::Failed => "Failed",
        JobState::Cancelled => "Cancelled",
    }
}

/// The state with what one wants to know next: how long, how many before it.
pub fn in_words(job: &Job, now: Timestamp) -> String {
    place(job) + &until(job, now).unwrap_or_default()
}

/// How it stands, without what changes from second to second.
pub fn place(job: &Job) -> String {
    match (job.state, &job.waiting) {
        (JobState::Queued, Some(Waiting::InLine { position, .. })) => match position {
            0 | 1 => "First in line".to_owned(),
            n => format!("{} in line", words::ordinal(*n)),
        },
        (JobState::Queued, Some(Waiting::BackOff { .. })) => "Tries again".to_owned(),
        (JobState::Queued, Some(Waiting::NoWorker)) => "Waits for a worker".to_owned(),
        (other, _) => state(other).to_owned(),
    }
}

/// What follows [`place`]: how long it takes until that changes, where one can tell.
pub fn until(job: &Job, now: Timestamp) -> Option<String> {
    match (job.state, &job.waiting) {
        (JobState::Running, _) => time_left(job, now).map(|left| format!(", {left} left")),
        (
            JobState::Queued,
            Some(Waiting::InLine {
                estimate_s: Some(seconds),
                ..
            }),
        ) => Some(format!(", about {}", seconds_in_words(*seconds))),
        (JobState::Queued, Some(Waiting::BackOff { until })) => {
            let seconds = until.millis_since(now) as f64 / 1e3;
            Some(format!(" in {}", seconds_in_words(seconds)))
        }
        _ => None,
    }
}

/// Why it waits, in a whole sentence.
pub fn why_waiting(waiting: &Waiting, now: Timestamp) -> String {
    match waiting {
        Waiting::InLine { position: 0 | 1, .. } => "It is next: it starts as soon as a worker has a free slot.".to_owned(),
        Waiting::InLine { position, .. } => {
            format!("{} before it.", words::counted(position - 1, "job is", "jobs are"))
        }
        Waiting::BackOff { until } => format!(
            "The last attempt failed for a reason that may pass. The next one starts in {}.",
            seconds_in_words(until.millis_since(now) as f64 / 1e3)
        ),
        Waiting::Behind => "Another load into this data set came first. They land one after the other.".to_owned(),
        Waiting::NoWorker => {
            "No worker is running, so nothing runs. Start one with “assay worker”; the job waits until then.".to_owned()
        }
    }
}

/// The second line of a job in a list.
pub fn facts(job: &Job, now: Timestamp) -> String {
    if let Some(problem) = &job.error {
        return problem.detail.clone();
    }
    if let Some(finding) = job
        .result
        .as_ref()
        .and_then(|result| result.finding.as_ref())
    {
        return finding.replace("**", "");
    }
    let progress = progress(job, now);
    let dataset = job.dataset.as_ref().map(|dataset| dataset.name.to_string());
    match (dataset, progress) {
        (Some(dataset), Some(progress)) => format!("{dataset}, {progress}"),
        (Some(dataset), None) => dataset,
        (None, Some(progress)) => progress,
        (None, None) if job.kind == JobKind::Import => "a file on its way to a data set".to_owned(),
        (None, None) => String::new(),
    }
}

/// How far a running job is: `241,008 of 336,776 rows`, `1.1 of 3.4 GB, 28 MB/s`.
pub fn progress(job: &Job, now: Timestamp) -> Option<String> {
    let progress = job
        .progress
        .as_ref()
        .filter(|_| job.state == JobState::Running)?;
    let text = if progress.of_rows > 0 {
        format!(
            "{} of {}",
            words::count(progress.rows),
            words::counted(progress.of_rows, "row", "rows")
        )
    } else if progress.of_bytes > 0 {
        format!(
            "{} of {}",
            words::bytes(progress.bytes),
            words::bytes(progress.of_bytes)
        )
    } else if progress.rows > 0 {
        words::counted(progress.rows, "row", "rows")
    } else if progress.bytes > 0 {
        words::bytes(progress.bytes)
    } else {
        return None;
    };
    let elapsed = job.started.map_or(0, |started| now.millis_since(started));
    let rate = (progress.of_rows == 0 && progress.bytes > 0 && elapsed >= 1_000)
        .then(|| format!(", {}/s", words::bytes(progress.bytes * 1_000 / elapsed)));
    Some(text + &rate.unwrap_or_default())
}

/// The part done of a running job.
pub fn fraction(job: &Job) -> Option<f64> {
    job.progress
        .as_ref()
        .filter(|_| job.state == JobState::Running)?
        .fraction()
}

/// The part done in whole hundredths.
pub fn percent(job: &Job) -> Option<u64> {
    fraction(job).map(|done| (done * 100.0).round() as u64)
}

/// How long it took, or has taken so far.
pub fn took(job: &Job, now: Timestamp) -> Option<String> {
    let started = job.started?;
    let end = job.finished.unwrap_or(now);
    Some(words::duration(end.millis_since(started)))
}

/// The time left, when enough is done to tell.
fn time_left(job: &Job, now: Timestamp) -> Option<String> {
    let done = fraction(job).filter(|done| *done >= 0.02)?;
    let elapsed = now.millis_since(job.started?) as f64 / 1e3;
    Some(seconds_in_words(elapsed * (1.0 - done) / done))
}

/// Whole seconds and minutes: an estimate claims no more.
fn seconds_in_words(seconds: f64) -> String {
    let seconds = seconds.max(1.0).round() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3_600)),
    }
}

/// How an attempt ended, as the timeline says it, and the class of its mark.
pub fn outcome(outcome: Option<Outcome>) -> (&'static str, &'static str) {
    match outcome {
        None => ("runs", "run"),
        Some(Outcome::Succeeded) => ("succeeded", "good"),
        Some(Outcome::Failed) => ("failed", "bad"),
        Some(Outcome::Retried) => ("failed for a reason that may pass", "bad"),
        Some(Outcome::Crashed) => ("stopped its worker", "bad"),
        Some(Outcome::Lost) => ("was lost with its worker", "bad"),
        Some(Outcome::HandedBack) => ("was handed back", "wait"),
        Some(Outcome::Cancelled) => ("was cancelled", "wait"),
    }
}

#[cfg(test)]
mod tests {
    use assay_model::Progress;
    use serde_json::json;

    use super::*;

    fn job(change: &serde_json::Value) -> Job {
        let mut job = json!({
            "id": "01890a5d-ac96-774b-bcce-b302099a8057", "state": "queued", "kind": "import",
            "dataset": null, "inputs": [], "title": "No-op", "analysis": null, "label": null, "priority": 0, "retry_of": null,
            "timeout_s": 600, "created": "2026-11-24T09:00:00Z", "started": null, "finished": null,
            "cached": false, "pinned": false, "progress": null, "attempts": [], "waiting": null,
            "result": null, "error": null, "source": "orders.csv",
        });
        for (name, value) in change.as_object().unwrap() {
            job[name] = value.clone();
        }
        serde_json::from_value(job).unwrap()
    }

    fn ten_seconds_later() -> Timestamp {
        serde_json::from_value(json!("2026-11-24T09:00:10Z")).unwrap()
    }

    #[test]
    fn a_waiting_job_says_its_place_and_how_long() {
        let waiting = |waiting| in_words(&job(&json!({"waiting": waiting})), ten_seconds_later());
        assert_eq!(
            waiting(json!({"reason": "in_line", "position": 1, "estimate_s": null})),
            "First in line"
        );
        assert_eq!(
            waiting(json!({"reason": "in_line", "position": 2, "estimate_s": 8.6})),
            "2nd in line, about 9 s"
        );
        assert_eq!(
            waiting(json!({"reason": "back_off", "until": "2026-11-24T09:00:13Z"})),
            "Tries again in 3 s"
        );
        assert_eq!(
            waiting(json!({"reason": "no_worker"})),
            "Waits for a worker"
        );
    }

    #[test]
    fn a_running_job_says_how_far_it_is_and_how_long_it_takes() {
        let mut running = job(&json!({"state": "running", "started": "2026-11-24T09:00:00Z"}));
        let now = ten_seconds_later();
        assert_eq!(in_words(&running, now), "Running");
        running.progress = Some(Progress {
            bytes: 1_000_000,
            of_bytes: 5_000_000,
            ..Progress::default()
        });
        assert_eq!(in_words(&running, now), "Running, 40 s left");
        assert_eq!(facts(&running, now), "1.0 MB of 5.0 MB, 100 kB/s");
        running.progress = Some(Progress {
            rows: 250,
            of_rows: 1_000,
            ..Progress::default()
        });
        assert_eq!(facts(&running, now), "250 of 1,000 rows");
    }

    #[test]
    fn a_failed_job_says_why() {
        let problem = json!({"type": "urn:assay:problem:bad-file", "title": "t", "status": 422, "detail": "Line 3 has 4 fields."});
        let failed = job(&json!({"state": "failed", "error": problem}));
        assert_eq!(facts(&failed, ten_seconds_later()), "Line 3 has 4 fields.");
    }
}
