//! What the register knows, as values.

use time::UtcDateTime;

use crate::issuance::{Commitment, SessionId, Status, Thumbprint};
use crate::policy::Way;
use crate::trust::Level;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Its bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

id!(
    /// A person: keyed hash of the population registry's identifier.
    PersonId, 32
);
id!(
    /// A card: keyed hash of what its chip proved to have.
    CardId, 32
);
id!(
    /// A registered phone.
    DeviceId, 16
);
id!(
    /// An offer: what its URI names.
    OfferId, 16
);
id!(
    /// What a redeemed code gives: the right to credentials for one person on one phone.
    GrantId, 16
);
id!(
    /// One credential.
    CredentialId, 16
);
id!(
    /// SHA-256 of a secret that a client shows: a code, a token, a transaction or notification
    /// identifier. The secret itself is not kept.
    TokenHash, 32
);

/// What is good once, each kind apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Once {
    /// c_nonce (OpenID4VCI clause 7).
    Nonce,
    /// jti of a DPoP proof (RFC 9449 clause 11.1).
    Dpop,
    /// jti of a wallet attestation's proof of possession.
    AttestationPop,
    /// Challenge for that proof of possession.
    AttestationChallenge,
}

/// The states of a phone. The first three hold the person's one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceState {
    /// Good.
    Active,
    /// Locked because it was reported lost; it can be unlocked.
    Suspended,
    /// Good, but what it shows is no longer true, for example the address.
    NeedsRenewal,
    /// Over for ever.
    Revoked,
    /// Its term is over.
    Expired,
}

/// Why a phone's card ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndReason {
    /// Another phone took its place.
    Superseded,
    /// The physical card was reported lost.
    CardLost,
    /// The phone was reported lost, for good.
    PhoneLost,
    /// The holder deleted it.
    Deleted,
    /// The person died or left.
    PersonLeft,
    /// Three years are over.
    TermOver,
}

/// A registered phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its identifier.
    pub id: DeviceId,
    /// Whose.
    pub person: PersonId,
    /// The key of its requests.
    pub jkt: Thumbprint,
    /// What it committed to.
    pub h_dev: Commitment,
    /// Its state.
    pub state: DeviceState,
    /// How it got its card.
    pub way: Way,
    /// The card that was tapped.
    pub card: Option<CardId>,
    /// Since when.
    pub activated_at: UtcDateTime,
    /// The last second of its term.
    pub term_until: UtcDateTime,
    /// Why it ended, where it did.
    pub ended: Option<EndReason>,
}

/// A tap session, opened for a wallet that committed to its keys.
#[derive(Clone, Debug)]
pub struct NewTapSession {
    /// Identifier, nonce, commitment, times.
    pub session: crate::issuance::Session,
    /// The wallet's DPoP key.
    pub jkt: Thumbprint,
    /// The wallet's instance: thumbprint of the key in its attestation.
    pub instance: Thumbprint,
    /// Thumbprints of the attested holder keys.
    pub keys: Vec<Thumbprint>,
    /// The nonce of the key attestation, used up with it.
    pub c_nonce: [u8; 32],
}

/// How far a tap session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TapState {
    /// Opened.
    Open,
    /// Evidence came; the chip is being asked.
    Chip,
    /// Judged and answered.
    Done,
    /// Given up.
    Failed,
}

/// A tap session as it is kept.
#[derive(Clone, Debug)]
pub struct TapSession {
    /// As it was opened.
    pub opened: NewTapSession,
    /// How far it is.
    pub state: TapState,
}

/// What a verified tap leaves in the register, with the code that it earned.
#[derive(Clone)]
pub struct TapResult {
    /// The session; it is done by this.
    pub session: SessionId,
    /// Whose card.
    pub person: PersonId,
    /// Which card.
    pub card: CardId,
    /// The card's own counter, where it has one.
    pub counter: Option<u64>,
    /// What was shown.
    pub level: Level,
    /// What the credential will say, for the register to seal.
    pub subject: Vec<u8>,
    /// The term that the policy gave.
    pub term_until: UtcDateTime,
    /// The code's hash.
    pub code: TokenHash,
    /// Until when the code is good.
    pub expires: UtcDateTime,
}

impl std::fmt::Debug for TapResult {
    // What a credential says, and secrets, stay out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TapResult")
            .field("session", &self.session)
            .field("person", &self.person)
            .field("card", &self.card)
            .field("level", &self.level)
            .finish_non_exhaustive()
    }
}

/// An offer made at an office.
#[derive(Clone)]
pub struct NewOffer {
    /// Its identifier.
    pub id: OfferId,
    /// For whom.
    pub person: PersonId,
    /// The code's hash, and the code itself for the register to seal: the offer's URI shows it.
    pub code: TokenHash,
    /// The code.
    pub secret: zeroize::Zeroizing<String>,
    /// Hash of the transaction code.
    pub tx_code: TokenHash,
    /// What the credential will say, for the register to seal.
    pub subject: Vec<u8>,
    /// The term that the policy gave.
    pub term_until: UtcDateTime,
    /// Until when it is good.
    pub expires: UtcDateTime,
    /// The clerk, by name as the configuration has it.
    pub clerk: String,
}

impl std::fmt::Debug for NewOffer {
    // What a credential says, and secrets, stay out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewOffer")
            .field("id", &self.id)
            .field("person", &self.person)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// What becomes of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OfferState {
    /// Waiting.
    Open,
    /// Redeemed.
    Redeemed,
    /// Five wrong transaction codes, or withdrawn.
    Dead,
}

/// A wallet's claim to a code.
#[derive(Clone)]
pub struct Claim {
    /// The code's hash.
    pub code: TokenHash,
    /// Hash of the transaction code, if one came.
    pub tx_code: Option<TokenHash>,
    /// The wallet's DPoP key.
    pub jkt: Thumbprint,
    /// The wallet's instance.
    pub instance: Thumbprint,
    /// The tokens that the grant is to have.
    pub tokens: AccessTokens,
}

impl std::fmt::Debug for Claim {
    // What a credential says, and secrets, stay out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Claim")
            .field("code", &self.code)
            .field("jkt", &self.jkt)
            .field("instance", &self.instance)
            .finish_non_exhaustive()
    }
}

/// The hashes of new tokens, and until when they are good.
#[derive(Clone, Copy, Debug)]
pub struct AccessTokens {
    /// Access token.
    pub access: TokenHash,
    /// Until when.
    pub access_expires: UtcDateTime,
    /// Refresh token.
    pub refresh: TokenHash,
}

/// The right to credentials for one person on one phone.
#[derive(Clone)]
pub struct Grant {
    /// Its identifier.
    pub id: GrantId,
    /// For whom.
    pub person: PersonId,
    /// The way it was earned.
    pub way: Way,
    /// The tapped card.
    pub card: Option<CardId>,
    /// The wallet's DPoP key.
    pub jkt: Thumbprint,
    /// The wallet's instance.
    pub instance: Thumbprint,
    /// The holder keys that a tap committed to; nothing where there was no tap.
    pub keys: Option<Vec<Thumbprint>>,
    /// H_dev, where there was a tap.
    pub h_dev: Option<Commitment>,
    /// What the credential says, opened.
    pub subject: Vec<u8>,
    /// The last second of the term.
    pub term_until: UtcDateTime,
    /// The phone, once it is registered.
    pub device: Option<DeviceId>,
    /// Whether a clerk confirmed the wallet that redeemed an offer.
    pub confirmed: bool,
}

impl std::fmt::Debug for Grant {
    // What a credential says, and secrets, stay out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grant")
            .field("id", &self.id)
            .field("person", &self.person)
            .field("way", &self.way)
            .field("jkt", &self.jkt)
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}

/// A request for credentials, all its proofs checked.
#[derive(Clone, Debug)]
pub struct Reserve {
    /// The grant.
    pub grant: GrantId,
    /// credential_configuration_id.
    pub configuration: String,
    /// Thumbprints of the holder keys, one credential each, all different.
    pub keys: Vec<Thumbprint>,
    /// The c_nonces of the proofs with their ends, used up with this.
    pub nonces: Vec<([u8; 32], UtcDateTime)>,
}

/// What was set aside for a request: phone registered, places in the status list taken.
#[derive(Clone, Debug)]
pub struct Reservation {
    /// The grant.
    pub grant: GrantId,
    /// The phone.
    pub device: Device,
    /// One for each key, in their order.
    pub credentials: Vec<Reserved>,
    /// What changed in status lists and has to be published before anything is released.
    pub changes: Vec<StatusChange>,
    /// The event of this issue, by its number in the log.
    pub event: u64,
}

/// One credential to be signed, or signed already.
#[derive(Clone)]
pub struct Reserved {
    /// Its identifier.
    pub id: CredentialId,
    /// Thumbprint of the holder key.
    pub key: Thumbprint,
    /// The status list.
    pub list: u32,
    /// The place in it.
    pub idx: u64,
    /// The credential as it was released before, opened: a retry gets the same.
    pub issued: Option<Vec<u8>>,
}

impl std::fmt::Debug for Reserved {
    // What a credential says, and secrets, stay out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reserved")
            .field("id", &self.id)
            .field("key", &self.key)
            .field("list", &self.list)
            .field("idx", &self.idx)
            .finish_non_exhaustive()
    }
}

/// A credential as the register knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Its identifier.
    pub id: CredentialId,
    /// The phone it is on.
    pub device: DeviceId,
    /// credential_configuration_id.
    pub configuration: String,
    /// The status list.
    pub list: u32,
    /// The place in it.
    pub idx: u64,
    /// Its status.
    pub status: Status,
}

/// A status that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusChange {
    /// The status list.
    pub list: u32,
    /// The place in it.
    pub idx: u64,
    /// The new status.
    pub status: Status,
}

/// What was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Loss {
    /// The physical card: the mobile card ends too.
    Card,
    /// The phone: the mobile card is locked.
    Phone,
}

/// Which physical card was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostCard {
    /// That of this number, which the clerk has said. Where it is the current one, or nobody can
    /// say, all cards of the person that are known by now are lost with it; where it is another,
    /// it alone.
    Named {
        /// Of its number.
        number: CardId,
        /// Whether the population registry has it as the current one, where that answers.
        current: Option<bool>,
    },
    /// The current one, as the population registry has it: as long as the register knows of no
    /// other.
    Current(CardId),
    /// Whichever is known, as long as no other was lost before.
    Unnamed,
}

/// What a clerk reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// The physical card was lost: the mobile card ends too.
    CardLost(LostCard),
    /// The card of this number was found: it can be tapped again. The mobile card stays ended.
    CardFound(CardId),
    /// The phone was lost: the mobile card is locked, or ends.
    PhoneLost {
        /// Whether it ends.
        ends: bool,
    },
    /// The phone was found: the mobile card is unlocked.
    PhoneFound,
    /// The person's data changed.
    DataChanged,
    /// The person died or left.
    Left,
}

impl Report {
    /// As events have it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::CardLost(_) => "card-lost",
            Self::CardFound(_) => "card-found",
            Self::PhoneLost { .. } => "phone-lost",
            Self::PhoneFound => "phone-found",
            Self::DataChanged => "data-changed",
            Self::Left => "left",
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// A tap was verified.
    TapVerified,
    /// An office made an offer.
    OfferMade,
    /// A clerk confirmed the wallet that redeemed an offer.
    OfferConfirmed,
    /// A code was redeemed.
    CodeRedeemed,
    /// A phone was registered.
    PhoneRegistered,
    /// Credentials were issued.
    CredentialsIssued,
    /// A phone was suspended.
    PhoneSuspended,
    /// A phone was unlocked.
    PhoneResumed,
    /// A phone's card ended.
    PhoneEnded,
    /// A physical card was reported lost.
    CardReportedLost,
    /// A physical card was found again.
    CardFound,
    /// A clerk reported something: says who, beside what it did.
    ReportTaken,
    /// A refresh token came twice.
    RefreshReused,
    /// A card's counter went back.
    CounterWentBack,
    /// The population registry changed a person's data.
    PersonChanged,
}

/// An event, as it is kept for ever.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its number, from 0 without a gap: the leaf in the log.
    pub number: u64,
    /// When.
    pub at: UtcDateTime,
    /// What.
    pub kind: EventKind,
    /// SHA-256 over a random salt and what happened: what stands in the log.
    pub hash: [u8; 32],
    /// Whom it is about.
    pub person: Option<PersonId>,
    /// Which phone.
    pub device: Option<DeviceId>,
    /// More of it, opened: for `history`, never for the log.
    pub detail: String,
}
