//! A version that was made after one which is no longer the current one.
//!
//! What an attempt has written is good whatever happened meanwhile; only the list of the
//! parts around it has to be drawn up anew. That is done without reading the file again as
//! long as the columns are those that the attempt knew, that is when parts were gathered
//! since. When the rows themselves changed, the attempt is made again.

use assay_engine::Part;
use assay_model::{DatasetRef, Token, VersionCause};
use assay_store::{
    Store, StoreError,
    jobs::{NewVersion, Place},
};
use object_store::path::Path;

use crate::data::{self, Manifest};

/// What becomes of a version whose base has moved on.
pub enum Rebased {
    /// It comes after the current version instead.
    Onto(NewVersion),
    /// The attempt has to be made again.
    Again,
    /// There is nothing left to do.
    Moot,
}

/// Puts a version after the current one of its data set.
pub async fn rebase(
    store: &Store,
    version: &NewVersion,
    token: Token,
) -> Result<Rebased, StoreError> {
    let Place::After { base, how, .. } = version.place else {
        return Ok(Rebased::Again);
    };
    let Some(dataset) = store.dataset(version.id).await? else {
        // The next attempt says so; of a gathering nobody wants to know.
        return Ok(match how {
            VersionCause::Compact => Rebased::Moot,
            _ => Rebased::Again,
        });
    };
    let mine: Manifest = data::read_manifest(&version.manifest)?;
    let now = data::manifest(store, &dataset, dataset.version).await?;
    let rows_changed = dataset.content_version > base;
    let rebased = match how {
        VersionCause::Replace => mine,
        VersionCause::Append if rows_changed => return Ok(Rebased::Again),
        VersionCause::Append | VersionCause::Import => {
            let added = mine.parts.iter().filter(|part| is_of(part, token)).cloned();
            Manifest {
                parts: now.parts.into_iter().chain(added).collect(),
                ..mine
            }
        }
        VersionCause::Compact => {
            let read = DatasetRef {
                version: base,
                ..dataset.reference()
            };
            let before = data::manifest_of(store, &read).await?;
            match regathered(&before.parts, &mine.parts, &now.parts, token) {
                Some(parts) => Manifest { parts, ..now },
                None => return Ok(Rebased::Moot),
            }
        }
    };
    let place = Place::After {
        base: dataset.version,
        how,
        small: rebased.small_parts(),
    };
    rebased.version(version.id, place).map(Rebased::Onto)
}

/// The parts of now with those that were gathered in the place of what they gather; `None`
/// when some of those are there no longer.
fn regathered(before: &[Part], mine: &[Part], now: &[Part], token: Token) -> Option<Vec<Part>> {
    // Rows that were added since stand at the end; what was there before must be so still.
    let later = now.strip_prefix(before)?;
    let is_mine = mine.iter().any(|part| is_of(part, token));
    is_mine.then(|| mine.iter().chain(later).cloned().collect())
}

/// Whether an attempt wrote a part.
fn is_of(part: &Part, token: Token) -> bool {
    let attempt = token.to_string();
    Path::parts(&part.path).any(|segment| segment.as_ref() == attempt)
}
