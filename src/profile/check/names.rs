//! What profiles call curves, groups, ciphers, hash functions and kinds of keys.

use super::super::{KeyKind, ProfileError, document::Found};
use crate::crypto::{Cipher, Curve, Group, Hash};

pub(super) const CURVES: &[(&str, Curve)] = &[
    ("P-256", Curve::P256),
    ("P-384", Curve::P384),
    ("P-521", Curve::P521),
    ("brainpoolP256r1", Curve::BrainpoolP256r1),
    ("brainpoolP384r1", Curve::BrainpoolP384r1),
    ("brainpoolP512r1", Curve::BrainpoolP512r1),
];
/// The groups, by the bits of prime and order.
pub(super) const GROUPS: &[(&str, Group)] = &[
    ("MODP-1024-160", Group::Modp1024),
    ("MODP-2048-224", Group::Modp2048Order224),
    ("MODP-2048-256", Group::Modp2048Order256),
];
/// The arcs of the mapping in `id-PACE-*`: over groups and over curves (ICAO Doc 9303-11 clause
/// 9.2.3). The chip authentication mapping has none over groups.
pub(super) const MAPPINGS: &[(&str, (u8, u8))] = &[("GM", (1, 2)), ("IM", (3, 4)), ("CAM", (5, 6))];
pub(super) const CIPHERS: &[(&str, Cipher)] = &[
    ("3DES", Cipher::TripleDes),
    ("AES-128", Cipher::Aes128),
    ("AES-192", Cipher::Aes192),
    ("AES-256", Cipher::Aes256),
];
pub(super) const HASHES: &[(&str, Hash)] = &[
    ("SHA-1", Hash::Sha1),
    ("SHA-224", Hash::Sha224),
    ("SHA-256", Hash::Sha256),
    ("SHA-384", Hash::Sha384),
    ("SHA-512", Hash::Sha512),
];
/// The bits of RSA keys: longer ones take minutes to make.
pub(super) const RSA_BITS: std::ops::RangeInclusive<u32> = 1024..=4096;

/// A curve or `RSA-2048`.
pub(super) fn key_kind(found: &Found<'_, &str>) -> Result<KeyKind, ProfileError> {
    let Some(bits) = found.value.strip_prefix("RSA-") else {
        let mut names: Vec<_> = CURVES.iter().map(|(n, c)| (*n, KeyKind::Ec(*c))).collect();
        names.push(("RSA-2048", KeyKind::Rsa(2048)));
        return found.one_of(&names);
    };
    match bits.parse().ok().filter(|bits| RSA_BITS.contains(bits) && bits % 64 == 0) {
        Some(bits) => Ok(KeyKind::Rsa(bits as usize)),
        None => Err(found.refused("RSA with 1024 to 4096 bits, a multiple of 64,")),
    }
}
