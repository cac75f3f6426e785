//! The names that we give.

use der::Tag as DerTag;
use der::asn1::{Any, PrintableStringRef};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

use super::super::{Oid, PkiError, oid};

const WHAT: &str = "distinguished name";

/// A name that we give: country, organisation and common name (ICAO Doc 9303-12 clause 7.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistinguishedName {
    country: String,
    organization: String,
    common_name: String,
}

impl DistinguishedName {
    /// A name of an ISO 3166-1 alpha-2 country code, an organisation and a common name. They are
    /// checked when a certificate is issued.
    pub fn new(
        country: impl Into<String>,
        organization: impl Into<String>,
        common_name: impl Into<String>,
    ) -> Self {
        Self {
            country: country.into(),
            organization: organization.into(),
            common_name: common_name.into(),
        }
    }

    pub(in crate::pki) fn to_name(&self) -> Result<Name, PkiError> {
        let country = self.country.as_bytes();
        if country.len() != 2 || !country.iter().all(u8::is_ascii_uppercase) {
            return Err(PkiError::value(
                WHAT,
                format_args!("country {:?}: two capital letters expected", self.country),
            ));
        }
        let mut name = RdnSequence::default();
        for (oid, value) in [
            (oid::COUNTRY_NAME, &self.country),
            (oid::ORGANIZATION_NAME, &self.organization),
            (oid::COMMON_NAME, &self.common_name),
        ] {
            // RFC 5280 appendix A.1: ub-common-name, ub-organization-name.
            if value.is_empty() || value.chars().count() > 64 {
                return Err(PkiError::value(WHAT, format_args!("{value:?}: 1 to 64 characters")));
            }
            name.push(rdn(oid, value).map_err(|e| PkiError::value(WHAT, e))?);
        }
        Ok(Name::hazmat_from_rdn_sequence(name))
    }
}

fn rdn(oid: Oid, value: &str) -> der::Result<RelativeDistinguishedName> {
    let tag = match PrintableStringRef::new(value) {
        Ok(_) => DerTag::PrintableString,
        Err(_) => DerTag::Utf8String,
    };
    let value = Any::new(tag, value.as_bytes())?;
    vec![AttributeTypeAndValue { oid, value }].try_into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_script_are_given_and_what_is_none_is_refused() {
        for (country, cn) in [("kr", "x"), ("KOR", "x"), ("KR", ""), ("KR", &"x".repeat(65))] {
            assert!(DistinguishedName::new(country, "TEST", cn).to_name().is_err());
        }
        let hangul = DistinguishedName::new("KR", "시험", "시험 서명자").to_name().unwrap();
        assert_eq!(hangul.to_string(), "CN=시험 서명자,O=시험,C=KR");
    }
}
