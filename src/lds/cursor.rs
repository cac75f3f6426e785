//! Fields of a fixed length, one behind the other, as the records of ISO/IEC 19794 and ISO/IEC
//! 18013-2 write them.

use super::LdsError;
use super::error::In;

/// Takes fields from the front of some bytes.
pub(super) struct Cursor<'a> {
    at: In,
    field: &'static str,
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Reads `rest`, which errors call `field`.
    pub(super) const fn new(at: In, field: &'static str, rest: &'a [u8]) -> Self {
        Self { at, field, rest }
    }

    /// What is not taken yet.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], LdsError> {
        let taken = self.bytes(N)?;
        // `bytes` gives as many as were asked for.
        taken.try_into().map_err(|_| self.ends(N))
    }

    pub(super) fn bytes(&mut self, n: usize) -> Result<&'a [u8], LdsError> {
        let (taken, rest) = self.rest.split_at_checked(n).ok_or_else(|| self.ends(n))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, LdsError> {
        self.take().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, LdsError> {
        self.take().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, LdsError> {
        self.take().map(u32::from_be_bytes)
    }

    /// Format identifier and version of a record, which must be these.
    pub(super) fn expect(
        &mut self,
        field: &'static str,
        expected: &'static str,
        identifier: [[u8; 4]; 2],
    ) -> Result<(), LdsError> {
        let got: [u8; 8] = self.take()?;
        if got == *identifier.as_flattened() {
            return Ok(());
        }
        Err(self.at.value(field, expected, hex::encode_upper(got)))
    }

    /// As many bytes as a length of its own says, which errors call `field`.
    pub(super) fn block(&mut self, field: &'static str, len: usize) -> Result<Self, LdsError> {
        match self.bytes(len) {
            Ok(block) => Ok(Self { at: self.at, field, rest: block }),
            Err(_) => Err(self.at.value(field, "a length that is there", len.to_string())),
        }
    }

    /// Whether a number of entries is one that is read, at least one.
    pub(super) fn count(
        &self,
        field: &'static str,
        got: usize,
        limit: usize,
    ) -> Result<usize, LdsError> {
        match got {
            0 => Err(self.at.value(field, "at least one", "none")),
            got if got > limit => Err(LdsError::TooMany { file: self.at.0, field, limit, got }),
            got => Ok(got),
        }
    }

    fn ends(&self, n: usize) -> LdsError {
        let got = format!("an end {} bytes too early", n.saturating_sub(self.rest.len()));
        self.at.value(self.field, "a whole header", got)
    }
}
