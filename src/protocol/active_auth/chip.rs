//! The chip's half.

use rand_core::CryptoRng;

use super::{ActiveAuthError, CHALLENGE_LEN, EcdsaFormat};
use crate::crypto::{Hash, RsaPrivateKey, SecretKey, rsa::iso9796};

/// The chip's half: its private key.
#[derive(Debug)]
pub struct Chip {
    key: Key,
    hash: Hash,
}

#[derive(Debug)]
enum Key {
    Ec(SecretKey, EcdsaFormat),
    Rsa(Box<RsaPrivateKey>),
}

impl Chip {
    /// With the elliptic-curve key whose public half stands in DG15; signatures are plain.
    pub const fn new(key: SecretKey, hash: Hash) -> Self {
        Self::with_format(key, hash, EcdsaFormat::Plain)
    }

    /// The same with another form of the signatures: some cards answer in DER, against the
    /// standard.
    pub const fn with_format(key: SecretKey, hash: Hash, format: EcdsaFormat) -> Self {
        Self { key: Key::Ec(key, format), hash }
    }

    /// With the RSA key whose public half stands in DG15.
    ///
    /// # Errors
    /// [`ActiveAuthError::CannotSign`] for a key too short for the hash function.
    pub fn rsa(key: RsaPrivateKey, hash: Hash) -> Result<Self, ActiveAuthError> {
        iso9796::capacity(hash, key.public().signature_len())
            .map_err(ActiveAuthError::CannotSign)?;
        Ok(Self { key: Key::Rsa(Box::new(key)), hash })
    }

    /// Answers the data of INTERNAL AUTHENTICATE with a signature. With an RSA key the randomness
    /// is `M1`, the chip's own nonce (ICAO Doc 9303-11 clause 6.1.2.2), and hides the key.
    ///
    /// # Errors
    /// [`ActiveAuthError::BadChallenge`], [`ActiveAuthError::CannotSign`].
    pub fn internal_authenticate(
        &self,
        data: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, ActiveAuthError> {
        if data.len() != CHALLENGE_LEN {
            return Err(ActiveAuthError::BadChallenge { got: data.len() });
        }
        match &self.key {
            Key::Ec(key, format) => {
                let signature = key.sign_prehash(&self.hash.digest(&[data]));
                Ok(match format {
                    EcdsaFormat::Plain => signature.to_plain().to_vec(),
                    EcdsaFormat::Der => signature.to_der(),
                })
            }
            Key::Rsa(key) => {
                let len = iso9796::capacity(self.hash, key.public().signature_len());
                let mut m1 = vec![0; len.map_err(ActiveAuthError::CannotSign)?];
                rng.fill_bytes(&mut m1);
                key.sign_iso9796(self.hash, &m1, data, rng).map_err(ActiveAuthError::CannotSign)
            }
        }
    }
}
