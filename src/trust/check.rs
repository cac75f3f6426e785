//! The outcome of one check, and why.

use serde::ser::{Serialize, SerializeStruct, Serializer};
use time::UtcDateTime;

use super::Access;
use super::encoding::rfc3339;
use crate::lds::{File, LdsError, Password};
use crate::pki::{Oid, PkiError, RevocationReason};
use crate::protocol::{active_auth::ActiveAuthError, key_only::KeyOnlyError};

/// The outcome of a check. What was not done is never passed.
///
/// In JSON: `{"result": "passed"}`, or `failed` and `not_done` with a `reason` in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check<R = Reason> {
    /// Shown to be right.
    Passed,
    /// Shown to be wrong, or of a kind that cannot be checked here.
    Failed(R),
    /// There was nothing to check it with.
    NotDone(R),
}

impl<R> Check<R> {
    /// Whether it passed.
    pub const fn passed(&self) -> bool {
        matches!(self, Self::Passed)
    }

    /// Whether it failed.
    pub const fn failed(&self) -> bool {
        matches!(self, Self::Failed(_))
    }

    /// Why it did not pass.
    pub const fn reason(&self) -> Option<&R> {
        match self {
            Self::Passed => None,
            Self::Failed(reason) | Self::NotDone(reason) => Some(reason),
        }
    }

    /// `passed`, `failed` or `not_done`.
    pub const fn result(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::NotDone(_) => "not_done",
        }
    }
}

impl<R: Clone> Check<R> {
    /// All of them: the first failure, else the first that was not done, else passed.
    pub fn all(checks: &[&Self]) -> Self {
        let failed = checks.iter().find(|c| c.failed());
        let open = || checks.iter().find(|c| !c.passed());
        failed.or_else(open).map_or(Self::Passed, |c| (*c).clone())
    }
}

impl<R: std::fmt::Display> std::fmt::Display for Check<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Failed(reason) => write!(f, "failed: {reason}"),
            Self::NotDone(reason) => write!(f, "not done: {reason}"),
        }
    }
}

impl<R: std::fmt::Display> Serialize for Check<R> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut out = s.serialize_struct("Check", 2)?;
        out.serialize_field("result", self.result())?;
        match self.reason() {
            Some(reason) => out.serialize_field("reason", &reason.to_string())?,
            None => out.skip_field("reason")?,
        }
        out.end()
    }
}

/// Why a check did not pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// A file that the check needs was not read.
    #[error("{file} was not read")]
    NotRead {
        /// Which file.
        file: File,
    },
    /// A file is not what it should be.
    #[error("{0}")]
    File(#[from] LdsError),
    /// EF.SOD's signed data, or a key, is wrong or not supported.
    #[error("{file}: {source}")]
    Signed {
        /// The file.
        file: File,
        /// What is wrong.
        source: Box<PkiError>,
    },
    /// EF.SOD cannot be read, so this cannot be looked at.
    #[error("EF.SOD could not be read")]
    NoSod,
    /// Nobody is believed.
    #[error("no trust anchor was given")]
    NoAnchors,
    /// No anchor has the name and key that the document signer's certificate names.
    #[error("{signer} was issued by {issuer}, which is none of the {anchors} anchors")]
    UnknownIssuer {
        /// The document signer.
        signer: String,
        /// Its issuer.
        issuer: String,
        /// How many anchors were given.
        anchors: usize,
    },
    /// An anchor has the issuer's name, but did not sign.
    #[error("the anchor {anchor} did not issue {signer}: {source}")]
    NotIssued {
        /// The document signer.
        signer: String,
        /// The anchor that has its issuer's name.
        anchor: String,
        /// Why not.
        source: Box<PkiError>,
    },
    /// A link certificate with nobody above it: it is believed for the sake of the CSCA that signed
    /// it, not for its own.
    #[error("the link certificate {link} was issued by {issuer}, which is none of the anchors")]
    LinkNotAnchored {
        /// Whom it names.
        link: String,
        /// Its issuer.
        issuer: String,
    },
    /// A certificate that was revoked.
    #[error("{certificate} was revoked at {}{}", rfc3339::text(*.at), because(.reason))]
    Revoked {
        /// Whom it names.
        certificate: String,
        /// When.
        at: UtcDateTime,
        /// Why, where that is said.
        reason: Option<RevocationReason>,
    },
    /// There is no revocation list of the issuer.
    #[error("no revocation list of {issuer} was given")]
    NoCrl {
        /// The issuer.
        issuer: String,
    },
    /// A revocation list that nobody believed has signed.
    #[error("the revocation list of {issuer} is not its own: {source}")]
    CrlNotVerified {
        /// Whose it says it is.
        issuer: String,
        /// Why it is not.
        source: Box<PkiError>,
    },
    /// A revocation list that was to be replaced before the time judged at.
    #[error("the revocation list of {issuer} is out of date: {}, judged at {}", until(.next_update), rfc3339::text(*.at))]
    CrlOutdated {
        /// Whose list.
        issuer: String,
        /// When the next was promised, where it was.
        next_update: Option<UtcDateTime>,
        /// The time judged at.
        at: UtcDateTime,
    },
    /// A revocation list from after the certificate's end: it need not be on it any more.
    #[error("the revocation list of {issuer} is from {}, when the certificate had expired", rfc3339::text(*.this_update))]
    CrlTooLate {
        /// Whose list.
        issuer: String,
        /// When it was issued.
        this_update: UtcDateTime,
    },
    /// A revocation list of some of the issuer's certificates.
    #[error("the revocation list of {issuer} covers a part of its certificates only")]
    CrlPartial {
        /// Whose list.
        issuer: String,
    },
    /// A certificate that must not do what it did.
    #[error("{certificate} {why}")]
    Unfit {
        /// Whom it names.
        certificate: String,
        /// What stands against it.
        why: Unfit,
    },
    /// A certificate that was not valid then.
    #[error("{certificate} is good from {} to {}, not at {}", rfc3339::text(*.not_before), rfc3339::text(*.not_after), rfc3339::text(*.at))]
    OutsideValidity {
        /// Whom it names.
        certificate: String,
        /// Its first second.
        not_before: UtcDateTime,
        /// Its last second.
        not_after: UtcDateTime,
        /// The time judged at.
        at: UtcDateTime,
    },
    /// The signer says that it signed when its certificate was not valid.
    #[error("{certificate} is good from {} to {}, but EF.SOD was signed at {}", rfc3339::text(*.not_before), rfc3339::text(*.not_after), rfc3339::text(*.signed_at))]
    SignedOutsideValidity {
        /// Whom it names.
        certificate: String,
        /// Its first second.
        not_before: UtcDateTime,
        /// Its last second.
        not_after: UtcDateTime,
        /// When it signed.
        signed_at: UtcDateTime,
    },
    /// The signer says that it signed after the time judged at.
    #[error("EF.SOD was signed at {}, after the time judged at, {}", rfc3339::text(*.signed_at), rfc3339::text(*.at))]
    SignedLater {
        /// When it signed.
        signed_at: UtcDateTime,
        /// The time judged at.
        at: UtcDateTime,
    },
    /// The issuer's certificate is not known, so its dates are not either.
    #[error("the document signer's issuer is not known")]
    NoChain,
    /// Files that are not those the issuer signed.
    #[error("{} changed: the hash is not the one in EF.SOD", Names(.files))]
    HashMismatch {
        /// Which files.
        files: Vec<File>,
    },
    /// Files the card gave and the issuer did not sign.
    #[error("{} came from the card, but EF.SOD does not list it", Names(.files))]
    NotListed {
        /// Which files.
        files: Vec<File>,
    },
    /// Data of a passport among the files of a driving licence, or the other way round: the numbers
    /// of data groups, by which EF.SOD lists them, mean other things there.
    #[error("{file} is that of another application")]
    OtherApplication {
        /// Which file.
        file: File,
    },
    /// EF.SOD lists a data group more than once.
    #[error("EF.SOD lists data group {number} twice")]
    ListedTwice {
        /// Its number.
        number: u8,
    },
    /// The signed EF.DG14 has PACE, and the card did not offer any before it was opened.
    #[error(
        "EF.DG14 has PACE, which the card did not offer: somebody hid EF.CardAccess or its PACE"
    )]
    PaceHidden,
    /// No data group that EF.SOD lists was read.
    #[error("no data group was read")]
    NothingRead,
    /// The chip has no key for this protocol: EF.SOD does not list the file it would stand in, or
    /// the file has none.
    #[error("the chip offers no key for it in {file}")]
    NotOffered {
        /// Where it would stand.
        file: File,
    },
    /// EF.SOD does not list the file.
    #[error("EF.SOD does not list {file}")]
    Unlisted {
        /// Which file.
        file: File,
    },
    /// The key is not shown to be the issuer's choice.
    #[error("{file} is not shown to be genuine, so neither is the key in it")]
    KeyNotAuthentic {
        /// The file with the key.
        file: File,
    },
    /// Only whoever ran it knows that it happened.
    #[error(
        "not provable to a third party: who held the ephemeral private key could have written it"
    )]
    NotProvable,
    /// Chip Authentication failed at the tap.
    #[error("{}", named("Chip Authentication", .detail))]
    ChipAuthentication {
        /// What the tap saw.
        detail: String,
    },
    /// The reader did not run the protocol, or recorded nothing of it.
    #[error("the reader has no record of it")]
    NotRecorded,
    /// The reader left it out.
    #[error("{why}")]
    NotRun {
        /// Why.
        why: String,
    },
    /// The chip authentication mapping proves nothing.
    #[error("PACE with Chip Authentication Mapping: {detail}")]
    Mapping {
        /// What is wrong.
        detail: String,
    },
    /// The card refused to sign.
    #[error("the card gave no signature: {detail}")]
    Refused {
        /// What the tap saw.
        detail: String,
    },
    /// The card signed another challenge than the binding demands.
    #[error("the card signed challenge {got}, the binding demands {expected}")]
    ChallengeNotBound {
        /// The binding, or for Active Authentication its first eight bytes, hexadecimal.
        expected: String,
        /// The challenge of the evidence, hexadecimal.
        got: String,
    },
    /// The card's signature is not one of the key in EF.DG15.
    #[error("{0}")]
    ActiveAuthentication(#[from] ActiveAuthError),
    /// EF.DG14 names a signature algorithm that is not known.
    #[error("EF.DG14: signature algorithm {oid} of Active Authentication is not supported")]
    UnknownSignature {
        /// The algorithm.
        oid: Oid,
    },
    /// The card has no data groups and no EF.SOD.
    #[error("a key-only card has no data that its issuer signed")]
    KeyOnlyCard,
    /// The card's issuer is not known, so neither are its dates and its revocation list.
    #[error("the card CA is not known")]
    NoCardCa,
    /// The certificate does not lead to a card CA, so its key may be anybody's.
    #[error("EF.CardCertificate is not shown to be genuine, so neither is the key in it")]
    CardNotAuthentic,
    /// The answer of a key-only card is not one of the key in its certificate over the challenge.
    #[error("{0}")]
    KeyOnly(#[from] KeyOnlyError),
    /// A key-only card says in what it signed that the PIN was not given.
    #[error("the card signed without the PIN")]
    WithoutPin,
    /// A key-only card and the reader disagree on the PIN.
    #[error("the card signed that the PIN was {}given, the reader says {access}", if *.pin { "" } else { "not " })]
    PinDiffers {
        /// Whether it was given, by what the card signed.
        pin: bool,
        /// What the reader says.
        access: Access,
    },
    /// Neither protocol proved the chip.
    #[error("the card cannot prove that it is no copy: EF.SOD lists no key of the chip")]
    CannotProve,
    /// EF.CardAccess offers PACE that the signed EF.DG14 does not have.
    #[error("EF.CardAccess offers {count} PACE protocols that EF.DG14 does not have")]
    CardAccessAltered {
        /// How many.
        count: usize,
    },
    /// The chip says that another password than the PIN was given.
    #[error("the holder was not verified: the password was {password}")]
    NoPin {
        /// The password.
        password: Password,
    },
    /// The chip and the reader disagree on the password.
    #[error("the chip says that the password was {password}, the reader {access}")]
    AccessDiffers {
        /// What the chip says.
        password: Password,
        /// What the reader says.
        access: Access,
    },
    /// The reader shows the file, and the chip did not give it in the judge's own channel.
    #[error("EF.HolderVerification came from the reader alone, not over the judge's own channel")]
    OnlyTold,
    /// The file is not shown to come from this chip.
    #[error("Chip Authentication did not pass, so EF.HolderVerification may be anybody's")]
    NotAttested,
}

/// What stands against a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// A CA signs certificates, not documents.
    #[error("is a CA, which signs no documents")]
    IsCa,
    /// Neither basicConstraints nor keyUsage make it one that signs certificates.
    #[error("is no CA")]
    NoCa,
    /// extKeyUsage limits it to something else, such as master lists.
    #[error("is for something else than documents (extKeyUsage {0})")]
    OtherPurpose(Oid),
    /// extKeyUsage does not have the purpose of key-only cards (docs/applet.md).
    #[error("is not for key-only cards (extKeyUsage)")]
    NotForKeyOnlyCards,
    /// keyUsage lacks digitalSignature (ICAO Doc 9303-12 clause 7.1).
    #[error("must not sign documents (keyUsage)")]
    NoDigitalSignature,
    /// A critical extension that is not understood (RFC 5280 clause 4.2).
    #[error("has the critical extension {0}, which is not understood")]
    UnknownExtension(Oid),
}

// What went wrong in a protocol, with its name in front once.
fn named(protocol: &str, detail: &str) -> String {
    if detail.starts_with(protocol) { detail.to_owned() } else { format!("{protocol}: {detail}") }
}

fn because(reason: &Option<RevocationReason>) -> String {
    reason.map_or_else(String::new, |reason| format!(", {reason}"))
}

fn until(next_update: &Option<UtcDateTime>) -> String {
    next_update.map_or_else(
        || "it does not say until when it is good".into(),
        |next| format!("the next one was due at {}", rfc3339::text(next)),
    )
}

// "EF.DG1, EF.DG2"
struct Names<'a>(&'a [File]);

impl std::fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, file) in self.0.iter().enumerate() {
            write!(f, "{}{file}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}
