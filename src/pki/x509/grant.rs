//! What a new certificate's key may do, as extensions (RFC 5280 clause 4.2).

use der::asn1::OctetString;
use der::flagset::FlagSet;
use spki::SubjectPublicKeyInfoRef;
use x509_cert::TbsCertificate;
use x509_cert::builder::{self, profile::BuilderProfile};
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CrlDistributionPoints, ExtendedKeyUsage,
    IssuerAltName, KeyUsage, KeyUsages, SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;

use super::super::Oid;
use crate::crypto::Hash;

/// The extensions in which the roles differ.
#[derive(Clone, Debug, Default)]
pub(super) struct Grant {
    ca: bool,
    purpose: Option<(Oid, bool)>,
    names: Vec<GeneralName>,
    issuer_names: Vec<GeneralName>,
    crl: Option<GeneralName>,
}

impl Grant {
    /// A CA of path length 0: it signs certificates and revocation lists.
    pub(super) fn ca() -> Self {
        Self { ca: true, ..Self::default() }
    }

    /// Who makes digital signatures, nothing else.
    pub(super) fn signer() -> Self {
        Self::default()
    }

    /// For that purpose alone, in a critical extKeyUsage.
    pub(super) fn only(self, purpose: Oid) -> Self {
        Self { purpose: Some((purpose, true)), ..self }
    }

    /// The same, not critical: a program that does not look for a purpose takes it too.
    pub(super) fn meant_for(self, purpose: Oid) -> Self {
        Self { purpose: Some((purpose, false)), ..self }
    }

    /// subjectAltName.
    pub(super) fn named(self, names: Vec<GeneralName>) -> Self {
        Self { names, ..self }
    }

    /// issuerAltName and, where there is one, cRLDistributionPoints.
    pub(super) fn issued_by(self, issuer: GeneralName, crl: Option<GeneralName>) -> Self {
        Self { issuer_names: vec![issuer], crl, ..self }
    }
}

/// A grant with the names on the certificate.
pub(super) struct Kind {
    pub(super) grant: Grant,
    pub(super) subject: Name,
    pub(super) issuer: Name,
}

impl BuilderProfile for Kind {
    fn get_issuer(&self, _subject: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        key: SubjectPublicKeyInfoRef<'_>,
        issuer_key: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> builder::Result<Vec<Extension>> {
        let Grant { ca, purpose, names, issuer_names, crl } = &self.grant;
        let usage = if *ca {
            KeyUsages::KeyCertSign | KeyUsages::CRLSign
        } else {
            FlagSet::from(KeyUsages::DigitalSignature)
        };
        let authority = AuthorityKeyIdentifier {
            key_identifier: Some(key_id(&issuer_key)?),
            ..Default::default()
        };
        let mut out = Vec::new();
        if *ca {
            let ca = BasicConstraints { ca: true, path_len_constraint: Some(0) };
            out.push(ca.to_extension(tbs.subject(), &out)?);
        }
        out.push(KeyUsage(usage).to_extension(tbs.subject(), &out)?);
        if let Some((purpose, critical)) = purpose {
            let mut purpose = ExtendedKeyUsage(vec![*purpose]).to_extension(tbs.subject(), &out)?;
            purpose.critical = *critical;
            out.push(purpose);
        }
        if !names.is_empty() {
            out.push(SubjectAltName(names.clone()).to_extension(tbs.subject(), &out)?);
        }
        if !issuer_names.is_empty() {
            out.push(IssuerAltName(issuer_names.clone()).to_extension(tbs.subject(), &out)?);
        }
        if let Some(crl) = crl {
            let point = DistributionPointName::FullName(vec![crl.clone()]);
            let point = DistributionPoint {
                distribution_point: Some(point),
                reasons: None,
                crl_issuer: None,
            };
            out.push(CrlDistributionPoints(vec![point]).to_extension(tbs.subject(), &out)?);
        }
        out.push(SubjectKeyIdentifier(key_id(&key)?).to_extension(tbs.subject(), &out)?);
        out.push(authority.to_extension(tbs.subject(), &out)?);
        Ok(out)
    }
}

// SHA-1 of the key's bits (RFC 5280 clause 4.2.1.2, method 1): a name, not a protection.
fn key_id(key: &SubjectPublicKeyInfoRef<'_>) -> der::Result<OctetString> {
    OctetString::new(Hash::Sha1.digest(&[key.subject_public_key.raw_bytes()]))
}
