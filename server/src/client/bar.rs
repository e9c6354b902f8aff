//! How far something is, on a terminal: part, rate, and the time that is left. Nothing is
//! drawn where standard error goes elsewhere.

use std::time::Duration;

use assay_model::Job;
use indicatif::{ProgressBar, ProgressStyle};

/// How often a bar is drawn while nothing else moves it.
const TICK: Duration = Duration::from_millis(250);

/// Bytes on their way. Without a total, only how many and how fast.
pub fn bytes(title: &str, total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (
            ProgressBar::new(total),
            "{prefix}  {bar:24} {percent:>3} %  {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left",
        ),
        None => (
            ProgressBar::new_spinner(),
            "{prefix}  {spinner} {decimal_bytes}, {decimal_bytes_per_sec}",
        ),
    };
    drawn(bar, title, template)
}

/// An import, which tells how far it is by itself.
pub fn import(title: &str) -> ProgressBar {
    let bar = ProgressBar::new(1_000);
    drawn(
        bar,
        title,
        "{prefix}  {bar:24} {percent:>3} %  {msg}, {eta} left",
    )
}

/// Moves the bar of an import to where its job is.
pub fn follow(bar: &ProgressBar, job: &Job) {
    match &job.progress {
        Some(progress) => {
            if let Some(part) = progress.fraction() {
                bar.set_position((part * 1e3) as u64);
            }
            bar.set_message(progress.stage.clone());
        }
        None => bar.set_message(job.state.to_string()),
    }
}

fn drawn(bar: ProgressBar, title: &str, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━━─");
    bar.set_style(style);
    bar.set_prefix(title.to_owned());
    bar.enable_steady_tick(TICK);
    bar
}
