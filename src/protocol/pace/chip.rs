//! The chip's half. Try counters are the card's business: it decides before the first step whether
//! the password may be used, and counts when the last one fails.

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Mapping, PaceError, Parameters, Password, cam, integrated, token};
use crate::{
    crypto::{AgreementPublicKey, AgreementSecretKey, Domain, SecretKey},
    protocol::Flaws,
    sm::SessionKeys,
};

/// The chip's half of PACE, from the first GENERAL AUTHENTICATE to the last.
pub struct Chip {
    params: Parameters,
    key: Zeroizing<Vec<u8>>,
    // For the chip authentication mapping: the static key, and the key of the mapping.
    static_key: Option<SecretKey>,
    mapping_key: Option<SecretKey>,
    authority_references: Vec<Vec<u8>>,
    flaws: Flaws,
    state: State,
}

enum State {
    Nonce,
    Map { s: Zeroizing<Vec<u8>> },
    Agree { generator: AgreementPublicKey },
    Token { keys: SessionKeys, own: AgreementPublicKey, theirs: AgreementPublicKey },
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
        /// The chip's own ephemeral public key: compressed, it is how Terminal Authentication names
        /// the chip (`ID_PICC`, ICAO Doc 9303-11 clause 7.1.4).
        public_key: AgreementPublicKey,
    },
}

impl Chip {
    /// A run with the password that the card holds.
    pub fn new(params: Parameters, password: &Password) -> Self {
        let key = password.key(params.suite().cipher);
        Self {
            params,
            key,
            static_key: None,
            mapping_key: None,
            authority_references: Vec::new(),
            flaws: Flaws::NONE,
            state: State::Nonce,
        }
    }

    /// The same with the static private key that the chip authentication mapping proves: the one
    /// whose public half stands in EF.CardSecurity under a keyId that is the parameterId.
    ///
    /// # Errors
    /// [`PaceError::NoStaticKey`] for a key on another curve than the run's.
    pub fn with_static_key(mut self, key: SecretKey) -> Result<Self, PaceError> {
        let expected = self.params.domain();
        if expected != Domain::Curve(key.curve()) {
            return Err(PaceError::NoStaticKey { expected });
        }
        self.static_key = Some(key);
        Ok(self)
    }

    /// The same with certification authority references for DO87 and DO88, the most recent first,
    /// as MSE:Set AT with DO7F4C asks for (ICAO Doc 9303-11 clause 4.4.5).
    #[must_use]
    pub fn with_authority_references(mut self, references: Vec<Vec<u8>>) -> Self {
        self.authority_references = references;
        self
    }

    /// The same with deliberate mistakes.
    #[must_use]
    pub const fn with_flaws(mut self, flaws: Flaws) -> Self {
        self.flaws = flaws;
        self
    }

    /// Whether the token comes next, which is the last step.
    pub const fn expects_token(&self) -> bool {
        matches!(self.state, State::Token { .. })
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
        if last != matches!(state, State::Token { .. }) && !self.flaws.any_chaining {
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
            State::Token { keys, own, theirs } => self.token(data, keys, own, &theirs),
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
        let key = token::block_key(cipher, &self.key)?;
        key.encrypt_cbc(&[0; 16][..cipher.block_len()], &mut encrypted);
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
        let domain = self.params.domain();
        let suite = self.params.suite();
        let theirs = token::single(2, data, 0x81)?;
        let (generator, answer) = if suite.mapping == Mapping::Integrated {
            let expected = suite.cipher.key_len();
            if theirs.len() != expected {
                return Err(PaceError::Unexpected {
                    step: 2,
                    expected: "a nonce as long as the cipher's key",
                    got: format!("{} bytes came, not {expected}", theirs.len()),
                });
            }
            let number = integrated::pseudo_random(suite.cipher, s, theirs, domain.bits());
            (domain.map_integrated(&number.unwrap_or_default()).map_err(bad)?, Vec::new())
        } else {
            let theirs = self.flaws.public_key(domain, theirs).map_err(bad)?;
            let key = AgreementSecretKey::generate(domain, rng);
            let h = key.agree_element(&theirs).map_err(bad)?;
            let answer = key.public().as_bytes().to_vec();
            if let AgreementSecretKey::Ec(key) = key {
                self.mapping_key = Some(key);
            }
            (domain.map_generic(s, &h).map_err(bad)?, answer)
        };
        self.state = State::Agree { generator };
        Ok(ChipReply::Reply(token::wrap(0x82, &answer)))
    }

    fn agree(
        &mut self,
        data: &[u8],
        generator: &AgreementPublicKey,
        rng: &mut dyn CryptoRng,
    ) -> Result<ChipReply, PaceError> {
        let bad = |source| PaceError::BadKey { step: 3, source };
        let domain = self.params.domain();
        let theirs = token::single(3, data, 0x83)?;
        let theirs = self.flaws.public_key(domain, theirs).map_err(bad)?;
        let key = AgreementSecretKey::generate(domain, rng);
        let own = key.agree_element(generator).map_err(bad)?;
        if own == theirs {
            return Err(PaceError::SameKey { step: 3 });
        }
        let shared = key.agree(&theirs).map_err(bad)?;
        let keys = SessionKeys::derive(self.params.suite().cipher, shared.as_bytes());
        let data = token::wrap(0x84, own.as_bytes());
        self.state = State::Token { keys, own, theirs };
        Ok(ChipReply::Reply(data))
    }

    fn token(
        &self,
        data: &[u8],
        keys: SessionKeys,
        public_key: AgreementPublicKey,
        theirs: &AgreementPublicKey,
    ) -> Result<ChipReply, PaceError> {
        let got = token::single(4, data, 0x85)?;
        let expected = token::token(&self.params, &keys, &public_key)?;
        if !bool::from(expected.ct_eq(got)) && !self.flaws.any_token {
            return Err(PaceError::BadToken { side: "terminal" });
        }
        let ours = token::token(&self.params, &keys, theirs)?;
        let mut objects = vec![(0x86, &ours[..])];
        let references = self.authority_references.iter().map(Vec::as_slice);
        objects.extend([0x87, 0x88].into_iter().zip(references));
        let chip_data = self.chip_data(&keys)?;
        objects.extend(chip_data.as_deref().map(|data| (0x8A, data)));
        Ok(ChipReply::Done { data: token::wrap_all(&objects), keys, public_key })
    }

    fn chip_data(&self, keys: &SessionKeys) -> Result<Option<Vec<u8>>, PaceError> {
        if self.params.suite().mapping != Mapping::ChipAuthentication {
            return Ok(self.flaws.chip_data.then(|| vec![0; keys.cipher.block_len()]));
        }
        match (&self.mapping_key, &self.static_key) {
            (Some(mapping), Some(key)) => cam::encrypt(keys, mapping, key).map(Some),
            _ => Err(PaceError::NoStaticKey { expected: self.params.domain() }),
        }
    }
}

impl std::fmt::Debug for Chip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chip").field("params", &self.params).finish_non_exhaustive()
    }
}
