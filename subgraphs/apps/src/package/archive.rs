//! The archive as a whole: is it one, is it complete, and is it harmless to unpack?

use std::collections::HashSet;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use super::PackageError;

/// What reading a package may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Entries of the archive.
    pub entries: usize,
    /// Bytes that all entries together may unpack to.
    pub unpacked_bytes: u64,
    /// How many times its packed size an entry above [`Limits::SMALL_ENTRY`] may unpack to.
    pub ratio: u64,
    /// Bytes of one entry that is held in memory: the manifest, the resource table, signature files, the icon.
    pub held_bytes: u64,
}

impl Limits {
    /// Entries up to this size may be packed as tightly as they like.
    pub const SMALL_ENTRY: u64 = 10 * 1024 * 1024;
}

impl Default for Limits {
    fn default() -> Self {
        Self { entries: 100_000, unpacked_bytes: 8 * 1024 * 1024 * 1024, ratio: 200, held_bytes: 64 * 1024 * 1024 }
    }
}

/// The names of a checked archive's entries.
#[derive(Debug)]
pub(crate) struct Entries(pub(crate) HashSet<String>);

/// What is always held in memory whole when a package is read.
fn is_held(name: &str) -> bool {
    name == "AndroidManifest.xml" || name == "resources.arsc" || name.starts_with("META-INF/")
}

/// Looks at the central directory before anything is unpacked.
pub(crate) fn check(path: &Path, limits: &Limits) -> Result<Entries, PackageError> {
    let file = File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Err(PackageError::Empty);
    }
    let mut archive = open(file, path)?;
    if archive.len() > limits.entries {
        return Err(PackageError::TooManyEntries { limit: limits.entries });
    }
    let bomb = || PackageError::Bomb { limit_bytes: limits.unpacked_bytes };
    let mut unpacked: u64 = 0;
    let mut names = HashSet::with_capacity(archive.len());
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|error| corrupted(&error))?;
        let name = entry.name().map_err(|error| corrupted(&error))?.into_owned();
        if entry.encrypted() {
            return Err(PackageError::Encrypted);
        }
        unpacked = unpacked.saturating_add(entry.size());
        let too_tight =
            entry.size() > Limits::SMALL_ENTRY && entry.size() / entry.compressed_size().max(1) > limits.ratio;
        let too_large = is_held(&name) && entry.size() > limits.held_bytes;
        if unpacked > limits.unpacked_bytes || too_tight || too_large {
            return Err(bomb());
        }
        // Two entries of one name let a checker and an installer see different files.
        if names.contains(&name) {
            return Err(PackageError::Corrupted(format!("the entry {name} is there twice")));
        }
        names.insert(name);
    }
    if names.contains("AndroidManifest.xml") {
        Ok(Entries(names))
    } else if names.contains("toc.pb") || names.iter().any(|name| is_apk(name)) {
        Err(PackageError::SplitSet)
    } else {
        Err(PackageError::NoManifest)
    }
}

fn is_apk(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("apk"))
}

pub(crate) fn open(file: File, path: &Path) -> Result<ZipArchive<BufReader<File>>, PackageError> {
    ZipArchive::new(BufReader::new(file)).map_err(|error| match error {
        ZipError::Io(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => PackageError::Io(error),
        other if begins_like_an_archive(path) => corrupted(&other),
        _ => PackageError::NotAnArchive,
    })
}

/// A file that begins like an archive was one once.
fn begins_like_an_archive(path: &Path) -> bool {
    use std::io::Read as _;
    let mut magic = [0; 4];
    File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok() && magic == *b"PK\x03\x04"
}

pub(crate) fn corrupted(error: &ZipError) -> PackageError {
    PackageError::Corrupted(error.to_string())
}
