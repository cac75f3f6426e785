//! Challenges that need no memory: random bytes and their end under a MAC of the issuer's.
//!
//! Making one writes nothing, so nobody fills the register by asking. One that is shown is checked
//! here and then used up in the register, by the identifier and the end that the check gives.

use hmac::{Hmac, KeyInit, Mac};
use rand_core::CryptoRng;
use sha2::Sha256;
use time::{Duration, UtcDateTime};
use zeroize::Zeroizing;

use super::error::ProofError;
use crate::crypto::Hash;
use crate::trust::encoding::base64url;

const RANDOM: usize = 16;
const END: usize = 8;
const TAG: usize = 32;
const LEN: usize = RANDOM + END + TAG;

/// What a nonce is for; one made for something else is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// c_nonce of key proofs and key attestations (OpenID4VCI clause 7).
    Credential,
    /// The challenge of a wallet attestation's PoP.
    Attestation,
    /// DPoP-Nonce (RFC 9449 clause 8).
    Dpop,
}

impl Kind {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Credential => b"iccard nonce 1: credential",
            Self::Attestation => b"iccard nonce 1: attestation",
            Self::Dpop => b"iccard nonce 1: dpop",
        }
    }
}

/// A fresh nonce, good for that long, at least a second.
pub fn make(
    kind: Kind,
    key: &[u8; 32],
    now: UtcDateTime,
    life: Duration,
    rng: &mut dyn CryptoRng,
) -> String {
    let ends = now.unix_timestamp().saturating_add(life.whole_seconds().max(1));
    let mut nonce = [0; LEN];
    rng.fill_bytes(&mut nonce[..RANDOM]);
    nonce[RANDOM..RANDOM + END].copy_from_slice(&ends.to_be_bytes());
    let tag = mac(kind, key, &nonce[..RANDOM + END]).finalize().into_bytes();
    nonce[RANDOM + END..].copy_from_slice(&tag);
    base64url::encode(nonce)
}

/// What stands for a nonce in the register, and until when it has to be kept there.
///
/// # Errors
/// [`ProofError::ForeignNonce`], [`ProofError::ExpiredNonce`].
pub fn check(
    kind: Kind,
    key: &[u8; 32],
    nonce: &str,
    now: UtcDateTime,
) -> Result<([u8; 32], UtcDateTime), ProofError> {
    if nonce.len() > 2 * LEN {
        return Err(ProofError::ForeignNonce);
    }
    let bytes = base64url::decode(nonce).map_err(|_| ProofError::ForeignNonce)?;
    let bytes = <[u8; LEN]>::try_from(bytes).map_err(|_| ProofError::ForeignNonce)?;
    let (said, tag) = bytes.split_at(RANDOM + END);
    // In constant time.
    mac(kind, key, said).verify_slice(tag).map_err(|_| ProofError::ForeignNonce)?;
    let mut ends = [0; END];
    ends.copy_from_slice(&said[RANDOM..]);
    let at = UtcDateTime::from_unix_timestamp(i64::from_be_bytes(ends))
        .map_err(|_| ProofError::ForeignNonce)?;
    if at <= now {
        return Err(ProofError::ExpiredNonce { at });
    }
    let mut id = [0; 32];
    id.copy_from_slice(&Hash::Sha256.digest(&[&bytes]));
    Ok((id, at))
}

fn mac(kind: Kind, key: &[u8; 32], said: &[u8]) -> Hmac<Sha256> {
    // A key shorter than the block is filled up with zeros (RFC 2104 clause 2).
    let mut block = Zeroizing::new([0; 64]);
    block[..key.len()].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    mac.update(kind.label());
    mac.update(said);
    mac
}

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;
    use crate::crypto::SeededRng;

    #[test]
    fn a_nonce_is_good_for_one_use_of_one_issuer_until_its_end() {
        let (key, now) = ([7; 32], utc_datetime!(2025-03-28 09:00:00.5));
        let rng = &mut SeededRng::new(b"nonce", "test");
        let life = Duration::minutes(5);
        let nonce = make(Kind::Credential, &key, now, life, rng);
        let (id, ends) = check(Kind::Credential, &key, &nonce, now).unwrap();
        assert_eq!(ends, utc_datetime!(2025-03-28 09:05:00));
        let other = make(Kind::Credential, &key, now, life, rng);
        assert_ne!(check(Kind::Credential, &key, &other, now).unwrap().0, id);

        let late = check(Kind::Credential, &key, &nonce, ends);
        assert_eq!(late, Err(ProofError::ExpiredNonce { at: ends }));
        let foreign = Err(ProofError::ForeignNonce);
        assert_eq!(check(Kind::Attestation, &key, &nonce, now), foreign);
        assert_eq!(check(Kind::Dpop, &key, &nonce, now), foreign);
        assert_eq!(check(Kind::Credential, &[8; 32], &nonce, now), foreign);
        for i in 0..nonce.len() {
            let mut bytes = nonce.clone().into_bytes();
            bytes[i] = if bytes[i] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(bytes).unwrap();
            assert_eq!(check(Kind::Credential, &key, &altered, now), foreign, "{i}");
        }
        for bad in ["", "A", &nonce[1..], &format!("{nonce}="), &"A".repeat(1 << 20)] {
            assert_eq!(check(Kind::Credential, &key, bad, now), foreign);
        }
    }
}
