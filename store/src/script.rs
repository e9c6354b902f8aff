//! The Lua scripts: one file for each transition, a common prelude, and the words in which
//! they answer.
//!
//! A script checks everything, then writes, and appends its event last: Redis does not
//! roll back. It may be sent again when its answer was lost, and then answers as it did.
//! The first line says whether it may run when Redis is full: what frees memory or keeps a
//! promise may, what takes on new work may not.

use redis::{Script, ScriptInvocation, ToRedisArgs};

use crate::keys::Keys;

/// Entries that the main stream keeps, about.
const MAIN_LENGTH: u32 = 100_000;
/// Entries that an owner's stream and the shared one keep, about.
pub(crate) const PART_LENGTH: u32 = 10_000;

macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// The first word of a script's answer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Answer { $($(#[$doc])* $name),* }

        impl Answer {
            /// The answer with this word.
            pub fn read(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)* _ => None }
            }

            /// All answers as a Lua table `A`.
            fn lua() -> String {
                concat!("local A = {", $(stringify!($name), " = '", $word, "', "),*, "}\n").to_owned()
            }
        }
    };
}

answers! {
    /// It is done, now or by the same call before.
    Done = "done",
    /// The same job or thing was there already.
    AlreadyThere = "already_there",
    /// The idempotency key stands for another request.
    IdempotencyConflict = "idempotency_conflict",
    /// An input, or a version of it, is not there.
    UnknownInput = "unknown_input",
    /// The name belongs to another data set.
    NameTaken = "name_taken",
    /// The token does not hold the job (any more).
    Fenced = "fenced",
    /// No such thing.
    NotFound = "not_found",
    /// It belongs to somebody else.
    NotYours = "not_yours",
    /// The job's state does not allow it.
    WrongState = "wrong_state",
    /// Jobs that are not over read it.
    InUse = "in_use",
    /// It changed since the caller read it.
    Changed = "changed",
    /// The worker is not registered.
    UnknownWorker = "unknown_worker",
    /// The key holds another type.
    OtherType = "other_type",
}

/// Whether a script may run when Redis is full.
#[derive(Clone, Copy)]
enum WhenFull {
    Runs,
    Refused,
}

/// A script with its prelude, for one prefix.
pub(crate) struct Transition {
    script: Script,
    route: String,
}

impl Transition {
    fn new(keys: &Keys, when_full: WhenFull, body: &str) -> Self {
        let shebang = match when_full {
            WhenFull::Runs => "#!lua flags=allow-oom\n",
            WhenFull::Refused => "#!lua\n",
        };
        let code = format!(
            "{shebang}{}{}local MAIN_LENGTH, PART_LENGTH = {MAIN_LENGTH}, {PART_LENGTH}\n{}\n{}\n{body}",
            keys.lua(),
            Answer::lua(),
            include_str!("lua/prelude.lua"),
            include_str!("lua/versions.lua"),
        );
        Self {
            script: Script::new(&code),
            route: keys.queue(),
        }
    }

    /// A call without arguments yet. The one key only leads the call to the right node of
    /// a cluster: all control keys share its hash tag.
    pub fn call(&self) -> ScriptInvocation<'_> {
        self.script.key(self.route.as_str())
    }

    /// A call with its arguments.
    pub fn with<T: ToRedisArgs>(&self, args: impl IntoIterator<Item = T>) -> ScriptInvocation<'_> {
        let mut call = self.call();
        for arg in args {
            call.arg(arg);
        }
        call
    }
}

macro_rules! scripts {
    ($($(#[$doc:meta])* $name:ident: $when_full:ident, $file:literal;)*) => {
        /// All scripts.
        pub(crate) struct Scripts { $($(#[$doc])* pub $name: Transition),* }

        impl Scripts {
            pub fn new(keys: &Keys) -> Self {
                Self { $($name: Transition::new(keys, WhenFull::$when_full, include_str!(concat!("lua/", $file)))),* }
            }
        }
    };
}

scripts! {
    /// Gives the data an epoch and the main stream its first entry.
    begin: Runs, "begin.lua";
    /// Takes a new job.
    submit: Refused, "submit.lua";
    /// Hands out the jobs that are next.
    claim: Runs, "claim.lua";
    /// Prolongs leases.
    renew: Runs, "renew.lua";
    /// Notes how far a job is.
    progress: Runs, "progress.lua";
    /// Ends a job by its worker.
    finish: Runs, "finish.lua";
    /// Puts a job back by its worker.
    release: Runs, "release.lua";
    /// Ends a job by its owner.
    cancel: Runs, "cancel.lua";
    /// Takes back all that a worker holds.
    reap: Runs, "reap.lua";
    /// Takes back what leases have run out on.
    reap_expired: Runs, "reap_expired.lua";
    /// Changes a job's label or pin.
    edit: Runs, "edit.lua";
    /// Deletes a job that is over.
    delete_job: Runs, "delete_job.lua";
    /// Gives up what a fenced attempt has written.
    abandon: Runs, "abandon.lua";
    /// Registers a worker.
    register: Runs, "register.lua";
    /// Makes a collection.
    declare: Refused, "declare.lua";
    /// Notes what a collection looks like now.
    observe: Runs, "observe.lua";
    /// Renames a data set.
    rename: Runs, "rename.lua";
    /// Deletes a data set.
    delete_dataset: Runs, "delete_dataset.lua";
    /// Brings a deleted data set back.
    restore_dataset: Runs, "restore_dataset.lua";
    /// Ends deleted data sets for good.
    purge_datasets: Runs, "purge_datasets.lua";
    /// Gives up old versions of a table.
    forget_versions: Runs, "forget_versions.lua";
}
