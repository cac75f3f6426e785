//! Codes, tokens and identifiers that only their holder knows.

use rand_core::Rng;
use zeroize::Zeroizing;

use crate::crypto::{Hash, SystemRng};
use crate::registry::TokenHash;
use crate::trust::encoding::base64url;

/// A new secret of 256 bits in base64url.
pub(in crate::issuer) fn new() -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0; 32]);
    SystemRng::default().fill_bytes(bytes.as_mut_slice());
    Zeroizing::new(base64url::encode(bytes.as_slice()))
}

/// What the register keeps of a secret.
pub(in crate::issuer) fn hash(secret: &str) -> TokenHash {
    let mut out = [0; 32];
    out.copy_from_slice(&Hash::Sha256.digest(&[secret.as_bytes()]));
    TokenHash(out)
}
