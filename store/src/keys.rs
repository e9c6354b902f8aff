//! Every key name that Assay uses, and the only place that builds one.
//!
//! Control keys begin with the prefix in braces, so that Redis Cluster keeps them on one
//! node and one script may touch them together. Data keys begin with the bare prefix, so
//! that bytes spread over all nodes; no script touches them. The scripts get their names
//! from [`Keys::lua`], which is made from the same table as the Rust functions.

use std::{
    fmt::{self, Display, Write as _},
    str::FromStr,
};

use crate::error::StoreError;

/// What all keys begin with: `assay` unless configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix(String);

impl Prefix {
    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Prefix {
    fn default() -> Self {
        Self("assay".to_owned())
    }
}

impl Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Prefix {
    type Err = StoreError;

    /// One to 32 of `A-Z a-z 0-9 _ -`.
    fn from_str(text: &str) -> Result<Self, StoreError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if (1..=32).contains(&text.len()) && text.chars().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(StoreError::Prefix(text.to_owned()))
        }
    }
}

/// The names, for one prefix.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    /// `assay:`, which begins every data key.
    data: String,
    /// `{assay}:`, which begins every control key.
    control: String,
}

macro_rules! control_keys {
    ($($(#[$doc:meta])* $name:ident($($part:ident),*) = $template:literal;)*) => {
        impl Keys {
            $(
                $(#[$doc])*
                #[allow(dead_code, reason = "some names are only used by scripts")]
                pub fn $name(&self, $($part: impl Display),*) -> String {
                    fill(&self.control, $template, &[$(&$part as &dyn Display),*])
                }
            )*

            /// Name, number of parts and template of each control key.
            const CONTROL: &[(&str, usize, &str)] = &[
                $((stringify!($name), { let parts: &[&str] = &[$(stringify!($part)),*]; parts.len() }, $template)),*
            ];
        }
    };
}

control_keys! {
    /// hash: data set name, folded to lower case → id.
    names() = "names";
    /// hash: a data set.
    dataset(id) = "dataset:%";
    /// string: the manifest of a version.
    manifest(id, version) = "dataset:%:v%";
    /// string: the columns of a version at a glance, as JSON that the store does not look
    /// into.
    profile(id, version) = "dataset:%:v%:profile";
    /// hash: job → the version that it reads (0 for none), from submit to its terminal
    /// transition.
    readers(id) = "dataset:%:readers";
    /// sorted set: data keys of the parts that kept versions name, by the version that wrote
    /// each.
    parts(id) = "dataset:%:parts";
    /// sorted set: those of them that the current version does not name, by the last version
    /// that does.
    dropped(id) = "dataset:%:dropped";
    /// sorted set: versions before the current one that are kept, by when each was superseded.
    old(id) = "dataset:%:old";
    /// sorted set: `<version> <who>` of those who read without a job, by when it ends.
    holds(id) = "dataset:%:holds";
    /// list: a line for each version.
    history(id) = "dataset:%:history";
    /// sorted set: jobs that load rows into it and are not over, in the order in which they
    /// were submitted. Only the first of them is in line.
    lane(id) = "dataset:%:lane";
    /// string: the job that gathers its parts.
    gathering(id) = "dataset:%:gathering";
    /// set: data sets that keep more than their current version.
    aging() = "aging";
    /// hash: a data set that was deleted and may still be restored.
    deleted_dataset(id) = "deleted:%";
    /// sorted set: those data sets, by when they were deleted.
    deleted() = "deleted";
    /// string: who audits now, or did a moment ago.
    auditor() = "auditor";
    /// hash: what all audits have found.
    audit() = "audit";
    /// sorted set: uploads that arrive, by when they were last heard of.
    uploads() = "uploads";
    /// hash: the changing fields of a job.
    job(id) = "job:%";
    /// string: what seldom changes of a job, as JSON that scripts do not look into.
    spec(id) = "job:%:spec";
    /// list: a line for each ended attempt.
    attempts(id) = "job:%:attempts";
    /// set: data keys that the job has begun to write and that nothing refers to yet.
    writing(id) = "job:%:writing";
    /// hash: a result and the jobs that refer to it.
    result(id) = "result:%";
    /// sorted set: queued jobs by place in line.
    ready() = "ready";
    /// sorted set: running jobs by lease end.
    leased() = "leased";
    /// sorted set: jobs that wait for another try, by due time.
    delayed() = "delayed";
    /// hash: the queue's own figures, and the epoch of the data.
    queue() = "queue";
    /// hash: an owner's counts.
    owner(owner) = "owner:%";
    /// sorted set: all jobs by creation.
    jobs() = "jobs";
    /// sorted set: an owner's jobs by creation.
    owner_jobs(owner) = "jobs:%";
    /// sorted set: workers by when they were last heard of.
    workers() = "workers";
    /// hash: a worker and what it holds.
    worker(id) = "worker:%";
    /// set: data keys that nothing refers to any more, to be deleted.
    rubbish() = "rubbish";
    /// stream: every event.
    events() = "events";
    /// stream: the events of an owner's jobs.
    owner_events(owner) = "events:%";
    /// stream: the events that everybody sees.
    shared_events() = "events:shared";
    /// string: what an idempotency key stands for.
    idempotency(owner, digest) = "idempotency:%:%";
    /// string: a session.
    session(id) = "session:%";
    /// channel: there is work.
    wake_channel() = "wake";
    /// channel: a job was cancelled.
    cancel_channel() = "cancel";
    /// channel: how far a running job is.
    progress_channel() = "progress";
}

impl Keys {
    pub fn new(prefix: &Prefix) -> Self {
        Self {
            data: format!("{prefix}:"),
            control: format!("{{{prefix}}}:"),
        }
    }

    /// What begins every data key.
    pub fn data_prefix(&self) -> &str {
        &self.data
    }

    /// A chunk of an upload.
    pub fn upload(&self, id: impl Display, n: u32) -> String {
        fill(&self.data, "upload:%:%", &[&id, &n])
    }

    /// Whether a key is Assay's own: never part of a collection.
    pub fn owns(&self, key: &[u8]) -> bool {
        key.starts_with(self.data.as_bytes())
            || key.starts_with(self.control.trim_end_matches(':').as_bytes())
    }

    /// The same names as a Lua table `K`: a text, or a function of the parts.
    pub fn lua(&self) -> String {
        let mut lua = String::from("local K = {}\n");
        for (name, parts, template) in Self::CONTROL {
            let pieces: Vec<String> = template
                .split('%')
                .map(|piece| format!("'{piece}'"))
                .collect();
            let control = &self.control;
            // Writing to a `String` cannot fail.
            let _ = if *parts == 0 {
                writeln!(lua, "K.{name} = '{control}{template}'")
            } else {
                let names = ["a", "b"][..*parts].join(", ");
                let mut body = format!("'{control}' .. {}", pieces[0]);
                for (piece, part) in pieces[1..].iter().zip(["a", "b"]) {
                    let _ = write!(body, " .. {part} .. {piece}");
                }
                writeln!(lua, "function K.{name}({names}) return {body} end")
            };
        }
        lua
    }
}

fn fill(prefix: &str, template: &str, parts: &[&dyn Display]) -> String {
    let mut key = prefix.to_owned();
    for (i, piece) in template.split('%').enumerate() {
        if i > 0 {
            // Writing to a `String` cannot fail.
            let _ = write!(key, "{}", parts[i - 1]);
        }
        key.push_str(piece);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_design() {
        let keys = Keys::new(&Prefix::default());
        assert_eq!(keys.manifest("x", 3), "{assay}:dataset:x:v3");
        assert_eq!(keys.writing("j"), "{assay}:job:j:writing");
        assert_eq!(keys.upload("u", 0), "assay:upload:u:0");
        assert_eq!(keys.ready(), "{assay}:ready");
    }

    #[test]
    fn lua_gets_the_same_names() {
        let lua = Keys::new(&Prefix::default()).lua();
        assert!(lua.contains("K.ready = '{assay}:ready'\n"));
        assert!(
            lua.contains("function K.spec(a) return '{assay}:' .. 'job:' .. a .. ':spec' end\n")
        );
        assert!(lua.contains(
            "function K.manifest(a, b) return '{assay}:' .. 'dataset:' .. a .. ':v' .. b .. '' end\n"
        ));
    }

    #[test]
    fn only_its_own_keys_are_its_own() {
        let keys = Keys::new(&Prefix::default());
        for own in ["assay:upload:1:0", "{assay}:jobs", "{assay}", "assay:"] {
            assert!(keys.owns(own.as_bytes()), "{own}");
        }
        for other in ["assayer:1", "assay", "animal:1", "{assays}:1"] {
            assert!(!keys.owns(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn a_prefix_that_could_break_a_name_is_refused() {
        for text in ["", "a:b", "{a}", "a'b", "ä", &"a".repeat(33)] {
            assert!(text.parse::<Prefix>().is_err(), "{text}");
        }
    }
}
