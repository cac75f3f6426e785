//! The chip's half.

use rand_core::CryptoRng;

use super::{ChipAuthError, NONCE_LEN, Suite, keys_with_nonce};
use crate::{
    crypto::{AgreementPublicKey, AgreementSecretKey, Domain},
    protocol::{
        Flaws,
        pace::{DYNAMIC_AUTHENTICATION_DATA, over_public_key},
    },
    sm::SessionKeys,
    tlv::{Reader, Tag, Writer, parse_one},
};

/// The chip's half of Chip Authentication: its static key.
pub struct Chip {
    suite: Suite,
    key: AgreementSecretKey,
    flaws: Flaws,
}

impl Chip {
    /// With the static key whose public half stands in DG14 or EF.CardSecurity.
    pub fn new(suite: Suite, key: impl Into<AgreementSecretKey>) -> Self {
        Self { suite, key: key.into(), flaws: Flaws::NONE }
    }

    /// Makes it a chip with deliberate mistakes.
    pub const fn set_flaws(&mut self, flaws: Flaws) {
        self.flaws = flaws;
    }

    /// Which Chip Authentication it runs.
    pub const fn suite(&self) -> &Suite {
        &self.suite
    }

    /// Where its key belongs.
    pub const fn domain(&self) -> Domain {
        self.key.domain()
    }

    /// Version 1, the data of GENERAL AUTHENTICATE: the response data, and the keys that hold from
    /// the next command on (ICAO Doc 9303-11 clause 6.2.3).
    ///
    /// # Errors
    /// What is wrong; [`ChipAuthError::status`] is what to answer, and the old keys stay valid.
    pub fn general_authenticate(
        &self,
        data: &[u8],
    ) -> Result<(Vec<u8>, SessionKeys), ChipAuthError> {
        let theirs = self.terminal_key(data)?;
        let shared = self.key.agree(&theirs)?;
        let keys = SessionKeys::derive(self.suite.cipher(), shared.as_bytes());
        Ok((vec![0x7C, 0x00], keys))
    }

    /// Version 2, the data of GENERAL AUTHENTICATE, with the compressed ephemeral key that the
    /// terminal announced in Terminal Authentication: the response data with nonce and token, and
    /// the keys that hold from the next command on (BSI TR-03110-2 clause 3.4).
    ///
    /// # Errors
    /// What is wrong; [`ChipAuthError::status`] is what to answer, and the old keys stay valid.
    pub fn general_authenticate_v2(
        &self,
        data: &[u8],
        announced: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<(Vec<u8>, SessionKeys), ChipAuthError> {
        let theirs = self.terminal_key(data)?;
        if theirs.compressed() != announced {
            return Err(ChipAuthError::NotAnnounced);
        }
        let mut nonce = [0; NONCE_LEN];
        rng.fill_bytes(&mut nonce);
        let keys = keys_with_nonce(&self.suite, &self.key.agree(&theirs)?, &nonce);
        let token = over_public_key(self.suite.oid().as_bytes(), &keys, &theirs);
        let token = token.ok_or(ChipAuthError::BadToken)?;
        let mut w = Writer::new();
        w.constructed(DYNAMIC_AUTHENTICATION_DATA, |w| {
            w.primitive(Tag::new(0x81), &nonce);
            w.primitive(Tag::new(0x82), &token);
        });
        Ok((w.finish(), keys))
    }

    /// Version 1 by MSE:Set KAT: the keys that hold from the next command on (ICAO Doc 9303-11
    /// clause 6.2.4.1). The response has no data.
    ///
    /// # Errors
    /// What is wrong; [`ChipAuthError::status`] is what to answer, and the old keys stay valid.
    pub fn set_kat(
        &self,
        template: &KeyAgreementTemplate<'_>,
    ) -> Result<SessionKeys, ChipAuthError> {
        let theirs = self.template_key(template)?;
        let shared = self.key.agree(&theirs).map_err(ChipAuthError::BadTemplateKey)?;
        Ok(SessionKeys::derive(self.suite.cipher(), shared.as_bytes()))
    }

    /// The terminal's ephemeral key in the data of MSE:Set KAT.
    ///
    /// # Errors
    /// [`ChipAuthError::BadTemplateKey`].
    pub fn template_key(
        &self,
        template: &KeyAgreementTemplate<'_>,
    ) -> Result<AgreementPublicKey, ChipAuthError> {
        let key = self.flaws.public_key(self.key.domain(), template.public_key);
        key.map_err(ChipAuthError::BadTemplateKey)
    }

    /// The terminal's ephemeral key in the data of GENERAL AUTHENTICATE: Terminal Authentication
    /// version 1 signs it afterwards.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn terminal_key(&self, data: &[u8]) -> Result<AgreementPublicKey, ChipAuthError> {
        let outer = parse_one(data, DYNAMIC_AUTHENTICATION_DATA)?;
        let mut objects = outer.children()?;
        let value = objects.expect(Tag::new(0x80))?.value;
        objects.end()?;
        Ok(self.flaws.public_key(self.key.domain(), value)?)
    }
}

impl std::fmt::Debug for Chip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chip").field("suite", &self.suite).finish_non_exhaustive()
    }
}

/// The data of MSE:Set KAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyAgreementTemplate<'a> {
    /// DO91: the terminal's ephemeral public key.
    pub public_key: &'a [u8],
    /// DO84: the reference of the chip's private key, where it is given.
    pub key_id: Option<u64>,
}

impl<'a> KeyAgreementTemplate<'a> {
    /// Reads the command data. Unknown data objects are passed over.
    ///
    /// # Errors
    /// [`ChipAuthError::Malformed`] without DO91, [`ChipAuthError::BadObject`] for an object that
    /// comes twice or a reference that is no number of 1 to 8 bytes.
    pub fn parse(data: &'a [u8]) -> Result<Self, ChipAuthError> {
        let (mut public_key, mut reference) = (None, None);
        for object in Reader::new(data) {
            let object = object?;
            let place = match object.tag.value() {
                0x91 => &mut public_key,
                0x84 => &mut reference,
                _ => continue,
            };
            if place.replace(object.value).is_some() {
                return Err(bad(object.tag.value(), "each data object once", object.value));
            }
        }
        let missing = crate::tlv::TlvError::Missing { expected: Tag::new(0x91) };
        let key_id = match reference {
            None => None,
            Some(id @ [_, ..]) if id.len() <= 8 => {
                Some(id.iter().fold(0, |n, &b| n << 8 | u64::from(b)))
            }
            Some(id) => return Err(bad(0x84, "a number of 1 to 8 bytes", id)),
        };
        Ok(Self { public_key: public_key.ok_or(missing)?, key_id })
    }
}

const fn bad(object: u32, expected: &'static str, value: &[u8]) -> ChipAuthError {
    ChipAuthError::BadObject { object, expected, got: value.len() }
}
