//! An office's offer (OpenID4VCI clause 4.1): read out of a QR code, and redeemed by this wallet.

use std::collections::BTreeMap;

use rand_core::CryptoRng;
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::client::Client;
use super::error::WalletError;
use super::http::origin;
use super::metadata::{json, shown};
use super::state::{By, Pending};
use super::store::Wallet;
use crate::trust::encoding::json_fault;

const SCHEME: &str = "openid-credential-offer://";
const PRE_AUTHORIZED: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
/// The longest text of a QR code: version 40, alphanumeric.
const MAX_TEXT: usize = 4296;
const MAX_CONFIGURATIONS: usize = 16;

/// An offer of the issuer that the holder trusts.
#[derive(Debug)]
pub struct Claim {
    code: Zeroizing<String>,
    tx_code: bool,
    configurations: Vec<String>,
}

#[derive(Deserialize)]
struct RawOffer {
    credential_issuer: String,
    credential_configuration_ids: Vec<String>,
    #[serde(default)]
    grants: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct RawGrant {
    #[serde(rename = "pre-authorized_code")]
    code: Zeroizing<String>,
    tx_code: Option<Value>,
}

impl Claim {
    /// Reads what a QR code says, by value or by reference. The issuer that the holder trusts is
    /// known before: an offer of another, or a reference that leads elsewhere, is refused before
    /// anything is sent there.
    ///
    /// # Errors
    /// [`WalletError::Offer`], [`WalletError::OtherIssuer`], those of the network.
    pub fn read(client: &Client, text: &str) -> Result<Self, WalletError> {
        const STEP: &str = "fetch the offer";
        let text = text.trim_ascii();
        if text.len() > MAX_TEXT {
            return Err(offer(format!("at most {MAX_TEXT} characters expected")));
        }
        let query = text.strip_prefix(SCHEME).and_then(|rest| rest.split_once('?'));
        let (_, query) = query.ok_or_else(|| offer(format!("{SCHEME}?… expected")))?;
        let parameter = |name: &str| -> Result<Option<String>, WalletError> {
            let mut all = query.split('&').filter_map(|pair| pair.split_once('='));
            let found = all.find(|(n, _)| *n == name).map(|(_, value)| decoded(value));
            found.transpose()
        };
        let raw: RawOffer =
            match (parameter("credential_offer")?, parameter("credential_offer_uri")?) {
                (Some(by_value), None) => {
                    serde_json::from_str(&by_value).map_err(|e| offer(json_fault(&e)))?
                }
                (None, Some(uri)) => {
                    let (expected, got) = (origin(client.issuer())?, origin(&uri)?);
                    if expected != got {
                        return Err(WalletError::OtherIssuer { expected, got });
                    }
                    json(STEP, &client.http.get(STEP, &uri, "application/json")?)?
                }
                _ => return Err(offer("credential_offer or credential_offer_uri expected")),
            };
        Self::of(client.issuer(), raw)
    }

    fn of(issuer: &str, raw: RawOffer) -> Result<Self, WalletError> {
        if raw.credential_issuer != issuer {
            let (expected, got) = (issuer.to_owned(), shown(&raw.credential_issuer));
            return Err(WalletError::OtherIssuer { expected, got });
        }
        let configurations = raw.credential_configuration_ids;
        if configurations.is_empty() || configurations.len() > MAX_CONFIGURATIONS {
            return Err(offer(format!("1 to {MAX_CONFIGURATIONS} configurations expected")));
        }
        let mut grants = raw.grants;
        let grant = grants.remove(PRE_AUTHORIZED);
        let grant = grant.ok_or_else(|| offer("the grant of a pre-authorized code expected"))?;
        let grant: RawGrant = serde_json::from_value(grant).map_err(|e| offer(json_fault(&e)))?;
        Ok(Self { code: grant.code, tx_code: grant.tx_code.is_some(), configurations })
    }

    /// Whether the office gave digits besides: `tx_code` is there, be it empty.
    pub const fn needs_tx_code(&self) -> bool {
        self.tx_code
    }

    /// Keeps the offer as something begun, with which [`Client::go_on`] goes on.
    ///
    /// # Errors
    /// [`WalletError::Io`].
    pub fn begin(
        self,
        client: &Client,
        wallet: &mut Wallet,
        tx_code: Option<Zeroizing<String>>,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), WalletError> {
        wallet.state.issuer = Some(client.issuer().to_owned());
        wallet.state.pending = Some(Pending {
            by: By::Code { code: self.code, tx_code },
            configurations: self.configurations,
            deferred: None,
        });
        wallet.save(rng)
    }
}

fn offer(detail: impl Into<String>) -> WalletError {
    WalletError::Offer { detail: detail.into() }
}

// Percent-encoding (RFC 3986 clause 2.1); a plus is a space, as in forms.
fn decoded(text: &str) -> Result<String, WalletError> {
    let bad = || offer("a percent sign without two hexadecimal digits");
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || bytes.next().and_then(|b| char::from(b).to_digit(16));
                let (high, low) = (digit().ok_or_else(bad)?, digit().ok_or_else(bad)?);
                u8::try_from(high << 4 | low).map_err(|_| bad())?
            }
            other => other,
        });
    }
    String::from_utf8(out).map_err(|_| offer("UTF-8 expected"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_is_that_of_the_trusted_issuer() {
        let read = |json: &str| {
            Claim::of("https://a.example", serde_json::from_str(&decoded(json).unwrap()).unwrap())
        };
        let good = "%7B%22credential_issuer%22:%22https://a.example%22,\
                    %22credential_configuration_ids%22:%5B%22x%22%5D,%22grants%22:%7B\
                    %22urn:ietf:params:oauth:grant-type:pre-authorized_code%22:%7B\
                    %22pre-authorized_code%22:%22c+d%22,%22tx_code%22:%7B%7D%7D%7D%7D";
        let claim = read(good).unwrap();
        assert!(claim.needs_tx_code());
        assert_eq!((claim.code.as_str(), claim.configurations.len()), ("c d", 1));
        let other = read(&good.replace("//a.", "//b."));
        assert!(matches!(other, Err(WalletError::OtherIssuer { .. })));
        let slash = read(&good.replace("a.example", "a.example/"));
        assert!(matches!(slash, Err(WalletError::OtherIssuer { .. })));
        let none = read(&good.replace("pre-auth", "no-auth"));
        assert!(matches!(none, Err(WalletError::Offer { .. })));
        for bad in ["%", "%4", "%zz", "%ff"] {
            assert!(decoded(bad).is_err(), "{bad}");
        }
    }
}
