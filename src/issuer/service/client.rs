//! Who calls: the proofs in a request's head, each used once.

use time::UtcDateTime;

use super::super::{Call, Client, Code, Issuer, Refusal};
use super::shown::{Judging, shown};
use crate::issuance::oid4vci::{ErrorCode, MessageError};

impl Issuer {
    /// Who calls. A DPoP proof is always needed, and with an access token one for that token. The
    /// wallet attestation with its proof of possession is checked where it comes; a call that
    /// cannot do without demands [`Client::instance`].
    ///
    /// All proofs are checked before the first is used up, so that a head that is refused for its
    /// form uses up nothing.
    ///
    /// # Errors
    /// [`Code::InvalidToken`], [`Code::InvalidDpopProof`], [`Code::InvalidClient`],
    /// [`Code::InvalidClientAttestation`], [`Code::UseAttestationChallenge`];
    /// [`Code::TemporarilyUnavailable`] where the register does not answer.
    pub fn authenticate(
        &self,
        call: &Call,
        access_token: Option<&str>,
        now: UtcDateTime,
    ) -> Result<Client, Refusal> {
        let by = Judging {
            url: &self.settings.url,
            anchors: &self.wallet_anchors,
            nonce_key: &self.keys.nonce,
            skew: self.settings.clock_skew,
            now,
        };
        shown(call, access_token, by)?.used_up(&self.registry, now)
    }
}

impl Code {
    /// The code of a message that cannot be read.
    pub(in crate::issuer) fn of_message(error: &MessageError) -> Self {
        match error.code() {
            ErrorCode::UnsupportedGrantType => Self::UnsupportedGrantType,
            ErrorCode::InvalidCredentialRequest => Self::InvalidCredentialRequest,
            ErrorCode::UnknownCredentialIdentifier => Self::UnknownCredentialIdentifier,
            ErrorCode::InvalidProof => Self::InvalidProof,
            ErrorCode::InvalidEncryptionParameters => Self::InvalidEncryptionParameters,
            ErrorCode::InvalidTransactionId => Self::InvalidTransactionId,
            ErrorCode::InvalidNotificationRequest => Self::InvalidNotificationRequest,
            ErrorCode::InvalidRequest => Self::InvalidRequest,
        }
    }
}
