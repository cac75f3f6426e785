//! From a code or a refresh token to credentials that are held: one step after the other, each kept
//! before the next, so that whatever ends the process in between, the same request goes out again
//! with the same keys (and the issuer answers it as it did).

use rand_core::CryptoRng;
use serde::Deserialize;
use serde_json::{Value, json};
use time::{Duration, UtcDateTime};
use zeroize::Zeroizing;

use super::client::{Ask, Client};
use super::error::WalletError;
use super::metadata::json as read;
use super::own;
use super::provider::{CLIENT_ID, unsigned};
use super::state::{By, Grant, Notice, Pending};
use super::store::Wallet;
use crate::issuance::proof::key_proof;
use crate::pki::Certificate;
use crate::tap::Event;

/// OpenID4VCI clause 4.1.1.
const PRE_AUTHORIZED: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
const FORM: &str = "application/x-www-form-urlencoded";
pub(super) const JSON: &str = "application/json";

/// An access token that ends so soon is not used any more.
const MARGIN: Duration = Duration::seconds(5);

/// What is going on.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// A step with the issuer begins.
    Step(&'static str),
    /// The card is being read.
    Tap(Event),
}

#[derive(Deserialize)]
struct TokenReply {
    access_token: Zeroizing<String>,
    token_type: String,
    expires_in: Option<u32>,
    refresh_token: Option<Zeroizing<String>>,
}

#[derive(Deserialize)]
struct CredentialReply {
    #[serde(default)]
    credentials: Vec<OneCredential>,
    notification_id: Option<String>,
    transaction_id: Option<String>,
    interval: Option<u32>,
    receipt: Option<Value>,
}

#[derive(Deserialize)]
struct OneCredential {
    credential: Zeroizing<String>,
}

impl Client {
    /// Goes on with what was begun until the credentials are held. Each is read by our own verifier
    /// before it is, with the issuer's roots. A credential that cannot be had does not keep the
    /// others away: its error comes at the end.
    ///
    /// # Errors
    /// [`WalletError::Refused`]; [`WalletError::Pending`] where the issuer waits for somebody;
    /// [`WalletError::Credential`]; those of the network, after which the same call goes on.
    pub fn go_on(
        &self,
        wallet: &mut Wallet,
        roots: &[Certificate],
        rng: &mut dyn CryptoRng,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), WalletError> {
        self.leave_out(wallet, rng)?;
        let (mut renewed, mut failed, mut fault) = (false, Vec::new(), None);
        while let Some(pending) = wallet.state.pending.clone() {
            let done = match &pending.by {
                By::Code { .. } | By::Refresh => {
                    progress(Progress::Step("token"));
                    self.token(wallet, &pending.by, rng)
                }
                By::Access if self.is_spent(wallet) && !renewed => {
                    renewed = true;
                    set_by(wallet, By::Refresh);
                    continue;
                }
                By::Access => match next(&pending, &failed) {
                    Some(configuration) => {
                        progress(Progress::Step("credential"));
                        match self.credential(wallet, configuration, &pending, roots, rng) {
                            Err(error) if error.is_of_one() => {
                                failed.push(configuration.to_owned());
                                let hopeless = error.is_hopeless();
                                fault.get_or_insert(error);
                                match hopeless {
                                    true => given_up(wallet, configuration, rng),
                                    false => Ok(()),
                                }
                            }
                            other => other,
                        }
                    }
                    // Those that failed are asked for again another time.
                    None if !pending.configurations.is_empty() => break,
                    None => {
                        wallet.state.pending = None;
                        wallet.save(rng)
                    }
                },
            };
            match done {
                // The token ran out on the way.
                Err(error) if error.code() == Some("invalid_token") && !renewed => {
                    renewed = true;
                    set_by(wallet, By::Refresh);
                }
                // The digits were wrong; the same offer is good with others.
                Err(error) if error.has_tries_left() => {
                    if let Some(Pending { by: By::Code { tx_code, .. }, .. }) =
                        &mut wallet.state.pending
                    {
                        *tx_code = None;
                    }
                    wallet.save(rng)?;
                    return Err(error);
                }
                Err(error) if error.is_final() => {
                    wallet.state.pending = None;
                    wallet.save(rng)?;
                    return Err(error);
                }
                other => other?,
            }
        }
        progress(Progress::Step("notification"));
        let notified = self.notify(wallet, rng);
        match fault {
            Some(fault) => Err(fault),
            None => notified.map(drop),
        }
    }

    // What this wallet cannot read it does not ask for.
    fn leave_out(&self, wallet: &mut Wallet, rng: &mut dyn CryptoRng) -> Result<(), WalletError> {
        let Some(pending) = &mut wallet.state.pending else { return Ok(()) };
        let known = |id: &String| self.metadata.formats.get(id).is_some_and(|f| own::reads(f));
        if pending.configurations.is_empty() || pending.configurations.iter().all(known) {
            return Ok(());
        }
        pending.configurations.retain(known);
        if pending.configurations.is_empty() {
            wallet.state.pending = None;
            wallet.save(rng)?;
            return Err(WalletError::Answer {
                step: "choose what to fetch",
                expected: format!("a configuration in {} or {}", own::MDOC, own::SD_JWT),
                got: "none".into(),
            });
        }
        wallet.save(rng)
    }

    // Redeems a code, or rotates the refresh token.
    pub(super) fn token(
        &self,
        wallet: &mut Wallet,
        by: &By,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), WalletError> {
        let refresh = wallet.state.grant.as_ref().and_then(|grant| grant.refresh.clone());
        let mut pairs = Vec::new();
        match by {
            By::Code { code, tx_code } => {
                pairs.extend([("grant_type", PRE_AUTHORIZED), ("pre-authorized_code", code)]);
                pairs.extend(tx_code.as_ref().map(|code| ("tx_code", code.as_str())));
            }
            By::Refresh | By::Access => {
                let token =
                    refresh.as_ref().ok_or(WalletError::Nothing { what: "refresh token" })?;
                pairs.extend([("grant_type", "refresh_token"), ("refresh_token", token.as_str())]);
            }
        }
        pairs.push(("client_id", CLIENT_ID));
        let body = form(&pairs);
        const STEP: &str = "get a token";
        let ask = Ask {
            step: STEP,
            url: &self.metadata.token,
            token: None,
            content_type: FORM,
            body: body.as_bytes(),
            // The same key may show the same code or token until the answer was used.
            repeatable: true,
        };
        let reply: TokenReply = read(STEP, &self.send(&wallet.state, &ask, rng)?)?;
        if !reply.token_type.eq_ignore_ascii_case("DPoP") {
            return Err(WalletError::Answer {
                step: STEP,
                expected: "token_type DPoP".into(),
                got: super::metadata::shown(&reply.token_type),
            });
        }
        let life = Duration::seconds(i64::from(reply.expires_in.unwrap_or(60)));
        wallet.state.grant = Some(Grant {
            access: reply.access_token,
            access_until: later(self.now(), life),
            refresh: reply.refresh_token.or(refresh),
        });
        set_by(wallet, By::Access);
        wallet.save(rng)
    }

    pub(super) fn is_spent(&self, wallet: &Wallet) -> bool {
        let grant = wallet.state.grant.as_ref();
        grant.is_none_or(|g| g.access_until <= later(self.now(), MARGIN) && g.refresh.is_some())
    }

    fn credential(
        &self,
        wallet: &mut Wallet,
        configuration: &str,
        pending: &Pending,
        roots: &[Certificate],
        rng: &mut dyn CryptoRng,
    ) -> Result<(), WalletError> {
        const STEP: &str = "get the credential";
        let unknown = || WalletError::Answer {
            step: STEP,
            expected: format!("the configuration {configuration} in the metadata"),
            got: "none".into(),
        };
        let format = self.metadata.formats.get(configuration).ok_or_else(unknown)?;
        let place = self.metadata.formats.keys().position(|id| id == configuration).unwrap_or(0);
        let key = place % wallet.state.holders.len();
        let token = wallet.state.grant.as_ref().map(|grant| grant.access.clone());
        let token = token.ok_or(WalletError::Nothing { what: "access token" })?;
        let waiting = pending.deferred.as_ref().filter(|(id, _)| id == configuration);
        let reply = match (waiting, &self.metadata.deferred) {
            (Some((_, transaction)), Some(url)) => {
                let body = json!({ "transaction_id": transaction }).to_string();
                self.ask(wallet, (url, &token, &body), rng)?
            }
            _ => self.request(wallet, configuration, key, &token, rng)?,
        };
        let status = reply.status;
        let reply: CredentialReply = read(STEP, &reply)?;
        if let Some(transaction) = reply.transaction_id.filter(|_| status == 202) {
            if let Some(pending) = &mut wallet.state.pending {
                pending.deferred = Some((configuration.to_owned(), transaction));
            }
            wallet.save(rng)?;
            return Err(WalletError::Pending { seconds: reply.interval.unwrap_or(5) });
        }
        let [one] = reply.credentials.as_slice() else {
            return Err(WalletError::Answer {
                step: STEP,
                expected: "one credential".into(),
                got: reply.credentials.len().to_string(),
            });
        };
        let holder = wallet.state.holders.get(key).map(|key| key.secret().public());
        let mut held = own::check(configuration, format, &one.credential, roots, self.now())?
            .bound_to(holder.as_ref(), key)?;
        held.notification_id = reply.notification_id;
        if let Some(id) = &held.notification_id {
            let event = "credential_accepted".to_owned();
            wallet.state.notices.push(Notice { id: id.clone(), event });
        }
        if let Some(receipt) = reply.receipt.filter(|r| !wallet.state.receipts.contains(r)) {
            wallet.state.receipts.push(receipt);
        }
        wallet.state.hold(held);
        if let Some(pending) = &mut wallet.state.pending {
            pending.configurations.retain(|other| other != configuration);
            pending.deferred.take_if(|(id, _)| id == configuration);
        }
        wallet.save(rng)
    }

    // A credential request with a proof of the key and the provider's attestation of it.
    fn request(
        &self,
        wallet: &Wallet,
        configuration: &str,
        key: usize,
        token: &str,
        rng: &mut dyn CryptoRng,
    ) -> Result<super::http::Reply, WalletError> {
        let key =
            wallet.state.holders.get(key).ok_or(WalletError::Nothing { what: "holder key" })?;
        let key = key.secret();
        let mut tries = 0;
        loop {
            let (nonce, now) = (self.nonce()?, self.now());
            let attestation = self.provider.attest_keys(&[key.public()], &nonce, now)?;
            let issuer = &self.metadata.url;
            let proof =
                key_proof::make(key, issuer, Some(CLIENT_ID), &nonce, Some(&attestation), now);
            let body = json!({
                "credential_configuration_id": configuration,
                "proofs": { "jwt": [proof.map_err(unsigned)?] },
            });
            let sent = self.ask(wallet, (&self.metadata.credential, token, &body.to_string()), rng);
            match sent {
                // Somebody used it, or it got too old on the way.
                Err(error) if error.code() == Some("invalid_nonce") && tries < 2 => tries += 1,
                other => return other,
            }
        }
    }

    fn ask(
        &self,
        wallet: &Wallet,
        (url, token, body): (&str, &str, &str),
        rng: &mut dyn CryptoRng,
    ) -> Result<super::http::Reply, WalletError> {
        let ask = Ask {
            step: "get the credential",
            url,
            token: Some(token),
            content_type: JSON,
            body: body.as_bytes(),
            // The same keys again are given the same credential.
            repeatable: true,
        };
        self.send(&wallet.state, &ask, rng)
    }
}

fn set_by(wallet: &mut Wallet, by: By) {
    if let Some(pending) = &mut wallet.state.pending {
        pending.by = by;
    }
}

// The deferred one first: its keys are fixed. Those that failed are left for another time.
fn next<'a>(pending: &'a Pending, failed: &[String]) -> Option<&'a str> {
    let waiting = pending.deferred.iter().map(|(configuration, _)| configuration);
    let mut all = waiting.chain(&pending.configurations);
    all.find(|id| !failed.contains(id)).map(String::as_str)
}

fn given_up(
    wallet: &mut Wallet,
    configuration: &str,
    rng: &mut dyn CryptoRng,
) -> Result<(), WalletError> {
    if let Some(pending) = &mut wallet.state.pending {
        pending.configurations.retain(|other| other != configuration);
        pending.deferred.take_if(|(id, _)| id == configuration);
    }
    wallet.save(rng)
}

fn later(now: UtcDateTime, by: Duration) -> UtcDateTime {
    now.checked_add(by).unwrap_or(now)
}

// A form (WHATWG URL clause 5.2, as RFC 6749 appendix B uses it).
fn form(pairs: &[(&str, &str)]) -> Zeroizing<String> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    Zeroizing::new(form.extend_pairs(pairs).finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_encoded() {
        let text = form(&[("grant_type", PRE_AUTHORIZED), ("a b", "1+&=é")]);
        let grant = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code";
        assert_eq!(*text, format!("grant_type={grant}&a+b=1%2B%26%3D%C3%A9"));
    }

    #[test]
    fn one_that_fails_does_not_keep_the_others_away() {
        let pending = Pending {
            by: By::Access,
            configurations: vec!["a".into(), "b".into()],
            deferred: Some(("b".into(), "t".into())),
        };
        let next_after = |failed: &[&str]| {
            let failed: Vec<String> = failed.iter().map(|&id| id.into()).collect();
            next(&pending, &failed).map(str::to_owned)
        };
        assert_eq!(next_after(&[]).as_deref(), Some("b"));
        assert_eq!(next_after(&["b"]).as_deref(), Some("a"));
        assert_eq!(next_after(&["b", "a"]), None);
    }
}
