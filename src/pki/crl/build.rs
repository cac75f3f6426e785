//! Issuing revocation lists, as a test country does.

use time::UtcDateTime;

use super::super::algorithm::{
    BIT_STRING, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, write_algorithm,
};
use super::super::{Certificate, Oid, PkiError, SignatureAlgorithm, moment, oid};
use super::{Crl, ENUMERATED, EXTENSIONS, Revoked, WHAT};
use crate::crypto::{Hash, SecretKey};
use crate::tlv::{Tag, Writer};

/// What a new revocation list says (ICAO Doc 9303-12 clause 7.1.4). Signatures are deterministic
/// with SHA-256, so the same keys and values give the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrlProfile {
    /// Its number, which grows from list to list.
    pub number: u32,
    /// When it is issued.
    pub this_update: UtcDateTime,
    /// When the next one comes.
    pub next_update: UtcDateTime,
    /// Who is on it.
    pub revoked: Vec<Revoked>,
}

impl CrlProfile {
    /// The list, signed by that CA.
    ///
    /// # Errors
    /// [`PkiError::Value`] where the key is not the issuer's.
    pub fn issue(&self, issuer: &Certificate, key: &SecretKey) -> Result<Crl, PkiError> {
        if issuer.public_key()? != key.public() {
            return Err(PkiError::value(WHAT, "the key is not that of the issuer's certificate"));
        }
        let hash = Hash::Sha256;
        let algorithm = SignatureAlgorithm::Ecdsa(hash).oid();
        let mut w = Writer::new();
        w.constructed(SEQUENCE, |w| {
            w.primitive(INTEGER, &[1]);
            write_algorithm(w, algorithm);
            w.raw(issuer.subject_name().der());
            moment::write(w, self.this_update);
            moment::write(w, self.next_update);
            if !self.revoked.is_empty() {
                w.constructed(SEQUENCE, |w| self.revoked.iter().for_each(|r| entry(w, r)));
            }
            w.constructed(EXTENSIONS, |w| {
                w.constructed(SEQUENCE, |w| {
                    if let Some(id) = issuer.subject_key_id() {
                        extension(w, oid::AUTHORITY_KEY_IDENTIFIER, |w| {
                            w.constructed(SEQUENCE, |w| {
                                w.primitive(Tag::new(0x80), id);
                            });
                        });
                    }
                    extension(w, oid::CRL_NUMBER, |w| positive(w, &self.number.to_be_bytes()));
                });
            });
        });
        let tbs = w.finish();
        let signature = key.sign_prehash(&hash.digest(&[&tbs])).to_der();
        let mut w = Writer::new();
        w.constructed(SEQUENCE, |w| {
            w.raw(&tbs);
            write_algorithm(w, algorithm);
            w.primitive(BIT_STRING, &[&[0], &signature[..]].concat());
        });
        Crl::from_der(&w.finish())
    }
}

fn entry(w: &mut Writer, revoked: &Revoked) {
    w.constructed(SEQUENCE, |w| {
        positive(w, &revoked.serial);
        moment::write(w, revoked.at);
        if revoked.reason.is_none() && revoked.invalid_since.is_none() {
            return;
        }
        w.constructed(SEQUENCE, |w| {
            if let Some(reason) = revoked.reason {
                extension(w, oid::CRL_REASON, |w| {
                    w.primitive(ENUMERATED, &[reason.0]);
                });
            }
            if let Some(since) = revoked.invalid_since {
                extension(w, oid::INVALIDITY_DATE, |w| moment::write_generalized(w, since));
            }
        });
    });
}

fn extension(w: &mut Writer, id: Oid, value: impl FnOnce(&mut Writer)) {
    w.constructed(SEQUENCE, |w| {
        w.primitive(OBJECT_IDENTIFIER, id.as_bytes());
        w.constructed(OCTET_STRING, value);
    });
}

// The shortest INTEGER of that number, which is never negative.
fn positive(w: &mut Writer, number: &[u8]) {
    let digits = super::significant(number);
    let mut value = Vec::with_capacity(digits.len() + 1);
    if digits.first().is_none_or(|b| b & 0x80 != 0) {
        value.push(0);
    }
    value.extend_from_slice(digits);
    w.primitive(INTEGER, &value);
}
