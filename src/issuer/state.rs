//! The issuer: its keys, its register, and those it asks.

use super::ports::{FaceMatch, Population};
use super::{Clock, Limits, Metrics, Settings};
use crate::crypto::SecretKey;
use crate::issuance::Signer;
use crate::ledger::Ledger;
use crate::pki::Certificate;
use crate::registry::Registry;
use crate::trust::Anchors;

/// An issuer. Every call of the service is a method; all may run on many threads at once.
pub struct Issuer {
    /// What it was told.
    pub settings: Settings,
    /// Its keys.
    pub keys: Keys,
    /// Its register.
    pub registry: Registry,
    /// Its rules.
    pub policy: crate::policy::Policy,
    /// Its clock.
    pub clock: Box<dyn Clock>,
    /// Who knows the people.
    pub population: Box<dyn Population>,
    /// Who compares faces; without one the policy decides whether it goes on.
    pub face: Option<Box<dyn FaceMatch>>,
    /// The log that the register's events go to.
    pub ledger: Box<dyn Ledger>,
    /// The CSCAs and card CAs whose cards are believed.
    pub card_anchors: Anchors,
    /// The wallet providers whose attestations are believed.
    pub wallet_anchors: Vec<Certificate>,
    /// How often somebody may ask.
    pub limits: Limits,
    /// What an operator counts.
    pub metrics: Metrics,
    /// The status lists as they were last published.
    pub published: super::Published,
    /// Tap sessions whose chip is being asked.
    pub(super) chips: super::tap::Chips,
}

/// The issuer's keys.
#[derive(Debug)]
pub struct Keys {
    /// Signs credentials: the document signer, under the IACA.
    pub document: Signer,
    /// Signs status lists.
    pub status: Signer,
    /// Signs metadata.
    pub metadata: Signer,
    /// Opens encrypted requests; its kid is its thumbprint.
    pub encryption: SecretKey,
    /// The root of all of them, which verifiers pin.
    pub iaca: Certificate,
    /// Under this random challenges and nonces are made, so that making one writes nothing.
    pub nonce: zeroize::Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuer").field("settings", &self.settings).finish_non_exhaustive()
    }
}
