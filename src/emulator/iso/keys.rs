//! Keys of the layout: GET CHALLENGE, INTERNAL, EXTERNAL and MUTUAL AUTHENTICATE (ISO/IEC 7816-4
//! clause 11.6), MANAGE SECURITY ENVIRONMENT, and PERFORM SECURITY OPERATION (ISO/IEC 7816-8 clause
//! 11).

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::key_for;
use crate::{
    apdu::{CommandView, Header, StatusWord},
    crypto::{BlockKey, Cipher, MacKey, SecretKey, Signature, pad, unpad},
    emulator::{applet::Reply, card::Card},
    profile::{KeyMaterial, KeySpec, KeyUse},
    tlv::{Reader, Tag, find},
};

/// Control reference templates (ISO/IEC 7816-4 table 54), as P2 names them.
const AT: u8 = 0xA4;
const CCT: u8 = 0xB4;
const DST: u8 = 0xB6;
const CT: u8 = 0xB8;

/// The data objects of a security environment that name a key.
const KEY_REFERENCE: [u32; 2] = [0x83, 0x84];
/// The most bytes of a challenge.
const MAX_CHALLENGE: u32 = 64;

/// Which keys the next commands use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::emulator) struct Environment {
    authentication: Option<u8>,
    checksum: Option<u8>,
    signature: Option<u8>,
    confidentiality: Option<u8>,
}

/// Whether MSE speaks of the layout's keys, and not of a protocol that DO80 names.
pub(super) fn is_environment(header: Header, data: &[u8]) -> bool {
    let sets = header.p1 & 0x0F == 0x01 && matches!(header.p2, AT | CCT | DST | CT);
    let stores = matches!(header.p1, 0xF2..=0xF4);
    let names_protocol = header.p2 == AT
        && matches!(find(data, &[Tag::new(0x80)]), Ok(Some(tlv)) if tlv.value.len() > 1);
    stores || sets && !names_protocol
}

impl Card {
    /// GET CHALLENGE: 8 bytes, or as many as Le says, up to 64. It holds for the next command.
    ///
    /// # Errors
    /// `6700` with data, without Le or for more; `6A86` for other parameters.
    pub(super) fn get_challenge(&mut self, command: &CommandView<'_>) -> Result<Reply, StatusWord> {
        if (command.header.p1, command.header.p2) != (0, 0) {
            return Err(StatusWord::WRONG_P1P2);
        }
        let ne = command.ne.filter(|_| command.data.is_empty());
        let len = match ne {
            Some(0x100 | 0x1_0000) => 8,
            Some(ne @ 1..=MAX_CHALLENGE) => ne as usize,
            _ => return Err(StatusWord::WRONG_LENGTH),
        };
        let mut challenge = vec![0; len];
        self.env.rng().fill_bytes(&mut challenge);
        self.channels.here().challenge = challenge.clone();
        Ok(Reply::data(challenge))
    }

    // The key that P2 names, or the environment where P2 is 00.
    fn key_of(
        &mut self,
        header: Header,
        p2: u8,
        environment: Option<u8>,
        of: KeyUse,
    ) -> Result<&KeySpec, StatusWord> {
        let number = if p2 == 0 { environment.ok_or(StatusWord::CONDITIONS)? } else { p2 };
        let status = self.seen(header);
        key_for(&self.parts.layout.keys, number, of, &status)
    }

    /// INTERNAL AUTHENTICATE: the challenge enciphered, or signed.
    ///
    /// # Errors
    /// `6A88` where there is no such key, `6982` where its rule says no, `6985` where it is not for
    /// that or none is chosen; `6700` for a challenge of no whole blocks.
    pub(super) fn internal_authenticate(
        &mut self,
        command: &CommandView<'_>,
    ) -> Result<Reply, StatusWord> {
        let environment = self.channels.here().environment;
        let p2 = of_p1(command.header)?;
        let key = self.key_of(command.header, p2, environment.authentication, KeyUse::Internal)?;
        let data = command.data;
        if !(1..=256).contains(&data.len()) {
            return Err(StatusWord::WRONG_LENGTH);
        }
        Ok(Reply::data(match &key.key {
            KeyMaterial::Symmetric { cipher, value } => encipher(*cipher, value, data)?,
            KeyMaterial::Ec { hash, .. } => {
                secret(key)?.sign_prehash(&hash.digest(&[data])).to_plain().to_vec()
            }
        }))
    }

    /// EXTERNAL AUTHENTICATE, and with Le MUTUAL AUTHENTICATE: whether the terminal has the key.
    /// The terminal enciphers or signs the card's challenge; for MUTUAL AUTHENTICATE it enciphers
    /// its own, then the card's, and is answered with the card's, then its own.
    ///
    /// # Errors
    /// As [`Card::internal_authenticate`]; `6985` without a challenge, `6300` where it is not the
    /// key.
    pub(super) fn external_authenticate(
        &mut self,
        command: &CommandView<'_>,
    ) -> Result<Reply, StatusWord> {
        let here = self.channels.here();
        let (environment, challenge) = (here.environment, std::mem::take(&mut here.challenge));
        let mutual = command.ne.is_some();
        let of = if mutual { KeyUse::Mutual } else { KeyUse::External };
        let p2 = of_p1(command.header)?;
        let key = self.key_of(command.header, p2, environment.authentication, of)?;
        let number = key.number;
        if challenge.is_empty() {
            return Err(StatusWord::CONDITIONS);
        }
        let mut answer = Vec::new();
        let right = match &key.key {
            KeyMaterial::Symmetric { cipher, value } if mutual => {
                let plain = Zeroizing::new(decipher(*cipher, value, command.data)?);
                let split = plain.len().checked_sub(challenge.len());
                let own = split.and_then(|at| plain.split_at_checked(at));
                let (own, ours) =
                    own.filter(|(own, _)| !own.is_empty()).ok_or(StatusWord::WRONG_LENGTH)?;
                answer = encipher(*cipher, value, &[&challenge, own].concat())?;
                bool::from(ours.ct_eq(&challenge))
            }
            KeyMaterial::Symmetric { cipher, value } => {
                let wanted = encipher(*cipher, value, &challenge)?;
                if command.data.len() != wanted.len() {
                    return Err(StatusWord::WRONG_LENGTH);
                }
                bool::from(wanted.ct_eq(command.data))
            }
            KeyMaterial::Ec { .. } if mutual => return Err(StatusWord::FUNCTION_UNSUPPORTED),
            KeyMaterial::Ec { hash, .. } => {
                let signature = Signature::from_plain(command.data);
                let digest = hash.digest(&[&challenge]);
                secret(key)?.public().verify_prehash(&digest, &signature).is_ok()
            }
        };
        self.channels.here().show_key(number, right);
        if right { Ok(Reply::data(answer)) } else { Err(StatusWord::WARNING_CHANGED) }
    }

    /// MSE: SET of one template's key, RESTORE of environment 1, which has none.
    ///
    /// # Errors
    /// `6A80` for data that name no key, `6A88` for a key or an environment that is not there,
    /// `6A81` for anything else.
    pub(super) fn set_environment(
        &mut self,
        command: &CommandView<'_>,
    ) -> Result<Reply, StatusWord> {
        let Header { p1, p2, .. } = command.header;
        match p1 {
            0xF3 if !command.data.is_empty() => return Err(StatusWord::WRONG_LENGTH),
            0xF3 if p2 == 0x01 => self.channels.here().environment = Environment::default(),
            0xF3 => return Err(StatusWord::REFERENCE_NOT_FOUND),
            _ if p1 & 0x0F == 0x01 && matches!(p2, AT | CCT | DST | CT) => {
                let number = named_key(command.data)?;
                let known = self.parts.layout.keys.iter().any(|key| key.number == number);
                if !known {
                    return Err(StatusWord::REFERENCE_NOT_FOUND);
                }
                let environment = &mut self.channels.here().environment;
                let place = match p2 {
                    AT => &mut environment.authentication,
                    CCT => &mut environment.checksum,
                    DST => &mut environment.signature,
                    _ => &mut environment.confidentiality,
                };
                *place = Some(number);
            }
            _ => return Err(StatusWord::FUNCTION_UNSUPPORTED),
        }
        Ok(Reply::data(Vec::new()))
    }

    /// PERFORM SECURITY OPERATION, with the key that MSE has chosen.
    ///
    /// # Errors
    /// `6985` where none is chosen or it is not for that, `6982` where its rule says no; `6A80` for
    /// data that are not as they must be, `6700` for their length, `6300` for a checksum that is
    /// wrong; `6A86` for an operation that is not known, `6A81` for one that a key of its kind has
    /// not.
    pub(super) fn security_operation(
        &mut self,
        command: &CommandView<'_>,
    ) -> Result<Reply, StatusWord> {
        let Header { p1, p2, .. } = command.header;
        let (wrong, environment) = (StatusWord::WRONG_DATA, self.channels.here().environment);
        let data = command.data;
        if data.is_empty() {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let (chosen, of) = match (p1, p2) {
            (0x9E, 0x9A) => (environment.signature, KeyUse::Sign),
            (0x86 | 0x84, 0x80) | (0x80, 0x86 | 0x84) => {
                (environment.confidentiality, KeyUse::Cipher)
            }
            (0x8E, 0x80) | (0x00, 0xA2) => (environment.checksum, KeyUse::Checksum),
            _ => return Err(StatusWord::WRONG_P1P2),
        };
        let key = self.key_of(command.header, 0, chosen, of)?;
        let (cipher, value) = match (&key.key, of) {
            (KeyMaterial::Ec { hash, .. }, KeyUse::Sign) => {
                // The terminal has hashed.
                if data.len() != hash.len() {
                    return Err(StatusWord::WRONG_LENGTH);
                }
                let signature = secret(key)?.sign_prehash(data);
                return Ok(Reply::data(signature.to_plain().to_vec()));
            }
            (KeyMaterial::Symmetric { cipher, value }, KeyUse::Cipher | KeyUse::Checksum) => {
                (*cipher, value.as_slice())
            }
            _ => return Err(StatusWord::FUNCTION_UNSUPPORTED),
        };
        let block = cipher.block_len();
        Ok(Reply::data(match (p1, p2) {
            // 01 in front: padded by method 2 (ISO/IEC 7816-4 clause 10.2).
            (0x86, _) => [vec![0x01], encipher(cipher, value, &pad(data, block))?].concat(),
            (0x84, _) => encipher(cipher, value, data)?,
            (_, 0x86) => {
                let Some((0x01, cryptogram)) = data.split_first() else { return Err(wrong) };
                let plain = Zeroizing::new(decipher(cipher, value, cryptogram)?);
                unpad(&plain).ok_or(wrong)?.to_vec()
            }
            (_, 0x84) => decipher(cipher, value, data)?,
            (0x8E, _) => checksum(cipher, value, data)?.to_vec(),
            _ => {
                let object = |tag| find(data, &[Tag::new(tag)]).ok().flatten().ok_or(wrong);
                let wanted = checksum(cipher, value, object(0x80)?.value)?;
                if !bool::from(wanted.ct_eq(object(0x8E)?.value)) {
                    return Err(StatusWord::WARNING_CHANGED);
                }
                Vec::new()
            }
        }))
    }
}

// P2 of a command whose P1, the algorithm, is the key's own.
const fn of_p1(header: Header) -> Result<u8, StatusWord> {
    if header.p1 == 0 { Ok(header.p2) } else { Err(StatusWord::WRONG_P1P2) }
}

fn named_key(data: &[u8]) -> Result<u8, StatusWord> {
    let mut named = None;
    for object in Reader::new(data) {
        let object = object.map_err(|_| StatusWord::WRONG_DATA)?;
        if KEY_REFERENCE.contains(&object.tag.value()) {
            let &[number] = object.value else { return Err(StatusWord::WRONG_DATA) };
            named = Some(number);
        }
    }
    named.ok_or(StatusWord::WRONG_DATA)
}

fn secret(key: &KeySpec) -> Result<SecretKey, StatusWord> {
    let unusable = StatusWord::DATA_UNUSABLE;
    match &key.key {
        KeyMaterial::Ec { curve, value: Some(value), .. } => {
            SecretKey::from_bytes(*curve, value).map_err(|_| unusable)
        }
        _ => Err(unusable),
    }
}

fn block_key(cipher: Cipher, value: &[u8], data: &[u8]) -> Result<BlockKey, StatusWord> {
    if data.is_empty() || !data.len().is_multiple_of(cipher.block_len()) {
        return Err(StatusWord::WRONG_LENGTH);
    }
    BlockKey::new(cipher, value).ok_or(StatusWord::DATA_UNUSABLE)
}

// CBC over whole blocks from zeros.
fn encipher(cipher: Cipher, value: &[u8], data: &[u8]) -> Result<Vec<u8>, StatusWord> {
    let mut out = data.to_vec();
    block_key(cipher, value, data)?.encrypt_cbc(&vec![0; cipher.block_len()], &mut out);
    Ok(out)
}

fn decipher(cipher: Cipher, value: &[u8], data: &[u8]) -> Result<Vec<u8>, StatusWord> {
    let mut out = data.to_vec();
    block_key(cipher, value, data)?.decrypt_cbc(&vec![0; cipher.block_len()], &mut out);
    Ok(out)
}

// The retail MAC over padded blocks, or CMAC.
fn checksum(cipher: Cipher, value: &[u8], data: &[u8]) -> Result<[u8; 8], StatusWord> {
    let mac = MacKey::new(cipher, value).ok_or(StatusWord::DATA_UNUSABLE)?;
    Ok(match cipher {
        Cipher::TripleDes => mac.tag(&[&pad(data, cipher.block_len())]),
        _ => mac.tag(&[data]),
    })
}
