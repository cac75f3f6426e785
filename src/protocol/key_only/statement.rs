//! What the card signs, and whether it did.

use super::{Answer, KeyOnlyError};
use crate::{
    crypto::{Curve, Hash, PublicKey, Signature},
    pki::{Certificate, SubjectKey},
};

/// Bytes of the challenge.
pub const CHALLENGE_LEN: usize = 32;

/// What is in front of all that is signed, so that it is nothing else.
const LABEL: &[u8; 18] = b"iccard-key-only-v1";

/// What the card signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The terminal's challenge.
    pub challenge: [u8; CHALLENGE_LEN],
    /// Whether PACE with the PIN opened the session.
    pub pin: bool,
    /// How often the card has signed, this time included.
    pub counter: u64,
    /// SHA-256 of the card's certificate.
    pub certificate: [u8; 32],
}

impl Statement {
    /// The bytes that are signed: everything in its fixed place.
    pub fn to_bytes(&self) -> Vec<u8> {
        [
            &LABEL[..],
            &self.challenge,
            &[u8::from(self.pin)],
            &self.counter.to_be_bytes(),
            &self.certificate,
        ]
        .concat()
    }

    /// Whether that key signed it.
    pub(super) fn is_signed(&self, key: &PublicKey, signature: &[u8]) -> Result<(), KeyOnlyError> {
        let hash = hash_of(key.curve())?;
        let expected = 2 * key.curve().field_len();
        if signature.len() != expected {
            return Err(KeyOnlyError::BadLength { expected, got: signature.len() });
        }
        let digest = hash.digest(&[&self.to_bytes()]);
        Ok(key.verify_prehash(&digest, &Signature::from_plain(signature))?)
    }
}

/// Checks a card's answer to a challenge with the key of its certificate, whoever issued that.
///
/// # Errors
/// [`KeyOnlyError`]: the answer is malformed, the key is of a kind that such cards do not have, or
/// it did not sign this.
pub fn check(
    certificate: &Certificate,
    challenge: &[u8; CHALLENGE_LEN],
    answer: &[u8],
) -> Result<Answer, KeyOnlyError> {
    let answer = Answer::parse(answer)?;
    let key = match certificate.subject_key() {
        Ok(SubjectKey::Ec(key)) => key,
        Ok(other) => return Err(KeyOnlyError::UnknownKey { key: other.to_string() }),
        Err(error) => return Err(KeyOnlyError::Key(Box::new(error))),
    };
    let statement = Statement {
        challenge: *challenge,
        pin: answer.pin,
        counter: answer.counter,
        certificate: certificate.fingerprint(),
    };
    statement.is_signed(&key, &answer.signature)?;
    Ok(answer)
}

/// The hash that goes with a curve: the key says all, nothing is left to choose.
pub(super) fn hash_of(curve: Curve) -> Result<Hash, KeyOnlyError> {
    match curve {
        Curve::P256 | Curve::BrainpoolP256r1 => Ok(Hash::Sha256),
        Curve::P384 | Curve::BrainpoolP384r1 => Ok(Hash::Sha384),
        Curve::P521 | Curve::BrainpoolP512r1 => Ok(Hash::Sha512),
        other => Err(KeyOnlyError::UnknownKey { key: other.to_string() }),
    }
}
