//! The terminal's half.

use rand_core::CryptoRng;

use super::{ChipAuthError, Suite};
use crate::{
    apdu::{Command, Header, Response, ins},
    crypto::{PublicKey, SecretKey},
    protocol::{Initiator, Next, pace::DYNAMIC_AUTHENTICATION_DATA},
    sm::SessionKeys,
    tlv::{Tag, Writer},
    transport::Step,
};

/// What Chip Authentication yields: keys that prove the chip once it answers under them.
#[derive(Debug)]
pub struct Agreed {
    /// The keys of the new channel; its counter starts at zero.
    pub keys: SessionKeys,
    /// The terminal's ephemeral public key.
    pub ephemeral: PublicKey,
}

/// The terminal's half of Chip Authentication.
pub struct Terminal {
    suite: Suite,
    chip: PublicKey,
    key_id: Option<u64>,
    ephemeral: Option<SecretKey>,
    state: State,
}

enum State {
    Start,
    SetAt,
    Agree { key: SecretKey },
    Over,
}

impl Terminal {
    /// A run against the chip's static key, with its keyId where DG14 gives one.
    pub const fn new(suite: Suite, chip: PublicKey, key_id: Option<u64>) -> Self {
        Self { suite, chip, key_id, ephemeral: None, state: State::Start }
    }

    /// The same with an ephemeral key that somebody else chose, so that only its holder can check
    /// the chip's answers.
    ///
    /// # Errors
    /// [`ChipAuthError::WrongCurve`].
    pub fn with_ephemeral(mut self, key: SecretKey) -> Result<Self, ChipAuthError> {
        let (expected, got) = (self.chip.curve(), key.curve());
        if expected != got {
            return Err(ChipAuthError::WrongCurve { expected, got });
        }
        self.ephemeral = Some(key);
        Ok(self)
    }

    /// Which Chip Authentication it runs.
    pub const fn suite(&self) -> &Suite {
        &self.suite
    }

    /// The keyId it names.
    pub const fn key_id(&self) -> Option<u64> {
        self.key_id
    }

    fn set_at(&self) -> Command {
        let mut w = Writer::new();
        w.primitive(Tag::new(0x80), self.suite.oid().as_bytes());
        if let Some(id) = self.key_id {
            let bytes = id.to_be_bytes();
            let start = bytes.iter().position(|&b| b != 0).unwrap_or(7);
            w.primitive(Tag::new(0x84), &bytes[start..]);
        }
        Command::new(Header::new(0x00, ins::MANAGE_SECURITY_ENVIRONMENT, 0x41, 0xA4))
            .with_data(w.finish())
    }
}

impl Initiator for Terminal {
    type Output = Agreed;
    type Error = ChipAuthError;

    fn start(&mut self, _rng: &mut dyn CryptoRng) -> Result<Next<Agreed>, ChipAuthError> {
        self.state = State::SetAt;
        Ok(Next::Send(self.set_at()))
    }

    fn receive(
        &mut self,
        response: &Response,
        rng: &mut dyn CryptoRng,
    ) -> Result<Next<Agreed>, ChipAuthError> {
        let refused = |command| ChipAuthError::Refused { command, sw: response.sw };
        match std::mem::replace(&mut self.state, State::Over) {
            State::SetAt if !response.sw.is_success() => Err(refused("MSE:Set AT")),
            State::SetAt => {
                let curve = self.chip.curve();
                let key = self.ephemeral.take();
                let key = key.unwrap_or_else(|| SecretKey::generate(curve, rng));
                let mut w = Writer::new();
                w.constructed(DYNAMIC_AUTHENTICATION_DATA, |w| {
                    w.primitive(Tag::new(0x80), key.public().sec1());
                });
                self.state = State::Agree { key };
                let header = Header::new(0x00, ins::GENERAL_AUTHENTICATE, 0, 0);
                Ok(Next::Send(Command::new(header).with_data(w.finish()).with_ne(256)))
            }
            State::Agree { .. } if !response.sw.is_success() => {
                Err(refused("GENERAL AUTHENTICATE"))
            }
            State::Agree { key } => {
                let shared = key.agree(&self.chip)?;
                let keys = SessionKeys::derive(self.suite.cipher(), shared.as_bytes());
                Ok(Next::Done(Agreed { keys, ephemeral: key.public() }))
            }
            State::Start | State::Over => Err(ChipAuthError::NotRunning),
        }
    }

    fn step(&self) -> Step {
        Step(match self.state {
            State::Start | State::SetAt => "Chip Authentication MSE:Set AT",
            State::Agree { .. } | State::Over => "Chip Authentication key agreement",
        })
    }
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminal").field("suite", &self.suite).finish_non_exhaustive()
    }
}
