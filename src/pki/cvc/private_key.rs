//! Private keys of certificate holders, and the files they come in.

use base64::{Engine, engine::general_purpose::STANDARD};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{CvcError, CvcKey, CvcPublicKey, TaAlgorithm};
use crate::crypto::{Curve, RsaPrivateKey, SecretKey};
use crate::pki::algorithm::{INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use crate::pki::{Oid, oid, spki};
use crate::tlv::{Tag, Tlv, TlvError, parse_one, secret_object};

/// The most bytes of a key file. RSA of 8,192 bits takes 6,500 in PEM.
const MAX_FILE: usize = 16 << 10;

/// A private key. Wiped when dropped.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PrivateKey {
    /// On an elliptic curve.
    Ec(SecretKey),
    /// RSA.
    Rsa(Box<RsaPrivateKey>),
}

impl PrivateKey {
    /// Reads a key file, PEM or DER: PKCS#8 (RFC 5958), ECPrivateKey (RFC 5915) or RSAPrivateKey
    /// (RFC 8017). The curve may be named or written out.
    ///
    /// # Errors
    /// [`CvcError::PrivateKey`], [`CvcError::Curve`], [`CvcError::Rsa`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CvcError> {
        if bytes.len() > MAX_FILE {
            let (limit, got) = (MAX_FILE, bytes.len());
            return Err(CvcError::TooMuch { what: "bytes of a private key", limit, got });
        }
        match from_pem(bytes)? {
            Some(der) => Self::from_der(&der),
            None => Self::from_der(bytes),
        }
    }

    fn from_der(der: &[u8]) -> Result<Self, CvcError> {
        let mut fields = parse_one(der, SEQUENCE).and_then(|t| t.children()).map_err(wrong)?;
        let version = fields.expect(INTEGER).map_err(wrong)?;
        let next = fields.next().transpose().map_err(wrong)?;
        match next.map(|t| (t.tag, t)) {
            // ECPrivateKey ::= { 1, privateKey, [0] parameters, [1] publicKey }
            Some((OCTET_STRING, secret)) if version.value == [1] => {
                let curve = fields.expect(Tag::new(0xA0)).and_then(|t| t.children());
                let curve = curve.and_then(|mut c| c.next().transpose()).map_err(wrong)?;
                Self::on(curve_of(curve)?, secret.value)
            }
            // PrivateKeyInfo ::= { version, AlgorithmIdentifier, OCTET STRING, .. }
            Some((SEQUENCE, algorithm)) => {
                let key = fields.expect(OCTET_STRING).map_err(wrong)?.value;
                let mut parts = algorithm.children().map_err(wrong)?;
                let oid = parts.expect(OBJECT_IDENTIFIER).map_err(wrong)?.value;
                match Oid::from_bytes(oid).ok() {
                    Some(oid::RSA_ENCRYPTION) => {
                        Ok(Self::Rsa(Box::new(RsaPrivateKey::from_pkcs1_der(key)?)))
                    }
                    Some(oid::EC_PUBLIC_KEY) => {
                        let curve = curve_of(parts.next().transpose().map_err(wrong)?)?;
                        let mut key =
                            parse_one(key, SEQUENCE).and_then(|t| t.children()).map_err(wrong)?;
                        key.expect(INTEGER).map_err(wrong)?;
                        Self::on(curve, key.expect(OCTET_STRING).map_err(wrong)?.value)
                    }
                    _ => Err(detail("neither an RSA nor an elliptic-curve key")),
                }
            }
            Some((INTEGER, _)) => Ok(Self::Rsa(Box::new(RsaPrivateKey::from_pkcs1_der(der)?))),
            _ => Err(detail("PKCS#8, ECPrivateKey or RSAPrivateKey expected")),
        }
    }

    // Some leave out zeros in front of the number.
    fn on(curve: Curve, secret: &[u8]) -> Result<Self, CvcError> {
        let len = curve.field_len();
        let start = secret.iter().position(|&b| b != 0).unwrap_or(secret.len());
        let digits = &secret[start..];
        let mut padded = Zeroizing::new(vec![0; len.saturating_sub(digits.len())]);
        padded.extend_from_slice(digits);
        Ok(Self::Ec(SecretKey::from_bytes(curve, &padded)?))
    }

    /// PKCS#8 in DER, the curve by name.
    pub fn to_pkcs8_der(&self) -> Zeroizing<Vec<u8>> {
        let key = match self {
            Self::Rsa(key) => return key.to_pkcs8_der(),
            Self::Ec(key) => key,
        };
        let curve = spki::oid_of_curve(key.curve());
        let secret = secret_object(OCTET_STRING, &[key.to_bytes()]);
        let bits = secret_object(Tag::new(0x03), &[&[0], key.public().sec1()]);
        let key = secret_object(
            SEQUENCE,
            &[&[0x02, 1, 1], &secret, &secret_object(Tag::new(0xA1), &[&bits])],
        );
        let algorithm = secret_object(
            SEQUENCE,
            &[
                &secret_object(OBJECT_IDENTIFIER, &[oid::EC_PUBLIC_KEY.as_bytes()]),
                &secret_object(OBJECT_IDENTIFIER, &[curve.as_bytes()]),
            ],
        );
        secret_object(SEQUENCE, &[&[0x02, 1, 0], &algorithm, &secret_object(OCTET_STRING, &[&key])])
    }

    /// PKCS#8 in PEM (RFC 7468 clause 10).
    pub fn to_pem(&self) -> Zeroizing<String> {
        let base64 = Zeroizing::new(STANDARD.encode(self.to_pkcs8_der()));
        let mut pem = Zeroizing::new(String::with_capacity(base64.len() * 66 / 64 + 64));
        pem.push_str("-----BEGIN PRIVATE KEY-----\n");
        let mut rest = base64.as_str();
        while !rest.is_empty() {
            let (line, behind) = rest.split_at(rest.len().min(64));
            pem.push_str(line);
            pem.push('\n');
            rest = behind;
        }
        pem.push_str("-----END PRIVATE KEY-----\n");
        pem
    }
}

/// A private key with the algorithm that its holder's certificate names.
#[derive(Clone, Debug)]
pub struct CvcSigner {
    algorithm: TaAlgorithm,
    key: PrivateKey,
}

impl CvcSigner {
    /// The key, for that algorithm.
    ///
    /// # Errors
    /// [`CvcError::Value`] where they do not fit.
    pub fn new(algorithm: TaAlgorithm, key: PrivateKey) -> Result<Self, CvcError> {
        let signer = Self { algorithm, key };
        CvcPublicKey::new(algorithm, signer.public().key)?;
        Ok(signer)
    }

    /// The public half.
    pub fn public(&self) -> CvcPublicKey {
        let key = match &self.key {
            PrivateKey::Ec(key) => CvcKey::Ec(key.public()),
            PrivateKey::Rsa(key) => CvcKey::Rsa(key.public().clone()),
        };
        CvcPublicKey { algorithm: self.algorithm, key }
    }

    /// The private half.
    pub const fn private(&self) -> &PrivateKey {
        &self.key
    }

    /// Signs a message.
    ///
    /// # Errors
    /// [`CvcError::Rsa`] for a key too short for the algorithm.
    pub fn sign(&self, message: &[u8], rng: &mut dyn CryptoRng) -> Result<Vec<u8>, CvcError> {
        let hash = self.algorithm.hash();
        let digest = hash.digest(&[message]);
        Ok(match (&self.key, self.algorithm) {
            (PrivateKey::Rsa(key), TaAlgorithm::RsaPss(_)) => key.sign_pss(hash, &digest, rng)?,
            (PrivateKey::Rsa(key), _) => key.sign_pkcs1(hash, &digest, rng)?,
            (PrivateKey::Ec(key), _) => key.sign_prehash(&digest).to_plain().to_vec(),
        })
    }
}

fn wrong(error: TlvError) -> CvcError {
    CvcError::PrivateKey { detail: error.to_string() }
}

fn detail(what: &str) -> CvcError {
    CvcError::PrivateKey { detail: what.to_owned() }
}

// A curve by name, or by its domain parameters.
fn curve_of(parameters: Option<Tlv<'_>>) -> Result<Curve, CvcError> {
    spki::read_curve(parameters).map_err(|error| detail(&error.to_string()))
}

// The DER within PEM; `None` for bytes that are no PEM.
fn from_pem(bytes: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, CvcError> {
    let Some(text) = std::str::from_utf8(bytes).ok().filter(|t| t.contains("-----BEGIN ")) else {
        return Ok(None);
    };
    // OpenSSL writes the parameters of a key before it.
    let keys = ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"];
    let body = keys.into_iter().find_map(|label| {
        let (_, behind) = text.split_once(&format!("-----BEGIN {label}-----"))?;
        Some(behind.split_once(&format!("-----END {label}-----"))?.0)
    });
    let body = body.ok_or_else(|| detail("no unencrypted private key in the PEM"))?;
    let mut base64 = Zeroizing::new(Vec::with_capacity(body.len()));
    base64.extend(body.bytes().filter(|b| !b.is_ascii_whitespace()));
    let mut der = Zeroizing::new(vec![0; base64.len()]);
    let len =
        STANDARD.decode_slice(&*base64, &mut der).map_err(|_| detail("the PEM is no base64"))?;
    der.truncate(len);
    Ok(Some(der))
}
