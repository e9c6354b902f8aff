//! The job state machine.
//!
//! One file for each transition here, and one Lua script for each under `lua/`. The model
//! draws the states; this says who holds what between them.
//!
//! A queued job is in exactly one of `ready` (in line, by score) and `delayed` (waits for
//! another try, by due time). A running job is in `leased`, and in the hash of the worker
//! that holds it. A job that is over is in none of them.
//!
//! The lease: `claim` writes a fresh token and the time until which the worker may go
//! unheard of. Redis's clock alone decides whether a lease has run out. A worker that is
//! late finds its token worth nothing: every call by it changes nothing and says *fenced*.
//! A worker that still computes after its lease ran out is therefore harmless, and wasteful
//! at worst.

mod assemble;
mod cancel;
mod claim;
mod delete;
mod edit;
mod finish;
mod progress;
mod read;
mod reap;
mod release;
mod renew;
mod result;
mod spec;
mod submit;

pub use cancel::Cancel;
pub use claim::Claimed;
pub use delete::DeleteJob;
pub use edit::{Edit, JobEdit};
pub use finish::{Finish, Finished, NewProfile, NewResult, NewVersion, Place};
pub use progress::Held;
pub use read::{Counts, JobFilter};
pub use reap::{Gone, Reaped};
pub use release::Release;
pub use result::StoredResult;
pub use spec::{ImportSpec, ImportTarget, JobSpec};
pub use submit::{Idempotency, NewJob, Submit};

pub(crate) use assemble::{ALIVE_MS, Line, assemble, queue_facts, read_spec, slots_of};
pub(crate) use read::take;
