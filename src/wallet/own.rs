//! The wallet reads what it is given before it keeps it.

use time::UtcDateTime;
use zeroize::Zeroizing;

use super::error::WalletError;
use super::state::Held;
use crate::crypto::PublicKey;
use crate::issuance::{StatusRef, mdoc, sd_jwt};
use crate::pki::Certificate;
use crate::trust::encoding::base64url;

/// The format of an mdoc (OpenID4VCI appendix A.2).
pub(super) const MDOC: &str = "mso_mdoc";
/// The format of an SD-JWT VC (OpenID4VCI appendix A.3).
pub(super) const SD_JWT: &str = "dc+sd-jwt";

/// Whether credentials of that format can be read here.
pub(super) fn reads(format: &str) -> bool {
    matches!(format, MDOC | SD_JWT)
}

/// A credential that our verifier takes, not yet known to be this wallet's.
pub(super) struct Checked {
    held: Held,
    holder: PublicKey,
}

/// Reads a credential of that format as a verifier would.
pub(super) fn check(
    configuration: &str,
    format: &str,
    credential: &str,
    roots: &[Certificate],
    at: UtcDateTime,
) -> Result<Checked, WalletError> {
    let refuse = |detail: String| WalletError::Credential {
        configuration: configuration.to_owned(),
        detail,
    };
    let (holder, status, valid_until): (PublicKey, Option<StatusRef>, UtcDateTime) = match format {
        MDOC => {
            let bytes = base64url::decode(credential).map_err(|e| refuse(e.to_string()))?;
            let read = mdoc::verify(&bytes, roots, at).map_err(|e| refuse(e.to_string()))?;
            (read.holder, read.status, read.period.valid_until())
        }
        SD_JWT => {
            let read = sd_jwt::verify(credential, roots, at).map_err(|e| refuse(e.to_string()))?;
            (read.holder, read.status, read.period.valid_until())
        }
        other => return Err(refuse(format!("{MDOC} or {SD_JWT} expected, {other:?} came"))),
    };
    let held = Held {
        configuration: configuration.to_owned(),
        format: format.to_owned(),
        credential: Zeroizing::new(credential.to_owned()),
        key: 0,
        valid_until,
        status,
        seen: None,
        notification_id: None,
    };
    Ok(Checked { held, holder })
}

impl Checked {
    /// The credential, where it is bound to that key of the wallet.
    pub(super) fn bound_to(
        mut self,
        key: Option<&PublicKey>,
        place: usize,
    ) -> Result<Held, WalletError> {
        if key != Some(&self.holder) {
            return Err(WalletError::Credential {
                configuration: self.held.configuration,
                detail: "it is bound to a key that is not this wallet's".into(),
            });
        }
        self.held.key = place;
        Ok(self.held)
    }
}
