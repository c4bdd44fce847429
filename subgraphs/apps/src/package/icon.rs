//! The launcher icon, where it is a picture.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::archive::{Entries, open};
use super::manifest::Manifest;

/// Largest icon that is kept, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// A picture with its media type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Icon {
    /// `image/png` or `image/webp`.
    pub media_type: &'static str,
    /// The file as it is in the package.
    pub bytes: Vec<u8>,
}

/// Reads the icon. A package without a usable one is still a good package, so that there is no error.
pub(crate) fn read(path: &Path, manifest: &Manifest, entries: &Entries) -> Option<Icon> {
    let wanted = manifest.icon_path.as_deref()?;
    let name = if media_type(wanted).is_some() { wanted } else { picture_beside(wanted, entries)? };
    let mut archive = open(File::open(path).ok()?, path).ok()?;
    let entry = archive.by_name(name).ok()?;
    let mut bytes = Vec::new();
    entry.take(MAX_BYTES + 1).read_to_end(&mut bytes).ok()?;
    let media_type = sniff(&bytes)?;
    (bytes.len() as u64 <= MAX_BYTES).then_some(Icon { media_type, bytes })
}

/// Adaptive icons are XML; most packages carry pictures of the same name for older systems.
fn picture_beside<'a>(wanted: &str, entries: &'a Entries) -> Option<&'a str> {
    let stem = Path::new(wanted).file_stem()?.to_str()?;
    let fits = |name: &&String| {
        name.starts_with("res/")
            && media_type(name).is_some()
            && Path::new(name).file_stem().is_some_and(|other| other == stem)
    };
    // Names of density folders sort such that the greatest is the finest: hdpi < mdpi < xhdpi < xxhdpi < xxxhdpi.
    entries.0.iter().filter(fits).max().map(String::as_str)
}

fn media_type(name: &str) -> Option<&'static str> {
    match Path::new(name).extension()?.to_str()? {
        "png" => Some("image/png"),
        "webp" => Some("image/webp"),
        _ => None,
    }
}

/// A name proves nothing; the first bytes do.
fn sniff(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some("image/webp")
    } else {
        None
    }
}
