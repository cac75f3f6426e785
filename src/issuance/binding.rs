//! The value that ties a card's signature to one session and one device.

use super::value::{Commitment, Nonce, SessionId, Thumbprint};
use crate::crypto::Hash;

const LABEL: &[u8] = b"tap-v1";

/// What a tap is bound to:
/// `SHA-256("tap-v1" || len||sid || len||N || len||H_dev || len||jkt)`, each length four bytes
/// big-endian. The length before each part leaves only one way to read the whole.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Binding([u8; 32]);

impl Binding {
    /// Binds to a session (its identifier and nonce) and a device (its keys' commitment and the
    /// thumbprint of the key that signs the request).
    pub fn new(session: &SessionId, nonce: &Nonce, h_dev: &Commitment, jkt: &Thumbprint) -> Self {
        let parts: [&[u8]; 4] =
            [session.as_bytes(), nonce.as_bytes(), h_dev.as_bytes(), jkt.as_bytes()];
        let lengths = parts.map(|p| u32::try_from(p.len()).unwrap_or(u32::MAX).to_be_bytes());
        let mut all = vec![LABEL];
        for (length, part) in lengths.iter().zip(parts) {
            all.extend([&length[..], part]);
        }
        let mut out = [0; 32];
        out.copy_from_slice(&Hash::Sha256.digest(&all));
        Self(out)
    }

    /// All 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// RND.IFD: the first eight bytes, which the card signs in Active Authentication.
    pub fn challenge(&self) -> [u8; 8] {
        let mut out = [0; 8];
        out.copy_from_slice(&self.0[..8]);
        out
    }
}

impl std::fmt::Debug for Binding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Binding({})", hex::encode(self.0))
    }
}
