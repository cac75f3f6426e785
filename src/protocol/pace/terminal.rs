//! The terminal's half.

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{PaceError, Parameters, Password, token};
use crate::{
    apdu::{Command, Header, Response, StatusWord, ins},
    crypto::{BlockKey, PublicKey, SecretKey},
    protocol::{Initiator, Next},
    sm::SessionKeys,
    tlv::{Tag, Writer},
    transport::Step,
};

/// When MSE:Set AT names the domain parameters in DO84.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ParameterReference {
    /// Always. Some cards want it although one parameter set is offered.
    #[default]
    Always,
    /// Only where several are offered (ICAO Doc 9303-11 clause 4.4.4.1).
    WhenAmbiguous {
        /// Whether several are offered.
        ambiguous: bool,
    },
}

/// How the terminal behaves.
#[derive(Clone, Copy, Debug, Default)]
pub struct TerminalOptions {
    /// Whether DO84 is sent.
    pub parameter_reference: ParameterReference,
    /// Whether the last try of a PIN or PUK may be spent.
    pub last_try: bool,
}

/// What PACE yields.
#[derive(Debug)]
pub struct Established {
    /// The keys of the channel; its counter starts at zero.
    pub keys: SessionKeys,
    /// Tries left of the password before this run, where the card told.
    pub tries_left: Option<u8>,
}

/// The terminal's half of PACE.
pub struct Terminal {
    params: Parameters,
    password: Password,
    options: TerminalOptions,
    tries_left: Option<u8>,
    state: State,
}

enum State {
    Start,
    SetAt,
    Nonce,
    Map { s: Zeroizing<Vec<u8>>, key: SecretKey, public: PublicKey },
    Agree { key: SecretKey, public: PublicKey },
    Token { keys: SessionKeys, own: PublicKey },
    Over,
}

impl Terminal {
    /// A run with this password.
    pub const fn new(params: Parameters, password: Password, options: TerminalOptions) -> Self {
        Self { params, password, options, tries_left: None, state: State::Start }
    }

    fn set_at(&self) -> Command {
        let mut w = Writer::new();
        w.primitive(Tag::new(0x80), self.params.oid().as_bytes());
        w.primitive(Tag::new(0x83), &[self.password.kind().reference()]);
        let named = match self.options.parameter_reference {
            ParameterReference::Always => true,
            ParameterReference::WhenAmbiguous { ambiguous } => ambiguous,
        };
        if named {
            // Standardised parameter numbers are below 32 (BSI TR-03110-3 table 4).
            w.primitive(Tag::new(0x84), &[self.params.parameter_id() as u8]);
        }
        Command::new(Header::new(0x00, ins::MANAGE_SECURITY_ENVIRONMENT, 0xC1, 0xA4))
            .with_data(w.finish())
    }

    // 63Cx tells how many tries a PIN has, 6283 that it is deactivated; PACE goes on, for the card
    // says so again where it matters (BSI TR-03110-2 clause 2.4.1). Only the last try is kept back.
    fn after_set_at(&mut self, sw: StatusWord) -> Result<Command, PaceError> {
        let password = self.password.kind();
        self.tries_left = sw.tries_left();
        match (sw, self.tries_left) {
            (_, Some(1)) if !self.options.last_try => {
                return Err(PaceError::LastTry { password, sw });
            }
            (StatusWord::SUCCESS | StatusWord::DEACTIVATED, _) | (_, Some(_)) => {}
            _ => return Err(PaceError::Refused { step: 0, command: "MSE:Set AT", sw }),
        }
        self.state = State::Nonce;
        Ok(general_authenticate(0x10, vec![0x7C, 0x00]))
    }

    fn after_nonce(&mut self, data: &[u8], rng: &mut dyn CryptoRng) -> Result<Command, PaceError> {
        let encrypted = token::single(1, data, 0x80)?;
        let expected = self.params.nonce_len();
        if encrypted.len() != expected {
            return Err(PaceError::Unexpected {
                step: 1,
                expected: "an encrypted nonce of the cipher's length",
                got: format!("{} bytes came, not {expected}", encrypted.len()),
            });
        }
        let cipher = self.params.suite().cipher;
        let mut s = Zeroizing::new(encrypted.to_vec());
        if let Some(key) = BlockKey::new(cipher, &self.password.key(cipher)) {
            key.decrypt_cbc(&[0; 16][..cipher.block_len()], &mut s);
        }
        let key = SecretKey::generate(self.params.curve(), rng);
        let public = key.public();
        let command = general_authenticate(0x10, token::wrap(0x81, public.sec1()));
        self.state = State::Map { s, key, public };
        Ok(command)
    }

    fn after_map(
        &mut self,
        data: &[u8],
        s: &[u8],
        (key, public): (&SecretKey, &PublicKey),
        rng: &mut dyn CryptoRng,
    ) -> Result<Command, PaceError> {
        let bad = |source| PaceError::BadKey { step: 2, source };
        let curve = self.params.curve();
        let theirs = PublicKey::from_sec1(curve, token::single(2, data, 0x82)?).map_err(bad)?;
        if theirs == *public {
            return Err(PaceError::SameKey { step: 2 });
        }
        let h = key.agree_point(&theirs).map_err(bad)?;
        let generator = curve.map_generic(s, &h).map_err(bad)?;
        let key = SecretKey::generate(curve, rng);
        let public = key.public_on(&generator).map_err(bad)?;
        let command = general_authenticate(0x10, token::wrap(0x83, public.sec1()));
        self.state = State::Agree { key, public };
        Ok(command)
    }

    fn after_agree(
        &mut self,
        data: &[u8],
        key: &SecretKey,
        own: PublicKey,
    ) -> Result<Command, PaceError> {
        let bad = |source| PaceError::BadKey { step: 3, source };
        let curve = self.params.curve();
        let theirs = PublicKey::from_sec1(curve, token::single(3, data, 0x84)?).map_err(bad)?;
        if theirs == own {
            return Err(PaceError::SameKey { step: 3 });
        }
        let shared = key.agree(&theirs).map_err(bad)?;
        let keys = SessionKeys::derive(self.params.suite().cipher, shared.as_bytes());
        let ours = token::token(&self.params, &keys, &theirs).unwrap_or_default();
        let command = general_authenticate(0x00, token::wrap(0x85, &ours));
        self.state = State::Token { keys, own };
        Ok(command)
    }

    fn after_token(
        &self,
        response: &Response,
        keys: SessionKeys,
        own: &PublicKey,
    ) -> Result<Established, PaceError> {
        let (password, sw) = (self.password.kind(), response.sw);
        match sw {
            StatusWord::SUCCESS => {}
            StatusWord::CONDITIONS => return Err(PaceError::Suspended { password, sw }),
            StatusWord::AUTH_BLOCKED => return Err(PaceError::Blocked { password, sw }),
            StatusWord::DATA_UNUSABLE => return Err(PaceError::Deactivated { password, sw }),
            StatusWord::WARNING_CHANGED => {
                return Err(PaceError::WrongPassword { password, sw, tries_left: None });
            }
            _ => {
                return Err(match sw.tries_left() {
                    Some(0) => PaceError::Blocked { password, sw },
                    tries_left @ Some(_) => PaceError::WrongPassword { password, sw, tries_left },
                    None => PaceError::Refused { step: 4, command: "GENERAL AUTHENTICATE", sw },
                });
            }
        }
        let theirs = token::single(4, &response.data, 0x86)?;
        let expected = token::token(&self.params, &keys, own).unwrap_or_default();
        if !bool::from(expected.ct_eq(theirs)) {
            return Err(PaceError::BadToken { side: "card" });
        }
        Ok(Established { keys, tries_left: self.tries_left })
    }
}

impl Initiator for Terminal {
    type Output = Established;
    type Error = PaceError;

    fn start(&mut self, _rng: &mut dyn CryptoRng) -> Result<Next<Established>, PaceError> {
        self.state = State::SetAt;
        Ok(Next::Send(self.set_at()))
    }

    fn receive(
        &mut self,
        response: &Response,
        rng: &mut dyn CryptoRng,
    ) -> Result<Next<Established>, PaceError> {
        let state = std::mem::replace(&mut self.state, State::Over);
        let ok = |step| {
            if response.sw.is_success() {
                Ok(response.data.as_slice())
            } else {
                let command = "GENERAL AUTHENTICATE";
                Err(PaceError::Refused { step, command, sw: response.sw })
            }
        };
        let command = match state {
            State::SetAt => self.after_set_at(response.sw)?,
            State::Nonce => self.after_nonce(ok(1)?, rng)?,
            State::Map { s, key, public } => self.after_map(ok(2)?, &s, (&key, &public), rng)?,
            State::Agree { key, public } => self.after_agree(ok(3)?, &key, public)?,
            State::Token { keys, own } => {
                return self.after_token(response, keys, &own).map(Next::Done);
            }
            State::Start | State::Over => {
                return Err(PaceError::Unexpected {
                    step: 0,
                    expected: "a run that was started and is not over",
                    got: "a response came".into(),
                });
            }
        };
        Ok(Next::Send(command))
    }

    fn step(&self) -> Step {
        Step(match self.state {
            State::Start | State::SetAt => "PACE MSE:Set AT",
            State::Nonce => "PACE 1 of 4, nonce",
            State::Map { .. } => "PACE 2 of 4, mapping",
            State::Agree { .. } => "PACE 3 of 4, key agreement",
            State::Token { .. } | State::Over => "PACE 4 of 4, token",
        })
    }
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminal")
            .field("params", &self.params)
            .field("step", &self.step().0)
            .finish_non_exhaustive()
    }
}

fn general_authenticate(cla: u8, data: Vec<u8>) -> Command {
    Command::new(Header::new(cla, ins::GENERAL_AUTHENTICATE, 0, 0)).with_data(data).with_ne(256)
}
