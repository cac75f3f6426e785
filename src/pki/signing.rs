//! Private keys that sign certificates and signed data.

use super::{PkiError, SignatureAlgorithm, SubjectKey};
use crate::crypto::{Hash, RsaPrivateKey, SecretKey, SeededRng};

const WHAT: &str = "signing";

/// A private key with the algorithm that it signs with. The same key signs the same message alike
/// each time.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum SigningKey<'a> {
    /// ECDSA, deterministic (RFC 6979).
    Ec {
        /// The key.
        key: &'a SecretKey,
        /// The hash function.
        hash: Hash,
    },
    /// RSASSA-PKCS1-v1_5 or RSASSA-PSS.
    Rsa {
        /// The key.
        key: &'a RsaPrivateKey,
        /// Which of the two, with its hash function; a salt is as long as a digest.
        algorithm: SignatureAlgorithm,
        /// What salt and blinding follow from: test countries are made of a seed, and no other key
        /// belongs here.
        seed: &'a [u8],
    },
}

impl SigningKey<'_> {
    /// The algorithm that the signatures are of.
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        match self {
            Self::Ec { hash, .. } => SignatureAlgorithm::Ecdsa(*hash),
            Self::Rsa { algorithm, .. } => *algorithm,
        }
    }

    /// The public half.
    pub fn public(&self) -> SubjectKey {
        match self {
            Self::Ec { key, .. } => SubjectKey::Ec(key.public()),
            Self::Rsa { key, .. } => SubjectKey::Rsa(key.public().clone()),
        }
    }

    /// A signature over the message, as certificates and signed data carry it.
    ///
    /// # Errors
    /// [`PkiError::Value`] for an RSA key too short for the algorithm, or an algorithm that is none
    /// of RSA.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, PkiError> {
        let digest = self.algorithm().hash().digest(&[message]);
        let (key, algorithm, seed) = match self {
            Self::Ec { key, .. } => return Ok(key.sign_prehash(&digest).to_der()),
            Self::Rsa { key, algorithm, seed } => (key, algorithm, seed),
        };
        let rng = &mut SeededRng::new(&[seed, digest.as_slice()].concat(), "rsa signature");
        let signed = match *algorithm {
            SignatureAlgorithm::RsaPkcs1(hash) => key.sign_pkcs1(hash, &digest, rng),
            SignatureAlgorithm::RsaPss { hash, mgf_hash, salt_len } => {
                use rand_core::Rng;
                // No digest is longer.
                let mut salt = vec![0; salt_len.min(64)];
                rng.fill_bytes(&mut salt);
                key.sign_pss_with(hash, mgf_hash, &salt, &digest, rng)
            }
            _ => return Err(PkiError::value(WHAT, "an RSA key signs with RSA only")),
        };
        signed.map_err(|e| PkiError::value(WHAT, e))
    }
}

impl<'a> From<&'a SecretKey> for SigningKey<'a> {
    /// ECDSA with SHA-256.
    fn from(key: &'a SecretKey) -> Self {
        Self::Ec { key, hash: Hash::Sha256 }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;
    use crate::crypto::Curve;
    use crate::pki::{Certificate, DistinguishedName, Profile, SignedData, oid};

    fn profile(cn: &str, serial: u8) -> Profile {
        Profile {
            subject: DistinguishedName::new("KR", "TEST", cn),
            serial: vec![serial],
            not_before: utc_datetime!(2025-01-01 0:00),
            not_after: utc_datetime!(2040-01-01 0:00),
        }
    }

    #[test]
    fn every_kind_of_key_signs_a_chain_that_verifies() {
        let rsa = RsaPrivateKey::generate(1024, &mut SeededRng::new(b"signing", "rsa")).unwrap();
        let ec = SecretKey::generate(Curve::BrainpoolP384r1, &mut SeededRng::new(b"signing", "ec"));
        let hash = Hash::Sha256;
        let with = |algorithm| SigningKey::Rsa { key: &rsa, algorithm, seed: b"seed" };
        for key in [
            SigningKey::from(&ec),
            SigningKey::Ec { key: &ec, hash: Hash::Sha384 },
            with(SignatureAlgorithm::RsaPkcs1(Hash::Sha1)),
            with(SignatureAlgorithm::RsaPkcs1(hash)),
            with(SignatureAlgorithm::RsaPss { hash, mgf_hash: hash, salt_len: 32 }),
            with(SignatureAlgorithm::RsaPss { hash, mgf_hash: Hash::Sha1, salt_len: 20 }),
        ] {
            let csca = profile("TEST CSCA", 1).csca(key).unwrap();
            assert_eq!(csca.signature_algorithm(), Ok(key.algorithm()));
            csca.verify_signature(&csca).unwrap();
            let signer =
                profile("TEST DS", 2).document_signer_of(&key.public(), &csca, key).unwrap();
            signer.verify_signature(&csca).unwrap();
            assert_eq!(Certificate::from_der(signer.der()).as_ref(), Ok(&signer));

            let sign = || SignedData::sign_by(oid::LDS_SECURITY_OBJECT, b"content", &signer, key);
            let cms = sign().unwrap();
            assert_eq!(sign().unwrap(), cms, "the same bytes each time");
            let signed = SignedData::parse(&cms).unwrap();
            assert_eq!(signed.verify(oid::LDS_SECURITY_OBJECT).unwrap(), &signer);
            let other = SigningKey::from(&ec);
            let same = key.public() == other.public();
            let swapped = SignedData::sign_by(oid::LDS_SECURITY_OBJECT, b"", &signer, other);
            assert_eq!(swapped.is_ok(), same);
        }
        assert!(with(SignatureAlgorithm::Ecdsa(hash)).sign(b"").is_err());
        // 1,024 bits have no room for two digests of SHA-512.
        let long = Hash::Sha512;
        let long = SignatureAlgorithm::RsaPss { hash: long, mgf_hash: long, salt_len: 64 };
        assert!(with(long).sign(b"").is_err());
    }
}
