//! Which Chip Authentication, as the protocol's object identifier says.

use const_oid::ObjectIdentifier;

use super::ChipAuthError;
use crate::crypto::Cipher;

/// `id-CA-ECDH`, 0.4.0.127.0.7.2.2.3.2.
const ID_CA_ECDH: [u32; 10] = [0, 4, 0, 127, 0, 7, 2, 2, 3, 2];

/// A Chip Authentication that both sides can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suite {
    oid: ObjectIdentifier,
    cipher: Cipher,
}

impl Suite {
    /// From the protocol of a ChipAuthenticationInfo.
    ///
    /// # Errors
    /// [`ChipAuthError::Unsupported`] where this library does not speak it.
    pub fn new(oid: ObjectIdentifier) -> Result<Self, ChipAuthError> {
        let arcs: Vec<u32> = oid.arcs().collect();
        let cipher = match arcs.split_last() {
            Some((2, prefix)) if prefix == ID_CA_ECDH => Cipher::Aes128,
            Some((3, prefix)) if prefix == ID_CA_ECDH => Cipher::Aes192,
            Some((4, prefix)) if prefix == ID_CA_ECDH => Cipher::Aes256,
            _ => return Err(ChipAuthError::Unsupported { oid }),
        };
        Ok(Self { oid, cipher })
    }

    /// The protocol's object identifier.
    pub const fn oid(&self) -> &ObjectIdentifier {
        &self.oid
    }

    /// The cipher of the new channel.
    pub const fn cipher(&self) -> Cipher {
        self.cipher
    }
}
