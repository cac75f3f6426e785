//! `tap --request`: what the tap is bound to, and what becomes of it.

use std::path::PathBuf;

use anyhow::Result;
use time::UtcDateTime;

use super::{
    super::{
        failure::{self, Failure},
        files,
    },
    TapArgs,
};
use crate::{
    issuance::{CredentialRequest, DeviceKeys, Session as RequestSession},
    lds::Df,
    trust::{Evidence, Verdict},
};

/// The files of a request.
pub(super) struct RequestFiles {
    pub(super) out: PathBuf,
    keys: DeviceKeys,
    session: RequestSession,
}

impl RequestFiles {
    pub(super) fn load(args: &TapArgs) -> Result<Option<Self>> {
        let (Some(out), Some(keys), Some(session)) = (&args.request, &args.keys, &args.session)
        else {
            return Ok(None);
        };
        let keys = DeviceKeys::load(keys).map_err(|error| {
            Failure::new(failure::FILE, error.to_string()).step("read the device keys")
        })?;
        let session = RequestSession::load(session).map_err(|error| {
            Failure::new(failure::FILE, error.to_string()).step("read the session")
        })?;
        if session.h_dev != keys.commitment() {
            return Err(Failure::new(
                failure::NEGATIVE,
                "the session was made for other device keys than these",
            )
            .step("bind the tap")
            .expected(format!("H_dev {}", session.h_dev))
            .got(keys.commitment().to_string())
            .help("keys come first: iccard request keys, then iccard request challenge --commit")
            .into());
        }
        Ok(Some(Self { out: out.clone(), keys, session }))
    }

    pub(super) fn bind(&self) -> [u8; 32] {
        *self.session.binding(&self.keys.jkt()).as_bytes()
    }

    pub(super) fn write(&self, evidence: Evidence, now: UtcDateTime) -> Result<()> {
        let request =
            CredentialRequest::sign(&self.keys, &self.session, evidence, now).map_err(|error| {
                Failure::new(failure::NEGATIVE, error.to_string()).step("sign the request")
            })?;
        files::write_private(&self.out, "write the request", request.as_bytes())
    }
}

// Why no verifier could accept a request with this evidence.
pub(super) fn hindrance(evidence: &Evidence, verdict: &Verdict) -> Option<&'static str> {
    if !verdict.verified {
        return Some("the tap is not verified");
    }
    if evidence.application() == Df::Edl {
        return Some("requests are for identity cards, and this is a driving licence");
    }
    if verdict.key_only.is_some() {
        let pin = verdict.holder_verification.as_ref().is_some_and(|h| h.check.passed());
        return (!pin).then_some("a key-only card takes its PIN for a request: give --pin");
    }
    let signed = verdict.chip.active_authentication.passed();
    (!signed).then_some(
        "the card did not sign the session, for it has no Active Authentication; its other proofs \
         convince whoever taps it, and nobody else",
    )
}
