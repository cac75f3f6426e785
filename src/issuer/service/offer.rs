//! An office's offer, as the QR code names it (OpenID4VCI clause 4.1.3).

use serde_json::{Value, json};

use super::super::{Code, Issuer, MDOC, Refusal, SD_JWT};
use super::refused;
use crate::issuance::oid4vci::{CredentialOffer, InputMode, PreAuthorized, TxCode};
use crate::registry::OfferId;

impl Issuer {
    /// An offer by its identifier. Fetching it changes nothing, so that a wallet may do it twice.
    ///
    /// # Errors
    /// [`Code::NotFound`] for one that is unknown, over or redeemed.
    pub fn offer(&self, id: &str) -> Result<Value, Refusal> {
        let unknown = || Refusal::new(Code::NotFound, "there is no such offer, or it is over");
        let id = hex::decode(id).ok().and_then(|id| id.try_into().ok()).map(OfferId);
        let code = self
            .registry
            .offer_code(&id.ok_or_else(unknown)?, self.clock.now())
            .map_err(|e| refused(&e, |_| Code::NotFound))?;
        Ok(self.offer_with(
            &code,
            Some(TxCode {
                input_mode: InputMode::Numeric,
                length: Some(6),
                description: Some(
                    "The six digits that the office gave apart from the QR code".into(),
                ),
            }),
        ))
    }

    /// The offer of a code that needs no transaction code.
    pub(in crate::issuer) fn offer_of(&self, code: &str) -> Value {
        self.offer_with(code, None)
    }

    fn offer_with(&self, code: &str, tx_code: Option<TxCode>) -> Value {
        let grant = PreAuthorized { code: code.to_owned().into(), tx_code };
        json!(CredentialOffer::new(&self.settings.url, &[MDOC, SD_JWT], &grant))
    }
}
