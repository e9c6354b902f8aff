//! Bytes in Redis strings, behind `ObjectStore`.
//!
//! A path is a key with `:` for `/`: `dataset/<id>/v1/part/0` is the string
//! `assay:dataset:<id>:v1:part:0`, which any Redis client can read. A `:` or `%` within a
//! segment of a path is percent-encoded in the key, so that no two paths share one.
//!
//! Redis keeps no times and no tags, so every object seems to be of 1970 and conditions on
//! tags cannot be met. A string holds 512 MB at most; Assay's parts have 64. Copying,
//! renaming and multipart uploads are not supported: parts are written once.
//!
//! A failure of Redis arrives as `object_store::Error::Generic` with a `StoreError` as
//! its source.

mod list;
mod object_store;
mod parts;

use ::object_store::path::Path;

use crate::keys::Keys;

pub use self::{
    object_store::RedisBlobs,
    parts::{added_part, dataset_part, result_part},
};

/// The key that a path stands for.
pub(crate) fn key_of(keys: &Keys, path: &Path) -> String {
    let mut key = keys.data_prefix().to_owned();
    for c in path.as_ref().chars() {
        match c {
            '/' => key.push(':'),
            ':' => key.push_str("%3A"),
            '%' => key.push_str("%25"),
            other => key.push(other),
        }
    }
    key
}

/// The path that a key stands for; `None` for a key that no path has.
fn path_of(keys: &Keys, key: &str) -> Option<Path> {
    let path = key
        .strip_prefix(keys.data_prefix())?
        .replace(':', "/")
        .replace("%3A", ":")
        .replace("%25", "%");
    Path::parse(path).ok()
}

#[cfg(test)]
mod tests {
    use assay_model::DatasetId;

    use super::*;
    use crate::Prefix;

    #[test]
    fn a_part_has_the_key_of_the_design() {
        let keys = Keys::new(&Prefix::default());
        let id: DatasetId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        assert_eq!(
            key_of(&keys, &dataset_part(id, 2, 7)),
            "assay:dataset:01890a5d-ac96-774b-bcce-b302099a8057:v2:part:7"
        );
    }

    #[test]
    fn no_two_paths_share_a_key() {
        let keys = Keys::new(&Prefix::default());
        for text in ["a/b", "a:b", "a%3Ab", "a%253Ab", "a"] {
            let path = Path::parse(text).unwrap();
            assert_eq!(path_of(&keys, &key_of(&keys, &path)), Some(path), "{text}");
        }
    }
}
