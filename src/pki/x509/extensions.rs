//! The extensions that matter to a chain (RFC 5280 clause 4.2, ICAO Doc 9303-12 clause 7.1).

use time::UtcDateTime;

use super::super::algorithm::{BIT_STRING, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use super::super::{Name, Oid, PkiError, moment, oid};
use super::{BasicConstraints, KeyUsage};
use crate::tlv::{self, Tag, Tlv, TlvError};

const BOOLEAN: Tag = Tag::new(0x01);
const MAX_PURPOSES: usize = 32;

/// What the extensions of a certificate say.
#[derive(Clone, Default)]
pub(super) struct Extensions {
    pub(super) subject_key_id: Option<Vec<u8>>,
    pub(super) authority_key_id: Option<Vec<u8>>,
    pub(super) authority_serial: Option<(Option<Name>, Vec<u8>)>,
    pub(super) basic_constraints: Option<BasicConstraints>,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) purposes: Option<Vec<Oid>>,
    pub(super) private_key_usage: (Option<UtcDateTime>, Option<UtcDateTime>),
    pub(super) unknown_critical: Option<Oid>,
}

impl Extensions {
    /// Reads `Extensions ::= SEQUENCE OF Extension`. Of extensions that only help to find a
    /// certificate, a malformed one counts as none; one that restricts is read or refused.
    pub(super) fn read(what: &'static str, list: Tlv<'_>) -> Result<Self, PkiError> {
        let mut out = Self::default();
        let mut seen: Vec<Vec<u8>> = Vec::new();
        each(what, list, |id, critical, value| {
            if seen.iter().any(|s| s == id) {
                let name = Oid::from_bytes(id).map_or_else(|_| hex::encode(id), |o| o.to_string());
                return Err(PkiError::value(what, format_args!("extension {name}: stands twice")));
            }
            seen.push(id.to_vec());
            match Oid::from_bytes(id) {
                Ok(id) => out.take(what, id, critical, value),
                // An identifier that cannot be one is not understood either.
                Err(e) if critical => Err(PkiError::value(what, e)),
                Err(_) => Ok(()),
            }
        })?;
        Ok(out)
    }

    fn take(
        &mut self,
        what: &'static str,
        id: Oid,
        critical: bool,
        value: &[u8],
    ) -> Result<(), PkiError> {
        let bad = |e: TlvError| PkiError::value(what, format_args!("extension {id}: {e}"));
        match id {
            oid::SUBJECT_KEY_IDENTIFIER => {
                self.subject_key_id =
                    tlv::parse_one(value, OCTET_STRING).ok().map(|t| t.value.to_vec());
            }
            oid::AUTHORITY_KEY_IDENTIFIER => {
                (self.authority_key_id, self.authority_serial) =
                    authority_key_identifier(value).unwrap_or_default();
            }
            oid::BASIC_CONSTRAINTS => {
                self.basic_constraints = Some(basic_constraints(value).map_err(bad)?);
            }
            oid::KEY_USAGE => self.key_usage = Some(key_usage(value).map_err(bad)?),
            oid::EXT_KEY_USAGE => self.purposes = Some(purposes(what, value)?),
            oid::PRIVATE_KEY_USAGE_PERIOD => {
                self.private_key_usage = private_key_usage(value).unwrap_or_default();
            }
            // Nothing in these changes what a chain of document signer and CA may do.
            oid::SUBJECT_ALT_NAME
            | oid::ISSUER_ALT_NAME
            | oid::CRL_DISTRIBUTION_POINTS
            | oid::CERTIFICATE_POLICIES
            | oid::NAME_CHANGE
            | oid::DOCUMENT_TYPE_LIST => {}
            unknown if critical => {
                self.unknown_critical.get_or_insert(unknown);
            }
            _ => {}
        }
        Ok(())
    }
}

/// Hands every extension of a list over: identifier, whether it is critical, value.
pub(in crate::pki) fn each<'a>(
    what: &'static str,
    list: Tlv<'a>,
    mut take: impl FnMut(&'a [u8], bool, &'a [u8]) -> Result<(), PkiError>,
) -> Result<(), PkiError> {
    let structure = PkiError::tlv(what);
    let list = list.expect(SEQUENCE).and_then(|l| l.children()).map_err(&structure)?;
    for extension in list {
        let extension = extension.and_then(|e| e.expect(SEQUENCE)).map_err(&structure)?;
        let mut fields = extension.children().map_err(&structure)?;
        let id = fields.expect(OBJECT_IDENTIFIER).map_err(&structure)?.value;
        let mut value = fields.next().transpose().map_err(&structure)?;
        let mut critical = false;
        if let Some(flag) = value.filter(|t| t.tag == BOOLEAN) {
            critical = truth(flag.value);
            value = fields.next().transpose().map_err(&structure)?;
        }
        fields.end().map_err(&structure)?;
        let value = value.ok_or(TlvError::Missing { expected: OCTET_STRING });
        let value = value.and_then(|v| v.expect(OCTET_STRING)).map_err(&structure)?;
        take(id, critical, value.value)?;
    }
    Ok(())
}

// Some real CAs write TRUE as 01.
fn truth(value: &[u8]) -> bool {
    value.iter().any(|b| *b != 0)
}

type Authority = (Option<Vec<u8>>, Option<(Option<Name>, Vec<u8>)>);

/// keyIdentifier, and issuer with serial number (RFC 5280 clause 4.2.1.1).
pub(in crate::pki) fn authority_key_identifier(value: &[u8]) -> Result<Authority, TlvError> {
    const DIRECTORY_NAME: Tag = Tag::new(0xA4);
    let identifier = tlv::parse_one(value, SEQUENCE)?;
    let key = identifier.child(Tag::new(0x80))?.map(|t| t.value.to_vec());
    let issuer = match identifier.child(Tag::new(0xA1))? {
        Some(names) => names.child(DIRECTORY_NAME)?,
        None => None,
    };
    let issuer = issuer.and_then(|name| Name::parse(name.value).ok());
    let serial = identifier.child(Tag::new(0x82))?;
    Ok((key, serial.map(|serial| (issuer, serial.value.to_vec()))))
}

fn basic_constraints(value: &[u8]) -> Result<BasicConstraints, TlvError> {
    let mut fields = tlv::parse_one(value, SEQUENCE)?.children()?;
    let mut next = fields.next().transpose()?;
    let mut ca = false;
    if let Some(flag) = next.filter(|t| t.tag == BOOLEAN) {
        ca = truth(flag.value);
        next = fields.next().transpose()?;
    }
    // A length beyond one byte restricts nothing that we could tell from 255.
    let path_len = next.map(|t| t.expect(INTEGER)).transpose()?;
    let path_len = path_len.map(|n| if let [n] = n.value { *n } else { u8::MAX });
    fields.end()?;
    Ok(BasicConstraints { ca, path_len })
}

// A BIT STRING, the first byte of which counts the unused bits at the end.
fn key_usage(value: &[u8]) -> Result<KeyUsage, TlvError> {
    let bits = tlv::parse_one(value, BIT_STRING)?.value;
    let first = bits.get(1).copied().unwrap_or_default();
    Ok(KeyUsage {
        digital_signature: first & 0x80 != 0,
        key_cert_sign: first & 0x04 != 0,
        crl_sign: first & 0x02 != 0,
    })
}

fn purposes(what: &'static str, value: &[u8]) -> Result<Vec<Oid>, PkiError> {
    let list = tlv::parse_one(value, SEQUENCE).and_then(|l| l.children());
    let mut all = Vec::new();
    for purpose in list.map_err(PkiError::tlv(what))? {
        let purpose =
            purpose.and_then(|p| p.expect(OBJECT_IDENTIFIER)).map_err(PkiError::tlv(what))?;
        if all.len() == MAX_PURPOSES {
            let limit = MAX_PURPOSES;
            return Err(PkiError::TooMuch { what: "purposes", limit, got: limit + 1 });
        }
        all.extend(Oid::from_bytes(purpose.value));
    }
    Ok(all)
}

fn private_key_usage(value: &[u8]) -> Result<(Option<UtcDateTime>, Option<UtcDateTime>), TlvError> {
    let period = tlv::parse_one(value, SEQUENCE)?;
    let read = |tag| {
        let time = period.child(Tag::new(tag))?;
        Ok(time.and_then(|t| moment::generalized_time(t.value)))
    };
    Ok((read(0x80)?, read(0x81)?))
}
