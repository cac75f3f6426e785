//! Names of certificate holders and authorities (TR-03110-3 clauses C.1.2 and C.1.4).

use std::str::FromStr;

use super::CvcError;

/// A Certificate Holder Reference or Certificate Authority Reference: a key's name, 1 to 16
/// characters of ISO/IEC 8859-1. It is a country code of two letters, a mnemonic of the holder of
/// at most nine characters and a sequence number of five; what a certificate holds is kept as it
/// came, what is parsed from text keeps that form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    bytes: [u8; Self::MAX],
    len: u8,
}

impl Reference {
    /// The most characters.
    pub const MAX: usize = 16;

    /// Takes the bytes of a data object.
    ///
    /// # Errors
    /// [`CvcError::Value`] for none, more than 16, or control characters.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CvcError> {
        const WHAT: &str = "reference";
        let len = bytes.len();
        if !(1..=Self::MAX).contains(&len) {
            let detail = format_args!("1 to {} characters expected, {len} came", Self::MAX);
            return Err(CvcError::value(WHAT, detail));
        }
        // ISO/IEC 8859-1 has control characters at both ends of its halves.
        if bytes.iter().any(|b| matches!(b, 0x00..=0x1F | 0x7F..=0x9F)) {
            return Err(CvcError::value(WHAT, "a control character"));
        }
        let mut padded = [0; Self::MAX];
        padded[..len].copy_from_slice(bytes);
        Ok(Self { bytes: padded, len: len as u8 })
    }

    /// The bytes of a data object.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// The country code, where the reference begins with two capital letters.
    pub fn country(&self) -> Option<&str> {
        let code = self.as_bytes().get(..2)?;
        let code = std::str::from_utf8(code).ok()?;
        code.bytes().all(|b| b.is_ascii_uppercase()).then_some(code)
    }
}

impl FromStr for Reference {
    type Err = CvcError;

    /// `KRCVCA00001`: country, mnemonic of 1 to 9 characters, sequence number of 5 letters or
    /// digits.
    fn from_str(text: &str) -> Result<Self, CvcError> {
        let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
        let reference = bytes.and_then(|bytes| Self::from_bytes(&bytes).ok()).filter(|reference| {
            let bytes = reference.as_bytes();
            let sequence = bytes.len().checked_sub(5).map(|start| &bytes[start..]);
            bytes.len() >= 8
                && reference.country().is_some()
                && sequence.is_some_and(|s| s.iter().all(u8::is_ascii_alphanumeric))
        });
        reference.ok_or_else(|| {
            CvcError::value(
                "reference",
                format_args!(
                    "{text:?}: two capital letters of the country, 1 to 9 characters of the holder \
                     and 5 letters or digits expected, as in KRCVCA00001"
                ),
            )
        })
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text: String = self.as_bytes().iter().map(|&b| char::from(b)).collect();
        f.pad(&text)
    }
}

impl std::fmt::Debug for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reference({self})")
    }
}
