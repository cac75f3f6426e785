//! A test wallet provider: it attests a developer's wallet, which has no secure element that could
//! be attested. `iccard issuer init` makes one; an issuer in earnest does not believe it.

use std::path::{Path, PathBuf};

use time::{Duration, UtcDateTime};
use zeroize::Zeroizing;

use super::error::WalletError;
use crate::crypto::PublicKey;
use crate::issuance::Signer;
use crate::issuance::proof::{ProofError, key_attestation, wallet_attestation};
use crate::pki::Certificate;
use crate::pki::cvc::PrivateKey;

/// client_id, which all installations of this wallet share.
pub const CLIENT_ID: &str = "iccard-wallet";

const NAME: &str = "iccard wallet (for developers)";

/// How long an attestation is good.
const LIFE: Duration = Duration::hours(1);

/// The provider's key and certificate.
#[derive(Clone, Debug)]
pub struct Provider {
    signer: Signer,
}

impl Provider {
    /// Reads `cert.pem` and `key.pem` of a folder.
    ///
    /// # Errors
    /// [`WalletError::Provider`].
    pub fn load(folder: &Path) -> Result<Self, WalletError> {
        let read = |name: &str| {
            let path = folder.join(name);
            let bytes = std::fs::read(&path).map(Zeroizing::new);
            bytes.map_err(|e| fault(path.clone(), e)).map(|bytes| (path, bytes))
        };
        let (path, pem) = read("cert.pem")?;
        let chain = Certificate::all_from_pem(&pem).map_err(|e| fault(path.clone(), e))?;
        let (key_path, pem) = read("key.pem")?;
        let key = PrivateKey::from_bytes(&pem).map_err(|e| fault(key_path.clone(), e))?;
        let PrivateKey::Ec(key) = key else {
            return Err(fault(key_path, "a key on P-256 expected"));
        };
        let signer = Signer::new(key, chain).map_err(|e| fault(path, e))?;
        Ok(Self { signer })
    }

    /// A provider with that key and certificate.
    pub const fn new(signer: Signer) -> Self {
        Self { signer }
    }

    /// Attests an installation: the key that stands for it.
    ///
    /// # Errors
    /// For a provider's key that is not on P-256.
    pub fn attest_instance(
        &self,
        instance: &PublicKey,
        now: UtcDateTime,
    ) -> Result<String, WalletError> {
        wallet_attestation::make(CLIENT_ID, instance, NAME, now, now + LIFE, &self.signer)
            .map_err(unsigned)
    }

    /// Attests holder keys, fresh by the issuer's nonce.
    ///
    /// # Errors
    /// As [`Self::attest_instance`].
    pub fn attest_keys(
        &self,
        keys: &[PublicKey],
        nonce: &str,
        now: UtcDateTime,
    ) -> Result<String, WalletError> {
        let said = key_attestation::Said {
            key_storage: &["iso_18045_basic"],
            user_authentication: &["iso_18045_basic"],
            nonce: Some(nonce),
            iat: now,
            exp: now + LIFE,
        };
        key_attestation::make(keys, &said, &self.signer).map_err(unsigned)
    }
}

#[allow(clippy::needless_pass_by_value)]
pub(super) fn unsigned(error: ProofError) -> WalletError {
    WalletError::Answer {
        step: "make a proof",
        expected: "keys on P-256 and an address".into(),
        got: error.to_string(),
    }
}

fn fault(path: PathBuf, detail: impl std::fmt::Display) -> WalletError {
    WalletError::Provider { path, detail: detail.to_string() }
}
