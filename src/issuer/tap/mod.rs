//! The tap session: keys committed first, then the nonce, then the card (docs/tap-evidence.md).
//!
//! A session is opened for the holder keys that a wallet's maker vouches for. The evidence of its
//! tap is good once. A card that has a key for it proves itself to this issuer alone (L3); another
//! signs what the session demands (L2). Whoever fails begins again with another session.

mod chips;
mod fault;
mod finish;
mod open;
mod person;
mod weigh;

#[cfg(all(test, feature = "emulator"))]
mod tests;

pub(super) use chips::Chips;

use time::UtcDateTime;

use self::chips::Asking;
use self::fault::TapFault;
use self::weigh::{Case, Weighed};
use super::{Call, Issuer, Refusal};
use crate::crypto::SystemRng;
use crate::issuance::tap_session::{Answer, Evidence, Frame, Next, Opened, Reply};
use crate::issuance::{CredentialRequest, SessionId, belongs_to};
use crate::registry::TapState;
use crate::trust::Relayed;

impl Issuer {
    /// `POST /tap/session`: opens a session for the attested keys of a wallet.
    ///
    /// # Errors
    /// [`Refusal`] with the code that fits: a wallet that does not authenticate, a key attestation
    /// that does not hold, a nonce that was used before.
    pub fn tap_open(&self, call: &Call, body: &[u8]) -> Result<Opened, Refusal> {
        let now = self.clock.now();
        let client = self.authenticate(call, None, now)?;
        self.told(self.opened(&client, body, now))
    }

    /// `POST /tap/evidence`: what the tap brought home. The session is used up by the first that
    /// comes from its wallet, whatever it shows.
    ///
    /// # Errors
    /// [`Refusal`]; the session has failed then, unless the evidence was not its wallet's.
    pub fn tap_evidence(&self, call: &Call, body: &[u8]) -> Result<Reply, Refusal> {
        let now = self.clock.now();
        let client = self.authenticate(call, None, now)?;
        self.told(self.evidence(&client, body, now))
    }

    /// `POST /tap/frame`: what the chip said.
    ///
    /// # Errors
    /// [`Refusal`]; the session has failed then, unless the answer was not its wallet's.
    pub fn tap_frame(&self, call: &Call, body: &[u8]) -> Result<Reply, Refusal> {
        let now = self.clock.now();
        let client = self.authenticate(call, None, now)?;
        self.told(self.answered(&client, body, now))
    }

    fn evidence(
        &self,
        client: &super::Client,
        body: &[u8],
        now: UtcDateTime,
    ) -> Result<Reply, TapFault> {
        let Evidence { request, picture } = Evidence::from_json(body)?;
        let request = CredentialRequest::open(&request)?;
        let tap = self.registry.tap(&request.session, &client.jkt, now)?;
        if client.instance != Some(tap.opened.instance) {
            return Err(TapFault::OtherInstance);
        }
        let session = &tap.opened.session;
        belongs_to(&request, session, &client.jkt)?;
        // Whoever has a card's data without the card uses up tries of their own, not the holder's.
        self.limits.wallet(&tap.opened.instance).map_err(TapFault::Limited)?;
        // From here on the session is used up: only one of several that come at once gets on.
        self.registry.advance_tap(&session.id, TapState::Open, TapState::Chip, now)?;
        let case = Case {
            session: session.id,
            ends: session.expires_at,
            bind: *session.binding(&client.jkt).as_bytes(),
            evidence: request.evidence,
            picture,
        };
        self.or_failed(session.id, now, || match self.weigh(&case, now)? {
            Weighed::Shown(shown) => self.finish(&case, &shown, now).map(Reply::Done),
            Weighed::Ask(key) => {
                let (talk, next) = key.begin(&case, &mut SystemRng::default());
                let asking = Asking { jkt: client.jkt, step: 0, key, talk, case: Box::new(case) };
                self.go_on(asking, next, now)
            }
        })
    }

    fn answered(
        &self,
        client: &super::Client,
        body: &[u8],
        now: UtcDateTime,
    ) -> Result<Reply, TapFault> {
        let answer = Answer::from_json(body)?;
        // Whoever takes it out has the only frame under way; a second answer finds nothing.
        let mut asking = self.chips.take(&answer.session, &client.jkt, now)?;
        self.or_failed(answer.session, now, || {
            if answer.step != asking.step {
                return Err(TapFault::Step { expected: asking.step, got: answer.step });
            }
            let next = asking.talk.receive(&answer.response, &mut SystemRng::default());
            self.go_on(asking, next, now)
        })
    }

    // To the next frame, or to the end.
    fn go_on(&self, mut asking: Asking, next: Next, now: UtcDateTime) -> Result<Reply, TapFault> {
        match next {
            Next::Send { command, protect } => {
                asking.step += 1;
                let (session, step) = (asking.case.session, asking.step);
                self.chips.put(asking, now)?;
                Ok(Reply::Frame(Frame { session, step, command, protect }))
            }
            Next::Done(relayed) => {
                let shown = self.weigh_chip(&asking.case, &asking.key, relayed, now)?;
                self.finish(&asking.case, &shown, now).map(Reply::Done)
            }
        }
    }

    // A tap that fails is over: nobody tries twice with one session.
    fn or_failed<T>(
        &self,
        session: SessionId,
        now: UtcDateTime,
        run: impl FnOnce() -> Result<T, TapFault>,
    ) -> Result<T, TapFault> {
        run().inspect_err(|_| {
            // Where this fails too, the session ends by its time.
            let _ = self.registry.advance_tap(&session, TapState::Chip, TapState::Failed, now);
        })
    }

    fn told<T>(&self, done: Result<T, TapFault>) -> Result<T, Refusal> {
        done.map_err(|fault| {
            self.metrics.tap(fault.name());
            fault.log();
            fault.into()
        })
    }
}

/// Nothing was asked of the chip yet.
fn not_yet() -> Relayed {
    use crate::trust::ChipRun;
    let why = "the chip was not asked yet".into();
    Relayed { chip_authentication: ChipRun::NotRun(why), ..Relayed::default() }
}
