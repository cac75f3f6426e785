//! One credential: signed, and read again by the verifier before it leaves.

use time::UtcDateTime;

use super::super::{Code, Issuer, MDOC, Refusal, SD_JWT};
use crate::crypto::{PublicKey, SystemRng};
use crate::issuance::{Order, Period, StatusRef, Subject, mdoc, sd_jwt};
use crate::registry::{Grant, Reserved};
use crate::trust::encoding::base64url;

impl Issuer {
    /// A credential of that configuration for that key, in the form in which it is sent.
    pub(in crate::issuer) fn sign(
        &self,
        configuration: &str,
        grant: &Grant,
        subject: &Subject,
        (holder, reserved): (&PublicKey, &Reserved),
        now: UtcDateTime,
    ) -> Result<Vec<u8>, Refusal> {
        let signer = &self.keys.document;
        let until = grant.term_until.min(now + self.settings.credential_life);
        let period = Period::new(now, until, signer.certificate()).map_err(fault)?;
        let status = StatusRef { idx: reserved.idx, uri: self.status_uri(reserved.list) };
        let order = Order { subject, holder, period, status: &status };
        let rng = &mut SystemRng::default();
        let anchors = std::slice::from_ref(&self.keys.iaca);
        // What our own verifier does not take must not reach a wallet.
        let (text, key, stands) = match configuration {
            MDOC => {
                let signed = mdoc::issue(&order, &self.settings.doc_type, signer, rng);
                let signed = signed.map_err(fault)?;
                let read = mdoc::verify(&signed, anchors, now).map_err(fault)?;
                (base64url::encode(signed), read.holder, read.status)
            }
            SD_JWT => {
                let signed = sd_jwt::issue(&order, &self.settings.vct, signer, rng);
                let signed = signed.map_err(fault)?;
                let read = sd_jwt::verify(&signed, anchors, now).map_err(fault)?;
                (signed, read.holder, read.status)
            }
            other => {
                return Err(Refusal::new(
                    Code::UnknownCredentialConfiguration,
                    format!("{MDOC} or {SD_JWT} expected, {other:?} came"),
                ));
            }
        };
        if key != *holder || stands.as_ref() != Some(&status) {
            return Err(fault("another key or status than ordered"));
        }
        Ok(text.into_bytes())
    }
}

// The reason is the operator's: a signer's certificate that ran out, a fault of ours.
fn fault(error: impl std::fmt::Display) -> Refusal {
    tracing::error!(%error, "a credential could not be made");
    Refusal::new(Code::ServerError, "the credential could not be made; the operator has to look")
}
