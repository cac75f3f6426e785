//! What became of credentials, told to the issuer (OpenID4VCI clause 11).

use rand_core::CryptoRng;
use serde_json::json;

use super::client::{Ask, Client};
use super::error::WalletError;
use super::fetch::JSON;
use super::state::By;
use super::store::Wallet;

impl Client {
    /// Tells the issuer what became of credentials (OpenID4VCI clause 11). What it does not want to
    /// hear is told no second time. Says whether it took the first; those behind it that then get
    /// no answer are told later.
    ///
    /// # Errors
    /// [`WalletError::is_unanswered`]: then it is told later.
    pub fn notify(
        &self,
        wallet: &mut Wallet,
        rng: &mut dyn CryptoRng,
    ) -> Result<bool, WalletError> {
        const STEP: &str = "notify the issuer";
        let Some(url) = self.metadata.notification.clone() else {
            wallet.state.notices.clear();
            return wallet.save(rng).map(|()| false);
        };
        if wallet.state.notices.is_empty() {
            return Ok(false);
        }
        let mut first = None;
        if self.is_spent(wallet) {
            match self.token(wallet, &By::Refresh, rng) {
                Err(error) if error.is_unanswered() => return Err(error),
                Err(_) => wallet.state.notices.clear(),
                Ok(()) => {}
            }
        }
        let token = wallet.state.grant.as_ref().map(|grant| grant.access.clone());
        while let (Some(notice), Some(token)) = (wallet.state.notices.first().cloned(), &token) {
            let body = json!({ "notification_id": notice.id, "event": notice.event }).to_string();
            let ask = Ask {
                step: STEP,
                url: &url,
                token: Some(token),
                content_type: JSON,
                body: body.as_bytes(),
                repeatable: true,
            };
            let sent = self.send(&wallet.state, &ask, rng);
            let taken = sent.is_ok();
            match sent {
                Err(error) if error.is_unanswered() => match first {
                    Some(true) => break,
                    _ => return Err(error),
                },
                _ => wallet.state.notices.retain(|other| other.id != notice.id),
            }
            first.get_or_insert(taken);
            wallet.save(rng)?;
        }
        Ok(first == Some(true))
    }
}
