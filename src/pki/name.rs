//! Distinguished names.

use der::asn1::{Any, PrintableStringRef};
use der::{Tag as DerTag, Tagged};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

use super::{Oid, PkiError, oid};

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

    pub(super) fn to_name(&self) -> Result<Name, PkiError> {
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

/// Whether two names are one (RFC 5280 clause 7.1): the same attributes in the same order, text
/// compared without regard to case, to runs of spaces and to the string type.
pub(super) fn same(a: &Name, b: &Name) -> bool {
    a.len() == b.len()
        && a.iter_rdn().zip(b.iter_rdn()).all(|(a, b)| {
            a.len() == b.len()
                && a.iter().zip(b.iter()).all(|(a, b)| {
                    a.oid == b.oid
                        && match (text(&a.value), text(&b.value)) {
                            (Some(a), Some(b)) => folded(&a) == folded(&b),
                            _ => a.value == b.value,
                        }
                })
        })
}

/// The first country of a name, in capitals.
pub(super) fn country(name: &Name) -> Option<String> {
    name.iter()
        .find(|a| a.oid == oid::COUNTRY_NAME)
        .and_then(|a| text(&a.value))
        .map(|c| c.to_ascii_uppercase())
}

fn text(value: &Any) -> Option<String> {
    match value.tag() {
        DerTag::PrintableString | DerTag::Utf8String | DerTag::Ia5String => {
            std::str::from_utf8(value.value()).ok().map(str::to_owned)
        }
        DerTag::TeletexString => Some(value.value().iter().map(|&b| char::from(b)).collect()),
        _ => None,
    }
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    #[test]
    fn names_match_across_case_spaces_and_string_types() {
        let ours = DistinguishedName::new("KR", "TEST", "TEST CSCA KR").to_name().unwrap();
        assert_eq!(ours.to_string(), "CN=TEST CSCA KR,O=TEST,C=KR");
        assert_eq!(country(&ours).as_deref(), Some("KR"));
        for (other, expected) in [
            ("CN=TEST CSCA KR,O=TEST,C=KR", true), // UTF8String where ours is PrintableString
            ("CN=Test  csca KR,O=test,C=KR", true),
            ("CN=TEST CSCA KR,O=TEST,C=JP", false),
            ("O=TEST,CN=TEST CSCA KR,C=KR", false),
            ("CN=TEST CSCA KR,C=KR", false),
        ] {
            assert_eq!(same(&ours, &Name::from_str(other).unwrap()), expected, "{other}");
        }
        for (country, cn) in [("kr", "x"), ("KOR", "x"), ("KR", ""), ("KR", &"x".repeat(65))] {
            assert!(DistinguishedName::new(country, "TEST", cn).to_name().is_err());
        }
        let hangul = DistinguishedName::new("KR", "시험", "시험 서명자").to_name().unwrap();
        assert_eq!(hangul.to_string(), "CN=시험 서명자,O=시험,C=KR");
    }
}
