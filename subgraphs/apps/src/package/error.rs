//! Why a package cannot be accepted, in words for the person who uploaded it.

use std::io;

use thiserror::Error;

/// What is wrong with a package.
#[derive(Debug, Error)]
pub enum PackageError {
    /// The file has no bytes.
    #[error("The file is empty; choose the APK again.")]
    Empty,
    /// The file is no ZIP archive, so it cannot be an APK.
    #[error("The file is not an APK: it is no ZIP archive.")]
    NotAnArchive,
    /// The archive ends too early or contradicts itself.
    #[error("The APK is truncated or corrupted ({0}); build or download it again.")]
    Corrupted(String),
    /// Entries are encrypted.
    #[error("The APK has encrypted entries; Android cannot install it.")]
    Encrypted,
    /// It would unpack to far more than a package needs.
    #[error(
        "The APK would unpack to more than {limit_bytes} bytes or far more than its own size; it is refused as a ZIP bomb."
    )]
    Bomb {
        /// The most bytes that may come out.
        limit_bytes: u64,
    },
    /// It has too many entries.
    #[error("The APK has more than {limit} entries.")]
    TooManyEntries {
        /// The most entries.
        limit: usize,
    },
    /// There is no manifest.
    #[error("The archive has no AndroidManifest.xml, so it is not an APK.")]
    NoManifest,
    /// The manifest cannot be read or lacks what every package has.
    #[error("The APK's manifest cannot be read: {0}.")]
    BadManifest(String),
    /// It is a set of split packages.
    #[error("This is a set of APKs; upload its universal or base APK.")]
    SplitSet,
    /// It carries no signature.
    #[error("The APK is not signed; sign it with apksigner, then upload it again.")]
    Unsigned,
    /// A signature does not hold.
    #[error("The APK's signature does not hold ({0}): it was changed after signing.")]
    BadSignature(String),
    /// The signature uses something that this platform does not know.
    #[error("The APK is signed with an algorithm that is not supported ({0}); sign it with RSA or ECDSA.")]
    UnsupportedSignature(String),
    /// The file cannot be read.
    #[error("The file cannot be read: {0}")]
    Io(#[from] io::Error),
}

impl PackageError {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "EMPTY_FILE",
            Self::NotAnArchive => "NOT_AN_APK",
            Self::Corrupted(_) => "CORRUPTED_PACKAGE",
            Self::Encrypted => "ENCRYPTED_PACKAGE",
            Self::Bomb { .. } => "ZIP_BOMB",
            Self::TooManyEntries { .. } => "TOO_MANY_ENTRIES",
            Self::NoManifest => "MANIFEST_MISSING",
            Self::BadManifest(_) => "MANIFEST_INVALID",
            Self::SplitSet => "SPLIT_SET",
            Self::Unsigned => "NOT_SIGNED",
            Self::BadSignature(_) => "SIGNATURE_INVALID",
            Self::UnsupportedSignature(_) => "SIGNATURE_UNSUPPORTED",
            Self::Io(_) => "FILE_UNREADABLE",
        }
    }
}
