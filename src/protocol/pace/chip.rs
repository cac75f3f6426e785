//! The chip's half. Try counters are the card's business: it decides before the first step whether
//! the password may be used, and counts when the last one fails.

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{PaceError, Parameters, Password, token};
use crate::{
    crypto::{BlockKey, PublicKey, SecretKey},
    sm::SessionKeys,
};

/// The chip's half of PACE, from the first GENERAL AUTHENTICATE to the last.
pub struct Chip {
    params: Parameters,
    key: Zeroizing<Vec<u8>>,
    state: State,
}

enum State {
    Nonce,
    Map { s: Zeroizing<Vec<u8>> },
    Agree { generator: PublicKey },
    Token { keys: SessionKeys, own: PublicKey, theirs: PublicKey },
    Over,
}

/// What the chip answers.
#[derive(Debug)]
pub enum ChipReply {
    /// Dynamic authentication data; PACE goes on.
    Reply(Vec<u8>),
    /// Dynamic authentication data, and the keys that hold from the next command on.
    Done {
        /// The response data.
        data: Vec<u8>,
        /// The channel's keys; its counter starts at zero.
        keys: SessionKeys,
    },
}

impl Chip {
    /// A run with the password that the card holds.
    pub fn new(params: Parameters, password: &Password) -> Self {
        let key = password.key(params.suite().cipher);
        Self { params, key, state: State::Nonce }
    }

    /// Answers the data of one GENERAL AUTHENTICATE. `last` says that the command did not announce
    /// a further one (command chaining).
    ///
    /// # Errors
    /// What is wrong; [`PaceError::status`] is what to answer. The run is over then.
    pub fn general_authenticate(
        &mut self,
        data: &[u8],
        last: bool,
        rng: &mut dyn CryptoRng,
    ) -> Result<ChipReply, PaceError> {
        let state = std::mem::replace(&mut self.state, State::Over);
        if last != matches!(state, State::Token { .. }) {
            let step = match state {
                State::Nonce => 1,
                State::Map { .. } => 2,
                State::Agree { .. } => 3,
                State::Token { .. } | State::Over => 4,
            };
            return Err(PaceError::Unexpected {
                step,
                expected: "command chaining on steps 1 to 3 and not on step 4",
                got: "the other came".into(),
            });
        }
        match state {
            State::Nonce => self.nonce(data, rng),
            State::Map { s } => self.map(data, &s, rng),
            State::Agree { generator } => self.agree(data, &generator, rng),
            State::Token { keys, own, theirs } => self.token(data, keys, &own, &theirs),
            State::Over => Err(PaceError::Unexpected {
                step: 4,
                expected: "a new MSE:Set AT",
                got: "a further GENERAL AUTHENTICATE came".into(),
            }),
        }
    }

    fn nonce(&mut self, data: &[u8], rng: &mut dyn CryptoRng) -> Result<ChipReply, PaceError> {
        if data != [0x7C, 0x00] {
            return Err(PaceError::Unexpected {
                step: 1,
                expected: "empty dynamic authentication data, 7C00",
                got: format!("{} bytes came", data.len()),
            });
        }
        let cipher = self.params.suite().cipher;
        let mut s = Zeroizing::new(vec![0; self.params.nonce_len()]);
        rng.fill_bytes(&mut s);
        let mut encrypted = s.to_vec();
        if let Some(key) = BlockKey::new(cipher, &self.key) {
            key.encrypt_cbc(&[0; 16][..cipher.block_len()], &mut encrypted);
        }
        self.state = State::Map { s };
        Ok(ChipReply::Reply(token::wrap(0x80, &encrypted)))
    }

    fn map(
        &mut self,
        data: &[u8],
        s: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<ChipReply, PaceError> {
        let bad = |source| PaceError::BadKey { step: 2, source };
        let curve = self.params.curve();
        let theirs = PublicKey::from_sec1(curve, token::single(2, data, 0x81)?).map_err(bad)?;
        let key = SecretKey::generate(curve, rng);
        let h = key.agree_point(&theirs).map_err(bad)?;
        let generator = curve.map_generic(s, &h).map_err(bad)?;
        self.state = State::Agree { generator };
        Ok(ChipReply::Reply(token::wrap(0x82, key.public().sec1())))
    }

    fn agree(
        &mut self,
        data: &[u8],
        generator: &PublicKey,
        rng: &mut dyn CryptoRng,
    ) -> Result<ChipReply, PaceError> {
        let bad = |source| PaceError::BadKey { step: 3, source };
        let curve = self.params.curve();
        let theirs = PublicKey::from_sec1(curve, token::single(3, data, 0x83)?).map_err(bad)?;
        let key = SecretKey::generate(curve, rng);
        let own = key.public_on(generator).map_err(bad)?;
        if own == theirs {
            return Err(PaceError::SameKey { step: 3 });
        }
        let shared = key.agree(&theirs).map_err(bad)?;
        let keys = SessionKeys::derive(self.params.suite().cipher, shared.as_bytes());
        let data = token::wrap(0x84, own.sec1());
        self.state = State::Token { keys, own, theirs };
        Ok(ChipReply::Reply(data))
    }

    fn token(
        &self,
        data: &[u8],
        keys: SessionKeys,
        own: &PublicKey,
        theirs: &PublicKey,
    ) -> Result<ChipReply, PaceError> {
        let got = token::single(4, data, 0x85)?;
        let expected = token::token(&self.params, &keys, own).unwrap_or_default();
        if !bool::from(expected.ct_eq(got)) {
            return Err(PaceError::BadToken { side: "terminal" });
        }
        let ours = token::token(&self.params, &keys, theirs).unwrap_or_default();
        Ok(ChipReply::Done { data: token::wrap(0x86, &ours), keys })
    }
}

impl std::fmt::Debug for Chip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chip").field("params", &self.params).finish_non_exhaustive()
    }
}
