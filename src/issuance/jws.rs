//! JSON Web Signatures with ES256 (RFC 7515, RFC 7518 clause 3.4) and nothing else.
//!
//! jsonwebtoken does the framing; keys and signatures are those of [`crate::crypto`]. It keeps its
//! cryptography in one place for the whole process, which we fill unless the program has done so
//! before; any that knows ES256 will do.

use std::sync::Once;

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{Error as SignatureError, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::crypto::{Curve, Hash, PublicKey, SecretKey, Signature};
#[cfg(feature = "credentials")]
use crate::trust::encoding::base64url;

/// Signs claims. The header's algorithm has to be ES256.
pub(super) fn sign<T: Serialize>(
    header: &Header,
    claims: &T,
    key: &SecretKey,
) -> Result<String, Error> {
    install();
    jsonwebtoken::encode(header, claims, &EncodingKey::from_ec_der(&pkcs8(key)))
}

/// Whether a compact JWS is signed by that key with ES256. Times in it are not looked at.
pub(super) fn is_signed_by(token: &str, key: &PublicKey) -> bool {
    install();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let key = DecodingKey::from_ec_der(key.sec1());
    jsonwebtoken::decode::<serde::de::IgnoredAny>(token, &key, &validation).is_ok()
}

/// Signs a header and claims as they are written here. The header has to say ES256.
#[cfg(feature = "credentials")]
pub(super) fn sign_values(
    header: &serde_json::Value,
    claims: &serde_json::Value,
    key: &SecretKey,
) -> Result<String, Error> {
    install();
    let encode = |value: &serde_json::Value| base64url::encode(value.to_string());
    let message = format!("{}.{}", encode(header), encode(claims));
    let key = EncodingKey::from_ec_der(&pkcs8(key));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::ES256)?;
    Ok(format!("{message}.{signature}"))
}

/// Whether the last part of a compact JWS is an ES256 signature of that key over the parts before.
/// Nothing of the header is looked at: whoever asks has read it, and knows members of it that
/// jsonwebtoken does not.
#[cfg(feature = "credentials")]
pub(super) fn has_signature_of(token: &str, key: &PublicKey) -> bool {
    install();
    let Some((message, signature)) = token.rsplit_once('.') else { return false };
    let key = DecodingKey::from_ec_der(key.sec1());
    let (message, algorithm) = (message.as_bytes(), Algorithm::ES256);
    jsonwebtoken::crypto::verify(signature, message, &key, algorithm).unwrap_or(false)
}

fn install() {
    static ONCE: Once = Once::new();
    // It fails where the program has a provider already, and that is as good.
    ONCE.call_once(|| {
        let _ = PROVIDER.install_default();
    });
}

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| {
        let key = private(key.as_bytes()).ok_or(ErrorKind::InvalidEcdsaKey)?;
        es256(*algorithm)?;
        Ok(Box::new(Es256(key)))
    },
    verifier_factory: |algorithm, key| {
        let key = PublicKey::from_sec1(Curve::P256, key.try_get_as_bytes()?)
            .map_err(|_| ErrorKind::InvalidEcdsaKey)?;
        es256(*algorithm)?;
        Ok(Box::new(Es256(key)))
    },
    key_utils: KeyUtils {
        rsa_pub_components_from_private_key: |_| Err(ErrorKind::UnsupportedAlgorithm.into()),
        rsa_pub_components_from_public_key: |_| Err(ErrorKind::UnsupportedAlgorithm.into()),
        ec_pub_components_from_private_key: |_, _| Err(ErrorKind::UnsupportedAlgorithm.into()),
        ed_pub_components_from_private_key: |_, _| Err(ErrorKind::UnsupportedAlgorithm.into()),
        compute_digest: |_, _| Err(ErrorKind::UnsupportedAlgorithm.into()),
    },
};

fn es256(algorithm: Algorithm) -> Result<(), Error> {
    if algorithm == Algorithm::ES256 { Ok(()) } else { Err(ErrorKind::InvalidAlgorithm.into()) }
}

struct Es256<K>(K);

impl Signer<Vec<u8>> for Es256<SecretKey> {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        Ok(self.0.sign_prehash(&Hash::Sha256.digest(&[message])).to_plain().to_vec())
    }
}

impl JwtSigner for Es256<SecretKey> {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}

impl Verifier<Vec<u8>> for Es256<PublicKey> {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), SignatureError> {
        let signature = Signature::from_plain(signature.as_slice());
        self.0
            .verify_prehash(&Hash::Sha256.digest(&[message]), &signature)
            .map_err(|_| SignatureError::new())
    }
}

impl JwtVerifier for Es256<PublicKey> {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}

// PKCS#8 (RFC 5958) around ECPrivateKey (RFC 5915) without the public key: the form in which
// jsonwebtoken hands EC keys to any provider. Everything before the number itself is fixed.
const PKCS8_P256: [u8; 35] = [
    0x30, 0x41, 0x02, 0x01, 0x00, // PrivateKeyInfo, version 0
    0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, // id-ecPublicKey
    0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, // secp256r1
    0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20, // ECPrivateKey, version 1
];

fn pkcs8(key: &SecretKey) -> Zeroizing<Vec<u8>> {
    let mut der = Zeroizing::new(Vec::with_capacity(PKCS8_P256.len() + 32));
    der.extend_from_slice(&PKCS8_P256);
    der.extend_from_slice(key.to_bytes());
    der
}

fn private(pkcs8: &[u8]) -> Option<SecretKey> {
    SecretKey::from_bytes(Curve::P256, pkcs8.strip_prefix(&PKCS8_P256)?).ok()
}
