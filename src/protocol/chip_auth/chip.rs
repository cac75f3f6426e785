//! The chip's half.

use super::{ChipAuthError, Suite};
use crate::{
    crypto::{PublicKey, SecretKey},
    protocol::pace::DYNAMIC_AUTHENTICATION_DATA,
    sm::SessionKeys,
    tlv::{Tag, parse_one},
};

/// The chip's half of Chip Authentication: its static key.
pub struct Chip {
    suite: Suite,
    key: SecretKey,
}

impl Chip {
    /// With the static key whose public half stands in DG14.
    pub const fn new(suite: Suite, key: SecretKey) -> Self {
        Self { suite, key }
    }

    /// Answers the data of GENERAL AUTHENTICATE: the response data, and the keys that hold from the
    /// next command on (ICAO Doc 9303-11 clause 6.2.3).
    ///
    /// # Errors
    /// What is wrong; [`ChipAuthError::status`] is what to answer, and the old keys stay valid.
    pub fn general_authenticate(
        &self,
        data: &[u8],
    ) -> Result<(Vec<u8>, SessionKeys), ChipAuthError> {
        let outer = parse_one(data, DYNAMIC_AUTHENTICATION_DATA)?;
        let mut objects = outer.children()?;
        let point = objects.expect(Tag::new(0x80))?;
        objects.end()?;
        let theirs = PublicKey::from_sec1(self.key.curve(), point.value)?;
        let shared = self.key.agree(&theirs)?;
        let keys = SessionKeys::derive(self.suite.cipher(), shared.as_bytes());
        Ok((vec![0x7C, 0x00], keys))
    }
}

impl std::fmt::Debug for Chip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chip").field("suite", &self.suite).finish_non_exhaustive()
    }
}
