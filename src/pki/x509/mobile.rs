//! The certificates of an issuer of mobile credentials: ISO/IEC 18013-5 annex B, Token Status
//! List, and the test CAs of wallets and of TLS beside them.

use std::net::IpAddr;

use der::Encode;
use der::asn1::Ia5String;
use x509_cert::ext::pkix::name::GeneralName;

use super::super::{Name, PkiError, SigningKey, oid};
use super::grant::Grant;
use super::{Certificate, Profile};
use crate::crypto::PublicKey;

const WHAT: &str = "issuing a certificate";
// A certificate is for reading, not for storing texts.
const MAX_URI: usize = 2048;

/// Where those who issue mobile documents are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// issuerAltName: a URI at which something is to be learnt of the issuer.
    pub uri: String,
    /// cRLDistributionPoints: the URI of the CA's revocation list, where there is one. ISO/IEC
    /// 18013-5 clause B.1.4 demands it of document signers in service.
    pub crl: Option<String>,
}

impl Contact {
    fn apply(&self, grant: Grant) -> Result<Grant, PkiError> {
        let crl = self.crl.as_deref().map(uri).transpose()?;
        Ok(grant.issued_by(uri(&self.uri)?, crl))
    }
}

impl Profile {
    /// An IACA root (ISO/IEC 18013-5 clause B.1.2): a CA of path length 0 that signs itself. It is
    /// good for at most twenty years, and its subject needs the country in capitals.
    ///
    /// # Errors
    /// [`PkiError::Value`] for a name, serial number, date or URI that cannot be.
    pub fn iaca<'a>(
        &self,
        key: impl Into<SigningKey<'a>>,
        contact: &Contact,
    ) -> Result<Certificate, PkiError> {
        self.root(contact.apply(Grant::ca())?, key.into())
    }

    /// A signer of mobile documents under that IACA (ISO/IEC 18013-5 clause B.1.4): for this
    /// purpose alone, at most 457 days long, and of the same country.
    ///
    /// # Errors
    /// As [`Self::iaca`], and where `issuer_key` is not the issuer's or the countries differ.
    pub fn mdoc_signer<'a>(
        &self,
        key: &PublicKey,
        issuer: &Certificate,
        issuer_key: impl Into<SigningKey<'a>>,
        contact: &Contact,
    ) -> Result<Certificate, PkiError> {
        let subject = self.subject.to_name()?.to_der().map_err(|e| PkiError::value(WHAT, e))?;
        if Name::parse(&subject)?.country() != issuer.country() {
            return Err(PkiError::value(WHAT, "the country is not that of the issuer"));
        }
        let grant = contact.apply(Grant::signer().only(oid::MDL_DS))?;
        self.issued(grant, &key.into(), issuer, issuer_key.into())
    }

    /// A signer of status lists (Token Status List clause 10.1). Its extKeyUsage is not critical,
    /// which is the issuer's choice there.
    ///
    /// # Errors
    /// As [`Self::document_signer`].
    pub fn status_signer<'a>(
        &self,
        key: &PublicKey,
        issuer: &Certificate,
        issuer_key: impl Into<SigningKey<'a>>,
    ) -> Result<Certificate, PkiError> {
        let grant = Grant::signer().meant_for(oid::OAUTH_STATUS_SIGNING);
        self.issued(grant, &key.into(), issuer, issuer_key.into())
    }

    /// A signer of an issuer's metadata (OpenID4VCI 1.0 clause 12.2.3), with an extKeyUsage of our
    /// own ([`oid::METADATA_SIGNER`]), so that it passes for no signer of documents.
    ///
    /// # Errors
    /// As [`Self::document_signer`].
    pub fn metadata_signer<'a>(
        &self,
        key: &PublicKey,
        issuer: &Certificate,
        issuer_key: impl Into<SigningKey<'a>>,
    ) -> Result<Certificate, PkiError> {
        let grant = Grant::signer().meant_for(oid::METADATA_SIGNER);
        self.issued(grant, &key.into(), issuer, issuer_key.into())
    }

    /// The CA of a wallet's provider, which signs itself. What is below it attests wallets and
    /// their keys: it belongs into an anchor file of its own.
    ///
    /// # Errors
    /// As [`Self::csca`].
    pub fn wallet_provider_ca<'a>(
        &self,
        key: impl Into<SigningKey<'a>>,
    ) -> Result<Certificate, PkiError> {
        self.root(Grant::ca(), key.into())
    }

    /// A wallet provider's signer under that CA.
    ///
    /// # Errors
    /// As [`Self::document_signer`].
    pub fn wallet_provider<'a>(
        &self,
        key: &PublicKey,
        issuer: &Certificate,
        issuer_key: impl Into<SigningKey<'a>>,
    ) -> Result<Certificate, PkiError> {
        self.issued(Grant::signer(), &key.into(), issuer, issuer_key.into())
    }

    /// A CA of TLS servers that signs itself.
    ///
    /// # Errors
    /// As [`Self::csca`].
    pub fn tls_ca<'a>(&self, key: impl Into<SigningKey<'a>>) -> Result<Certificate, PkiError> {
        self.root(Grant::ca(), key.into())
    }

    /// A TLS server under that CA. A name that reads as an IP address is one, any other a DNS name
    /// (RFC 5280 clause 4.2.1.6, RFC 9525); without one no client would accept it.
    ///
    /// # Errors
    /// As [`Self::document_signer`], and for no name or one that is none.
    pub fn tls_server<'a>(
        &self,
        key: &PublicKey,
        names: &[&str],
        issuer: &Certificate,
        issuer_key: impl Into<SigningKey<'a>>,
    ) -> Result<Certificate, PkiError> {
        if names.is_empty() {
            return Err(PkiError::value(WHAT, "a TLS server needs a name"));
        }
        let names = names.iter().map(|name| host(name)).collect::<Result<_, _>>()?;
        let grant = Grant::signer().meant_for(oid::SERVER_AUTH).named(names);
        self.issued(grant, &key.into(), issuer, issuer_key.into())
    }
}

fn uri(text: &str) -> Result<GeneralName, PkiError> {
    let absolute = text.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && !rest.is_empty()
    });
    let plain = text.len() <= MAX_URI && text.bytes().all(|b| b.is_ascii_graphic());
    let uri = Ia5String::new(text).ok().filter(|_| absolute && plain);
    let uri = uri.ok_or_else(|| PkiError::value(WHAT, format_args!("{text:?} is no URI")))?;
    Ok(GeneralName::UniformResourceIdentifier(uri))
}

fn host(name: &str) -> Result<GeneralName, PkiError> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(GeneralName::from(address));
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A wildcard may stand for the first label.
    let labels = name.strip_prefix("*.").unwrap_or(name);
    let plain = name.len() <= 253 && labels.split('.').all(label);
    let dns = Ia5String::new(name).ok().filter(|_| plain);
    let dns = dns.ok_or_else(|| PkiError::value(WHAT, format_args!("{name:?} is no DNS name")))?;
    Ok(GeneralName::DnsName(dns))
}

#[cfg(test)]
mod tests {
    use der::Decode;
    use time::macros::utc_datetime;
    use x509_cert::ext::pkix::{CrlDistributionPoints, IssuerAltName, SubjectAltName};

    use super::*;
    use crate::crypto::{Curve, SecretKey, SeededRng};
    use crate::pki::{DistinguishedName, Oid};

    fn key(label: &str) -> SecretKey {
        SecretKey::generate(Curve::P256, &mut SeededRng::new(b"mobile", label))
    }

    fn profile(cn: &str) -> Profile {
        Profile {
            subject: DistinguishedName::new("KR", "TEST", cn),
            serial: vec![1],
            not_before: utc_datetime!(2025-01-01 0:00),
            not_after: utc_datetime!(2026-01-01 0:00),
        }
    }

    fn contact() -> Contact {
        let crl = Some("https://issuer.example/iaca.crl".to_owned());
        Contact { uri: "https://issuer.example".into(), crl }
    }

    // The value of an extension and whether it is critical, as another library reads them.
    fn extension(certificate: &Certificate, id: Oid) -> Option<(bool, Vec<u8>)> {
        let read = x509_cert::Certificate::from_der(certificate.der()).unwrap();
        let all = read.tbs_certificate().extensions().unwrap();
        let found = all.iter().find(|e| e.extn_id == id)?;
        Some((found.critical, found.extn_value.as_bytes().to_vec()))
    }

    #[test]
    fn an_issuers_certificates_say_what_the_standards_demand() {
        let root = profile("TEST IACA").iaca(&key("iaca"), &contact()).unwrap();
        root.verify_signature(&root).unwrap();
        let constraints = root.basic_constraints().unwrap();
        assert_eq!((constraints.ca, constraints.path_len), (true, Some(0)));

        let public = key("leaf").public();
        let by = &key("iaca");
        let signer = profile("TEST DS").mdoc_signer(&public, &root, by, &contact()).unwrap();
        let status = profile("TEST Status").status_signer(&public, &root, by).unwrap();
        let metadata = profile("TEST Metadata").metadata_signer(&public, &root, by).unwrap();
        for (leaf, purpose, critical) in [
            (&signer, oid::MDL_DS, true),
            (&status, oid::OAUTH_STATUS_SIGNING, false),
            (&metadata, oid::METADATA_SIGNER, false),
        ] {
            leaf.verify_signature(&root).unwrap();
            assert!(leaf.names_as_issuer(&root) && !leaf.is_ca());
            assert_eq!(leaf.purposes(), Some(&[purpose][..]));
            assert_eq!(extension(leaf, oid::EXT_KEY_USAGE).unwrap().0, critical);
            assert_eq!(leaf.unknown_critical_extension(), None);
        }
        for certificate in [&root, &signer] {
            let (critical, names) = extension(certificate, oid::ISSUER_ALT_NAME).unwrap();
            let names = IssuerAltName::from_der(&names).unwrap().0;
            let GeneralName::UniformResourceIdentifier(uri) = &names[0] else { panic!("a URI") };
            assert_eq!((critical, uri.as_str()), (false, "https://issuer.example"));
            let (_, points) = extension(certificate, oid::CRL_DISTRIBUTION_POINTS).unwrap();
            let points = CrlDistributionPoints::from_der(&points).unwrap().0;
            assert!(points[0].reasons.is_none() && points[0].crl_issuer.is_none());
            let uri = uri_der(&points[0].distribution_point.to_der().unwrap());
            assert_eq!(uri, "https://issuer.example/iaca.crl");
        }
        let quiet = Contact { crl: None, ..contact() };
        let quiet = profile("TEST IACA").iaca(by, &quiet).unwrap();
        assert_eq!(extension(&quiet, oid::CRL_DISTRIBUTION_POINTS), None);

        // A signer of another country, and URIs that are none.
        let mut abroad = profile("TEST DS");
        abroad.subject = DistinguishedName::new("XX", "TEST", "TEST DS");
        assert!(abroad.mdoc_signer(&public, &root, by, &contact()).is_err());
        for bad in ["", "issuer.example", "https:", "1:x", "https://issuer.example/\u{e9}", "a: b"]
        {
            let bad = Contact { uri: bad.into(), crl: None };
            assert!(profile("TEST IACA").iaca(by, &bad).is_err(), "{bad:?}");
        }
    }

    fn uri_der(point: &[u8]) -> String {
        let at = point.iter().position(|b| *b == 0x86).unwrap();
        String::from_utf8(point[at + 2..].to_vec()).unwrap()
    }

    #[test]
    fn servers_and_wallet_providers_stand_under_their_own_cas() {
        let ca = profile("TEST TLS CA").tls_ca(&key("tls")).unwrap();
        let public = key("server").public();
        let server =
            |names: &[&str]| profile("TEST Issuer").tls_server(&public, names, &ca, &key("tls"));
        let names = ["localhost", "*.issuer.example", "127.0.0.1", "::1"];
        let certificate = server(&names).unwrap();
        certificate.verify_signature(&ca).unwrap();
        assert_eq!(certificate.purposes(), Some(&[oid::SERVER_AUTH][..]));
        let (critical, found) = extension(&certificate, oid::SUBJECT_ALT_NAME).unwrap();
        let found = SubjectAltName::from_der(&found).unwrap().0;
        let dns = |name: &str| GeneralName::DnsName(Ia5String::new(name).unwrap());
        let ip = |name: &str| GeneralName::from(name.parse::<IpAddr>().unwrap());
        assert_eq!(found, [dns(names[0]), dns(names[1]), ip(names[2]), ip(names[3])]);
        assert!(!critical);
        for bad in [&[][..], &[""], &["a..b"], &["-a.example"], &["시험"], &["a b"], &["*"]] {
            assert!(server(bad).is_err(), "{bad:?}");
        }

        let ca = profile("TEST Wallet CA").wallet_provider_ca(&key("wallet")).unwrap();
        let leaf = profile("TEST Wallet").wallet_provider(&public, &ca, &key("wallet")).unwrap();
        leaf.verify_signature(&ca).unwrap();
        assert!(leaf.key_usage().unwrap().digital_signature && leaf.purposes().is_none());
    }
}
