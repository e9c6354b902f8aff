//! The columns of a data set at a glance, a card for each.

use assay_model::{Column, ColumnProfile, Dataset, Event, Profile, ProfileSource, words};

use crate::{
    api::Reply,
    chart::spark,
    live, load,
    node::{El, IntoNode, Node, div, el, p, several, span},
    parts::{self, table::is_name},
    sig::{Sig, made},
    urls,
};

/// What is known of the columns.
#[derive(Clone)]
enum Known {
    /// All that there is to know.
    All(Profile),
    /// It is being worked out.
    Soon,
    /// It cannot be known, and why.
    Never(String),
}

impl Known {
    fn read(reply: &Reply) -> Self {
        if reply.status == 202 {
            return Self::Soon;
        }
        match reply.read() {
            Ok(profile) => Self::All(profile),
            Err(problem) => Self::Never(problem.detail),
        }
    }
}

/// The cards; `reply` is what the server says of the columns now. When it has worked out
/// more, they follow.
pub fn columns(dataset: Sig<Dataset>, reply: &Reply) -> Node {
    let known = Sig::new(Known::read(reply));
    let id = dataset.peek(|dataset| dataset.id);
    // By its id, for the name may be another by now.
    let path = urls::api::profile(&id.to_string());
    live::on_event(move |event| {
        let is_about_it = match event {
            Event::Dataset(dataset) => dataset.id == id,
            Event::Reset(_) => true,
            _ => false,
        };
        if is_about_it {
            load::refresh(vec![path.clone()], move |replies| {
                if let Some(reply) = replies.get(0) {
                    known.set(Known::read(reply));
                }
            });
        }
    });
    let schema = made(move || dataset.with(|dataset| dataset.schema.columns.clone()));
    let body = move || {
        known.with(|known| {
            let (note, profile) = match known {
                Known::All(profile) if profile.source == ProfileSource::LastScan => {
                    let note =
                        "As the last scan found them. Describe the collection to count its values.";
                    (Some(note.to_owned()), Some(profile))
                }
                Known::All(profile) => (None, Some(profile)),
                Known::Soon => (Some("The values are being counted.".to_owned()), None),
                Known::Never(why) => (Some(why.clone()), None),
            };
            let schema = schema.get();
            let cards: Vec<_> = schema
                .iter()
                .map(|column| {
                    let found = profile.and_then(|profile| {
                        let mut all = profile.columns.iter();
                        all.find(|one| one.name == column.name)
                    });
                    card(column, found, profile.map_or(0, |profile| profile.rows))
                })
                .collect();
            several![
                note.map(|note| p("soft").attr("role", "status").add(note)),
                el("ul").class("column-cards").add(cards)
            ]
        })
    };
    parts::card("Columns", body)
}

fn card(column: &Column, profile: Option<&ColumnProfile>, rows: u64) -> El {
    let head = div("column-head")
        .add(el("b").add(column.name.as_str()))
        .add(span("soft").add(column.kind.word()));
    let bars = profile
        .and_then(|profile| profile.distribution.as_ref())
        .and_then(|counted| spark::distribution(counted, spark::LINE));
    let facts = profile.map(|profile| facts(profile, rows));
    el("li")
        .class("column-card")
        .add(head)
        .add(column.note.as_deref().map(|note| p("hint").add(note)))
        .add(bars)
        .add(facts)
}

/// What is missing, how many differ, and the ends or the most frequent value.
fn facts(profile: &ColumnProfile, rows: u64) -> Node {
    let missing = profile.missing.map(|missing| match missing {
        0 => "none missing".to_owned(),
        some => format!(
            "{} missing ({} %)",
            words::count(some),
            words::number((some as f64 / rows.max(1) as f64 * 1_000.0).round() / 10.0)
        ),
    });
    let distinct = profile
        .distinct
        .map(|distinct| format!("{} distinct", words::count(distinct)));
    let has_ends = profile
        .distribution
        .as_ref()
        .is_some_and(|counted| counted.values.is_none());
    let keeps_digits = is_name(&profile.name);
    let value = |text: &Option<String>| match text.as_deref() {
        Some(text) if keeps_digits => text.to_owned(),
        text => shown(text.unwrap_or_default()),
    };
    let last = if profile.distinct == Some(1) && profile.missing == Some(0) {
        Some(format!("always {}", value(&profile.top)))
    } else if has_ends {
        Some(format!(
            "{} to {}",
            value(&profile.min),
            value(&profile.max)
        ))
    } else {
        profile
            .top_count
            .map(|times| format!("mostly {} ({})", value(&profile.top), words::count(times)))
    };
    let lines: Vec<_> = [missing, distinct, last]
        .into_iter()
        .flatten()
        .map(|line| el("li").add(line))
        .collect();
    el("ul").class("column-facts").add(lines).into_node()
}

/// A value as people read it, where it stands among words.
fn shown(text: &str) -> String {
    if text.is_empty() {
        return "“”".to_owned();
    }
    let is_number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    match text.parse::<f64>() {
        Ok(number) if is_number && number.is_finite() => words::number(number),
        // A point in time.
        _ if is_number => text.replacen('T', " ", 1).trim_end_matches('Z').to_owned(),
        _ => words::shorten(text, 40),
    }
}
