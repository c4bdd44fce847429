//! Reading an Android package: what it says of itself, and whether its signatures hold.

mod archive;
mod error;
mod icon;
mod manifest;
pub mod signature;

use std::path::Path;

pub use archive::Limits;
pub use error::PackageError;
pub use icon::Icon;
pub use manifest::Manifest;
pub use signature::{Certificate, Scheme, Signature};

/// Everything that is read from a package.
#[derive(Clone, Debug)]
pub struct Package {
    /// What the manifest says.
    pub manifest: Manifest,
    /// Who signed it; it is only there when every signature that counts holds.
    pub signature: Signature,
    /// The launcher icon, when it is a picture; many packages have a drawing in XML only.
    pub icon: Option<Icon>,
}

/// Reads a package from a file. It blocks and may take seconds: run it off the async threads, with a time limit around it.
///
/// Memory stays bounded whatever the file's size: entries are read one by one and within `limits`.
pub fn read(path: &Path, limits: &Limits) -> Result<Package, PackageError> {
    let entries = archive::check(path, limits)?;
    let signature = signature::verify(path, limits)?;
    let manifest = manifest::read(path, &entries)?;
    let icon = icon::read(path, &manifest, &entries);
    Ok(Package { manifest, signature, icon })
}
