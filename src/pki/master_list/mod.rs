//! Master lists: the CSCA certificates that one country has collected and signed (ICAO Doc 9303-12
//! clause 9).

mod build;

use super::algorithm::{INTEGER, SEQUENCE, SET};
use super::{Certificate, PkiError, SignedData, Verified, oid};
use crate::crypto::Hash;
use crate::tlv::{Limits, Mode, Reader};

const WHAT: &str = "master list";
/// The largest list known has some 600 certificates in 1 MB.
const LIMITS: Limits = Limits { depth: 24, siblings: 10_000, size: 16 << 20 };

/// A master list: read and bounded, its signature not yet checked.
#[derive(Clone, Debug)]
pub struct MasterList {
    signed: SignedData,
    entries: Vec<MasterListEntry>,
}

/// One certificate of a master list, or why it is none.
#[derive(Clone, Debug)]
pub struct MasterListEntry {
    /// Its place in the list, from 1.
    pub place: usize,
    /// SHA-256 of its bytes, by which it can be found again.
    pub sha256: [u8; 32],
    /// What the bytes are.
    pub certificate: Result<Certificate, PkiError>,
}

impl MasterList {
    /// Reads a master list of at most 16 MiB and 10,000 certificates. A certificate that cannot be
    /// read takes its place among the others, with the reason.
    ///
    /// # Errors
    /// What is wrong with the signed data or the list around the certificates.
    pub fn parse(bytes: &[u8]) -> Result<Self, PkiError> {
        let signed = SignedData::parse_within(bytes, LIMITS)?;
        if signed.content_type() != oid::MASTER_LIST {
            let (expected, got) = (oid::MASTER_LIST, signed.content_type());
            return Err(PkiError::ContentType { expected, got });
        }
        let structure = PkiError::tlv(WHAT);
        let mut outer = Reader::with(signed.content(), Mode::Lenient, LIMITS);
        let list = outer.expect(SEQUENCE).map_err(&structure)?;
        outer.end().map_err(&structure)?;
        let mut fields = list.children().map_err(&structure)?;
        let version = fields.expect(INTEGER).map_err(&structure)?;
        if version.value != [0] {
            let got = hex::encode(version.value);
            return Err(PkiError::value(WHAT, format_args!("version 0 expected, {got} came")));
        }
        let certificates = fields.expect(SET).map_err(&structure)?;
        fields.end().map_err(&structure)?;
        let mut entries = Vec::new();
        for (place, entry) in (1..).zip(certificates.children().map_err(&structure)?) {
            let raw = entry.map_err(&structure)?.raw;
            let mut sha256 = [0; 32];
            sha256.copy_from_slice(&Hash::Sha256.digest(&[raw]));
            entries.push(MasterListEntry {
                place,
                sha256,
                certificate: Certificate::from_der(raw),
            });
        }
        Ok(Self { signed, entries })
    }

    /// The certificates, worth something only after [`Self::verify`].
    pub fn entries(&self) -> &[MasterListEntry] {
        &self.entries
    }

    /// The certificates that came with the signature: the signer's, and that of its CSCA.
    pub fn embedded(&self) -> &[Certificate] {
        self.signed.certificates()
    }

    /// Checks that the list is signed by the certificate it carries, and that this certificate is
    /// one for master lists, or a CA's. Who issued it is another question.
    ///
    /// # Errors
    /// As [`SignedData::verify_any`]; [`PkiError::Value`] for a certificate that is for something
    /// else.
    pub fn verify(&self) -> Result<Verified<'_>, PkiError> {
        let verified = self.signed.verify_any(&[oid::MASTER_LIST])?;
        let signer = verified.certificate;
        // ICAO Doc 9303-12 clause 7.1.1: extKeyUsage is mandatory and critical. Without it a document
        // signer would pass, and could name the CAs of every country. A CA may sign its list itself.
        let may = signer.purposes().map_or_else(
            || signer.may_issue(),
            |p| p.contains(&oid::MASTER_LIST_SIGNER) || p.contains(&oid::ANY_EXT_KEY_USAGE),
        );
        let silent =
            signer.key_usage().is_some_and(|u| !u.digital_signature) && !signer.may_issue();
        if !may || silent {
            let detail = format_args!("{} must not sign it", signer.subject());
            return Err(PkiError::value(WHAT, detail));
        }
        Ok(verified)
    }
}
