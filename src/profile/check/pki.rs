//! What a profile says of the CSCA and the document signer.

use time::Date;

use super::{
    super::{KeyKind, Pki, ProfileError, RsaScheme, document::Table},
    in_order, letters,
    names::{HASHES, SIGNATURES, key_kind},
    plain,
};
use crate::crypto::{Curve, Hash};

pub(super) fn pki(table: &Table<'_>) -> Result<Pki, ProfileError> {
    let name = |key| -> Result<String, ProfileError> {
        let found = table.need_text(key)?;
        if !found.value.contains("TEST") {
            return Err(found.refused("a name with the word TEST in it"));
        }
        plain(&found, 60)
    };
    let country = table.need_text("country")?;
    if !letters(country.value, 2..=2) {
        return Err(country.refused("a two-letter code such as KR"));
    }
    let days = |from, until| -> Result<(Date, Date), ProfileError> {
        let (from, until) = (table.need_date(from)?, table.need_date(until)?);
        in_order(&from, &until)?;
        Ok((from.value, until.value))
    };
    let csca_validity = days("csca_from", "csca_until")?;
    let signer_validity = days("signer_from", "signer_until")?;
    if signer_validity.0 < csca_validity.0 || signer_validity.1 > csca_validity.1 {
        return Err(table
            .need_date("signer_from")?
            .refused("days within those of the CSCA's certificate"));
    }
    let kind = |key| -> Result<KeyKind, ProfileError> {
        let found = table.text(key)?;
        found.map_or(Ok(KeyKind::Ec(Curve::P256)), |found| key_kind(&found))
    };
    let (key, signer_key) = (kind("key")?, kind("signer_key")?);
    let hash = table.text("hash")?.map(|hash| hash.one_of(HASHES)).transpose()?;
    Ok(Pki {
        country: country.value.into(),
        organization: name("organization")?,
        key,
        signer_key,
        rsa: rsa_scheme(table, [key, signer_key])?,
        hash: hash.unwrap_or(Hash::Sha256),
        csca: name("csca")?,
        csca_validity,
        signer: name("signer")?,
        signer_validity,
    })
}

// Elliptic-curve keys make ECDSA signatures whatever RSA keys beside them make.
fn rsa_scheme(table: &Table<'_>, keys: [KeyKind; 2]) -> Result<RsaScheme, ProfileError> {
    let Some(signature) = table.text("signature")? else { return Ok(RsaScheme::Pkcs1) };
    let has_rsa = keys.iter().any(|key| matches!(key, KeyKind::Rsa(_)));
    match signature.one_of(SIGNATURES)? {
        Some(scheme) if has_rsa => Ok(scheme),
        Some(_) => Err(signature.refused("ECDSA, which elliptic-curve keys make,")),
        None if has_rsa => Err(signature.refused("RSA-PKCS1 or RSA-PSS, which RSA keys make,")),
        None => Ok(RsaScheme::Pkcs1),
    }
}
