//! The calls to an issuer: every request is proven to be this wallet's, and repeated only where
//! that changes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand_core::CryptoRng;
use serde::Deserialize;
use time::UtcDateTime;

use super::error::WalletError;
use super::http::{Http, Post, Reply};
use super::metadata::{Metadata, accepted, json};
use super::provider::{Provider, unsigned};
use super::state::State;
use crate::issuance::proof::{dpop, wallet_pop};

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> UtcDateTime + Send + Sync>;

/// How often a request is sent again where no answer came.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// So many times after the first.
    pub again: u32,
    /// After so long, and each time longer by it.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { again: 3, pause: Duration::from_millis(500) }
    }
}

/// The most that is waited because an issuer asks to.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// A wallet's way to one issuer.
pub struct Client {
    pub(super) http: Http,
    pub(super) metadata: Metadata,
    pub(super) provider: Provider,
    clock: Clock,
    patience: Patience,
    // Whether this issuer wants its challenge in proofs of possession.
    challenges: AtomicBool,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({})", self.metadata.url)
    }
}

/// A request to the issuer.
pub(super) struct Ask<'a> {
    pub(super) step: &'static str,
    pub(super) url: &'a str,
    /// The access token.
    pub(super) token: Option<&'a str>,
    pub(super) content_type: &'a str,
    pub(super) body: &'a [u8],
    /// Whether sending it twice is the same as sending it once.
    pub(super) repeatable: bool,
}

#[derive(Deserialize)]
struct NonceReply {
    c_nonce: String,
}

#[derive(Deserialize)]
struct ChallengeReply {
    attestation_challenge: String,
}

impl Client {
    /// Looks at the issuer of that address, and at nobody else.
    ///
    /// # Errors
    /// [`WalletError::OtherIssuer`], [`WalletError::Address`], [`WalletError::Network`],
    /// [`WalletError::Answer`], [`WalletError::Refused`].
    pub fn connect(
        http: Http,
        issuer: &str,
        provider: Provider,
        clock: Clock,
    ) -> Result<Self, WalletError> {
        let metadata = Metadata::fetch(&http, issuer)?;
        let challenges = AtomicBool::new(false);
        Ok(Self { http, metadata, provider, clock, patience: Patience::default(), challenges })
    }

    /// The same with another patience.
    #[must_use]
    pub const fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// The issuer's identifier.
    pub fn issuer(&self) -> &str {
        &self.metadata.url
    }

    /// Now.
    pub fn now(&self) -> UtcDateTime {
        (self.clock)()
    }

    /// A fresh c_nonce (OpenID4VCI clause 7).
    pub(super) fn nonce(&self) -> Result<String, WalletError> {
        const STEP: &str = "get a nonce";
        let reply: NonceReply = json(STEP, &self.plain(STEP, &self.metadata.nonce)?)?;
        Ok(reply.c_nonce)
    }

    // An empty request that proves nothing and uses nothing up.
    fn plain(&self, step: &'static str, url: &str) -> Result<Reply, WalletError> {
        let post = Post { url, headers: &[], content_type: "", body: b"" };
        let mut sent = 0;
        loop {
            match self.http.post(step, &post) {
                Err(error) if error.is_unanswered() && sent < self.patience.again => {
                    sent += 1;
                    self.pause(sent, None);
                }
                other => return other,
            }
        }
    }

    /// Sends a request with all its proofs, until it is answered with success or for good without.
    pub(super) fn send(
        &self,
        state: &State,
        ask: &Ask<'_>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Reply, WalletError> {
        let (mut sent, mut nonce, mut challenged) = (0, None, false);
        loop {
            let challenge = match self.challenges.load(Ordering::Relaxed) {
                true => Some(self.challenge()?),
                false => None,
            };
            let reply = self.once(state, ask, nonce.as_deref(), challenge.as_deref(), rng);
            let may_repeat = ask.repeatable && sent < self.patience.again;
            let reply = match reply {
                Err(error) if error.is_unanswered() && may_repeat => {
                    sent += 1;
                    self.pause(sent, None);
                    continue;
                }
                other => other?,
            };
            let Err(refusal) = accepted(ask.step, &reply) else { return Ok(reply) };
            match refusal.code() {
                Some("use_dpop_nonce") if nonce.is_none() && reply.dpop_nonce.is_some() => {
                    nonce = reply.dpop_nonce;
                }
                Some("use_attestation_challenge") if !challenged => {
                    challenged = true;
                    self.challenges.store(true, Ordering::Relaxed);
                }
                _ if may_repeat && matches!(reply.status, 429 | 503) => {
                    sent += 1;
                    self.pause(sent, reply.retry_after);
                }
                _ => return Err(refusal),
            }
        }
    }

    fn once(
        &self,
        state: &State,
        ask: &Ask<'_>,
        nonce: Option<&str>,
        challenge: Option<&str>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Reply, WalletError> {
        let now = self.now();
        let (dpop_key, instance) = (state.dpop.secret(), state.instance.secret());
        let proof = dpop::make(dpop_key, "POST", ask.url, ask.token, nonce, now, rng);
        let proof = proof.map_err(unsigned)?;
        let attestation = self.provider.attest_instance(&instance.public(), now)?;
        let pop = wallet_pop::make(instance, &self.metadata.url, challenge, now, rng);
        let pop = pop.map_err(unsigned)?;
        let authorization = ask.token.map(|token| zeroize::Zeroizing::new(format!("DPoP {token}")));
        let mut headers = vec![
            ("DPoP", proof.as_str()),
            ("OAuth-Client-Attestation", &attestation),
            ("OAuth-Client-Attestation-PoP", &pop),
        ];
        headers.extend(authorization.as_ref().map(|text| ("Authorization", text.as_str())));
        let (url, content_type, body) = (ask.url, ask.content_type, ask.body);
        self.http.post(ask.step, &Post { url, headers: &headers, content_type, body })
    }

    fn challenge(&self) -> Result<String, WalletError> {
        const STEP: &str = "get an attestation challenge";
        let url = self.metadata.challenge.as_deref().ok_or_else(|| WalletError::Answer {
            step: STEP,
            expected: "challenge_endpoint in the metadata".into(),
            got: "none".into(),
        })?;
        let reply: ChallengeReply = json(STEP, &self.plain(STEP, url)?)?;
        Ok(reply.attestation_challenge)
    }

    fn pause(&self, times: u32, asked: Option<u32>) {
        let asked = asked.map(|seconds| Duration::from_secs(seconds.into()).min(MAX_WAIT));
        std::thread::sleep(asked.unwrap_or(self.patience.pause * times));
    }
}
