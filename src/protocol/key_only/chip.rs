//! The chip's half.

use super::{Answer, CHALLENGE_LEN, KeyOnlyError, Statement, statement::hash_of};
use crate::crypto::{Hash, SecretKey};

/// The chip's half: its private key, and which certificate is its own.
#[derive(Debug)]
pub struct Chip {
    key: SecretKey,
    hash: Hash,
    certificate: [u8; 32],
}

impl Chip {
    /// With the key of a certificate of which this is SHA-256.
    ///
    /// # Errors
    /// [`KeyOnlyError::UnknownKey`] for a curve that such cards do not have.
    pub fn new(key: SecretKey, certificate: [u8; 32]) -> Result<Self, KeyOnlyError> {
        let hash = hash_of(key.curve())?;
        Ok(Self { key, hash, certificate })
    }

    /// Reads the command's data, before anything is counted.
    ///
    /// # Errors
    /// [`KeyOnlyError::BadChallenge`].
    pub fn challenge(data: &[u8]) -> Result<[u8; CHALLENGE_LEN], KeyOnlyError> {
        data.try_into().map_err(|_| KeyOnlyError::BadChallenge { got: data.len() })
    }

    /// The answer, signed. `counter` must be kept already, and higher than any before.
    pub fn sign(&self, challenge: &[u8; CHALLENGE_LEN], pin: bool, counter: u64) -> Vec<u8> {
        let (challenge, certificate) = (*challenge, self.certificate);
        let statement = Statement { challenge, pin, counter, certificate };
        let digest = self.hash.digest(&[&statement.to_bytes()]);
        let signature = self.key.sign_prehash(&digest).to_plain().to_vec();
        Answer { pin, counter, signature }.encode()
    }
}
