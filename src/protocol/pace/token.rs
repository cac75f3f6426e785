//! The authentication token (ICAO Doc 9303-11 clause 4.4.3.4), and the data objects around it.

use super::{PaceError, Parameters};
use crate::{
    crypto::{AgreementPublicKey, BlockKey, Cipher, MacKey, pad},
    sm::SessionKeys,
    tlv::{Reader, Tag, Tlv, Writer, parse_one},
};

/// The token over the *other* side's public key.
pub(super) fn token(
    params: &Parameters,
    keys: &SessionKeys,
    key: &AgreementPublicKey,
) -> Result<[u8; 8], PaceError> {
    let bad = || bad_key(keys.cipher, &keys.mac);
    over_public_key(params.oid().as_bytes(), keys, key).ok_or_else(bad)
}

/// A key for the cipher.
pub(super) fn block_key(cipher: Cipher, key: &[u8]) -> Result<BlockKey, PaceError> {
    BlockKey::new(cipher, key).ok_or_else(|| bad_key(cipher, key))
}

const fn bad_key(cipher: Cipher, key: &[u8]) -> PaceError {
    PaceError::BadKeyLength { cipher, expected: cipher.key_len(), got: key.len() }
}

/// A MAC over a public key data object without domain parameters (ICAO Doc 9303-11 clause 9.4);
/// `None` for keys that are not of the cipher's length.
pub(crate) fn over_public_key(
    oid: &[u8],
    keys: &SessionKeys,
    key: &AgreementPublicKey,
) -> Option<[u8; 8]> {
    let tag = match key {
        AgreementPublicKey::Ec(_) => 0x86,
        AgreementPublicKey::Dh(_) => 0x84,
    };
    let mut w = Writer::new();
    w.constructed(Tag::new(0x7F49), |w| {
        w.primitive(Tag::new(0x06), oid);
        w.primitive(Tag::new(tag), key.as_bytes());
    });
    let mut input = w.finish();
    if keys.cipher == Cipher::TripleDes {
        input = pad(&input, keys.cipher.block_len());
    }
    Some(MacKey::new(keys.cipher, &keys.mac)?.tag(&[&input]))
}

/// The data objects of a step's dynamic authentication data.
pub(super) fn objects(step: u8, data: &[u8]) -> Result<Reader<'_>, PaceError> {
    parse_one(data, super::DYNAMIC_AUTHENTICATION_DATA)
        .and_then(|outer| outer.children())
        .map_err(|source| PaceError::Malformed { step, source })
}

/// The value of the one data object that a step's dynamic authentication data holds.
pub(super) fn single(step: u8, data: &[u8], tag: u32) -> Result<&[u8], PaceError> {
    let malformed = |source| PaceError::Malformed { step, source };
    let mut objects = objects(step, data)?;
    let object: Tlv<'_> = objects.expect(Tag::new(tag)).map_err(malformed)?;
    objects.end().map_err(malformed)?;
    Ok(object.value)
}

/// Dynamic authentication data with one data object.
pub(super) fn wrap(tag: u32, value: &[u8]) -> Vec<u8> {
    wrap_all(&[(tag, value)])
}

/// Dynamic authentication data with these data objects.
pub(super) fn wrap_all(objects: &[(u32, &[u8])]) -> Vec<u8> {
    let mut w = Writer::new();
    w.constructed(super::DYNAMIC_AUTHENTICATION_DATA, |w| {
        for &(tag, value) in objects {
            w.primitive(Tag::new(tag), value);
        }
    });
    w.finish()
}
