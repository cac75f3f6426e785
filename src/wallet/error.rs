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
}
