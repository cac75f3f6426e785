//! The array and its compression (Token Status List clause 4).

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Decompress, FlushDecompress};

use super::StatusError;
use crate::issuance::Status;

/// The most entries of a list.
pub const MAX_ENTRIES: u64 = 1 << 24;

/// The bits that an entry of our own lists takes.
const BITS: u8 = 2;
const CHUNK: usize = 64 << 10;

/// An array of statuses, each one, two, four or eight bits, the first in the lowest bits of the
/// first byte (Token Status List clause 4.1).
#[derive(Clone, PartialEq, Eq)]
pub struct StatusList {
    bits: u8,
    bytes: Vec<u8>,
}

impl StatusList {
    /// A list of two bits an entry with place for that many, rounded up to whole bytes and at most
    /// [`MAX_ENTRIES`]; every entry is valid.
    pub fn new(size: u64) -> Self {
        let per_byte = u64::from(8 / BITS);
        let bytes = size.clamp(1, MAX_ENTRIES).div_ceil(per_byte);
        Self { bits: BITS, bytes: vec![0; usize::try_from(bytes).unwrap_or(0)] }
    }

    /// The list of these bytes.
    ///
    /// # Errors
    /// [`StatusError::Bits`], [`StatusError::TooLarge`].
    pub fn from_bytes(bits: u8, bytes: Vec<u8>) -> Result<Self, StatusError> {
        let most = most_bytes(bits)?;
        if bytes.len() > most {
            return Err(StatusError::TooLarge { most });
        }
        Ok(Self { bits, bytes })
    }

    /// How many entries there are.
    pub const fn entries(&self) -> u64 {
        self.bytes.len() as u64 * (8 / self.bits) as u64
    }

    /// The bits that an entry takes.
    pub const fn bits(&self) -> u8 {
        self.bits
    }

    /// Its bytes, not compressed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The status of an entry.
    ///
    /// # Errors
    /// [`StatusError::NoEntry`]: it is not known.
    pub fn get(&self, idx: u64) -> Result<Status, StatusError> {
        let (at, shift) = self.place(idx);
        let byte = at.and_then(|at| self.bytes.get(at)).ok_or_else(|| self.no_entry(idx))?;
        Ok(Status::of((byte >> shift) & self.mask()))
    }

    /// Sets the status of an entry.
    ///
    /// # Errors
    /// [`StatusError::NoEntry`]; [`StatusError::Value`] where it does not fit into an entry.
    pub fn set(&mut self, idx: u64, status: Status) -> Result<(), StatusError> {
        let (value, mask, (at, shift)) = (status.value(), self.mask(), self.place(idx));
        if value > mask {
            return Err(StatusError::Value { value, bits: self.bits });
        }
        let fault = self.no_entry(idx);
        let byte = at.and_then(|at| self.bytes.get_mut(at)).ok_or(fault)?;
        *byte = *byte & !(mask << shift) | value << shift;
        Ok(())
    }

    /// The bytes as a zlib stream at the highest level (Token Status List clause 4.1).
    ///
    /// # Errors
    /// [`StatusError::Malformed`] where the compressor fails, which it has no reason to.
    pub fn compress(&self) -> Result<Vec<u8>, StatusError> {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(&self.bytes).and_then(|()| zlib.finish()).map_err(fault)
    }

    /// The list of a zlib stream. What would inflate to more than [`MAX_ENTRIES`] is refused
    /// before it does.
    ///
    /// # Errors
    /// [`StatusError::Bits`], [`StatusError::TooLarge`]; [`StatusError::Malformed`] for what is no
    /// zlib stream, or one with something behind it.
    pub fn decompress(bits: u64, zlib: &[u8]) -> Result<Self, StatusError> {
        let bits = u8::try_from(bits).map_err(|_| StatusError::Bits { got: bits })?;
        Ok(Self { bits, bytes: inflate(zlib, most_bytes(bits)?)? })
    }

    fn place(&self, idx: u64) -> (Option<usize>, u8) {
        let per_byte = u64::from(8 / self.bits);
        // Less than eight: the cast loses nothing.
        let shift = (idx % per_byte) as u8 * self.bits;
        (usize::try_from(idx / per_byte).ok(), shift)
    }

    const fn mask(&self) -> u8 {
        u8::MAX >> (8 - self.bits)
    }

    const fn no_entry(&self, idx: u64) -> StatusError {
        StatusError::NoEntry { idx, entries: self.entries() }
    }
}

impl std::fmt::Debug for StatusList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StatusList({} x {})", self.entries(), self.bits)
    }
}

fn most_bytes(bits: u8) -> Result<usize, StatusError> {
    if !matches!(bits, 1 | 2 | 4 | 8) {
        return Err(StatusError::Bits { got: bits.into() });
    }
    Ok((MAX_ENTRIES / 8) as usize * usize::from(bits))
}

fn fault(error: impl std::fmt::Display) -> StatusError {
    StatusError::Malformed { what: "zlib", fault: error.to_string() }
}

// By hand and not through a reader, so that no more is inflated than one byte beyond the limit.
fn inflate(data: &[u8], most: usize) -> Result<Vec<u8>, StatusError> {
    let mut zlib = Decompress::new(true);
    let mut out = Vec::new();
    loop {
        if out.len() > most {
            return Err(StatusError::TooLarge { most });
        }
        out.reserve_exact(CHUNK.max(out.len()).min(most + 1 - out.len()));
        let used = usize::try_from(zlib.total_in()).unwrap_or(usize::MAX);
        let rest = data.get(used..).unwrap_or_default();
        let before = (used, out.len());
        let end = zlib.decompress_vec(rest, &mut out, FlushDecompress::None).map_err(fault)?;
        let used = usize::try_from(zlib.total_in()).unwrap_or(usize::MAX);
        if end == flate2::Status::StreamEnd {
            if out.len() > most {
                return Err(StatusError::TooLarge { most });
            }
            let behind = data.len() - used.min(data.len());
            return if behind == 0 {
                Ok(out)
            } else {
                Err(fault(format!("{behind} bytes behind")))
            };
        }
        if (used, out.len()) == before {
            return Err(fault("it breaks off"));
        }
    }
}
