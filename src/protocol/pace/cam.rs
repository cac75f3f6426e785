//! The chip authentication mapping: the chip shows with its mapping key that it holds its static
//! key (ICAO Doc 9303-11 clause 4.4.3.5).

use zeroize::Zeroizing;

use super::{PaceError, token};
use crate::{
    crypto::{BlockKey, CurveError, PublicKey, SecretKey, pad, unpad},
    sm::SessionKeys,
};

/// What a terminal holds after PACE-CAM: the chip is proven by [`verify`] with its static key,
/// once that is authentic.
#[derive(Clone)]
pub struct ChipAuthenticationData {
    data: SecretKey,
    mapping_key: PublicKey,
}

impl ChipAuthenticationData {
    /// From a record: `CA_IC` and the chip's key of the mapping.
    ///
    /// # Errors
    /// [`CurveError::BadSecret`] for a number that is none below the order.
    pub fn new(data: &[u8], mapping_key: PublicKey) -> Result<Self, CurveError> {
        Ok(Self { data: SecretKey::from_bytes(mapping_key.curve(), data)?, mapping_key })
    }

    /// `CA_IC`, big-endian, as long as the order.
    pub fn data(&self) -> &[u8] {
        self.data.to_bytes()
    }

    /// The chip's ephemeral key of the mapping, `PK_Map,IC`.
    pub const fn mapping_key(&self) -> &PublicKey {
        &self.mapping_key
    }
}

impl std::fmt::Debug for ChipAuthenticationData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChipAuthenticationData").finish_non_exhaustive()
    }
}

/// Checks that the chip holds the private key of `static_key`: `PK_Map,IC = KA(CA_IC, PK_IC)`.
/// Of the keys in EF.CardSecurity it is the one whose keyId is the parameterId of the run (or the
/// only one), and passive authentication must have shown that it is the issuer's.
///
/// # Errors
/// [`PaceError::NotGenuine`] where it does not; [`PaceError::BadKey`] for a key on another curve.
pub fn verify(chip: &ChipAuthenticationData, static_key: &PublicKey) -> Result<(), PaceError> {
    let point = chip
        .data
        .agree_point(static_key)
        .map_err(|source| PaceError::BadKey { step: 4, source: source.into() })?;
    if point == chip.mapping_key { Ok(()) } else { Err(PaceError::NotGenuine) }
}

/// Chip: the encrypted chip authentication data `A_IC` of DO8A.
pub(super) fn encrypt(
    keys: &SessionKeys,
    mapping: &SecretKey,
    static_key: &SecretKey,
) -> Result<Vec<u8>, PaceError> {
    let ratio = mapping
        .divided_by(static_key)
        .map_err(|source| PaceError::BadKey { step: 4, source: source.into() })?;
    let mut data = pad(ratio.to_bytes(), keys.cipher.block_len());
    let key = token::block_key(keys.cipher, &keys.enc)?;
    key.encrypt_cbc(&iv(&key), &mut data);
    Ok(data)
}

/// Terminal: what DO8A holds.
pub(super) fn decrypt(
    keys: &SessionKeys,
    encrypted: &[u8],
    mapping_key: PublicKey,
) -> Result<ChipAuthenticationData, PaceError> {
    let bad = |what| PaceError::BadChipData { what };
    let curve = mapping_key.curve();
    let block = keys.cipher.block_len();
    let longest = (curve.field_len() + 1).next_multiple_of(block);
    if encrypted.is_empty() || encrypted.len() > longest || !encrypted.len().is_multiple_of(block) {
        return Err(bad("its length is not that of a padded number"));
    }
    let mut data = Zeroizing::new(encrypted.to_vec());
    let key = token::block_key(keys.cipher, &keys.enc)?;
    key.decrypt_cbc(&iv(&key), &mut data);
    let number = unpad(&data).ok_or_else(|| bad("it has no 80 00.. padding"))?;
    let data = SecretKey::from_bytes(curve, number)
        .map_err(|_| bad("it is no number below the order, as long as the order"))?;
    Ok(ChipAuthenticationData { data, mapping_key })
}

// E(KS_Enc, -1): -1 is the block of ones. The mapping has no 3DES.
fn iv(key: &BlockKey) -> [u8; 16] {
    let mut iv = [0xFF; 16];
    key.encrypt_cbc(&[0; 16], &mut iv);
    iv
}
