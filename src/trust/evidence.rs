//! What a tap brought home, in a form that anyone can judge again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::UtcDateTime;

use super::encoding::{Schema, base64url, json_fault, rfc3339};
use crate::lds::{Df, File};

/// Bytes of the JSON that are read at most.
pub const MAX_EVIDENCE: usize = 1 << 20;

/// A tap's record: what the card gave, and what the reader did to it. It is a claim of whoever
/// wrote it; [`judge`](super::judge) says what of it is shown.
///
/// In JSON, bytes are base64url without padding and times RFC 3339; unknown fields are refused.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    schema: Schema,
    /// The card and where it was.
    pub card: Card,
    /// When it was tapped, by the reader's clock.
    #[serde(with = "rfc3339")]
    pub tapped_at: UtcDateTime,
    /// How the files were opened.
    pub access: Access,
    /// The files as they were read, each whole, EF.HolderVerification among them.
    #[serde(with = "files")]
    pub files: BTreeMap<File, Vec<u8>>,
    /// Chip Authentication, as the reader ran it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chip_authentication: Option<ChipAuthentication>,
    /// The chip authentication mapping of PACE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chip_authentication_mapping: Option<ChipAuthenticationMapping>,
    /// Active Authentication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_authentication: Option<ActiveAuthentication>,
    /// INTERNAL AUTHENTICATE of a key-only card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_only: Option<KeyOnlyAuthentication>,
}

/// The card and where it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// The card's address: `emulated:resident`, `pcsc:` and the reader's name, and so on.
    pub source: String,
    /// Its answer to reset (ISO/IEC 7816-3, PC/SC part 3).
    #[serde(with = "base64url")]
    pub atr: Vec<u8>,
}

/// The protocol and password that opened the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Access {
    /// PACE with the card access number.
    PaceCan,
    /// PACE with the holder's PIN.
    PacePin,
    /// PACE with the machine readable zone.
    PaceMrz,
    /// PACE with the unblocking key.
    PacePuk,
    /// Basic Access Control, whose key is the machine readable zone.
    Bac,
    /// Basic Access Protection of a driving licence, whose key is printed on it.
    Bap,
}

/// Which file gave the chip's public key of Chip Authentication.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyFile {
    /// EF.DG14 of the application, hashed in EF.SOD.
    #[default]
    #[serde(rename = "EF.DG14")]
    Dg14,
    /// EF.CardSecurity of the master file, signed itself.
    #[serde(rename = "EF.CardSecurity")]
    CardSecurity,
}

/// Chip Authentication as the reader ran it (ICAO Doc 9303-11 clause 6.2). Who held the ephemeral
/// private key could have written this without a chip: it shows nothing to a third party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChipAuthentication {
    /// The protocol's object identifier, dotted.
    pub protocol: String,
    /// The file that gave the chip's key.
    #[serde(default, skip_serializing_if = "KeyFile::is_dg14")]
    pub key_file: KeyFile,
    /// The keyId of the chip's key, where that file gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<u64>,
    /// The reader's ephemeral public key: an uncompressed point, or the number of a MODP group.
    #[serde(with = "base64url")]
    pub terminal_public_key: Vec<u8>,
    /// Whether the card's next answer was right under the new keys, which is the proof.
    pub protected_reply: bool,
}

/// PACE with the chip authentication mapping (ICAO Doc 9303-11 clause 4.4.3.5). Who ran the mapping
/// could have written this without a chip: it shows nothing to a third party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChipAuthenticationMapping {
    /// The protocol's object identifier, dotted.
    pub protocol: String,
    /// The domain parameters, which are the keyId of the chip's key in EF.CardSecurity.
    pub parameter_id: u32,
    /// The chip's key of the mapping, an uncompressed point.
    #[serde(with = "base64url")]
    pub mapping_key: Vec<u8>,
    /// The chip authentication data of DO8A, deciphered.
    #[serde(with = "base64url")]
    pub data: Vec<u8>,
}

/// Active Authentication (ICAO Doc 9303-11 clause 6.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActiveAuthentication {
    /// RND.IFD, which the card signed.
    #[serde(with = "base64url")]
    pub challenge: [u8; 8],
    /// The signature as the card gave it.
    #[serde(with = "base64url")]
    pub signature: Vec<u8>,
}

/// INTERNAL AUTHENTICATE of a key-only card (docs/applet.md).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyOnlyAuthentication {
    /// The challenge, which the card signed.
    #[serde(with = "base64url")]
    pub challenge: [u8; 32],
    /// The answer as the card gave it: whether the PIN was given, the counter, the signature.
    #[serde(with = "base64url")]
    pub answer: Vec<u8>,
}

/// Why bytes are no evidence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// More bytes than are read.
    #[error("evidence: at most {limit} bytes are read, {got} came")]
    TooLarge {
        /// The limit.
        limit: usize,
        /// How many came.
        got: usize,
    },
    /// JSON that is not of this form.
    #[error("evidence: {detail}")]
    Malformed {
        /// What is wrong, and where.
        detail: String,
    },
}

impl Evidence {
    /// A record without files or proofs yet.
    pub const fn new(card: Card, tapped_at: UtcDateTime, access: Access) -> Self {
        Self {
            schema: Schema,
            card,
            tapped_at,
            access,
            files: BTreeMap::new(),
            chip_authentication: None,
            chip_authentication_mapping: None,
            active_authentication: None,
            key_only: None,
        }
    }

    /// A file's bytes, if it was read.
    pub fn file(&self, file: File) -> Option<&[u8]> {
        self.files.get(&file).map(Vec::as_slice)
    }

    /// The application that was read: that of a key-only card where one signed or a file of it is
    /// there, that of a driving licence where a file of one is there, and else that of a passport.
    pub fn application(&self) -> Df {
        let has = |df| self.files.keys().any(|file| file.df() == df);
        if self.key_only.is_some() || has(Df::KeyOnly) {
            Df::KeyOnly
        } else if has(Df::Edl) {
            Df::Edl
        } else {
            Df::Lds
        }
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// [`EvidenceError`].
    pub fn from_json(json: &[u8]) -> Result<Self, EvidenceError> {
        if json.len() > MAX_EVIDENCE {
            return Err(EvidenceError::TooLarge { limit: MAX_EVIDENCE, got: json.len() });
        }
        serde_json::from_slice(json)
            .map_err(|e| EvidenceError::Malformed { detail: json_fault(&e) })
    }

    /// The JSON form.
    ///
    /// # Errors
    /// [`EvidenceError::Malformed`] for a time beyond the year 9999.
    pub fn to_json(&self) -> Result<String, EvidenceError> {
        serde_json::to_string_pretty(self)
            .map_err(|e| EvidenceError::Malformed { detail: json_fault(&e) })
    }
}

impl KeyFile {
    const fn is_dg14(&self) -> bool {
        matches!(self, Self::Dg14)
    }
}

impl std::fmt::Debug for Evidence {
    // The files are personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Evidence")
            .field("card", &self.card)
            .field("tapped_at", &self.tapped_at)
            .field("access", &self.access)
            .field("files", &self.files.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl Access {
    /// As it stands in JSON: `pace-can`, `pace-pin`, `pace-mrz`, `pace-puk`, `bac`, `bap`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PaceCan => "pace-can",
            Self::PacePin => "pace-pin",
            Self::PaceMrz => "pace-mrz",
            Self::PacePuk => "pace-puk",
            Self::Bac => "bac",
            Self::Bap => "bap",
        }
    }
}

impl std::fmt::Display for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

// An object from file names to base64url; a name that stands twice or is unknown is an error.
mod files {
    use std::collections::BTreeMap;
    use std::fmt;

    use serde::de::{Error, MapAccess, Visitor};
    use serde::{Deserializer, Serializer};

    use crate::lds::File;
    use crate::trust::encoding::base64url;

    pub(super) fn serialize<S: Serializer>(
        files: &BTreeMap<File, Vec<u8>>,
        s: S,
    ) -> Result<S::Ok, S::Error> {
        s.collect_map(files.iter().map(|(file, bytes)| (file.name(), base64url::encode(bytes))))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        d: D,
    ) -> Result<BTreeMap<File, Vec<u8>>, D::Error> {
        struct Files;
        impl<'de> Visitor<'de> for Files {
            type Value = BTreeMap<File, Vec<u8>>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object from file names to base64url")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut files = BTreeMap::new();
                while let Some((name, text)) = map.next_entry::<String, String>()? {
                    let file = File::ALL.into_iter().find(|f| f.name() == name);
                    let file = file.ok_or_else(|| A::Error::custom(format!("no file {name:?}")))?;
                    let bytes = base64url::decode(&text)
                        .map_err(|e| A::Error::custom(format!("{name}: base64url: {e}")))?;
                    if files.insert(file, bytes).is_some() {
                        return Err(A::Error::custom(format!("{name} stands twice")));
                    }
                }
                Ok(files)
            }
        }
        d.deserialize_map(Files)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;

    fn sample() -> Evidence {
        let card = Card { source: "emulated:resident".into(), atr: vec![0x3B, 0x8A] };
        let mut evidence = Evidence::new(card, utc_datetime!(2025-03-28 01:02:03), Access::PaceCan);
        evidence.files.insert(File::Dg1, b"personal".to_vec());
        evidence.files.insert(File::AtrInfo, vec![]);
        evidence.active_authentication =
            Some(ActiveAuthentication { challenge: [7; 8], signature: vec![1; 64] });
        evidence
    }

    #[test]
    fn json_survives_and_shows_the_documented_shape() {
        let evidence = sample();
        let json = evidence.to_json().unwrap();
        assert_eq!(Evidence::from_json(json.as_bytes()).unwrap(), evidence);
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["schema"], 1);
        assert_eq!(value["access"], "pace-can");
        assert_eq!(value["tapped_at"], "2025-03-28T01:02:03Z");
        assert_eq!(value["files"]["EF.DG1"], "cGVyc29uYWw");
        assert_eq!(value["active_authentication"]["challenge"], "BwcHBwcHBwc");
        assert!(value.get("chip_authentication").is_none());
        assert!(!format!("{evidence:?}").contains("112, 101"));
    }

    #[test]
    fn what_is_no_evidence_is_refused() {
        let json = sample().to_json().unwrap();
        for (from, to, expected) in [
            ("\"schema\": 1", "\"schema\": 2", "schema 1 expected, 2 came"),
            ("\"access\"", "\"acces\"", "unknown field"),
            ("pace-can", "pace-none", "unknown variant"),
            ("EF.DG1\"", "EF.DG77\"", "no file \"EF.DG77\""),
            ("EF.ATR/INFO\"", "EF.DG1\"", "stands twice"),
            ("cGVyc29uYWw", "cGVyc29uYW", "base64url"),
            ("BwcHBwcHBwc", "BwcHBwcHBwcH", "8 bytes in base64url expected, 9 came"),
            ("2025-03-28T", "2025-13-28T", "month"),
        ] {
            let bad = json.replacen(from, to, 1);
            assert_ne!(bad, json);
            let error = Evidence::from_json(bad.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let long = vec![b' '; MAX_EVIDENCE + 1];
        assert!(matches!(Evidence::from_json(&long), Err(EvidenceError::TooLarge { .. })));
        assert!(Evidence::from_json(&vec![b'['; 60_000]).is_err());
        // Whatever stands in the wrong place is not quoted at length.
        let bad = json.replacen("\"pace-can\"", &format!("\"{}\"", "한".repeat(9000)), 1);
        let error = Evidence::from_json(bad.as_bytes()).unwrap_err().to_string();
        assert!(error.chars().count() < 250 && error.contains("line"), "{error}");
        // Nor does it reach a terminal as more than text.
        let bad = json.replacen("\"access\"", "\"\\u001b[2J\\u007f\"", 1);
        let error = Evidence::from_json(bad.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("[2J") && !error.contains(char::is_control), "{error:?}");
    }
}
