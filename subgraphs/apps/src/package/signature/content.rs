//! The digest over a whole package that schemes 2 and 3 sign.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::block::SigningBlock;
use crate::package::PackageError;

/// Content is hashed in chunks of this size, each by itself.
const CHUNK: usize = 1024 * 1024;

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hash {
    /// Only old JAR signatures use it.
    Sha1,
    Sha256,
    Sha512,
}

impl Hash {
    /// The hash of some parts in a row.
    pub(super) fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        fn run<D: sha2::Digest>(parts: &[&[u8]]) -> Vec<u8> {
            parts.iter().fold(D::new(), sha2::Digest::chain_update).finalize().to_vec()
        }
        match self {
            Self::Sha1 => run::<Sha1>(parts),
            Self::Sha256 => run::<Sha256>(parts),
            Self::Sha512 => run::<Sha512>(parts),
        }
    }

    /// The hash of a reader's bytes, and how many there were.
    pub(super) fn digest_reader(self, reader: &mut impl std::io::Read) -> std::io::Result<Vec<u8>> {
        fn run<D: sha2::Digest>(reader: &mut impl std::io::Read) -> std::io::Result<Vec<u8>> {
            let mut hasher = D::new();
            let mut buffer = vec![0; 64 * 1024];
            loop {
                match reader.read(&mut buffer)? {
                    0 => return Ok(hasher.finalize().to_vec()),
                    length => hasher.update(&buffer[..length]),
                }
            }
        }
        match self {
            Self::Sha1 => run::<Sha1>(reader),
            Self::Sha256 => run::<Sha256>(reader),
            Self::Sha512 => run::<Sha512>(reader),
        }
    }
}

/// The digest of entries, central directory and end record, as if the signing block were not there.
pub(super) fn digest(file: &mut File, block: &SigningBlock, hash: Hash) -> Result<Vec<u8>, PackageError> {
    let mut chunks = Chunks { hash, count: 0, digests: Vec::new() };
    chunks.add_range(file, 0, block.begin)?;
    chunks.add_range(file, block.directory, block.end)?;
    // The record names where the directory begins, and without the block it would begin where the block does.
    let mut record = block.end_record.clone();
    let begin =
        u32::try_from(block.begin).map_err(|_| PackageError::Corrupted("it is larger than ZIP allows".to_owned()))?;
    record[16..20].copy_from_slice(&begin.to_le_bytes());
    record.chunks(CHUNK).for_each(|chunk| chunks.add(chunk));
    Ok(hash.digest(&[&[0x5a], &chunks.count.to_le_bytes(), &chunks.digests]))
}

struct Chunks {
    hash: Hash,
    count: u32,
    digests: Vec<u8>,
}

impl Chunks {
    fn add(&mut self, chunk: &[u8]) {
        let length = u32::try_from(chunk.len()).expect("a chunk has at most a megabyte");
        self.digests.extend(self.hash.digest(&[&[0xa5], &length.to_le_bytes(), chunk]));
        self.count += 1;
    }

    fn add_range(&mut self, file: &mut File, begin: u64, end: u64) -> Result<(), PackageError> {
        file.seek(SeekFrom::Start(begin))?;
        let mut left = end.saturating_sub(begin);
        let mut buffer = vec![0; CHUNK];
        while left > 0 {
            let length = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
            file.read_exact(&mut buffer[..length])?;
            self.add(&buffer[..length]);
            left -= length as u64;
        }
        Ok(())
    }
}
