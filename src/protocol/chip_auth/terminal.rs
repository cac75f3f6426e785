//! The terminal's half.

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use super::{ChipAuthError, Commands, NONCE_LEN, Suite, Version, keys_with_nonce};
use crate::{
    apdu::{Command, Header, Response, ins},
    crypto::{AgreementPublicKey, AgreementSecretKey, Cipher},
    protocol::{
        Initiator, Next,
        pace::{DYNAMIC_AUTHENTICATION_DATA, over_public_key},
    },
    sm::SessionKeys,
    tlv::{Tag, Writer, parse_one},
    transport::Step,
};

/// What Chip Authentication yields: keys that prove the chip once it answers under them.
#[derive(Debug)]
pub struct Agreed {
    /// The keys of the new channel; its counter starts at zero.
    pub keys: SessionKeys,
    /// The terminal's ephemeral public key, which Terminal Authentication version 1 signs.
    pub ephemeral: AgreementPublicKey,
}

/// The terminal's half of Chip Authentication.
pub struct Terminal {
    suite: Suite,
    chip: AgreementPublicKey,
    key_id: Option<u64>,
    version: Version,
    commands: Commands,
    padded: bool,
    ephemeral: Option<AgreementSecretKey>,
    state: State,
}

enum State {
    Start,
    SetAt,
    SetKat { key: AgreementSecretKey },
    Agree { key: AgreementSecretKey },
    Over,
}

impl Terminal {
    /// A run of version 1 against the chip's static key, with its keyId where the card's file gives
    /// one, by the commands that go with the cipher.
    pub fn new(suite: Suite, chip: impl Into<AgreementPublicKey>, key_id: Option<u64>) -> Self {
        Self {
            suite,
            chip: chip.into(),
            key_id,
            version: Version::V1,
            commands: suite.commands(),
            padded: false,
            ephemeral: None,
            state: State::Start,
        }
    }

    /// The same in another version. Version 2 has MSE:Set AT only.
    #[must_use]
    pub const fn with_version(mut self, version: Version) -> Self {
        self.version = version;
        if matches!(version, Version::V2) {
            self.commands = Commands::SetAt;
        }
        self
    }

    /// The same by other commands: cards whose ChipAuthenticationInfo names 3DES may know MSE:Set
    /// AT as well.
    #[must_use]
    pub const fn with_commands(mut self, commands: Commands) -> Self {
        self.commands = commands;
        self
    }

    /// The same with a keyId of two bytes at least, zeros in front: some cards want it so.
    #[must_use]
    pub const fn with_padded_key_id(mut self) -> Self {
        self.padded = true;
        self
    }

    /// The same with an ephemeral key that exists already: because Terminal Authentication version
    /// 2 announced it, or because somebody else chose it, so that only its holder can check the
    /// chip's answers.
    ///
    /// # Errors
    /// [`ChipAuthError::WrongDomain`].
    pub fn with_ephemeral(
        mut self,
        key: impl Into<AgreementSecretKey>,
    ) -> Result<Self, ChipAuthError> {
        let key = key.into();
        let (expected, got) = (self.chip.domain(), key.domain());
        if expected != got {
            return Err(ChipAuthError::WrongDomain { expected, got });
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

    /// The commands it sends.
    pub const fn commands(&self) -> Commands {
        self.commands
    }

    fn ephemeral(&mut self, rng: &mut dyn CryptoRng) -> AgreementSecretKey {
        let domain = self.chip.domain();
        self.ephemeral.take().unwrap_or_else(|| AgreementSecretKey::generate(domain, rng))
    }

    // The reference of the private key stands behind the other data object.
    fn manage(&self, p2: u8, tag: u32, value: &[u8]) -> Command {
        let mut w = Writer::new();
        w.primitive(Tag::new(tag), value);
        if let Some(id) = self.key_id {
            let bytes = id.to_be_bytes();
            let most = if self.padded { 6 } else { 7 };
            let start = bytes.iter().position(|&b| b != 0).unwrap_or(most).min(most);
            w.primitive(Tag::new(0x84), &bytes[start..]);
        }
        Command::new(Header::new(0x00, ins::MANAGE_SECURITY_ENVIRONMENT, 0x41, p2))
            .with_data(w.finish())
    }

    fn agreed(&self, key: &AgreementSecretKey, data: &[u8]) -> Result<Agreed, ChipAuthError> {
        let secret = key.agree(&self.chip)?;
        let ephemeral = key.public();
        let keys = match self.version {
            Version::V1 => SessionKeys::derive(self.suite.cipher(), secret.as_bytes()),
            Version::V2 => {
                let (nonce, token) = nonce_and_token(data)?;
                let keys = keys_with_nonce(&self.suite, &secret, nonce);
                let expected = over_public_key(self.suite.oid().as_bytes(), &keys, &ephemeral);
                let expected = expected.ok_or(ChipAuthError::BadToken)?;
                if !bool::from(expected.ct_eq(token)) {
                    return Err(ChipAuthError::BadToken);
                }
                keys
            }
        };
        Ok(Agreed { keys, ephemeral })
    }
}

impl Initiator for Terminal {
    type Output = Agreed;
    type Error = ChipAuthError;

    fn start(&mut self, rng: &mut dyn CryptoRng) -> Result<Next<Agreed>, ChipAuthError> {
        let mismatch = |what| Err(ChipAuthError::Mismatch { oid: *self.suite.oid(), what });
        if !self.suite.runs_over(self.chip.domain()) {
            return mismatch("over the domain of the chip's key");
        }
        match self.commands {
            Commands::SetKat if self.suite.cipher() != Cipher::TripleDes => {
                mismatch("by MSE:Set KAT, which is for 3DES")
            }
            Commands::SetKat if self.version == Version::V2 => {
                mismatch("by MSE:Set KAT in version 2")
            }
            Commands::SetKat => {
                let key = self.ephemeral(rng);
                let command = self.manage(0xA6, 0x91, key.public().as_bytes());
                self.state = State::SetKat { key };
                Ok(Next::Send(command))
            }
            Commands::SetAt => {
                self.state = State::SetAt;
                Ok(Next::Send(self.manage(0xA4, 0x80, self.suite.oid().as_bytes())))
            }
        }
    }

    fn receive(
        &mut self,
        response: &Response,
        rng: &mut dyn CryptoRng,
    ) -> Result<Next<Agreed>, ChipAuthError> {
        let done = |command| {
            if response.sw.is_success() {
                Ok(())
            } else {
                Err(ChipAuthError::Refused { command, sw: response.sw })
            }
        };
        match std::mem::replace(&mut self.state, State::Over) {
            State::SetAt => {
                done("MSE:Set AT")?;
                let key = self.ephemeral(rng);
                let mut w = Writer::new();
                w.constructed(DYNAMIC_AUTHENTICATION_DATA, |w| {
                    w.primitive(Tag::new(0x80), key.public().as_bytes());
                });
                self.state = State::Agree { key };
                let header = Header::new(0x00, ins::GENERAL_AUTHENTICATE, 0, 0);
                Ok(Next::Send(Command::new(header).with_data(w.finish()).with_ne(256)))
            }
            State::Agree { key } => {
                done("GENERAL AUTHENTICATE")?;
                self.agreed(&key, &response.data).map(Next::Done)
            }
            State::SetKat { key } => {
                done("MSE:Set KAT")?;
                self.agreed(&key, &[]).map(Next::Done)
            }
            State::Start | State::Over => Err(ChipAuthError::NotRunning),
        }
    }

    fn step(&self) -> Step {
        Step(match self.state {
            State::SetKat { .. } => "Chip Authentication MSE:Set KAT",
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

// r_PICC in DO81 and T_PICC in DO82.
fn nonce_and_token(data: &[u8]) -> Result<(&[u8], &[u8]), ChipAuthError> {
    let mut objects = parse_one(data, DYNAMIC_AUTHENTICATION_DATA)?.children()?;
    let nonce = objects.expect(Tag::new(0x81))?.value;
    let token = objects.expect(Tag::new(0x82))?.value;
    objects.end()?;
    for (object, value) in [(0x81, nonce), (0x82, token)] {
        if value.len() != NONCE_LEN {
            let expected = "8 bytes";
            return Err(ChipAuthError::BadObject { object, expected, got: value.len() });
        }
    }
    Ok((nonce, token))
}
