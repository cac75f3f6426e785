//! Object identifiers by name.

use super::Node;
use crate::lds::oids as lds;
use crate::pki::cvc::{TaAlgorithm, TerminalType};
use crate::pki::{Oid, oid as pki};

/// Names that stand with no constant, or with one that has no name.
const NAMES: &[(Oid, &str)] = &[
    (pki::EC_PUBLIC_KEY, "id-ecPublicKey"),
    (pki::DH_PUBLIC_NUMBER, "dhpublicnumber"),
    (pki::DH_KEY_AGREEMENT, "dhKeyAgreement"),
    (pki::RSA_ENCRYPTION, "rsaEncryption"),
    (pki::SECP192R1, "secp192r1 (P-192)"),
    (pki::SECP224R1, "secp224r1 (P-224)"),
    (pki::SECP256R1, "secp256r1 (P-256)"),
    (pki::SECP384R1, "secp384r1 (P-384)"),
    (pki::SECP521R1, "secp521r1 (P-521)"),
    (pki::BRAINPOOL_P192R1, "brainpoolP192r1"),
    (pki::BRAINPOOL_P224R1, "brainpoolP224r1"),
    (pki::BRAINPOOL_P256R1, "brainpoolP256r1"),
    (pki::BRAINPOOL_P320R1, "brainpoolP320r1"),
    (pki::BRAINPOOL_P384R1, "brainpoolP384r1"),
    (pki::BRAINPOOL_P512R1, "brainpoolP512r1"),
    (pki::PRIME_FIELD, "prime-field"),
    (pki::ECDSA_WITH_SHA1, "ecdsa-with-SHA1"),
    (pki::ECDSA_WITH_SHA224, "ecdsa-with-SHA224"),
    (pki::ECDSA_WITH_SHA256, "ecdsa-with-SHA256"),
    (pki::ECDSA_WITH_SHA384, "ecdsa-with-SHA384"),
    (pki::ECDSA_WITH_SHA512, "ecdsa-with-SHA512"),
    (pki::ECDSA_WITH_SPECIFIED, "ecdsa-with-Specified"),
    (pki::SHA1_WITH_RSA, "sha1WithRSAEncryption"),
    (pki::SHA1_WITH_RSA_OIW, "sha1WithRSASignature"),
    (pki::SHA224_WITH_RSA, "sha224WithRSAEncryption"),
    (pki::SHA256_WITH_RSA, "sha256WithRSAEncryption"),
    (pki::SHA384_WITH_RSA, "sha384WithRSAEncryption"),
    (pki::SHA512_WITH_RSA, "sha512WithRSAEncryption"),
    (pki::RSASSA_PSS, "id-RSASSA-PSS"),
    (pki::MGF1, "id-mgf1"),
    (pki::SHA1, "id-sha1"),
    (pki::SHA224, "id-sha224"),
    (pki::SHA256, "id-sha256"),
    (pki::SHA384, "id-sha384"),
    (pki::SHA512, "id-sha512"),
    (pki::DATA, "id-data"),
    (pki::SIGNED_DATA, "id-signedData"),
    (pki::CONTENT_TYPE, "id-contentType"),
    (pki::MESSAGE_DIGEST, "id-messageDigest"),
    (pki::SIGNING_TIME, "id-signingTime"),
    (pki::SUBJECT_KEY_IDENTIFIER, "subjectKeyIdentifier"),
    (pki::KEY_USAGE, "keyUsage"),
    (pki::PRIVATE_KEY_USAGE_PERIOD, "privateKeyUsagePeriod"),
    (pki::SUBJECT_ALT_NAME, "subjectAltName"),
    (pki::ISSUER_ALT_NAME, "issuerAltName"),
    (pki::BASIC_CONSTRAINTS, "basicConstraints"),
    (pki::CRL_DISTRIBUTION_POINTS, "cRLDistributionPoints"),
    (pki::CERTIFICATE_POLICIES, "certificatePolicies"),
    (pki::AUTHORITY_KEY_IDENTIFIER, "authorityKeyIdentifier"),
    (pki::EXT_KEY_USAGE, "extKeyUsage"),
    (pki::CRL_NUMBER, "cRLNumber"),
    (pki::CRL_REASON, "cRLReason"),
    (pki::INVALIDITY_DATE, "invalidityDate"),
    (pki::DELTA_CRL_INDICATOR, "deltaCRLIndicator"),
    (pki::ISSUING_DISTRIBUTION_POINT, "issuingDistributionPoint"),
    (pki::ANY_EXT_KEY_USAGE, "anyExtendedKeyUsage"),
    (pki::COMMON_NAME, "commonName"),
    (pki::COUNTRY_NAME, "countryName"),
    (pki::ORGANIZATION_NAME, "organizationName"),
    (Oid::new_unwrap("2.5.4.5"), "serialNumber"),
    (Oid::new_unwrap("2.5.4.11"), "organizationalUnitName"),
    (pki::MDL_DS, "id-mdl-kp-mdlDS"),
    (pki::SERVER_AUTH, "id-kp-serverAuth"),
    (pki::LDS_SECURITY_OBJECT, "id-icao-mrtd-security-ldsSecurityObject"),
    (pki::MASTER_LIST, "id-icao-cscaMasterList"),
    (pki::MASTER_LIST_SIGNER, "id-icao-cscaMasterListSigningKey"),
    (pki::MRTD_SECURITY, "id-icao-mrtd-security"),
    (pki::NAME_CHANGE, "id-icao-mrtd-security-extensions-nameChange"),
    (pki::DOCUMENT_TYPE_LIST, "id-icao-mrtd-security-extensions-documentTypeList"),
    (Oid::new_unwrap("0.4.0.127.0.7.2.2.1"), "id-PK"),
    (Oid::new_unwrap("0.4.0.127.0.7.2.2.3"), "id-CA"),
    (Oid::new_unwrap("0.4.0.127.0.7.2.2.4"), "id-PACE"),
    (Oid::new_unwrap("0.4.0.127.0.7.2.2.5"), "id-RI"),
    (Oid::new_unwrap("0.4.0.127.0.7.3.1.4.1"), "id-DateOfBirth, age verification"),
    (Oid::new_unwrap("0.4.0.127.0.7.3.1.4.2"), "id-DateOfExpiry, document validity"),
    (Oid::new_unwrap("0.4.0.127.0.7.3.1.4.3"), "id-CommunityID, community verification"),
    (Oid::new_unwrap("0.4.0.127.0.7.3.1.3.1"), "id-description, certificate description"),
    (Oid::new_unwrap("0.4.0.127.0.7.3.1.3.2"), "id-sector, terminal sector"),
];

/// Where an identifier stands, the most general arc first.
const ARCS: &[(&str, &str)] = &[
    ("0.4.0.127.0.7", "bsi-de"),
    ("0.4.0.127.0.7.1", "BSI: algorithms (TR-03111)"),
    ("0.4.0.127.0.7.2", "BSI: protocols"),
    ("0.4.0.127.0.7.2.2", "smart card protocols (TR-03110)"),
    ("0.4.0.127.0.7.3", "BSI: applications"),
    ("1.0.18013", "ISO/IEC 18013, driving licences"),
    ("1.2.840.10045", "ANSI X9.62"),
    ("1.2.840.113549", "RSA Security"),
    ("1.2.840.113549.1.1", "PKCS #1"),
    ("1.2.840.113549.1.7", "PKCS #7"),
    ("1.2.840.113549.1.9", "PKCS #9"),
    ("1.3.6.1.4.1", "enterprises, by number"),
    ("1.3.6.1.5.5.7", "PKIX"),
    ("1.3.36.3", "TeleTrusT"),
    ("2.5.4", "X.500 attributes"),
    ("2.5.29", "X.509 extensions"),
    ("2.16.840.1.101.3.4", "NIST algorithms"),
    ("2.23.136", "ICAO"),
    ("2.23.136.1.1", "ICAO: security of travel documents"),
];

/// The name of an object identifier; `None` where none is known.
pub(super) fn name(oid: &Oid) -> Option<String> {
    if let Some(name) = lds::name(oid) {
        return Some(name.to_owned());
    }
    if let Some((_, name)) = NAMES.iter().find(|(known, _)| known == oid) {
        return Some((*name).to_owned());
    }
    if let Some(algorithm) = TaAlgorithm::from_oid(*oid) {
        return Some(algorithm.to_string());
    }
    if let Some(kind) = TerminalType::ALL.into_iter().find(|kind| kind.oid() == *oid) {
        return Some(kind.to_string());
    }
    const_oid::db::DB.by_oid(oid).map(str::to_owned)
}

/// The name, or the number where there is no name.
pub(super) fn short(oid: &Oid) -> String {
    name(oid).unwrap_or_else(|| oid.to_string())
}

/// Name and number: `id-CA-DH (0.4.0.127.0.7.2.2.3.1)`.
pub(super) fn long(oid: &Oid) -> String {
    name(oid).map_or_else(|| oid.to_string(), |name| format!("{name} ({oid})"))
}

/// An object identifier: its name, its bytes, where it stands, and what a protocol's parts are.
pub fn oid(oid: &Oid) -> Node {
    let name = name(oid).unwrap_or_else(|| "no name is known".into());
    let dotted = oid.to_string();
    let mut node = Node::new(format!("object identifier {dotted}"), name)
        .child(Node::new("content", "").bytes(oid.as_bytes()));
    for (arc, words) in ARCS {
        let is_below = dotted.strip_prefix(arc).is_some_and(|rest| rest.starts_with('.'));
        if is_below {
            node = node.child(Node::new(*arc, *words));
        }
    }
    node.children(parts(oid))
}

// What the name of a chip's protocol says (ICAO Doc 9303-11 clauses 9.2.3 and 9.2.5).
fn parts(oid: &Oid) -> Vec<Node> {
    let Some(name) = lds::name(oid) else { return Vec::new() };
    let has = |part| name.split('-').any(|word| word == part);
    let mut parts = Vec::new();
    let mut say = |label: &str, value: &str| parts.push(Node::new(label, value));
    if has("PACE") {
        let mapping = [("GM", "generic"), ("IM", "integrated"), ("CAM", "chip authentication")];
        for (short, mapping) in mapping {
            if has(short) {
                say("mapping", mapping);
            }
        }
    }
    match (has("ECDH"), has("DH")) {
        (true, _) => say("key agreement", "Diffie-Hellman on an elliptic curve"),
        (_, true) => say("key agreement", "Diffie-Hellman, MODP group"),
        _ => {}
    }
    if has("3DES") {
        say("secure messaging", "Triple-DES, CBC and retail MAC");
    } else if has("AES") {
        let bits = name.rsplit('-').next().unwrap_or_default();
        say("secure messaging", &format!("AES-{bits}, CBC and CMAC"));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_is_taken_apart() {
        let text = oid(&lds::PACE_ECDH_GM_AES_CBC_CMAC_128).draw();
        assert_eq!(
            text,
            "\
object identifier 0.4.0.127.0.7.2.2.4.2.2  id-PACE-ECDH-GM-AES-CBC-CMAC-128
  content            04007F00070202040202
  0.4.0.127.0.7      bsi-de
  0.4.0.127.0.7.2    BSI: protocols
  0.4.0.127.0.7.2.2  smart card protocols (TR-03110)
  mapping            generic
  key agreement      Diffie-Hellman on an elliptic curve
  secure messaging   AES-128, CBC and CMAC
"
        );
        assert_eq!(short(&Oid::new_unwrap("0.4.0.127.0.7.2.2.2.2.3")), "id-TA-ECDSA-SHA-256");
        assert_eq!(short(&Oid::new_unwrap("1.3.6.1.4.1.99999.1")), "1.3.6.1.4.1.99999.1");
    }
}
