//! What clients have to sign, so that it is fresh: c_nonce and the attestation challenge. Making
//! one writes nothing, so that asking for many costs nothing.

use serde_json::{Value, json};

use super::super::Issuer;
use crate::crypto::SystemRng;
use crate::issuance::proof::nonce::{self, Kind};

impl Issuer {
    /// c_nonce (OpenID4VCI clause 7).
    pub fn nonce(&self) -> Value {
        json!({ "c_nonce": self.new_nonce(Kind::Credential) })
    }

    /// attestation_challenge (OAuth 2.0 Attestation-Based Client Authentication).
    pub fn challenge(&self) -> Value {
        json!({ "attestation_challenge": self.new_nonce(Kind::Attestation) })
    }

    fn new_nonce(&self, kind: Kind) -> String {
        let (now, life) = (self.clock.now(), self.settings.nonce_life);
        nonce::make(kind, &self.keys.nonce, now, life, &mut SystemRng::default())
    }
}
