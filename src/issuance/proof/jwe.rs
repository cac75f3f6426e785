//! Encrypted messages: compact JWE (RFC 7516) with ECDH-ES on P-256 (RFC 7518 clause 4.6, direct)
//! and A128GCM or A256GCM (clause 5.3), compressed or not (`zip` DEF, RFC 7516 clause 4.1.3).

use std::io::{Read, Write};

use aes_gcm::aead::{AeadInOut, KeyInit, KeySizeUser};
use aes_gcm::{Aes128Gcm, Aes256Gcm};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use rand_core::CryptoRng;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::super::{JwkError, json, jwk, shown};
use crate::crypto::{Curve, Hash, PublicKey, SecretKey};
use crate::trust::encoding::base64url;

/// The only key agreement.
pub const ALG: &str = "ECDH-ES";

const MAX_HEADER: usize = 8 << 10;
const IV: usize = 12;
const TAG: usize = 16;

/// How the content is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Enc {
    /// AES-GCM with a key of 128 bits.
    A128Gcm,
    /// AES-GCM with a key of 256 bits.
    A256Gcm,
}

impl Enc {
    /// Both.
    pub const ALL: [Self; 2] = [Self::A128Gcm, Self::A256Gcm];

    /// As it stands in `enc`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
        }
    }

    /// The one of that name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|enc| enc.name() == name)
    }

    const fn key_len(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A256Gcm => 32,
        }
    }
}

/// To whom a message is encrypted, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Their key.
    pub key: PublicKey,
    /// The name of that key, repeated in the header where it has one.
    pub kid: Option<String>,
    /// How the content is encrypted.
    pub enc: Enc,
    /// Whether it is compressed before.
    pub zip: bool,
}

/// Why a message is not opened, or not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JweError {
    /// More bytes than are read, before or after it was decompressed.
    #[error("JWE: at most {limit} bytes are taken, and there are more")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// Text that is no compact JWE with an agreed key (RFC 7516 clause 3.1).
    #[error("JWE: five base64url parts with dots between expected, the second empty")]
    NotJwe,
    /// A header that is not of this form.
    #[error("JWE, header: {detail}")]
    Header {
        /// What is wrong.
        detail: String,
    },
    /// An algorithm that is not taken.
    #[error("JWE, header: {member} {expected} expected, {got:?} came")]
    Algorithm {
        /// Which member.
        member: &'static str,
        /// What is taken.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// It is for another key.
    #[error("JWE, header: kid {expected:?} expected, {got:?} came")]
    OtherKey {
        /// The name of the key at hand.
        expected: String,
        /// What came.
        got: String,
    },
    /// The sender's key is refused.
    #[error("JWE, epk: {0}")]
    Key(#[from] JwkError),
    /// A key that is not on P-256.
    #[error("JWE: {0}")]
    Curve(#[from] crate::crypto::CurveError),
    /// It was encrypted to another key, or altered.
    #[error("JWE: it does not open with this key: it is for another one, or was altered")]
    Sealed,
    /// What is inside cannot be decompressed.
    #[error("JWE: what is inside is not compressed as zip DEF says")]
    Compressed,
}

/// Encrypts to a recipient, with a key of its own for each message. `cty` says what is inside,
/// where that matters.
///
/// # Errors
/// [`JweError::Curve`] for a recipient who is not on P-256.
pub fn encrypt(
    content: &[u8],
    to: &Recipient,
    cty: Option<&str>,
    rng: &mut dyn CryptoRng,
) -> Result<String, JweError> {
    let ephemeral = SecretKey::generate(Curve::P256, rng);
    let enc = to.enc;
    let key = agreed(&ephemeral, &to.key, enc, &[], &[])?;
    let mut header =
        json!({ "alg": ALG, "enc": enc.name(), "epk": jwk::jwk_of(&ephemeral.public()) });
    let more = [("kid", to.kid.as_deref()), ("cty", cty), ("zip", to.zip.then_some("DEF"))];
    for (member, value) in more {
        if let Some(value) = value {
            header[member] = value.into();
        }
    }
    let mut content = Zeroizing::new(if to.zip { deflate(content)? } else { content.to_vec() });
    let mut iv = [0; IV];
    rng.fill_bytes(&mut iv);
    let header = base64url::encode(header.to_string());
    let tag = seal(enc, &key, &iv, header.as_bytes(), &mut content)?;
    let (iv, content) = (base64url::encode(iv), base64url::encode(content.as_slice()));
    Ok(format!("{header}..{iv}.{content}.{}", base64url::encode(tag)))
}

/// Opens a message to that key, whose name is `kid`. At most `limit` bytes of it are read, and at
/// most as many are inside.
///
/// # Errors
/// [`JweError`], by the first thing that is wrong.
pub fn decrypt(
    message: &str,
    key: &SecretKey,
    kid: Option<&str>,
    limit: usize,
) -> Result<Zeroizing<Vec<u8>>, JweError> {
    if message.len() > limit {
        return Err(JweError::TooLarge { limit });
    }
    let parts: Vec<&str> = message.splitn(6, '.').collect();
    let [header, "", iv, content, tag] = parts[..] else { return Err(JweError::NotJwe) };
    if header.len() > MAX_HEADER {
        return Err(JweError::TooLarge { limit: MAX_HEADER });
    }
    let part = |text: &str| base64url::decode(text).map_err(|_| JweError::NotJwe);
    let Header { enc, epk, apu, apv, zip } = read(&part(header)?, kid)?;
    let iv = <[u8; IV]>::try_from(part(iv)?).map_err(|_| JweError::NotJwe)?;
    let tag = <[u8; TAG]>::try_from(part(tag)?).map_err(|_| JweError::NotJwe)?;
    let mut content = Zeroizing::new(part(content)?);
    let agreed = agreed(key, &epk, enc, &apu, &apv)?;
    unseal(enc, &agreed, &iv, header.as_bytes(), &mut content, &tag)?;
    if zip { inflate(&content, limit).map(Zeroizing::new) } else { Ok(content) }
}

struct Header {
    enc: Enc,
    epk: PublicKey,
    apu: Vec<u8>,
    apv: Vec<u8>,
    zip: bool,
}

fn read(json: &[u8], kid: Option<&str>) -> Result<Header, JweError> {
    let header = json::object(json).map_err(|detail| JweError::Header { detail })?;
    let text = |name: &str| header.get(name).and_then(Value::as_str).unwrap_or_default();
    let algorithm =
        |member, expected| Err(JweError::Algorithm { member, expected, got: shown(text(member)) });
    if text("alg") != ALG {
        return algorithm("alg", ALG);
    }
    let Some(enc) = Enc::of(text("enc")) else {
        return algorithm("enc", "A128GCM or A256GCM");
    };
    let zip = header.contains_key("zip");
    if zip && text("zip") != "DEF" {
        return algorithm("zip", "DEF");
    }
    if header.contains_key("crit") {
        let detail = "crit demands extensions that are not known here".to_owned();
        return Err(JweError::Header { detail });
    }
    if let Some(expected) = kid
        && header.contains_key("kid")
        && text("kid") != expected
    {
        let (expected, got) = (shown(expected), shown(text("kid")));
        return Err(JweError::OtherKey { expected, got });
    }
    let epk = header.get("epk").unwrap_or(&Value::Null);
    let epk = jwk::foreign(epk, jwk::Use::Encryption)?;
    // Who the parties say they are: it goes into the key (RFC 7518 clause 4.6.1).
    let party = |name: &str| {
        base64url::decode(text(name))
            .map_err(|_| JweError::Header { detail: format!("{name} is not in base64url") })
    };
    Ok(Header { enc, epk, apu: party("apu")?, apv: party("apv")?, zip })
}

/// The content encryption key (RFC 7518 clause 4.6.2): Concat KDF of NIST SP 800-56A with SHA-256,
/// of which one block is enough.
fn agreed(
    own: &SecretKey,
    other: &PublicKey,
    enc: Enc,
    apu: &[u8],
    apv: &[u8],
) -> Result<Zeroizing<Vec<u8>>, JweError> {
    let shared = own.agree(other)?;
    let len = |part: &[u8]| u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes();
    let (id, bits) = (enc.name().as_bytes(), (enc.key_len() as u32 * 8).to_be_bytes());
    let mut key = Zeroizing::new(Hash::Sha256.digest(&[
        &1_u32.to_be_bytes(),
        shared.as_bytes(),
        &len(id),
        id,
        &len(apu),
        apu,
        &len(apv),
        apv,
        &bits,
    ]));
    key.truncate(enc.key_len());
    Ok(key)
}

fn seal(
    enc: Enc,
    key: &[u8],
    iv: &[u8; IV],
    header: &[u8],
    content: &mut [u8],
) -> Result<[u8; TAG], JweError> {
    fn with<C>(key: &[u8], iv: &[u8; IV], header: &[u8], content: &mut [u8]) -> Option<Vec<u8>>
    where
        C: AeadInOut + KeyInit + KeySizeUser,
    {
        let cipher = C::new_from_slice(key).ok()?;
        let iv = iv.as_slice().try_into().ok()?;
        let tag = cipher.encrypt_inout_detached(iv, header, content.into()).ok()?;
        Some(tag.to_vec())
    }
    let tag = match enc {
        Enc::A128Gcm => with::<Aes128Gcm>(key, iv, header, content),
        Enc::A256Gcm => with::<Aes256Gcm>(key, iv, header, content),
    };
    tag.and_then(|tag| tag.try_into().ok()).ok_or(JweError::Sealed)
}

fn unseal(
    enc: Enc,
    key: &[u8],
    iv: &[u8; IV],
    header: &[u8],
    content: &mut [u8],
    tag: &[u8; TAG],
) -> Result<(), JweError> {
    fn with<C>(
        key: &[u8],
        iv: &[u8; IV],
        header: &[u8],
        content: &mut [u8],
        tag: &[u8; TAG],
    ) -> Option<()>
    where
        C: AeadInOut + KeyInit + KeySizeUser,
    {
        let cipher = C::new_from_slice(key).ok()?;
        let (iv, tag) = (iv.as_slice().try_into().ok()?, tag.as_slice().try_into().ok()?);
        cipher.decrypt_inout_detached(iv, header, content.into(), tag).ok()
    }
    let opened = match enc {
        Enc::A128Gcm => with::<Aes128Gcm>(key, iv, header, content, tag),
        Enc::A256Gcm => with::<Aes256Gcm>(key, iv, header, content, tag),
    };
    opened.ok_or(JweError::Sealed)
}

fn deflate(content: &[u8]) -> Result<Vec<u8>, JweError> {
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
    let written = deflated.write_all(content).and_then(|()| deflated.finish());
    written.map_err(|_| JweError::Compressed)
}

// Never more than the limit, whatever was promised.
fn inflate(content: &[u8], limit: usize) -> Result<Vec<u8>, JweError> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut inflated = Vec::new();
    let mut read = DeflateDecoder::new(content).take(most);
    read.read_to_end(&mut inflated).map_err(|_| JweError::Compressed)?;
    if inflated.len() > limit { Err(JweError::TooLarge { limit }) } else { Ok(inflated) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SeededRng;

    fn key(x: &str, y: &str, d: &str) -> SecretKey {
        let json = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "d": d });
        serde_json::from_value::<jwk::RawJwk>(json).unwrap().to_private().unwrap()
    }

    // RFC 7518 appendix C.
    #[test]
    fn the_key_agreement_of_the_standard_gives_the_standards_key() {
        let alice = key(
            "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
            "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
            "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo",
        );
        let bob = key(
            "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
            "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
            "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw",
        );
        for (own, other) in [(&alice, bob.public()), (&bob, alice.public())] {
            let key = agreed(own, &other, Enc::A128Gcm, b"Alice", b"Bob").unwrap();
            assert_eq!(base64url::encode(key.as_slice()), "VqqN6vgjbSBcIijNcacQGg");
        }
    }

    #[test]
    fn a_message_opens_for_its_reader_alone_and_unaltered() {
        let rng = &mut SeededRng::new(b"jwe", "test");
        let (reader, other) =
            (SecretKey::generate(Curve::P256, rng), SecretKey::generate(Curve::P256, rng));
        let said = br#"{"credentials":[{"credential":"x"}]}"#;
        for (enc, zip) in [(Enc::A128Gcm, false), (Enc::A256Gcm, true)] {
            let kid = Some("r".to_owned());
            let to = Recipient { key: reader.public(), kid, enc, zip };
            let message = encrypt(said, &to, None, rng).unwrap();
            assert_ne!(message, encrypt(said, &to, None, rng).unwrap());
            let open = |m: &str, key: &SecretKey, kid| decrypt(m, key, kid, 4096);
            assert_eq!(open(&message, &reader, Some("r")).unwrap().as_slice(), said);
            assert_eq!(open(&message, &other, Some("r")), Err(JweError::Sealed));
            let of_another = open(&message, &reader, Some("s"));
            assert!(matches!(of_another, Err(JweError::OtherKey { .. })));
            assert_eq!(decrypt(&message, &reader, None, 99), Err(JweError::TooLarge { limit: 99 }));
            for i in 0..message.len() {
                let mut bytes = message.clone().into_bytes();
                bytes[i] = if bytes[i] == b'A' { b'B' } else { b'A' };
                let altered = String::from_utf8(bytes).unwrap();
                assert!(open(&altered, &reader, Some("r")).is_err(), "{i}");
            }
        }
    }

    #[test]
    fn a_header_that_asks_for_something_else_is_refused() {
        let rng = &mut SeededRng::new(b"jwe", "headers");
        let reader = SecretKey::generate(Curve::P256, rng);
        let to = Recipient { key: reader.public(), kid: None, enc: Enc::A128Gcm, zip: false };
        let message = encrypt(b"content", &to, None, rng).unwrap();
        let (header, rest) = message.split_once('.').unwrap();
        let header: Value = serde_json::from_slice(&base64url::decode(header).unwrap()).unwrap();
        let with = |member: &str, value: Value| {
            let mut header = header.clone();
            header[member] = value;
            let header = base64url::encode(header.to_string());
            decrypt(&format!("{header}.{rest}"), &reader, None, 4096).unwrap_err().to_string()
        };
        for (member, value, fault) in [
            ("alg", json!("ECDH-ES+A128KW"), "alg ECDH-ES expected"),
            ("alg", json!("dir"), "alg ECDH-ES expected"),
            ("enc", json!("A128CBC-HS256"), "enc A128GCM or A256GCM expected"),
            ("zip", json!("GZ"), "zip DEF expected"),
            ("zip", Value::Null, "zip DEF expected"),
            ("crit", json!(["exp"]), "crit"),
            ("epk", Value::Null, "epk: key: no JSON object"),
            ("epk", json!({"kty": "OKP", "crv": "X25519", "x": "AA"}), "P-256 expected"),
            ("apu", json!("*"), "apu is not in base64url"),
            ("apv", json!("Qm9i"), "does not open"),
        ] {
            let got = with(member, value);
            assert!(got.contains(fault), "{member}: {got}");
        }
        let mut private = header["epk"].clone();
        private["d"] = "AA".into();
        assert!(with("epk", private).contains("private key"));
    }

    #[test]
    fn what_is_inside_cannot_grow_beyond_the_limit() {
        let rng = &mut SeededRng::new(b"jwe", "zip");
        let reader = SecretKey::generate(Curve::P256, rng);
        let to = Recipient { key: reader.public(), kid: None, enc: Enc::A256Gcm, zip: true };
        let bomb = encrypt(&vec![0; 4 << 20], &to, None, rng).unwrap();
        assert!(bomb.len() < 8192);
        assert_eq!(decrypt(&bomb, &reader, None, 8192), Err(JweError::TooLarge { limit: 8192 }));
        assert_eq!(inflate(b"\xFF\xFF", 10), Err(JweError::Compressed));
    }
}
