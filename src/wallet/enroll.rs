//! A card tapped for an issuer far away: keys first, then the session, then the card, which is
//! held in the field until the issuer has spoken with its chip.

use rand_core::CryptoRng;
use serde::Serialize;
use zeroize::Zeroizing;

use super::client::{Ask, Client};
use super::error::WalletError;
use super::fetch::{JSON, Progress};
use super::state::{By, Pending};
use super::store::Wallet;
use crate::crypto::PublicKey;
use crate::issuance::tap_session::{Answer, Evidence, Frame, MAX_FRAMES, Open, Opened, Reply};
use crate::issuance::{CredentialRequest, Session as TapSession, commitment, thumbprint};
use crate::session::Session;
use crate::tap::{self, Event, Options, Relay, TapError};

/// Why there is no tap.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnrollError {
    /// The card, or the way to it.
    #[error(transparent)]
    Card(#[from] TapError),
    /// The issuer, or the wallet.
    #[error(transparent)]
    Wallet(#[from] WalletError),
}

impl Client {
    /// Taps the card of that session for this wallet. What it earns is kept as something begun,
    /// with which [`Client::go_on`] goes on. `picture` is the holder's face as the phone sees it, a
    /// JPEG.
    ///
    /// A tap that was not answered is made again, with a new session: nothing of it counts.
    ///
    /// # Errors
    /// [`EnrollError`].
    pub fn tap(
        &self,
        wallet: &mut Wallet,
        card: &mut Session,
        options: Options,
        picture: Option<Vec<u8>>,
        rng: &mut dyn CryptoRng,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), EnrollError> {
        let keys: Vec<PublicKey> =
            wallet.state.holders.iter().map(|key| key.secret().public()).collect();
        progress(Progress::Step("tap session"));
        let session = self.open(wallet, &keys, rng)?;
        let dpop = wallet.state.dpop.secret().clone();
        let bind = *session.binding(&thumbprint(&dpop.public())).as_bytes();
        let options = Options { bind: Some(bind), relay: true, ..options };
        let now = self.now();
        let mut show = |event: Event| progress(Progress::Tap(event));
        let tapped = tap::tap(card, &options, rng, now, &mut show)?;
        let request =
            CredentialRequest::sign_for(&dpop, &keys, &session, tapped.evidence, self.now())
                .map_err(|e| WalletError::Tap { detail: e.to_string() })?;
        progress(Progress::Step("tap evidence"));
        let evidence = Evidence { request, picture };
        let mut reply = self.say(wallet, "send the tap", "/tap/evidence", &evidence, rng)?;
        for _ in 0..=MAX_FRAMES {
            let frame = match reply {
                Reply::Done(done) => {
                    wallet.state.issuer = Some(self.metadata.url.clone());
                    wallet.state.pending = Some(Pending {
                        by: By::Code { code: done.code, tx_code: None },
                        configurations: self.metadata.formats.keys().cloned().collect(),
                        deferred: None,
                    });
                    wallet.save(rng)?;
                    return Ok(());
                }
                Reply::Frame(frame) => frame,
            };
            let mut show = |event: Event| progress(Progress::Tap(event));
            let answer = carried(card, &session, &frame, &mut show)?;
            reply = self.say(wallet, "relay the chip", "/tap/frame", &answer, rng)?;
        }
        Err(WalletError::Answer {
            step: "relay the chip",
            expected: format!("at most {MAX_FRAMES} commands for the chip"),
            got: "more".into(),
        }
        .into())
    }

    // The session that the issuer draws once it knows the keys.
    fn open(
        &self,
        wallet: &Wallet,
        keys: &[PublicKey],
        rng: &mut dyn CryptoRng,
    ) -> Result<TapSession, WalletError> {
        let nonce = self.nonce()?;
        let key_attestation = self.provider.attest_keys(keys, &nonce, self.now())?;
        const STEP: &str = "open a tap session";
        let opened: Opened =
            self.say(wallet, STEP, "/tap/session", &Open { key_attestation }, rng)?;
        let (expected, got) = (commitment(keys), opened.session.h_dev);
        if expected != got {
            return Err(WalletError::Answer {
                step: STEP,
                expected: format!("a session for H_dev {expected}"),
                got: format!("one for {got}"),
            });
        }
        Ok(opened.session)
    }

    // None of these may be sent twice: each moves the session on.
    fn say<T: Said>(
        &self,
        wallet: &Wallet,
        step: &'static str,
        path: &str,
        message: &impl Serialize,
        rng: &mut dyn CryptoRng,
    ) -> Result<T, WalletError> {
        let malformed = |got: String| WalletError::Answer {
            step,
            expected: "a message of the tap session".into(),
            got,
        };
        let body = serde_json::to_vec(message).map(Zeroizing::new);
        let body = body.map_err(|e| malformed(e.to_string()))?;
        let url = format!("{}{path}", self.metadata.url);
        let ask = Ask {
            step,
            url: &url,
            token: None,
            content_type: JSON,
            body: &body,
            repeatable: false,
        };
        let reply = self.send(&wallet.state, &ask, rng)?;
        T::read(&reply.body).map_err(malformed)
    }
}

trait Said: Sized {
    fn read(json: &[u8]) -> Result<Self, String>;
}

impl Said for Opened {
    fn read(json: &[u8]) -> Result<Self, String> {
        Self::from_json(json).map_err(|e| e.to_string())
    }
}

impl Said for Reply {
    fn read(json: &[u8]) -> Result<Self, String> {
        Self::from_json(json).map_err(|e| e.to_string())
    }
}

fn carried(
    card: &mut Session,
    session: &TapSession,
    frame: &Frame,
    progress: &mut dyn FnMut(Event),
) -> Result<Answer, WalletError> {
    if frame.session != session.id {
        return Err(WalletError::Answer {
            step: "relay the chip",
            expected: format!("session {}", session.id),
            got: frame.session.to_string(),
        });
    }
    // A relay a frame: it remembers by the session's own channel whether that was handed over.
    let response = Relay::new(card, progress)
        .forward(&frame.command, frame.protect)
        .map_err(|e| WalletError::Tap { detail: e.to_string() })?;
    Ok(Answer { session: session.id, step: frame.step, response })
}
