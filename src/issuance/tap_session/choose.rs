//! Which key of the chip the issuer asks for: the strongest of the signed EF.DG14.

use crate::crypto::{AgreementPublicKey, Cipher};
use crate::lds::{ChipAuthenticationPublicKeyInfo, SecurityInfos};
use crate::pki::agreement;
use crate::protocol::chip_auth::Suite;

/// A key of the chip, and the protocol to run with it.
#[derive(Clone, Debug)]
pub struct ChipKey {
    pub(super) suite: Suite,
    pub(super) key: AgreementPublicKey,
    pub(super) key_id: Option<u64>,
}

/// Why there is no Chip Authentication to run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoChipKey {
    /// EF.DG14 has no key of the chip.
    #[error("EF.DG14 has no key for Chip Authentication")]
    NotOffered,
    /// None of its keys goes with a protocol of version 1 that is spoken here.
    #[error("none of the {offered} keys in EF.DG14 goes with a Chip Authentication spoken here")]
    Unsupported {
        /// How many keys there are.
        offered: usize,
    },
}

impl ChipKey {
    /// The strongest that a signed EF.DG14 has: by its cipher, then by the length of its key.
    /// Version 2 of the protocol, which follows Terminal Authentication, is none. Nothing weaker is
    /// tried after it: whoever carries the frames would choose.
    ///
    /// # Errors
    /// [`NoChipKey`].
    pub fn strongest(infos: &SecurityInfos) -> Result<Self, NoChipKey> {
        let keys: Vec<_> = infos.chip_authentication_keys().collect();
        if keys.is_empty() {
            return Err(NoChipKey::NotOffered);
        }
        let mut infos = infos.chip_authentication().peekable();
        let found = if infos.peek().is_none() {
            // A key and no protocol: what was before there were others (ICAO Doc 9303-11 clause
            // 9.2.6).
            let each = keys.iter().filter_map(|key| {
                let public = agreement::parse(&key.spki).ok()?;
                let [suite, ..] = Suite::inferred(public.domain());
                Some(Self { suite, key: public, key_id: key.key_id })
            });
            each.max_by_key(Self::strength)
        } else {
            let version_1 = infos.filter(|info| info.version < 2);
            let each = version_1.filter_map(|info| {
                let suite = Suite::new(info.protocol).ok()?;
                let key = of_number(&keys, info.key_id)?;
                let public = agreement::parse(&key.spki).ok()?;
                let fits = suite.runs_over(public.domain());
                fits.then_some(Self { suite, key: public, key_id: key.key_id })
            });
            each.max_by_key(Self::strength)
        };
        found.ok_or(NoChipKey::Unsupported { offered: keys.len() })
    }

    /// The public key as it stands in EF.DG14, without its parameters.
    pub fn as_bytes(&self) -> &[u8] {
        self.key.as_bytes()
    }

    fn strength(&self) -> (u8, usize) {
        let cipher = match self.suite.cipher() {
            Cipher::TripleDes => 0,
            Cipher::Aes128 => 1,
            Cipher::Aes192 => 2,
            Cipher::Aes256 => 3,
        };
        (cipher, self.key.as_bytes().len())
    }
}

// One key needs no number, and some cards number one only.
fn of_number<'a>(
    keys: &[&'a ChipAuthenticationPublicKeyInfo],
    key_id: Option<u64>,
) -> Option<&'a ChipAuthenticationPublicKeyInfo> {
    match *keys {
        [only] if key_id.is_none() || only.key_id.is_none() => Some(only),
        _ => keys.iter().find(|key| key.key_id == key_id).copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{Curve, SecretKey, SeededRng};
    use crate::lds::{ChipAuthenticationInfo, SecurityInfo, oids};
    use crate::pki::spki;

    fn key(curve: Curve, key_id: Option<u64>) -> SecurityInfo {
        let secret = SecretKey::generate(curve, &mut SeededRng::new(b"choose", "key"));
        SecurityInfo::ChipAuthenticationPublicKey(ChipAuthenticationPublicKeyInfo {
            protocol: oids::PK_ECDH,
            spki: spki::encode(&secret.public()),
            key_id,
        })
    }

    fn info(cipher: u32, version: u64, key_id: Option<u64>) -> SecurityInfo {
        let protocol = format!("0.4.0.127.0.7.2.2.3.2.{cipher}").parse().unwrap();
        let version = version.try_into().unwrap();
        SecurityInfo::ChipAuthentication(ChipAuthenticationInfo { protocol, version, key_id })
    }

    fn strongest(infos: &[SecurityInfo]) -> Result<(Cipher, Option<u64>), NoChipKey> {
        let chosen = ChipKey::strongest(&SecurityInfos::new(infos.to_vec()))?;
        Ok((chosen.suite.cipher(), chosen.key_id))
    }

    #[test]
    fn the_strongest_of_version_1_is_chosen() {
        let (small, large) = (key(Curve::P256, Some(1)), key(Curve::P384, Some(2)));
        let both = [info(2, 1, Some(1)), small.clone(), info(2, 1, Some(2)), large.clone()];
        assert_eq!(strongest(&both), Ok((Cipher::Aes128, Some(2))));
        let cipher = [info(4, 1, Some(1)), small.clone(), info(2, 1, Some(2)), large.clone()];
        assert_eq!(strongest(&cipher), Ok((Cipher::Aes256, Some(1))));
        let version = [info(4, 2, Some(1)), small.clone(), info(1, 1, Some(2)), large];
        assert_eq!(strongest(&version), Ok((Cipher::TripleDes, Some(2))));
        let unnumbered = [info(2, 1, None), small.clone()];
        assert_eq!(strongest(&unnumbered), Ok((Cipher::Aes128, Some(1))));
        assert_eq!(strongest(std::slice::from_ref(&small)), Ok((Cipher::TripleDes, Some(1))));
        assert_eq!(strongest(&[info(2, 1, None)]), Err(NoChipKey::NotOffered));
        let lost =
            [info(2, 1, Some(9)), info(9, 1, Some(1)), small.clone(), key(Curve::P256, None)];
        assert_eq!(strongest(&lost), Err(NoChipKey::Unsupported { offered: 2 }));
        let version_2 = [info(2, 2, Some(1)), small];
        assert_eq!(strongest(&version_2), Err(NoChipKey::Unsupported { offered: 1 }));
    }
}
