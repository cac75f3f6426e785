//! What a card profile says (card-profiles/README.md).

use time::Date;
use zeroize::Zeroizing;

use crate::{
    atr::Atr,
    crypto::{Curve, Hash},
    lds::Sex,
    protocol::{chip_auth, pace},
};

/// A card, declared: one person, one document, its secrets, its chip and its PKI. Everything that
/// is random about it follows from [`Profile::seed`].
#[derive(Clone)]
pub struct Profile {
    /// What to call it, in a word or two.
    pub name: String,
    /// What the card is, in words for people.
    pub title: String,
    /// Where every key, serial number and face comes from.
    pub seed: String,
    /// The holder. Synthetic.
    pub person: Person,
    /// The document.
    pub document: Document,
    /// CAN, PIN and PUK.
    pub secrets: Secrets,
    /// The PIN's rules.
    pub pin: PinRules,
    /// The largest APDUs.
    pub limits: Limits,
    /// The answer to reset, made of the historical bytes.
    pub atr: Atr,
    /// The PACE protocols and domain parameters offered, at least one where there is no BAC.
    pub pace: Vec<pace::Parameters>,
    /// Whether the chip has Basic Access Control.
    pub bac: bool,
    /// Chip Authentication, where the chip has it.
    pub chip_authentication: Option<ChipAuthentication>,
    /// Active Authentication, where the chip has it.
    pub active_authentication: Option<ActiveAuthentication>,
    /// Bytes of EF.DG2, face and headers.
    pub dg2_size: usize,
    /// The CSCA and the document signer.
    pub pki: Pki,
}

/// The holder.
#[derive(Clone)]
pub struct Person {
    /// Family name as the MRZ writes it: A to Z and blanks.
    pub surname: String,
    /// Given names as the MRZ writes them.
    pub given_names: String,
    /// Family name in national characters.
    pub national_surname: String,
    /// Given names in national characters.
    pub national_given_names: String,
    /// Date of birth.
    pub birth_date: Date,
    /// Sex as the MRZ has it.
    pub sex: Sex,
    /// A resident registration number that nobody can have.
    pub resident_number: Option<String>,
    /// Registered address.
    pub address: Option<String>,
}

/// The document.
#[derive(Clone)]
pub struct Document {
    /// Document code of the MRZ, one or two letters, the first A, C or I.
    pub code: String,
    /// Document number, at most nine characters.
    pub number: String,
    /// Issuing state, three letters (ICAO Doc 9303-3 clause 5).
    pub issuing_state: String,
    /// Nationality, three letters.
    pub nationality: String,
    /// Date of issue.
    pub issued: Date,
    /// Date of expiry.
    pub expires: Date,
    /// Issuing authority.
    pub authority: String,
}

/// What opens the card besides the MRZ. Wiped when dropped.
#[derive(Clone)]
pub struct Secrets {
    /// Card access number, six digits.
    pub can: Zeroizing<String>,
    /// PIN, six digits (BSI TR-03110-2 clause 3.3).
    pub pin: Option<Zeroizing<String>>,
    /// PUK, ten digits.
    pub puk: Option<Zeroizing<String>>,
}

/// The PIN's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinRules {
    /// Tries of a fresh PIN, 2 to 15.
    pub tries: u8,
    /// Whether it is switched on.
    pub activated: bool,
    /// How often the PUK unblocks it.
    pub puk_uses: u8,
}

impl Default for PinRules {
    fn default() -> Self {
        Self { tries: 3, activated: true, puk_uses: 10 }
    }
}

/// The largest APDUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of an extended-length command APDU and of its response APDU; `None` for a
    /// card with short length fields only.
    pub extended: Option<(u16, u16)>,
}

/// Chip Authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipAuthentication {
    /// The protocol.
    pub suite: chip_auth::Suite,
    /// The key's curve.
    pub curve: Curve,
    /// The keyId in DG14.
    pub key_id: Option<u32>,
}

/// Active Authentication with ECDSA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveAuthentication {
    /// The key's curve.
    pub curve: Curve,
    /// The hash of its signatures.
    pub hash: Hash,
}

/// The CSCA and the document signer. Every name contains `TEST`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pki {
    /// Country code, two letters: the issuing state's.
    pub country: String,
    /// Organisation in both names.
    pub organization: String,
    /// Common name of the CSCA.
    pub csca: String,
    /// First and last day of the CSCA's certificate.
    pub csca_validity: (Date, Date),
    /// Common name of the document signer.
    pub signer: String,
    /// First and last day of the document signer's certificate.
    pub signer_validity: (Date, Date),
}

impl std::fmt::Debug for Profile {
    // Person and secrets stay out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile").field("name", &self.name).finish_non_exhaustive()
    }
}

macro_rules! opaque_debug {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            // Personal or secret.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}
opaque_debug!(Person, Document, Secrets);
