//! What goes into the site as it is and under its own name, because others know that
//! name: the icon, the manifest for home screens, `robots.txt`.

use std::path::Path;

use crate::compress;
use crate::error::Error;
use crate::files;
use crate::mode::Mode;
use crate::places::Places;

/// Copies `style/static/` to the site's root.
pub fn build(places: &Places, mode: Mode) -> Result<(), Error> {
    let source = places.style().join("static");
    for path in files::below(&source)? {
        let Ok(name) = path.strip_prefix(&source) else {
            continue;
        };
        let bytes = files::read(&path)?;
        let target = places.site.join(name);
        if let Some(folder) = target.parent() {
            files::make_folder(folder)?;
        }
        files::write_if_changed(&target, &bytes)?;
        if mode == Mode::Release && is_text(&target) {
            compress::twins(&target, &bytes)?;
        } else {
            compress::remove_twins(&target)?;
        }
    }
    Ok(())
}

/// Whether a file gets smaller by compression, judged by its name.
fn is_text(path: &Path) -> bool {
    let text = [
        "css",
        "html",
        "js",
        "json",
        "svg",
        "txt",
        "webmanifest",
        "xml",
    ];
    path.extension()
        .and_then(|ending| ending.to_str())
        .is_some_and(|ending| text.contains(&ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_with_their_own_compression_stay_as_they_are() {
        assert!(is_text(Path::new("favicon.svg")));
        assert!(!is_text(Path::new("icon-192.png")));
        assert!(!is_text(Path::new("LICENSE")));
    }
}
