//! Why the wallet does not do it.

use std::path::PathBuf;

/// A fault of the wallet's file, of the network, or a refusal of the issuer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalletError {
    /// The file cannot be read or written.
    #[error("{}: {step}: {source}", .path.display())]
    Io {
        /// What was being done.
        step: &'static str,
        /// Which file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// Another process has the wallet open.
    #[error("{}: another process has this wallet open", .path.display())]
    InUse {
        /// Which file.
        path: PathBuf,
    },
    /// There is a wallet already; one is never overwritten.
    #[error("{}: there is a wallet already", .path.display())]
    Exists {
        /// Which file.
        path: PathBuf,
    },
    /// It is no wallet, or one of another version.
    #[error("{}: no wallet: {detail}", .path.display())]
    NotAWallet {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// The passphrase is wrong, or the file was altered: the two cannot be told apart.
    #[error("{}: the passphrase is wrong, or the file was altered", .path.display())]
    Passphrase {
        /// Which file.
        path: PathBuf,
    },
    /// The wallet provider's folder does not hold what it should.
    #[error("wallet provider {}: {detail}", .path.display())]
    Provider {
        /// Which folder or file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// An address to which nothing is sent.
    #[error("{url}: {why}")]
    Address {
        /// The address.
        url: String,
        /// Why not.
        why: &'static str,
    },
    /// No answer came, or only a part of one.
    #[error("{step}: {url}: {detail}")]
    Network {
        /// What was being done.
        step: &'static str,
        /// Where.
        url: String,
        /// The network's words.
        detail: String,
    },
    /// The issuer refused.
    #[error("{step}: the issuer answered {status} {code}{}", told(.description))]
    Refused {
        /// What was being done.
        step: &'static str,
        /// HTTP status.
        status: u16,
        /// `error`, as the standard has it.
        code: String,
        /// `error_description`.
        description: String,
        /// Seconds after which to ask again.
        retry_after: Option<u32>,
    },
    /// An answer that is not of the form it should have.
    #[error("{step}: {expected} expected, {got} came")]
    Answer {
        /// What was being done.
        step: &'static str,
        /// What it should have been.
        expected: String,
        /// What it was.
        got: String,
    },
    /// An issuer other than the one that was asked for.
    #[error("issuer: {expected} expected, {got} came")]
    OtherIssuer {
        /// Whom the holder trusts.
        expected: String,
        /// Whom it says to be.
        got: String,
    },
    /// A credential came that its own verifier refuses.
    #[error("credential {configuration}: {detail}")]
    Credential {
        /// credential_configuration_id.
        configuration: String,
        /// Why.
        detail: String,
    },
    /// The offer cannot be used.
    #[error("offer: {detail}")]
    Offer {
        /// Why.
        detail: String,
    },
    /// There is nothing of that kind in the wallet.
    #[error("the wallet holds no {what}")]
    Nothing {
        /// Of what.
        what: &'static str,
    },
    /// The issuer waits for somebody: to be fetched later.
    #[error("the issuer has not decided yet; ask again in {seconds} s")]
    Pending {
        /// When to ask again.
        seconds: u32,
    },
    /// The tap did not bring what is needed.
    #[error("tap: {detail}")]
    Tap {
        /// What is missing.
        detail: String,
    },
}

fn told(description: &str) -> String {
    if description.is_empty() { String::new() } else { format!(": {description}") }
}

impl WalletError {
    /// The code of a refusal.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Whether nobody can say if the request arrived, or the issuer is busy or fails: a retry is
    /// due.
    pub const fn is_unanswered(&self) -> bool {
        match self {
            Self::Network { .. } => true,
            Self::Refused { status, .. } => *status == 429 || *status >= 500,
            _ => false,
        }
    }

    /// Whether a mistyped transaction code may be given again for the same offer. An issuer need
    /// not say so; ours does, and how many tries are left.
    pub fn has_tries_left(&self) -> bool {
        match self {
            Self::Refused { code, description, .. } => {
                let left = description.strip_prefix("tx_code: wrong, ");
                code == "invalid_grant" && left.is_some_and(|left| !left.starts_with("0 "))
            }
            _ => false,
        }
    }

    /// What is wrong with one credential alone. A refusal of the token or of this wallet (401), of
    /// the whole grant, and one that a retry may change are no such.
    pub(super) fn is_of_one(&self) -> bool {
        match self {
            Self::Answer { .. } | Self::Credential { .. } => true,
            Self::Refused { status, .. } => {
                let of_all = self.is_final() || self.code() == Some("invalid_token");
                !of_all && !self.is_unanswered() && *status != 401
            }
            _ => false,
        }
    }

    /// Of those, what the same request will never be answered otherwise.
    pub(super) fn is_hopeless(&self) -> bool {
        matches!(self.code(), Some("unknown_credential_configuration" | "invalid_transaction_id"))
    }

    /// Refusals after which the same request will never be answered otherwise.
    pub(super) fn is_final(&self) -> bool {
        matches!(self.code(), Some("invalid_grant" | "credential_request_denied"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: &str, description: &str) -> WalletError {
        let (code, description) = (code.into(), description.into());
        WalletError::Refused { step: "test", status, code, description, retry_after: None }
    }

    #[test]
    fn what_one_credential_cannot_have_the_others_can() {
        for (status, code, of_one) in [
            (400, "unknown_credential_configuration", true),
            (400, "invalid_credential_request", true),
            (400, "credential_request_denied", false),
            (400, "invalid_grant", false),
            (401, "invalid_token", false),
            (429, "too_many_requests", false),
            (503, "temporarily_unavailable", false),
        ] {
            assert_eq!(refused(status, code, "").is_of_one(), of_one, "{code}");
        }
    }

    #[test]
    fn an_offer_is_kept_while_tries_are_left() {
        let left = |code: &str, said: &str| refused(400, code, said).has_tries_left();
        assert!(left("invalid_grant", "tx_code: wrong, 4 tries left"));
        assert!(!left("invalid_grant", "tx_code: wrong, 0 tries left"));
        assert!(!left("invalid_grant", "code: unknown or expired"));
        assert!(!left("invalid_request", "tx_code: wrong, 4 tries left"));
        // An issuer that is busy or fails was not told.
        assert!(refused(429, "too_many_requests", "").is_unanswered());
        assert!(refused(502, "", "").is_unanswered());
        assert!(!refused(401, "invalid_token", "").is_unanswered());
    }
}
