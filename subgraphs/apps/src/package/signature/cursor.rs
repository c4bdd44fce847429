//! Reads the length-prefixed little-endian values of the signing block.

use crate::package::PackageError;

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a>(&'a [u8]);

fn short() -> PackageError {
    PackageError::BadSignature("its signing block is malformed".to_owned())
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Everything that is left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.0
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], PackageError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(short)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn u32(&mut self) -> Result<u32, PackageError> {
        Ok(u32::from_le_bytes(self.take(4)?.try_into().expect("four bytes were taken")))
    }

    pub(super) fn u64(&mut self) -> Result<u64, PackageError> {
        Ok(u64::from_le_bytes(self.take(8)?.try_into().expect("eight bytes were taken")))
    }

    /// A value behind its length of 32 bits.
    pub(super) fn prefixed(&mut self) -> Result<&'a [u8], PackageError> {
        let length = self.u32()? as usize;
        self.take(length)
    }

    /// A value behind its length of 64 bits.
    pub(super) fn prefixed_long(&mut self) -> Result<&'a [u8], PackageError> {
        let length = usize::try_from(self.u64()?).map_err(|_| short())?;
        self.take(length)
    }

    /// A sequence behind its length, of values behind theirs.
    pub(super) fn sequence(&mut self) -> Result<Vec<&'a [u8]>, PackageError> {
        let mut inner = Self(self.prefixed()?);
        let mut values = Vec::new();
        while !inner.is_empty() {
            values.push(inner.prefixed()?);
        }
        Ok(values)
    }

    /// A sequence of numbered values.
    pub(super) fn numbered(&mut self) -> Result<Vec<(u32, &'a [u8])>, PackageError> {
        let number = |value| {
            let mut inner = Self(value);
            Ok((inner.u32()?, inner.prefixed()?))
        };
        self.sequence()?.into_iter().map(number).collect()
    }
}
