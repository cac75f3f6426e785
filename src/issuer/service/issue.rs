//! One credential: signed, and read again by the verifier before it leaves.

use time::UtcDateTime;

use super::super::{Code, Issuer, MDOC, Refusal, SD_JWT};
use crate::crypto::{PublicKey, SystemRng};
use crate::issuance::mdoc::{self, MdocError};
use crate::issuance::sd_jwt::{self, SdJwtError};
use crate::issuance::{Order, Period, PeriodError, StatusRef, Subject};
use crate::trust::encoding::base64url;

/// What a credential is to be, whosever key and wherever its status.
#[derive(Clone, Copy)]
pub(in crate::issuer) struct Wanted<'a> {
    /// credential_configuration_id.
    pub(in crate::issuer) configuration: &'a str,
    /// What it says.
    pub(in crate::issuer) subject: &'a Subject,
    /// The last second of the term.
    pub(in crate::issuer) until: UtcDateTime,
    /// Now.
    pub(in crate::issuer) now: UtcDateTime,
}

/// Why there is no credential.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(in crate::issuer) enum IssueError {
    /// No time at which it would be good.
    #[error(transparent)]
    Period(#[from] PeriodError),
    /// An mdoc that is not made, or that our own verifier does not take.
    #[error(transparent)]
    Mdoc(#[from] MdocError),
    /// The same of an SD-JWT VC.
    #[error(transparent)]
    SdJwt(#[from] SdJwtError),
    /// What was read again is another one.
    #[error("credential: the key and the status of the order expected, others came")]
    Other,
    /// No such credential.
    #[error("credential: {MDOC} or {SD_JWT} expected, {got:?} came")]
    Configuration {
        /// What was asked for.
        got: String,
    },
}

impl IssueError {
    /// The reason is the operator's: a signer's certificate that ran out, a fault of ours.
    pub(super) fn refusal(&self) -> Refusal {
        if let Self::Configuration { .. } = self {
            return Refusal::new(Code::UnknownCredentialConfiguration, self);
        }
        tracing::error!(error = %self, "a credential could not be made");
        let detail = "the credential could not be made; the operator has to look";
        Refusal::new(Code::ServerError, detail)
    }
}

impl Issuer {
    /// A credential for that key, whose status stands at that place (list and index), in the form
    /// in which it is sent.
    pub(in crate::issuer) fn sign(
        &self,
        wanted: Wanted<'_>,
        holder: &PublicKey,
        (list, idx): (u32, u64),
    ) -> Result<Vec<u8>, IssueError> {
        let Wanted { configuration, subject, until, now } = wanted;
        let signer = &self.keys.document;
        let until = until.min(now + self.settings.credential_life);
        let period = Period::new(now, until, signer.certificate())?;
        let status = StatusRef { idx, uri: self.status_uri(list) };
        let order = Order { subject, holder, period, status: &status };
        let rng = &mut SystemRng::default();
        let anchors = std::slice::from_ref(&self.keys.iaca);
        // What our own verifier does not take must not reach a wallet.
        let (text, key, stands) = match configuration {
            MDOC => {
                let signed = mdoc::issue(&order, &self.settings.doc_type, signer, rng)?;
                let read = mdoc::verify(&signed, anchors, now)?;
                (base64url::encode(signed), read.holder, read.status)
            }
            SD_JWT => {
                let signed = sd_jwt::issue(&order, &self.settings.vct, signer, rng)?;
                let read = sd_jwt::verify(&signed, anchors, now)?;
                (signed, read.holder, read.status)
            }
            other => return Err(IssueError::Configuration { got: other.to_owned() }),
        };
        if key != *holder || stands.as_ref() != Some(&status) {
            return Err(IssueError::Other);
        }
        Ok(text.into_bytes())
    }
}
