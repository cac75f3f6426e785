//! What a card profile says (card-profiles/README.md).

use time::Date;
use zeroize::Zeroizing;

use super::{Layout, Quirks};
use crate::{
    atr::Atr,
    crypto::{Curve, Domain, Hash},
    lds::{Sex, edl},
    pki::cvc::Reference,
    protocol::{chip_auth, pace, terminal_auth},
    transport::fault::FaultPlan,
};

/// A card, declared: its secrets, its chip, and what stands on it: a travel document or a licence, a
/// key alone, files one by one, or several of these. Everything that is random about it follows
/// from [`Profile::seed`].
#[derive(Clone)]
pub struct Profile {
    /// What to call it, in a word or two.
    pub name: String,
    /// What the card is, in words for people.
    pub title: String,
    /// Where every key, serial number and face comes from.
    pub seed: String,
    /// The travel document or licence, where the card is one.
    pub travel: Option<Travel>,
    /// The key that the card signs challenges with and no personal data, where it has the
    /// application for that.
    pub key_only: Option<KeyOnly>,
    /// CAN, PIN and PUK.
    pub secrets: Secrets,
    /// The PIN's rules.
    pub pin: PinRules,
    /// The largest APDUs.
    pub limits: Limits,
    /// The answer to reset, made of the historical bytes.
    pub atr: Atr,
    /// The PACE protocols and domain parameters offered, at least one where there is a travel
    /// document without BAC.
    pub pace: Vec<pace::Parameters>,
    /// Whether the chip has Basic Access Control.
    pub bac: bool,
    /// The keys of Chip Authentication; none: a chip without it.
    pub chip_authentication: Vec<ChipAuthentication>,
    /// Active Authentication, where the chip has it.
    pub active_authentication: Option<ActiveAuthentication>,
    /// Terminal Authentication, where the chip asks for it.
    pub terminal_authentication: Option<TerminalAuthentication>,
    /// Files, passwords and keys declared one by one.
    pub layout: Layout,
    /// What the chip does otherwise than the standards say.
    pub quirks: Quirks,
    /// What goes wrong with it in a run: for a [`Faulty`](crate::transport::fault::Faulty) around
    /// the card.
    pub faults: FaultPlan,
}

impl Profile {
    /// Whether who taps the card gives the PIN and not the CAN: the data need it, or a key alone is
    /// to say that it was given.
    pub const fn asks_for_the_pin(&self) -> bool {
        let key_alone = self.key_only.is_some() && self.travel.is_none();
        self.pin.required || (key_alone && self.pin.activated)
    }
}

/// A travel document, or a driving licence.
#[derive(Clone)]
pub struct Travel {
    /// The holder. Synthetic.
    pub person: Person,
    /// The document.
    pub document: Document,
    /// Bytes of the file of the face, headers too: EF.DG2, or EF.DG6 of a licence.
    pub dg2_size: usize,
    /// The fingers in EF.DG3, by their positions of ISO/IEC 19794-4: 1 right thumb to 10 left
    /// little finger.
    pub fingers: Vec<u8>,
    /// What makes the card a driving licence in place of an eMRTD.
    pub licence: Option<Licence>,
    /// The CSCA and the document signer.
    pub pki: Pki,
}

/// The application of a card that has a key and no personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyOnly {
    /// Its name, 5 to 16 bytes.
    pub aid: Vec<u8>,
    /// The card's number, 1 to 16 characters A to Z and 0 to 9.
    pub serial: String,
    /// The curve of the card's key and of the card CA's.
    pub curve: Curve,
    /// The hash of their signatures.
    pub hash: Hash,
    /// Country code of both names, two letters.
    pub country: String,
    /// Organisation in both names, with the word `TEST`.
    pub organization: String,
    /// Common name of the card CA, with the word `TEST`.
    pub ca: String,
    /// First and last day of the card CA's certificate.
    pub ca_validity: (Date, Date),
    /// First and last day of the card's certificate.
    pub validity: (Date, Date),
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
    /// Document code of the MRZ, one or two letters, the first A, C, I or P; empty for a licence,
    /// which has no such zone.
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
#[derive(Clone, Default)]
pub struct Secrets {
    /// Card access number, six digits; empty where the card has none.
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
    /// Whether the data are read with the PIN alone, and not with CAN or MRZ.
    pub required: bool,
}

impl Default for PinRules {
    fn default() -> Self {
        Self { tries: 3, activated: true, puk_uses: 10, required: false }
    }
}

/// The largest APDUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of an extended-length command APDU and of its response APDU; `None` for a
    /// card with short length fields only.
    pub extended: Option<(u16, u16)>,
}

/// A key of Chip Authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipAuthentication {
    /// The protocol.
    pub suite: chip_auth::Suite,
    /// Version 1 with its key in DG14, or version 2 with its key in EF.CardSecurity.
    pub version: chip_auth::Version,
    /// The key's curve or group.
    pub domain: Domain,
    /// The keyId.
    pub key_id: Option<u32>,
    /// Whether DG14 has a ChipAuthenticationInfo; without one a reader must infer the protocol from
    /// the key.
    pub info: bool,
}

/// What a key is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// An elliptic curve.
    Ec(Curve),
    /// RSA with a modulus of so many bits.
    Rsa(usize),
}

/// Active Authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveAuthentication {
    /// The kind of key.
    pub key: KeyKind,
    /// The hash of its signatures.
    pub hash: Hash,
}

/// Terminal Authentication: which terminals the chip believes. Their keys follow from the seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TerminalAuthentication {
    /// Version 1 in the LDS application, after Chip Authentication; version 2 in the master file,
    /// before it.
    pub version: terminal_auth::Version,
    /// The curve of the three keys.
    pub curve: Curve,
    /// The name of the CVCA's key.
    pub cvca: Reference,
    /// The name of the document verifier's key.
    pub verifier: Reference,
    /// The name of the terminal's key.
    pub terminal: Reference,
    /// The rights of all three, as bits of an inspection system's template.
    pub rights: u64,
}

/// A driving licence (ISO/IEC 18013-2, -3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
    /// The line that opens it by Basic Access Protection.
    pub line: edl::Mrz,
    /// How EF.DG1 is written.
    pub encoding: edl::Encoding,
    /// Categories of vehicles in EF.DG1.
    pub categories: Vec<edl::Category>,
    /// Domestic categories in EF.DG11; none: no such file.
    pub domestic_categories: Vec<edl::Category>,
    /// Place of birth, which the encoding of the EU has room for.
    pub place_of_birth: Option<edl::Text>,
    /// Whether there is a signature in EF.DG5.
    pub signature: bool,
}

/// How RSA keys sign certificates and EF.SOD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsaScheme {
    /// RSASSA-PKCS1-v1_5.
    Pkcs1,
    /// RSASSA-PSS.
    Pss,
}

/// The CSCA and the document signer. Every name contains `TEST`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pki {
    /// Country code, two letters: the issuing state's.
    pub country: String,
    /// Organisation in both names.
    pub organization: String,
    /// The CSCA's kind of key.
    pub key: KeyKind,
    /// The document signer's kind of key.
    pub signer_key: KeyKind,
    /// How RSA keys sign; elliptic-curve keys make ECDSA signatures.
    pub rsa: RsaScheme,
    /// The hash function of signatures and of EF.SOD.
    pub hash: Hash,
    /// Common name of the CSCA.
    pub csca: String,
    /// First and last day of the CSCA's certificate.
    pub csca_validity: (Date, Date),
    /// Common name of the document signer.
    pub signer: String,
    /// First and last day of the document signer's certificate.
    pub signer_validity: (Date, Date),
}

impl std::fmt::Display for KeyKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ec(curve) => curve.fmt(f),
            Self::Rsa(bits) => write!(f, "RSA-{bits}"),
        }
    }
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
opaque_debug!(Travel, Person, Document, Secrets);
