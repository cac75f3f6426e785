//! The authentication token (ICAO Doc 9303-11 clause 4.4.3.4).

use super::{PaceError, Parameters};
use crate::{
    crypto::{Cipher, MacKey, PublicKey, pad},
    sm::SessionKeys,
    tlv::{Tag, Tlv, Writer, parse_one},
};

/// The token over the *other* side's public key.
pub(super) fn token(params: &Parameters, keys: &SessionKeys, key: &PublicKey) -> Option<[u8; 8]> {
    let mut w = Writer::new();
    w.constructed(Tag::new(0x7F49), |w| {
        w.primitive(Tag::new(0x06), params.oid().as_bytes());
        w.primitive(Tag::new(0x86), key.sec1());
    });
    let mut input = w.finish();
    if keys.cipher == Cipher::TripleDes {
        input = pad(&input, keys.cipher.block_len());
    }
    Some(MacKey::new(keys.cipher, &keys.mac)?.tag(&[&input]))
}

/// The value of the one data object that a step's dynamic authentication data holds.
pub(super) fn single(step: u8, data: &[u8], tag: u32) -> Result<&[u8], PaceError> {
    let outer = parse_one(data, super::DYNAMIC_AUTHENTICATION_DATA)
        .map_err(|source| PaceError::Malformed { step, source })?;
    let malformed = |source| PaceError::Malformed { step, source };
    let mut objects = outer.children().map_err(malformed)?;
    let object: Tlv<'_> = objects.expect(Tag::new(tag)).map_err(malformed)?;
    objects.end().map_err(malformed)?;
    Ok(object.value)
}

/// Dynamic authentication data with one data object.
pub(super) fn wrap(tag: u32, value: &[u8]) -> Vec<u8> {
    let mut w = Writer::new();
    w.constructed(super::DYNAMIC_AUTHENTICATION_DATA, |w| {
        w.primitive(Tag::new(tag), value);
    });
    w.finish()
}
