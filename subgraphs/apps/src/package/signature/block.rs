//! The APK Signing Block, which stands between the entries and the central directory.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use super::cursor::Cursor;
use crate::package::PackageError;

/// Id of the v2 signature.
pub(super) const V2: u32 = 0x7109_871a;
/// Id of the v3 signature.
pub(super) const V3: u32 = 0xf053_68c0;
/// Id of the v3.1 signature.
pub(super) const V31: u32 = 0x1b93_ad61;

const MAGIC: &[u8; 16] = b"APK Sig Block 42";
/// Size of the trailing size field and magic.
const FOOTER: u64 = 24;
/// A block holds certificates and signatures; one beyond this is an attack on memory.
const MAX_BLOCK: u64 = 32 * 1024 * 1024;
/// Signature of the end-of-central-directory record (PKWARE APPNOTE §4.3.16).
const END_MAGIC: &[u8; 4] = b"PK\x05\x06";
/// Size of that record without its comment.
const END_SIZE: usize = 22;

/// The block's values and where the sections around it lie.
#[derive(Debug)]
pub(super) struct SigningBlock {
    values: Vec<(u32, Vec<u8>)>,
    /// Where the block begins, which is where the entries end.
    pub(super) begin: u64,
    /// Where the central directory begins.
    pub(super) directory: u64,
    /// The end-of-central-directory record with its comment.
    pub(super) end_record: Vec<u8>,
    /// Where that record begins.
    pub(super) end: u64,
}

impl SigningBlock {
    /// Finds the block; a package without one has an empty block.
    pub(super) fn find(file: &mut File) -> Result<Self, PackageError> {
        let (end, end_record) = end_record(file)?;
        let offset: [u8; 4] = end_record[16..20].try_into().expect("the record has 22 bytes");
        let directory = u64::from(u32::from_le_bytes(offset));
        if directory > end {
            return Err(PackageError::Corrupted("its central directory lies behind its end".to_owned()));
        }
        let mut block = Self { values: Vec::new(), begin: directory, directory, end_record, end };
        if directory >= FOOTER + 8 {
            block.read(file)?;
        }
        Ok(block)
    }

    fn read(&mut self, file: &mut File) -> Result<(), PackageError> {
        let malformed = || PackageError::BadSignature("its signing block is malformed".to_owned());
        let mut footer = [0; 24];
        file.seek(SeekFrom::Start(self.directory - FOOTER))?;
        file.read_exact(&mut footer)?;
        if footer[8..] != MAGIC[..] {
            return Ok(());
        }
        let size = u64::from_le_bytes(footer[..8].try_into().expect("eight bytes"));
        if !(FOOTER..=MAX_BLOCK).contains(&size) || size + 8 > self.directory {
            return Err(malformed());
        }
        self.begin = self.directory - size - 8;
        let mut bytes = vec![0; usize::try_from(size + 8 - FOOTER).map_err(|_| malformed())?];
        file.seek(SeekFrom::Start(self.begin))?;
        file.read_exact(&mut bytes)?;
        let mut cursor = Cursor::new(&bytes);
        if cursor.u64()? != size {
            return Err(malformed());
        }
        while !cursor.is_empty() {
            let mut pair = Cursor::new(cursor.prefixed_long()?);
            let id = pair.u32()?;
            self.values.push((id, pair.rest().to_vec()));
        }
        Ok(())
    }

    /// The value of an id; absent when the block has none.
    pub(super) fn value(&self, id: u32) -> Option<&[u8]> {
        self.values.iter().find(|(one, _)| *one == id).map(|(_, value)| value.as_slice())
    }
}

fn end_record(file: &mut File) -> Result<(u64, Vec<u8>), PackageError> {
    let length = file.metadata()?.len();
    let tail_length = length.min(END_SIZE as u64 + u64::from(u16::MAX));
    file.seek(SeekFrom::Start(length - tail_length))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let fits = |at: &usize| {
        tail[*at..].starts_with(END_MAGIC)
            && usize::from(u16::from_le_bytes([tail[at + 20], tail[at + 21]])) == tail.len() - at - END_SIZE
    };
    let at = (0..=tail.len().saturating_sub(END_SIZE)).rev().filter(|_| tail.len() >= END_SIZE).find(fits);
    let at = at.ok_or(PackageError::NotAnArchive)?;
    Ok((length - tail_length + at as u64, tail[at..].to_vec()))
}
