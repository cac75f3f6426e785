//! What leads to a grant: taps, offers, codes.

use time::UtcDateTime;

use super::{CardId, DeviceId, GrantId, OfferId, PersonId, TokenHash};
use crate::issuance::{Commitment, SessionId, Thumbprint};
use crate::policy::Way;
use crate::trust::Level;

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
