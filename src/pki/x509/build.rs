//! Issuing the certificates of a test country (ICAO Doc 9303-12 clause 7.1).

use der::asn1::BitString;
use der::{Decode, Encode};
use spki::{
    AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier, EncodePublicKey,
    SignatureBitStringEncoding, SubjectPublicKeyInfoOwned,
};
use time::UtcDateTime;
use x509_cert::builder::{Builder, CertificateBuilder};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

use super::super::{DistinguishedName, Oid, PkiError, SigningKey, SubjectKey, oid};
use super::Certificate;
use super::grant::{Grant, Kind};
use crate::crypto::PublicKey;
use crate::tlv::Writer;

const WHAT: &str = "issuing a certificate";

/// What a new certificate says. A [`SigningKey`] signs alike each time, so the same keys and values
/// give the same bytes.
///
/// The extensions of a travel document's certificates are those without which a chain cannot be
/// checked. The ones that ICAO Doc 9303-12 adds for distribution (alternative names, CRL
/// distribution points, document types, the private key's usage period) are left out: these are
/// test certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Whom it names.
    pub subject: DistinguishedName,
    /// The serial number, big-endian and positive, at most 20 bytes when encoded.
    pub serial: Vec<u8>,
    /// The first second at which it is good.
    pub not_before: UtcDateTime,
    /// The last second at which it is good.
    pub not_after: UtcDateTime,
}

impl Profile {
    /// A country signing CA that signs itself: a CA of path length 0 that may sign certificates
    /// and revocation lists.
    ///
    /// # Errors
    /// [`PkiError::Value`] for a name, serial number or date that cannot be.
    pub fn csca<'a>(&self, key: impl Into<SigningKey<'a>>) -> Result<Certificate, PkiError> {
        self.root(Grant::ca(), key.into())
    }

    /// The CA of key-only cards that signs itself (docs/applet.md): as [`Self::csca`], and for that
    /// purpose alone, which stands in a critical extKeyUsage.
    ///
    /// # Errors
    /// As [`Self::csca`].
    pub fn card_ca<'a>(&self, key: impl Into<SigningKey<'a>>) -> Result<Certificate, PkiError> {
        self.root(Grant::ca().only(oid::KEY_ONLY_CARD), key.into())
    }

    /// A document signer under that CA: it may make digital signatures, nothing else.
    ///
    /// # Errors
    /// [`PkiError::Value`] for a name, serial number or date that cannot be, and where
    /// `issuer_key` is not the issuer's.
    pub fn document_signer<'a>(
        &self,
        key: &PublicKey,
        issuer: &Certificate,
        issuer_key: impl Into<SigningKey<'a>>,
    ) -> Result<Certificate, PkiError> {
        self.issued(Grant::signer(), &key.into(), issuer, issuer_key.into())
    }

    /// The same for a key of any kind.
    ///
    /// # Errors
    /// As [`Self::document_signer`].
    pub fn document_signer_of<'a>(
        &self,
        key: &SubjectKey,
        issuer: &Certificate,
        issuer_key: impl Into<SigningKey<'a>>,
    ) -> Result<Certificate, PkiError> {
        self.issued(Grant::signer(), key, issuer, issuer_key.into())
    }

    /// A link certificate: the new key of a country signing CA, signed by its old one (ICAO Doc
    /// 9303-12 clause 7.1.1).
    ///
    /// # Errors
    /// As [`Self::document_signer`].
    pub fn link<'a>(
        &self,
        key: &PublicKey,
        old: &Certificate,
        old_key: impl Into<SigningKey<'a>>,
    ) -> Result<Certificate, PkiError> {
        self.issued(Grant::ca(), &key.into(), old, old_key.into())
    }

    /// A master list signer under that CA (ICAO Doc 9303-12 clause 7.1).
    ///
    /// # Errors
    /// As [`Self::document_signer`].
    pub fn master_list_signer<'a>(
        &self,
        key: &PublicKey,
        issuer: &Certificate,
        issuer_key: impl Into<SigningKey<'a>>,
    ) -> Result<Certificate, PkiError> {
        self.signer_for(oid::MASTER_LIST_SIGNER, key, issuer, issuer_key)
    }

    /// A signer under that CA for that purpose alone, which stands in a critical extKeyUsage.
    ///
    /// # Errors
    /// As [`Self::document_signer`].
    pub fn signer_for<'a>(
        &self,
        purpose: Oid,
        key: &PublicKey,
        issuer: &Certificate,
        issuer_key: impl Into<SigningKey<'a>>,
    ) -> Result<Certificate, PkiError> {
        self.issued(Grant::signer().only(purpose), &key.into(), issuer, issuer_key.into())
    }

    /// A certificate that signs itself.
    pub(super) fn root(&self, grant: Grant, key: SigningKey<'_>) -> Result<Certificate, PkiError> {
        let subject = self.subject.to_name()?;
        self.issue(Kind { grant, issuer: subject.clone(), subject }, &key.public(), key)
    }

    /// A certificate under that issuer.
    pub(super) fn issued(
        &self,
        grant: Grant,
        key: &SubjectKey,
        issuer: &Certificate,
        issuer_key: SigningKey<'_>,
    ) -> Result<Certificate, PkiError> {
        if issuer.subject_key()? != issuer_key.public() {
            return Err(PkiError::value(WHAT, "the key is not that of the issuer's certificate"));
        }
        let issuer = Name::from_der(issuer.subject_name().der());
        let issuer = issuer.map_err(|e| PkiError::value(WHAT, e))?;
        self.issue(Kind { grant, subject: self.subject.to_name()?, issuer }, key, issuer_key)
    }

    fn issue(
        &self,
        kind: Kind,
        key: &SubjectKey,
        signer: SigningKey<'_>,
    ) -> Result<Certificate, PkiError> {
        if self.serial.iter().all(|b| *b == 0) {
            return Err(PkiError::value(WHAT, "the serial number is not positive"));
        }
        if self.not_after < self.not_before {
            return Err(PkiError::value(WHAT, "it ends before it begins"));
        }
        let value = |e: der::Error| PkiError::value(WHAT, e);
        let serial = SerialNumber::new(&self.serial).map_err(value)?;
        let validity = Validity::new(time_of(self.not_before)?, time_of(self.not_after)?);
        let key = SubjectPublicKeyInfoOwned::try_from(key.to_spki().as_slice())
            .map_err(|e| PkiError::value(WHAT, e))?;
        let built = CertificateBuilder::new(kind, serial, validity, key)
            .and_then(|b| b.build::<_, Signature>(&KeySigner(signer)))
            .map_err(|e| PkiError::value(WHAT, e))?;
        Certificate::from_der(&built.to_der().map_err(value)?)
    }
}

fn time_of(at: UtcDateTime) -> Result<Time, PkiError> {
    let seconds = u64::try_from(at.unix_timestamp()).ok();
    seconds
        .and_then(|s| der::DateTime::from_unix_duration(std::time::Duration::from_secs(s)).ok())
        .map(Time::from)
        .ok_or_else(|| PkiError::value(WHAT, "a date before 1970 or after 9999"))
}

// The builder's view of our keys.
struct KeySigner<'a>(SigningKey<'a>);

#[derive(Clone)]
struct KeyInfo(Vec<u8>);

struct Signature(Vec<u8>);

impl signature::Keypair for KeySigner<'_> {
    type VerifyingKey = KeyInfo;

    fn verifying_key(&self) -> KeyInfo {
        KeyInfo(self.0.public().to_spki())
    }
}

impl EncodePublicKey for KeyInfo {
    fn to_public_key_der(&self) -> spki::Result<der::Document> {
        Ok(der::Document::try_from(self.0.as_slice())?)
    }
}

impl DynSignatureAlgorithmIdentifier for KeySigner<'_> {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        let mut w = Writer::new();
        self.0.algorithm().write(&mut w);
        Ok(AlgorithmIdentifierOwned::from_der(&w.finish())?)
    }
}

impl signature::Signer<Signature> for KeySigner<'_> {
    fn try_sign(&self, message: &[u8]) -> Result<Signature, signature::Error> {
        self.0.sign(message).map(Signature).map_err(signature::Error::from_source)
    }
}

impl SignatureBitStringEncoding for Signature {
    fn to_bitstring(&self) -> der::Result<BitString> {
        BitString::from_bytes(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;
    use crate::crypto::{Curve, SecretKey, SeededRng};

    fn key(label: &str) -> SecretKey {
        SecretKey::generate(Curve::P256, &mut SeededRng::new(b"x509", label))
    }

    fn profile(cn: &str, serial: &[u8]) -> Profile {
        Profile {
            subject: DistinguishedName::new("KR", "TEST", cn),
            serial: serial.to_vec(),
            not_before: utc_datetime!(2025-01-01 0:00),
            not_after: utc_datetime!(2050-06-01 0:00),
        }
    }

    #[test]
    fn a_chain_of_two_says_what_the_profile_demands() {
        let csca = profile("TEST CSCA", &[0x80]).csca(&key("csca")).unwrap();
        assert_eq!(csca.serial(), [0, 0x80]);
        assert_eq!(csca.country().as_deref(), Some("KR"));
        assert_eq!(csca.subject(), csca.issuer());
        assert!(csca.is_ca() && csca.names_as_issuer(&csca));
        let constraints = csca.basic_constraints().unwrap();
        assert_eq!((constraints.ca, constraints.path_len), (true, Some(0)));
        csca.verify_signature(&csca).unwrap();

        let signer_key = key("signer").public();
        let signer =
            profile("TEST DS", &[2]).document_signer(&signer_key, &csca, &key("csca")).unwrap();
        assert_eq!(signer.public_key().unwrap(), signer_key);
        assert_eq!(signer.authority_key_id(), csca.subject_key_id());
        assert!(signer.names_as_issuer(&csca) && !signer.is_ca());
        assert!(signer.key_usage().unwrap().digital_signature);
        assert!(!signer.key_usage().unwrap().key_cert_sign);
        signer.verify_signature(&csca).unwrap();
        assert!(matches!(csca.verify_signature(&signer), Err(PkiError::BadSignature { .. })));

        // The last second is inside, the next is not; years from 2050 on are GeneralizedTime.
        let validity = signer.validity();
        assert!(validity.contains(utc_datetime!(2025-01-01 0:00)));
        assert!(!validity.contains(utc_datetime!(2024-12-31 23:59:59)));
        assert!(validity.contains(utc_datetime!(2050-06-01 0:00:00.5)));
        assert!(!validity.contains(utc_datetime!(2050-06-01 0:00:01)));

        let again = profile("TEST CSCA", &[0x80]).csca(&key("csca")).unwrap();
        assert_eq!(again.der(), csca.der());
        assert_eq!(Certificate::from_pem_or_der(csca.to_pem().as_bytes()).unwrap(), csca);
    }

    #[test]
    fn what_cannot_be_issued_is_refused() {
        let csca = profile("TEST CSCA", &[1]).csca(&key("csca")).unwrap();
        let stranger = key("stranger");
        assert!(
            profile("TEST", &[2]).document_signer(&key("s").public(), &csca, &stranger).is_err()
        );
        assert!(profile("TEST", &[0]).csca(&stranger).is_err());
        assert!(profile("TEST", &[0xFF; 20]).csca(&stranger).is_err());
        let mut backwards = profile("TEST", &[1]);
        backwards.not_after = utc_datetime!(2024-01-01 0:00);
        assert!(backwards.csca(&stranger).is_err());
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let csca = profile("TEST CSCA", &[1]).csca(&key("csca")).unwrap();
        let der = csca.der();
        for at in 0..der.len() {
            let mut bad = der.to_vec();
            bad[at] ^= 1 << (at % 8);
            // With its own key or with the right one: never a pass.
            let passes = Certificate::from_der(&bad)
                .is_ok_and(|c| c.verify_signature(&csca).is_ok() || c.verify_signature(&c).is_ok());
            assert!(!passes, "byte {at}");
            assert!(Certificate::from_der(&der[..at]).is_err());
        }
    }
}
