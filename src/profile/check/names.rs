//! What profiles call curves, groups, ciphers, hash functions, kinds of keys and of files.

use super::super::{KeyKind, ProfileError, RsaScheme, Structure, document::Found};
use crate::{
    crypto::{Cipher, Curve, Group, Hash},
    lds::{Sex, edl::Encoding},
};

pub(in crate::profile) const CURVES: &[(&str, Curve)] = &[
    ("P-256", Curve::P256),
    ("P-384", Curve::P384),
    ("P-521", Curve::P521),
    ("brainpoolP256r1", Curve::BrainpoolP256r1),
    ("brainpoolP384r1", Curve::BrainpoolP384r1),
    ("brainpoolP512r1", Curve::BrainpoolP512r1),
];
/// The groups, by the bits of prime and order.
pub(in crate::profile) const GROUPS: &[(&str, Group)] = &[
    ("MODP-1024-160", Group::Modp1024),
    ("MODP-2048-224", Group::Modp2048Order224),
    ("MODP-2048-256", Group::Modp2048Order256),
];
/// The arcs of the mapping in `id-PACE-*`: over groups and over curves (ICAO Doc 9303-11 clause
/// 9.2.3). The chip authentication mapping has none over groups.
pub(in crate::profile) const MAPPINGS: &[(&str, (u8, u8))] =
    &[("GM", (1, 2)), ("IM", (3, 4)), ("CAM", (5, 6))];
pub(in crate::profile) const CIPHERS: &[(&str, Cipher)] = &[
    ("3DES", Cipher::TripleDes),
    ("AES-128", Cipher::Aes128),
    ("AES-192", Cipher::Aes192),
    ("AES-256", Cipher::Aes256),
];
pub(in crate::profile) const HASHES: &[(&str, Hash)] = &[
    ("SHA-1", Hash::Sha1),
    ("SHA-224", Hash::Sha224),
    ("SHA-256", Hash::Sha256),
    ("SHA-384", Hash::Sha384),
    ("SHA-512", Hash::Sha512),
];
/// How `signature` is named; none of RSA where no key is.
pub(in crate::profile) const SIGNATURES: &[(&str, Option<RsaScheme>)] =
    &[("ECDSA", None), ("RSA-PKCS1", Some(RsaScheme::Pkcs1)), ("RSA-PSS", Some(RsaScheme::Pss))];
pub(in crate::profile) const SEXES: &[(&str, Sex)] =
    &[("M", Sex::Male), ("F", Sex::Female), ("X", Sex::Unspecified)];
pub(in crate::profile) const ENCODINGS: &[(&str, Encoding)] =
    &[("EU", Encoding::Eu), ("ISO", Encoding::Iso)];

/// What `kind` of a file says; records have a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::profile) enum FileForm {
    Df,
    Transparent,
    Records(Structure),
}

pub(in crate::profile) const FILE_KINDS: &[(&str, FileForm)] = &[
    ("df", FileForm::Df),
    ("transparent", FileForm::Transparent),
    ("linear-fixed", FileForm::Records(Structure::LinearFixed)),
    ("linear-variable", FileForm::Records(Structure::LinearVariable)),
    ("cyclic", FileForm::Records(Structure::Cyclic)),
];
/// The bits of RSA keys: longer ones take minutes to make.
pub(in crate::profile) const RSA_BITS: std::ops::RangeInclusive<u32> = 1024..=4096;

/// A curve or `RSA-2048`.
pub(in crate::profile) fn key_kind(found: &Found<'_, &str>) -> Result<KeyKind, ProfileError> {
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
