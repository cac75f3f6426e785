//! What a judge found.

use serde::{Serialize, Serializer};
use time::UtcDateTime;

use super::encoding::rfc3339;
use super::{AnchorSet, Check, Weakness};
use crate::lds::{File, HolderVerification};
use crate::pki::{Certificate, Crl};

/// How much is shown, from nothing to everything that the judge alone can know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub enum Level {
    /// Nothing is proven.
    L0,
    /// Passive Authentication to an anchor: the data is genuine, the chip may be a copy.
    L1,
    /// L1, and the card itself signed what the judge demanded.
    L2,
    /// L1, and Chip Authentication in which the judge held the ephemeral key and saw a protected
    /// reply. It convinces the judge and nobody else.
    L3,
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::L0 => "L0",
            Self::L1 => "L1",
            Self::L2 => "L2",
            Self::L3 => "L3",
        })
    }
}

/// The verdict on a piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Passive Authentication passed, and the chip is proven where EF.SOD lists a key to prove it
    /// with, and EF.CardAccess was not altered. Of a key-only card: all of [`Self::key_only`].
    pub verified: bool,
    /// How much is shown.
    pub level: Level,
    /// Whether the data is the issuer's.
    pub passive: Passive,
    /// Whether the chip is the issuer's.
    pub chip: Chip,
    /// Of a key-only card, which has no data to be signed: its certificate and what it signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_only: Option<KeyOnly>,
    /// Whether EF.CardSecurity is the issuer's, where it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_security: Option<Check>,
    /// Whether the signed EF.DG14 has every PACE protocol that EF.CardAccess offered, so that
    /// nobody weakened the choice on the air (ICAO Doc 9303-11 clause 9.2).
    pub card_access: Check,
    /// Whether the holder gave the PIN, where the card has EF.HolderVerification or is a key-only
    /// card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder_verification: Option<Holder>,
    /// The time judged at.
    #[serde(with = "rfc3339")]
    pub judged_at: UtcDateTime,
    /// Whom the judge believed.
    pub trust: AnchorSet,
    /// What weakens that which is shown; empty for a document of today.
    pub weak: Vec<Weakness>,
}

/// Passive Authentication (ICAO Doc 9303-11 clause 5.1): all of its parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Passive {
    /// All of it together.
    #[serde(flatten)]
    pub check: Check,
    /// EF.SOD is signed by the document signer whose certificate it carries.
    pub signature: Check,
    /// An anchor issued that certificate, and for this use.
    pub chain: Check,
    /// Signer, links and anchor were valid at the time judged at, and the signer when it signed,
    /// where EF.SOD says when that was.
    pub validity: Check,
    /// None of them stands on its issuer's revocation list. Not done, and no obstacle to
    /// [`Self::check`], where there is no list that speaks of that time.
    pub revocation: Check,
    /// The data groups read are those that EF.SOD lists.
    pub groups: Groups,
    /// The document signer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<Named>,
    /// The link certificates between it and the anchor, its own issuer first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Named>,
    /// The anchor that issued it, or the last of the links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchor: Option<Named>,
    /// The revocation list in which the signer was looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crl: Option<CrlNamed>,
    /// When the signer says that it signed EF.SOD.
    #[serde(skip_serializing_if = "Option::is_none", with = "rfc3339::option")]
    pub signed_at: Option<UtcDateTime>,
}

/// The data groups against the hashes in EF.SOD.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Groups {
    /// Every group read is listed and has the hash listed, and there is at least one.
    #[serde(flatten)]
    pub check: Check,
    /// How many EF.SOD lists.
    pub listed: usize,
    /// Read, and as listed.
    #[serde(serialize_with = "names")]
    pub matched: Vec<File>,
    /// Read, and not as listed.
    #[serde(serialize_with = "names")]
    pub mismatched: Vec<File>,
    /// Read, and not listed.
    #[serde(serialize_with = "names")]
    pub unlisted: Vec<File>,
    /// Listed, and not read: nothing is known of them.
    #[serde(serialize_with = "names")]
    pub unread: Vec<File>,
}

/// The chip's own proofs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chip {
    /// Passed where one of them passed and none failed.
    #[serde(flatten)]
    pub check: Check,
    /// Chip Authentication (ICAO Doc 9303-11 clause 6.2).
    pub chip_authentication: Check,
    /// PACE with Chip Authentication Mapping (ICAO Doc 9303-11 clause 4.4.3.5).
    pub chip_authentication_mapping: Check,
    /// Active Authentication (ICAO Doc 9303-11 clause 6.1).
    pub active_authentication: Check,
}

impl Chip {
    /// Whether the chip itself has answered under a key that only the judge shared with it.
    pub const fn answered_the_judge(&self) -> bool {
        self.chip_authentication.passed() || self.chip_authentication_mapping.passed()
    }
}

/// A key-only card: its certificate, and what it signed (docs/applet.md).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyOnly {
    /// All of it together.
    #[serde(flatten)]
    pub check: Check,
    /// An anchor for such cards issued the certificate, which is for such a card, and they were
    /// valid and not revoked.
    pub certificate: Check,
    /// The certificate and those above it lead to an anchor, and are for this use.
    pub chain: Check,
    /// All of them were valid at the time judged at.
    pub validity: Check,
    /// None of them stands on its issuer's revocation list. Not done, and no obstacle to
    /// [`Self::check`], where there is no list that speaks of that time.
    pub revocation: Check,
    /// The key of the certificate signed the challenge; with a binding demanded, all of it.
    pub signature: Check,
    /// The card. Its certificate's SHA-256 is what to know it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<Named>,
    /// The link certificates between it and the anchor, its own issuer first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Named>,
    /// The anchor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchor: Option<Named>,
    /// The revocation list in which the card was looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crl: Option<CrlNamed>,
    /// Whether the PIN was given, by what the card signed; `None` where the signature did not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin: Option<bool>,
    /// How often the card has signed: whoever keeps it and sees it go down, or come twice, has met
    /// a copy of the card's state. `None` where the signature did not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counter: Option<u64>,
}

/// What the chip says of the holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// Whether the PIN was given, and the chip itself says so to this judge.
    #[serde(flatten)]
    pub check: Check,
    /// What the file says, worth something only where the check passed or tells why not.
    #[serde(flatten, serialize_with = "holder")]
    pub file: Option<HolderVerification>,
}

/// A certificate, named so that it can be found again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Whom it names.
    pub subject: String,
    /// The serial number, hexadecimal.
    pub serial: String,
    /// SHA-256 of the whole certificate, hexadecimal.
    pub sha256: String,
}

impl From<&Certificate> for Named {
    fn from(certificate: &Certificate) -> Self {
        Self {
            subject: certificate.subject(),
            serial: hex::encode(certificate.serial()),
            sha256: hex::encode(certificate.fingerprint()),
        }
    }
}

/// A revocation list, named so that it can be found again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CrlNamed {
    /// Who issued it.
    pub issuer: String,
    /// Its number, hexadecimal, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// When it was issued.
    #[serde(with = "rfc3339")]
    pub this_update: UtcDateTime,
    /// When the next one was promised.
    #[serde(skip_serializing_if = "Option::is_none", with = "rfc3339::option")]
    pub next_update: Option<UtcDateTime>,
    /// SHA-256 of the whole list, hexadecimal.
    pub sha256: String,
}

impl From<&Crl> for CrlNamed {
    fn from(crl: &Crl) -> Self {
        Self {
            issuer: crl.issuer().to_string(),
            number: crl.number().map(hex::encode),
            this_update: crl.this_update(),
            next_update: crl.next_update(),
            sha256: hex::encode(crl.fingerprint()),
        }
    }
}

fn names<S: Serializer>(files: &[File], s: S) -> Result<S::Ok, S::Error> {
    s.collect_seq(files.iter().map(|f| f.name()))
}

fn holder<S: Serializer>(file: &Option<HolderVerification>, s: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Fields {
        password: String,
        pin_tries_left: u8,
        counter: u64,
    }
    let fields = file.map(|f| Fields {
        password: f.password.to_string(),
        pin_tries_left: f.pin_tries_left,
        counter: f.counter,
    });
    fields.serialize(s)
}
