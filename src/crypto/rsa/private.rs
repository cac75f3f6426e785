//! Private keys: for the emulated card, for terminals and for tests.
//!
//! Every operation is blinded with the caller's randomness, and its result is checked before it is
//! given out. The `rsa` crate does not promise constant time (RUSTSEC-2023-0071): no key that
//! protects anything but a synthetic card belongs here.

use rand_core::CryptoRng;
use rsa::BoxedUint;
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use zeroize::Zeroizing;

use super::{
    INTEGER, OCTET_STRING, RsaError, RsaPublicKey, SEQUENCE, algorithm, bit_len, emsa, iso9796,
    minimal, number, padded, write_algorithm,
};
use crate::crypto::Hash;
use crate::tlv::{self, Writer, secret_object};

/// A private key of two primes. Wiped when dropped.
#[derive(Clone)]
pub struct RsaPrivateKey {
    inner: rsa::RsaPrivateKey,
    public: RsaPublicKey,
}

impl RsaPrivateKey {
    /// The longest modulus that is generated, in bits: longer ones take minutes.
    pub const MAX_GENERATED_BITS: usize = 4096;

    /// A fresh key with the exponent 65,537. The same randomness gives the same key.
    ///
    /// # Errors
    /// [`RsaError::ModulusSize`] below 1,024 and above [`Self::MAX_GENERATED_BITS`].
    pub fn generate(bits: usize, rng: &mut dyn CryptoRng) -> Result<Self, RsaError> {
        if !(RsaPublicKey::MIN_BITS..=Self::MAX_GENERATED_BITS).contains(&bits) {
            return Err(RsaError::ModulusSize { got: bits });
        }
        let inner = rsa::RsaPrivateKey::new(rng, bits)
            .map_err(|_| RsaError::Private { why: "it could not be generated" })?;
        Self::checked(inner)
    }

    /// From the big-endian numbers: modulus, public and private exponent and both primes.
    ///
    /// # Errors
    /// Those of [`RsaPublicKey::from_components`]; [`RsaError::Private`] where the numbers do not
    /// belong together.
    pub fn from_components(
        n: &[u8],
        e: &[u8],
        d: &[u8],
        p: &[u8],
        q: &[u8],
    ) -> Result<Self, RsaError> {
        let public = RsaPublicKey::from_components(n, e)?;
        let mismatch = RsaError::Private { why: "its numbers do not belong together" };
        let read = |digits: &[u8]| {
            let digits = minimal(digits);
            let fits = (1..=public.signature_len()).contains(&digits.len());
            if fits { number(digits, bit_len(digits)) } else { Err(mismatch.clone()) }
        };
        let inner = rsa::RsaPrivateKey::from_components(
            read(n)?,
            read(e)?,
            read(d)?,
            vec![read(p)?, read(q)?],
        )
        .map_err(|_| mismatch.clone())?;
        Self::checked(inner)
    }

    fn checked(inner: rsa::RsaPrivateKey) -> Result<Self, RsaError> {
        let (n, e) = (inner.n().to_be_bytes(), inner.e().to_be_bytes());
        let public = RsaPublicKey::from_components(&n, &e)?;
        Ok(Self { inner, public })
    }

    /// From `RSAPrivateKey` (RFC 8017 appendix A.1.2).
    ///
    /// # Errors
    /// [`RsaError::Structure`], and those of [`Self::from_components`].
    pub fn from_pkcs1_der(der: &[u8]) -> Result<Self, RsaError> {
        let mut numbers = tlv::parse_one(der, SEQUENCE)?.children()?;
        if numbers.expect(INTEGER)?.value != [0_u8] {
            return Err(RsaError::Private { why: "it has more than two primes" });
        }
        let mut next = || Ok::<_, RsaError>(numbers.expect(INTEGER)?.value);
        let (n, e, d, p, q) = (next()?, next()?, next()?, next()?, next()?);
        for _crt in 0..3 {
            next()?;
        }
        numbers.end()?;
        Self::from_components(n, e, d, p, q)
    }

    /// From PKCS#8 (RFC 5958 clause 2).
    ///
    /// # Errors
    /// [`RsaError::Structure`], [`RsaError::UnsupportedKey`], and those of
    /// [`Self::from_components`].
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, RsaError> {
        let mut fields = tlv::parse_one(der, SEQUENCE)?.children()?;
        fields.expect(INTEGER)?;
        algorithm(&mut fields)?;
        Self::from_pkcs1_der(fields.expect(OCTET_STRING)?.value)
    }

    /// PKCS#8 in DER.
    pub fn to_pkcs8_der(&self) -> Zeroizing<Vec<u8>> {
        let number = |number: &BoxedUint| integer(&Zeroizing::new(number.to_be_bytes().into_vec()));
        let none = || integer(&[]);
        let (primes, crt) = (self.inner.primes(), self.inner.crt_coefficient());
        let prime = |i: usize| primes.get(i).map_or_else(none, |p| number(p.as_ref()));
        let parts = [
            integer(&[0]),
            integer(self.public.modulus()),
            integer(self.public.exponent()),
            number(self.inner.d()),
            prime(0),
            prime(1),
            self.inner.dp().map_or_else(none, number),
            self.inner.dq().map_or_else(none, number),
            crt.as_ref().map_or_else(none, number),
        ];
        let key = secret_object(SEQUENCE, &parts.each_ref().map(|part| part.as_slice()));
        let mut w = Writer::new();
        write_algorithm(&mut w);
        secret_object(
            SEQUENCE,
            &[&integer(&[0]), &w.finish(), &secret_object(OCTET_STRING, &[&key])],
        )
    }

    /// The public half.
    pub const fn public(&self) -> &RsaPublicKey {
        &self.public
    }

    /// A signature RSASSA-PKCS1-v1_5 over a digest (RFC 8017 clause 8.2.1). `rng` blinds, the
    /// signature does not depend on it.
    ///
    /// # Errors
    /// [`RsaError::DigestLength`], [`RsaError::TooShort`].
    pub fn sign_pkcs1(
        &self,
        hash: Hash,
        digest: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, RsaError> {
        self.raw(&emsa::pkcs1(hash, digest, self.public.signature_len())?, rng)
    }

    /// A signature RSASSA-PSS over a digest, MGF1 with the same hash function, and a random salt as
    /// long as a digest (RFC 8017 clause 8.1.1, ICAO Doc 9303-11 clause 7.1.4.1.1).
    ///
    /// # Errors
    /// [`RsaError::DigestLength`], [`RsaError::TooShort`].
    pub fn sign_pss(
        &self,
        hash: Hash,
        digest: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, RsaError> {
        let mut salt = vec![0; hash.len()];
        rng.fill_bytes(&mut salt);
        self.sign_pss_with(hash, hash, &salt, digest, rng)
    }

    /// The same with a mask of another hash function, and a salt that the caller chose.
    ///
    /// # Errors
    /// [`RsaError::DigestLength`], [`RsaError::TooShort`].
    pub fn sign_pss_with(
        &self,
        hash: Hash,
        mgf_hash: Hash,
        salt: &[u8],
        digest: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, RsaError> {
        let scheme = emsa::Pss { hash, mgf_hash, em_bits: self.public.bits() - 1 };
        self.raw(&scheme.encode(salt, digest)?, rng)
    }

    /// A signature of ISO/IEC 9796-2 scheme 1 over `m1 || m2` that holds `m1` (ICAO Doc 9303-11
    /// clause 6.1.2.2, the scheme of ISO/IEC 9796-2 clause B.6); `m1` fills what
    /// [`iso9796::capacity`] says.
    ///
    /// # Errors
    /// [`RsaError::TooShort`], [`RsaError::Iso9796`] for an `m1` of another length or a modulus
    /// that is no whole number of bytes.
    pub fn sign_iso9796(
        &self,
        hash: Hash,
        m1: &[u8],
        m2: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, RsaError> {
        let room = iso9796::capacity(hash, self.public.signature_len())?;
        if m1.len() != room || !self.public.bits().is_multiple_of(8) {
            let why = format!("{room} bytes and a whole modulus expected, {} came", m1.len());
            return Err(RsaError::Iso9796 { why });
        }
        self.raw(&iso9796::Message::new(hash, m1, m2).encode(), rng)
    }

    // RSASP1 (RFC 8017 clause 5.2.1), blinded and checked.
    fn raw(&self, message: &[u8], rng: &mut dyn CryptoRng) -> Result<Vec<u8>, RsaError> {
        let message = number(message, self.public.bits())?;
        let signature = rsa::hazmat::rsa_decrypt_and_check(&self.inner, Some(rng), &message)
            .map_err(|_| RsaError::Private { why: "its numbers do not belong together" })?;
        Ok(padded(&signature, self.public.signature_len()))
    }
}

// A positive INTEGER.
fn integer(digits: &[u8]) -> Zeroizing<Vec<u8>> {
    let digits = minimal(digits);
    match digits.first() {
        Some(first) if first & 0x80 == 0 => secret_object(INTEGER, &[digits]),
        _ => secret_object(INTEGER, &[&[0], digits]),
    }
}

impl std::fmt::Debug for RsaPrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RsaPrivateKey({} bits)", self.public.bits())
    }
}
