//! Terminal Authentication: the terminal shows a chain of certificates and signs the chip's
//! challenge (ICAO Doc 9303-11 clause 7.1, BSI TR-03110-1 clause 3.5, TR-03110-2 clause 3.3,
//! TR-03110-3 clause B.3).
//!
//! Version 1 comes after Chip Authentication (or PACE with Chip Authentication Mapping) and signs
//! the ephemeral key used there; version 2 comes before it and fixes the key to be used. Either
//! key goes in compressed: [`compress_ecdh`], [`compress_dh`]. So does the chip's in `ID_PICC` after
//! PACE; after Basic Access Control that is the document number of the MRZ with its check digit.
//!
//! [`Terminal`] is an [`Initiator`](crate::protocol::Initiator). [`Chip`] answers one command at a
//! time and keeps a [`TrustStore`], which the caller stores whenever a certificate changes it.

mod auxiliary;
mod chip;
mod error;
mod terminal;
mod trust_store;

pub use auxiliary::{AuxiliaryData, AuxiliaryItem};
pub use chip::{Authenticated, Chip, Imported};
pub use error::TerminalAuthError;
pub use terminal::{Credentials, Terminal};
pub use trust_store::TrustStore;

use crate::{
    crypto::{Hash, PublicKey},
    tlv::Tag,
};

/// Bytes of `r_PICC`, the chip's challenge (ICAO Doc 9303-11 clause 7.1.5.4).
pub const CHALLENGE_LEN: usize = 8;

/// Reference of a public key (ICAO Doc 9303-11 clauses 7.1.5.1 and 7.1.5.3).
const REFERENCE: Tag = Tag::new(0x83);
/// Cryptographic mechanism reference, version 2 (TR-03110-3 clause B.11).
const MECHANISM: Tag = Tag::new(0x80);
/// Compressed ephemeral public key, version 2 (TR-03110-3 clause B.11).
const EPHEMERAL: Tag = Tag::new(0x91);

/// Which Terminal Authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// After Chip Authentication: ICAO Doc 9303-11 clause 7.1.
    V1,
    /// Before Chip Authentication version 2: BSI TR-03110-2.
    V2,
}

/// The compressed form of an elliptic-curve key: its x-coordinate (ICAO Doc 9303-11 clause
/// 7.1.4.2.3).
pub fn compress_ecdh(key: &PublicKey) -> Vec<u8> {
    key.x().to_vec()
}

/// The compressed form of a Diffie-Hellman key: SHA-1 over its public value (ICAO Doc 9303-11
/// clause 7.1.4.1.3).
pub fn compress_dh(public_value: &[u8]) -> Vec<u8> {
    Hash::Sha1.digest(&[public_value])
}

// What the terminal signs.
fn signed_data(
    id_picc: &[u8],
    challenge: &[u8],
    ephemeral: &[u8],
    auxiliary: Option<&[u8]>,
) -> Vec<u8> {
    [id_picc, challenge, ephemeral, auxiliary.unwrap_or_default()].concat()
}

#[cfg(test)]
mod tests;
