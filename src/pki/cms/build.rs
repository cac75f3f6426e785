//! Signing content, as a document signer signs the LDS security object.

use time::UtcDateTime;

use super::super::algorithm::{
    INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, write_algorithm,
};
use super::super::{Certificate, Oid, PkiError, SigningKey, moment, oid, oid_of_hash};
use super::{CONTEXT_0, SignedData};
use crate::crypto::SecretKey;
use crate::tlv::Writer;

/// Who signs.
#[derive(Clone, Copy, Debug)]
pub struct Signer<'a> {
    /// The certificate, which is embedded.
    pub certificate: &'a Certificate,
    /// Its private key.
    pub key: &'a SecretKey,
}

impl SignedData {
    /// Signs content of that type: a ContentInfo with one signer, named by issuer and serial
    /// number, SHA-256 and ECDSA, its certificate embedded (ICAO Doc 9303-10 clause 4.6.2.2). The
    /// signature is deterministic and no time is in it: the same input gives the same bytes.
    ///
    /// # Errors
    /// [`PkiError::Value`] where the key is not the certificate's.
    pub fn sign(content_type: Oid, content: &[u8], by: &Signer<'_>) -> Result<Vec<u8>, PkiError> {
        Self::sign_with(content_type, content, by, &[], None)
    }

    /// The same with more certificates beside the signer's, and with the time of signing among
    /// what is signed.
    ///
    /// # Errors
    /// As [`Self::sign`].
    pub fn sign_with(
        content_type: Oid,
        content: &[u8],
        by: &Signer<'_>,
        with: &[&Certificate],
        at: Option<UtcDateTime>,
    ) -> Result<Vec<u8>, PkiError> {
        signed_data(content_type, content, by.certificate, by.key.into(), with, at)
    }

    /// The same as [`Self::sign`] with a key of any kind: the digests are of the hash function that
    /// the key signs with.
    ///
    /// # Errors
    /// [`PkiError::Value`] where the key is not the certificate's or cannot sign.
    pub fn sign_by<'a>(
        content_type: Oid,
        content: &[u8],
        certificate: &Certificate,
        key: impl Into<SigningKey<'a>>,
    ) -> Result<Vec<u8>, PkiError> {
        signed_data(content_type, content, certificate, key.into(), &[], None)
    }
}

fn signed_data(
    content_type: Oid,
    content: &[u8],
    certificate: &Certificate,
    key: SigningKey<'_>,
    with: &[&Certificate],
    at: Option<UtcDateTime>,
) -> Result<Vec<u8>, PkiError> {
    if certificate.subject_key()? != key.public() {
        return Err(PkiError::value("signing", "the key is not that of the certificate"));
    }
    let hash = key.algorithm().hash();
    let attributes = attributes(content_type, &hash.digest(&[content]), at);
    let mut signed = Writer::new();
    signed.primitive(SET, &attributes);
    let signature = key.sign(&signed.finish())?;

    let mut w = Writer::new();
    w.constructed(SEQUENCE, |w| {
        w.primitive(OBJECT_IDENTIFIER, oid::SIGNED_DATA.as_bytes());
        w.constructed(CONTEXT_0, |w| {
            w.constructed(SEQUENCE, |w| {
                // Version 3: content other than id-data (RFC 5652 clause 5.1).
                w.primitive(INTEGER, &[3]);
                w.constructed(SET, |w| write_algorithm(w, oid_of_hash(hash)));
                w.constructed(SEQUENCE, |w| {
                    w.primitive(OBJECT_IDENTIFIER, content_type.as_bytes());
                    w.constructed(CONTEXT_0, |w| {
                        w.primitive(OCTET_STRING, content);
                    });
                });
                w.constructed(CONTEXT_0, |w| {
                    w.raw(certificate.der());
                    with.iter().for_each(|certificate| {
                        w.raw(certificate.der());
                    });
                });
                w.constructed(SET, |w| {
                    w.constructed(SEQUENCE, |w| {
                        // Version 1: named by issuer and serial number (clause 5.3).
                        w.primitive(INTEGER, &[1]);
                        w.constructed(SEQUENCE, |w| {
                            w.raw(certificate.issuer_name().der());
                            w.primitive(INTEGER, certificate.serial());
                        });
                        write_algorithm(w, oid_of_hash(hash));
                        w.primitive(CONTEXT_0, &attributes);
                        key.algorithm().write(w);
                        w.primitive(OCTET_STRING, &signature);
                    });
                });
            });
        });
    });
    Ok(w.finish())
}

// The content of the SET of signed attributes: DER demands the encodings in ascending order (X.690
// clause 11.6).
fn attributes(content_type: Oid, digest: &[u8], at: Option<UtcDateTime>) -> Vec<u8> {
    let mut all = vec![
        attribute(oid::CONTENT_TYPE, |w| {
            w.primitive(OBJECT_IDENTIFIER, content_type.as_bytes());
        }),
        attribute(oid::MESSAGE_DIGEST, |w| {
            w.primitive(OCTET_STRING, digest);
        }),
    ];
    all.extend(at.map(|at| attribute(oid::SIGNING_TIME, |w| moment::write(w, at))));
    all.sort();
    all.concat()
}

fn attribute(kind: Oid, value: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut w = Writer::new();
    w.constructed(SEQUENCE, |w| {
        w.primitive(OBJECT_IDENTIFIER, kind.as_bytes());
        w.constructed(SET, value);
    });
    w.finish()
}
