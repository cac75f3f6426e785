//! Object identifiers of SecurityInfos (BSI TR-03110-3 annex A, ICAO Doc 9303-11 clause 9.2), of
//! EF.SOD (ICAO Doc 9303-10 clause 4.6.2) and of EF.CardSecurity, whose signed content has the type
//! [`SECURITY_OBJECT`] (BSI TR-03110-3 annex A.1.2.5).

use const_oid::ObjectIdentifier;

pub use crate::pki::oid::{LDS_SECURITY_OBJECT, SHA1, SHA224, SHA256, SHA384, SHA512};

macro_rules! oids {
    ($($constant:ident = $oid:literal, $name:literal;)*) => {
        $(
            #[doc = concat!("`", $name, "`, ", $oid, ".")]
            pub const $constant: ObjectIdentifier = ObjectIdentifier::new_unwrap($oid);
        )*

        /// The standard's name of a protocol's object identifier, for messages.
        pub fn name(oid: &ObjectIdentifier) -> Option<&'static str> {
            const NAMES: &[(ObjectIdentifier, &str)] = &[$(($constant, $name)),*];
            NAMES.iter().find(|(known, _)| known == oid).map(|(_, name)| *name)
        }
    };
}

oids! {
    PK_DH = "0.4.0.127.0.7.2.2.1.1", "id-PK-DH";
    PK_ECDH = "0.4.0.127.0.7.2.2.1.2", "id-PK-ECDH";
    TA = "0.4.0.127.0.7.2.2.2", "id-TA";
    CA_DH = "0.4.0.127.0.7.2.2.3.1", "id-CA-DH";
    CA_DH_3DES_CBC_CBC = "0.4.0.127.0.7.2.2.3.1.1", "id-CA-DH-3DES-CBC-CBC";
    CA_DH_AES_CBC_CMAC_128 = "0.4.0.127.0.7.2.2.3.1.2", "id-CA-DH-AES-CBC-CMAC-128";
    CA_DH_AES_CBC_CMAC_192 = "0.4.0.127.0.7.2.2.3.1.3", "id-CA-DH-AES-CBC-CMAC-192";
    CA_DH_AES_CBC_CMAC_256 = "0.4.0.127.0.7.2.2.3.1.4", "id-CA-DH-AES-CBC-CMAC-256";
    CA_ECDH = "0.4.0.127.0.7.2.2.3.2", "id-CA-ECDH";
    CA_ECDH_3DES_CBC_CBC = "0.4.0.127.0.7.2.2.3.2.1", "id-CA-ECDH-3DES-CBC-CBC";
    CA_ECDH_AES_CBC_CMAC_128 = "0.4.0.127.0.7.2.2.3.2.2", "id-CA-ECDH-AES-CBC-CMAC-128";
    CA_ECDH_AES_CBC_CMAC_192 = "0.4.0.127.0.7.2.2.3.2.3", "id-CA-ECDH-AES-CBC-CMAC-192";
    CA_ECDH_AES_CBC_CMAC_256 = "0.4.0.127.0.7.2.2.3.2.4", "id-CA-ECDH-AES-CBC-CMAC-256";
    PACE_DH_GM = "0.4.0.127.0.7.2.2.4.1", "id-PACE-DH-GM";
    PACE_DH_GM_3DES_CBC_CBC = "0.4.0.127.0.7.2.2.4.1.1", "id-PACE-DH-GM-3DES-CBC-CBC";
    PACE_DH_GM_AES_CBC_CMAC_128 = "0.4.0.127.0.7.2.2.4.1.2", "id-PACE-DH-GM-AES-CBC-CMAC-128";
    PACE_DH_GM_AES_CBC_CMAC_192 = "0.4.0.127.0.7.2.2.4.1.3", "id-PACE-DH-GM-AES-CBC-CMAC-192";
    PACE_DH_GM_AES_CBC_CMAC_256 = "0.4.0.127.0.7.2.2.4.1.4", "id-PACE-DH-GM-AES-CBC-CMAC-256";
    PACE_ECDH_GM = "0.4.0.127.0.7.2.2.4.2", "id-PACE-ECDH-GM";
    PACE_ECDH_GM_3DES_CBC_CBC = "0.4.0.127.0.7.2.2.4.2.1", "id-PACE-ECDH-GM-3DES-CBC-CBC";
    PACE_ECDH_GM_AES_CBC_CMAC_128 = "0.4.0.127.0.7.2.2.4.2.2", "id-PACE-ECDH-GM-AES-CBC-CMAC-128";
    PACE_ECDH_GM_AES_CBC_CMAC_192 = "0.4.0.127.0.7.2.2.4.2.3", "id-PACE-ECDH-GM-AES-CBC-CMAC-192";
    PACE_ECDH_GM_AES_CBC_CMAC_256 = "0.4.0.127.0.7.2.2.4.2.4", "id-PACE-ECDH-GM-AES-CBC-CMAC-256";
    PACE_DH_IM = "0.4.0.127.0.7.2.2.4.3", "id-PACE-DH-IM";
    PACE_DH_IM_3DES_CBC_CBC = "0.4.0.127.0.7.2.2.4.3.1", "id-PACE-DH-IM-3DES-CBC-CBC";
    PACE_DH_IM_AES_CBC_CMAC_128 = "0.4.0.127.0.7.2.2.4.3.2", "id-PACE-DH-IM-AES-CBC-CMAC-128";
    PACE_DH_IM_AES_CBC_CMAC_192 = "0.4.0.127.0.7.2.2.4.3.3", "id-PACE-DH-IM-AES-CBC-CMAC-192";
    PACE_DH_IM_AES_CBC_CMAC_256 = "0.4.0.127.0.7.2.2.4.3.4", "id-PACE-DH-IM-AES-CBC-CMAC-256";
    PACE_ECDH_IM = "0.4.0.127.0.7.2.2.4.4", "id-PACE-ECDH-IM";
    PACE_ECDH_IM_3DES_CBC_CBC = "0.4.0.127.0.7.2.2.4.4.1", "id-PACE-ECDH-IM-3DES-CBC-CBC";
    PACE_ECDH_IM_AES_CBC_CMAC_128 = "0.4.0.127.0.7.2.2.4.4.2", "id-PACE-ECDH-IM-AES-CBC-CMAC-128";
    PACE_ECDH_IM_AES_CBC_CMAC_192 = "0.4.0.127.0.7.2.2.4.4.3", "id-PACE-ECDH-IM-AES-CBC-CMAC-192";
    PACE_ECDH_IM_AES_CBC_CMAC_256 = "0.4.0.127.0.7.2.2.4.4.4", "id-PACE-ECDH-IM-AES-CBC-CMAC-256";
    PACE_ECDH_CAM = "0.4.0.127.0.7.2.2.4.6", "id-PACE-ECDH-CAM";
    PACE_ECDH_CAM_AES_CBC_CMAC_128 = "0.4.0.127.0.7.2.2.4.6.2", "id-PACE-ECDH-CAM-AES-CBC-CMAC-128";
    PACE_ECDH_CAM_AES_CBC_CMAC_192 = "0.4.0.127.0.7.2.2.4.6.3", "id-PACE-ECDH-CAM-AES-CBC-CMAC-192";
    PACE_ECDH_CAM_AES_CBC_CMAC_256 = "0.4.0.127.0.7.2.2.4.6.4", "id-PACE-ECDH-CAM-AES-CBC-CMAC-256";
    RI_DH = "0.4.0.127.0.7.2.2.5.1", "id-RI-DH";
    RI_DH_SHA1 = "0.4.0.127.0.7.2.2.5.1.1", "id-RI-DH-SHA-1";
    RI_DH_SHA224 = "0.4.0.127.0.7.2.2.5.1.2", "id-RI-DH-SHA-224";
    RI_DH_SHA256 = "0.4.0.127.0.7.2.2.5.1.3", "id-RI-DH-SHA-256";
    RI_DH_SHA384 = "0.4.0.127.0.7.2.2.5.1.4", "id-RI-DH-SHA-384";
    RI_DH_SHA512 = "0.4.0.127.0.7.2.2.5.1.5", "id-RI-DH-SHA-512";
    RI_ECDH = "0.4.0.127.0.7.2.2.5.2", "id-RI-ECDH";
    RI_ECDH_SHA1 = "0.4.0.127.0.7.2.2.5.2.1", "id-RI-ECDH-SHA-1";
    RI_ECDH_SHA224 = "0.4.0.127.0.7.2.2.5.2.2", "id-RI-ECDH-SHA-224";
    RI_ECDH_SHA256 = "0.4.0.127.0.7.2.2.5.2.3", "id-RI-ECDH-SHA-256";
    RI_ECDH_SHA384 = "0.4.0.127.0.7.2.2.5.2.4", "id-RI-ECDH-SHA-384";
    RI_ECDH_SHA512 = "0.4.0.127.0.7.2.2.5.2.5", "id-RI-ECDH-SHA-512";
    CI = "0.4.0.127.0.7.2.2.6", "id-CI";
    PT = "0.4.0.127.0.7.2.2.8", "id-PT";
    STANDARDIZED_DOMAIN_PARAMETERS = "0.4.0.127.0.7.1.2", "standardizedDomainParameters";
    ECDSA_PLAIN_SHA1 = "0.4.0.127.0.7.1.1.4.1.1", "ecdsa-plain-SHA1";
    ECDSA_PLAIN_SHA224 = "0.4.0.127.0.7.1.1.4.1.2", "ecdsa-plain-SHA224";
    ECDSA_PLAIN_SHA256 = "0.4.0.127.0.7.1.1.4.1.3", "ecdsa-plain-SHA256";
    ECDSA_PLAIN_SHA384 = "0.4.0.127.0.7.1.1.4.1.4", "ecdsa-plain-SHA384";
    ECDSA_PLAIN_SHA512 = "0.4.0.127.0.7.1.1.4.1.5", "ecdsa-plain-SHA512";
    SECURITY_OBJECT = "0.4.0.127.0.7.3.2.1", "id-SecurityObject";
    AA = "2.23.136.1.1.5", "id-icao-mrtd-security-aaProtocolObject";
    EF_DIR = "2.23.136.1.1.13", "id-EFDIR";
}

/// Whether it is a PACE protocol: key agreement, mapping and cipher together (ICAO Doc 9303-11
/// clause 9.2.3).
pub fn is_pace(oid: &ObjectIdentifier) -> bool {
    // BSI TR-03110-3 annex A.1.1.1 has no Triple-DES for Chip Authentication Mapping.
    matches!(arcs_below(oid, &PACE_DH_GM), Some((1..=4, 1..=4) | (6, 2..=4)))
}

/// Whether it is a Chip Authentication protocol: key agreement and cipher together (ICAO Doc
/// 9303-11 clause 9.2.5).
pub fn is_chip_authentication(oid: &ObjectIdentifier) -> bool {
    matches!(arcs_below(oid, &CA_DH), Some((1..=2, 1..=4)))
}

/// Whether it is a Restricted Identification protocol: key agreement and hash together (BSI
/// TR-03110-3 annex A.1.1.6).
pub fn is_restricted_identification(oid: &ObjectIdentifier) -> bool {
    matches!(arcs_below(oid, &RI_DH), Some((1..=2, 1..=5)))
}

// The two arcs of `oid` below the parent of `sibling`.
fn arcs_below(oid: &ObjectIdentifier, sibling: &ObjectIdentifier) -> Option<(u8, u8)> {
    let (_, parent) = sibling.as_bytes().split_last()?;
    match *oid.as_bytes().strip_prefix(parent)? {
        [a, b] => Some((a, b)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arcs_and_names_agree() {
        assert_eq!(
            hex::encode_upper(PACE_ECDH_GM_AES_CBC_CMAC_128.as_bytes()),
            "04007F00070202040202"
        );
        let ciphers = ["3DES-CBC-CBC", "AES-CBC-CMAC-128", "AES-CBC-CMAC-192", "AES-CBC-CMAC-256"];
        let hashes = ["SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512"];
        let kinds = ["DH-GM", "ECDH-GM", "DH-IM", "ECDH-IM", "", "ECDH-CAM"];
        type Is = fn(&ObjectIdentifier) -> bool;
        let check = |protocol: &str, arc: u8, kinds: &[&str], last: &[&str], is: Is| {
            let mut known = 0;
            for (kind, cipher) in (0..8_usize).flat_map(|k| (0..6_usize).map(move |c| (k, c))) {
                let dotted = format!("0.4.0.127.0.7.2.2.{arc}.{kind}.{cipher}");
                let oid = ObjectIdentifier::new(&dotted).unwrap();
                assert_eq!(is(&oid), name(&oid).is_some(), "{oid}");
                if is(&oid) {
                    let expected =
                        format!("id-{protocol}-{}-{}", kinds[kind - 1], last[cipher - 1]);
                    assert_eq!(name(&oid), Some(expected.as_str()));
                    known += 1;
                }
            }
            known
        };
        assert_eq!(check("PACE", 4, &kinds, &ciphers, is_pace), 4 * 4 + 3);
        assert_eq!(check("CA", 3, &["DH", "ECDH"], &ciphers, is_chip_authentication), 2 * 4);
        let kinds = ["DH", "ECDH"];
        assert_eq!(check("RI", 5, &kinds, &hashes, is_restricted_identification), 2 * 5);
        assert!(!is_chip_authentication(&CA_ECDH) && !is_pace(&PACE_ECDH_GM));
        assert_eq!(name(&ObjectIdentifier::new_unwrap("1.2.3")), None);
    }
}
