//! Object identifiers of SecurityInfos and of EF.SOD (BSI TR-03110-3 annex A, ICAO Doc 9303-11
//! clause 9.2, Doc 9303-10 clause 4.6.2).

use const_oid::ObjectIdentifier;

macro_rules! oids {
    ($($constant:ident = $oid:literal, $name:literal;)*) => {
        $(
            #[doc = concat!("`", $name, "`, ", $oid, ".")]
            pub const $constant: ObjectIdentifier = ObjectIdentifier::new_unwrap($oid);
        )*

        /// The standard's name of an object identifier, for messages.
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
    RI_ECDH = "0.4.0.127.0.7.2.2.5.2", "id-RI-ECDH";
    CI = "0.4.0.127.0.7.2.2.6", "id-CI";
    PT = "0.4.0.127.0.7.2.2.8", "id-PT";
    STANDARDIZED_DOMAIN_PARAMETERS = "0.4.0.127.0.7.1.2", "standardizedDomainParameters";
    ECDSA_PLAIN_SHA1 = "0.4.0.127.0.7.1.1.4.1.1", "ecdsa-plain-SHA1";
    ECDSA_PLAIN_SHA224 = "0.4.0.127.0.7.1.1.4.1.2", "ecdsa-plain-SHA224";
    ECDSA_PLAIN_SHA256 = "0.4.0.127.0.7.1.1.4.1.3", "ecdsa-plain-SHA256";
    ECDSA_PLAIN_SHA384 = "0.4.0.127.0.7.1.1.4.1.4", "ecdsa-plain-SHA384";
    ECDSA_PLAIN_SHA512 = "0.4.0.127.0.7.1.1.4.1.5", "ecdsa-plain-SHA512";
    LDS_SECURITY_OBJECT = "2.23.136.1.1.1", "id-icao-mrtd-security-ldsSecurityObject";
    AA = "2.23.136.1.1.5", "id-icao-mrtd-security-aaProtocolObject";
    SHA1 = "1.3.14.3.2.26", "id-sha1";
    SHA224 = "2.16.840.1.101.3.4.2.4", "id-sha224";
    SHA256 = "2.16.840.1.101.3.4.2.1", "id-sha256";
    SHA384 = "2.16.840.1.101.3.4.2.2", "id-sha384";
    SHA512 = "2.16.840.1.101.3.4.2.3", "id-sha512";
}

/// How two keys become a shared secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyAgreement {
    /// Diffie-Hellman in a prime field.
    Dh,
    /// Diffie-Hellman on an elliptic curve.
    Ecdh,
}

/// How PACE maps the nonce to a generator (ICAO Doc 9303-11 clause 4.4.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mapping {
    /// Generic Mapping.
    Generic,
    /// Integrated Mapping.
    Integrated,
    /// Chip Authentication Mapping.
    ChipAuthentication,
}

/// The ciphers of secure messaging that a protocol leads to (ICAO Doc 9303-11 clause 9.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suite {
    /// Two-key Triple-DES in CBC with the Retail MAC.
    TripleDes,
    /// AES-128 in CBC with CMAC.
    Aes128,
    /// AES-192 in CBC with CMAC.
    Aes192,
    /// AES-256 in CBC with CMAC.
    Aes256,
}

/// What a PACE protocol identifier stands for; `None` for one that is no PACE protocol.
pub fn pace(oid: &ObjectIdentifier) -> Option<(KeyAgreement, Mapping, Suite)> {
    let (mapping, cipher) = arcs_below(oid, &PACE_DH_GM)?;
    let (agreement, mapping) = match mapping {
        1 => (KeyAgreement::Dh, Mapping::Generic),
        2 => (KeyAgreement::Ecdh, Mapping::Generic),
        3 => (KeyAgreement::Dh, Mapping::Integrated),
        4 => (KeyAgreement::Ecdh, Mapping::Integrated),
        6 => (KeyAgreement::Ecdh, Mapping::ChipAuthentication),
        _ => return None,
    };
    let suite = suite(cipher)?;
    // TR-03110-3 A.1.1.1 defines no Triple-DES for Chip Authentication Mapping.
    let undefined = mapping == Mapping::ChipAuthentication && suite == Suite::TripleDes;
    (!undefined).then_some((agreement, mapping, suite))
}

/// What a Chip Authentication protocol identifier stands for; `None` for one that is none.
pub fn chip_authentication(oid: &ObjectIdentifier) -> Option<(KeyAgreement, Suite)> {
    let (agreement, cipher) = arcs_below(oid, &CA_DH)?;
    let agreement = match agreement {
        1 => KeyAgreement::Dh,
        2 => KeyAgreement::Ecdh,
        _ => return None,
    };
    Some((agreement, suite(cipher)?))
}

const fn suite(arc: u8) -> Option<Suite> {
    match arc {
        1 => Some(Suite::TripleDes),
        2 => Some(Suite::Aes128),
        3 => Some(Suite::Aes192),
        4 => Some(Suite::Aes256),
        _ => None,
    }
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
    fn names_say_what_the_arcs_say() {
        assert_eq!(
            hex::encode_upper(PACE_ECDH_GM_AES_CBC_CMAC_128.as_bytes()),
            "04007F00070202040202"
        );
        let mut known = 0;
        for mapping in 0..8 {
            for cipher in 0..6 {
                let oid = ObjectIdentifier::new(&format!("0.4.0.127.0.7.2.2.4.{mapping}.{cipher}"))
                    .unwrap();
                assert_eq!(pace(&oid).is_some(), name(&oid).is_some(), "{oid}");
                let Some((agreement, map, suite)) = pace(&oid) else { continue };
                known += 1;
                let expected = format!(
                    "id-PACE-{}-{}-{}",
                    if agreement == KeyAgreement::Dh { "DH" } else { "ECDH" },
                    match map {
                        Mapping::Generic => "GM",
                        Mapping::Integrated => "IM",
                        Mapping::ChipAuthentication => "CAM",
                    },
                    match suite {
                        Suite::TripleDes => "3DES-CBC-CBC",
                        Suite::Aes128 => "AES-CBC-CMAC-128",
                        Suite::Aes192 => "AES-CBC-CMAC-192",
                        Suite::Aes256 => "AES-CBC-CMAC-256",
                    }
                );
                assert_eq!(name(&oid), Some(expected.as_str()));
            }
        }
        assert_eq!(known, 4 * 4 + 3);
        assert_eq!(
            chip_authentication(&CA_ECDH_AES_CBC_CMAC_256),
            Some((KeyAgreement::Ecdh, Suite::Aes256))
        );
        assert_eq!(chip_authentication(&CA_ECDH), None);
        assert_eq!(pace(&CA_ECDH_AES_CBC_CMAC_256), None);
        assert_eq!(name(&ObjectIdentifier::new_unwrap("1.2.3")), None);
    }
}
