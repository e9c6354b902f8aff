//! Whether there is room for what arrives: told before Redis is full, with the remedy.

use assay_model::{ProblemKind, words};
use assay_store::Store;

use super::{
    error::{ApiError, ApiResult},
    state::AppState,
};

/// How much smaller a body gets at best, once it is packed: one of this part of the room has
/// a chance to fit.
const PACKS_TO: u64 = 4;
/// Of a hundred parts of the room, those that are left to jobs and results.
const FOR_WORK: u64 = 5;

/// How full the store is, and how full it may get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes in use.
    pub used: u64,
    /// Bytes that it may use: what was configured, else what Redis allows.
    pub most: Option<u64>,
}

impl Room {
    /// How it is now.
    pub async fn look(store: &Store, configured: Option<u64>) -> ApiResult<Self> {
        let memory = store.memory().await?;
        let most = [configured, memory.max_bytes].into_iter().flatten().min();
        Ok(Self {
            used: memory.used_bytes,
            most,
        })
    }

    /// Bytes that files may still take.
    pub fn left(&self) -> Option<u64> {
        let most = self.most?;
        Some((most - most / 100 * FOR_WORK).saturating_sub(self.used))
    }
}

/// Refuses a body of which so many bytes are known to come, when there is no room for it
/// however well it packs.
pub async fn refuse_beyond(state: &AppState, bytes: u64) -> ApiResult<()> {
    let room = Room::look(&state.store, state.options.limit).await?;
    match room.left() {
        Some(left) if left == 0 || bytes / PACKS_TO > left => Err(full(room, left)),
        _ => Ok(()),
    }
}

fn full(room: Room, left: u64) -> ApiError {
    let most = room.most.unwrap_or(room.used);
    ApiError::new(
        ProblemKind::Full,
        format!(
            "There is no room for this: {} of {} are in use, and {} are left for files. Delete data sets or jobs, or start the server with a larger --limit-mb (and its Redis with a larger maxmemory).",
            words::bytes(room.used),
            words::bytes(most),
            words::bytes(left),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_room_is_left_for_work() {
        let room = |used| Room {
            used,
            most: Some(1_000),
        };
        assert_eq!(room(0).left(), Some(950));
        assert_eq!(room(960).left(), Some(0));
        let open = Room {
            used: 7,
            most: None,
        };
        assert_eq!(open.left(), None);
    }
}
