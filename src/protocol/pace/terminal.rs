//! The terminal's half.

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{
    ChipAuthenticationData, Mapping, PaceError, Parameters, Password, cam, integrated, token,
};
use crate::{
    apdu::{Command, Header, Response, StatusWord, ins},
    crypto::{AgreementPublicKey, AgreementSecretKey, PublicKey},
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
    /// The chip's ephemeral public key: compressed, it is how Terminal Authentication names the chip
    /// (`ID_PICC`, ICAO Doc 9303-11 clause 7.1.4).
    pub chip_public_key: AgreementPublicKey,
    /// Tries left of the password before this run, where the card told.
    pub tries_left: Option<u8>,
    /// With the chip authentication mapping: what [`cam::verify`] checks with the chip's static
    /// key.
    pub chip_authentication: Option<ChipAuthenticationData>,
    /// The certification authority references of DO87 and DO88, the most recent first, where the
    /// card sent some: which Terminal Authentication chain it wants.
    pub authority_references: Vec<Vec<u8>>,
}

/// The terminal's half of PACE.
pub struct Terminal {
    params: Parameters,
    password: Password,
    options: TerminalOptions,
    holder_authorization: Option<Vec<u8>>,
    tries_left: Option<u8>,
    // The chip's key of the mapping, for the chip authentication mapping.
    chip_mapping_key: Option<PublicKey>,
    state: State,
}

enum State {
    Start,
    SetAt,
    Nonce,
    Map { s: Zeroizing<Vec<u8>>, sent: Sent },
    Agree { key: AgreementSecretKey, public: AgreementPublicKey },
    Token { keys: SessionKeys, own: AgreementPublicKey, theirs: AgreementPublicKey },
    Over,
}

/// What the terminal gave to the mapping.
enum Sent {
    Key { key: AgreementSecretKey, public: AgreementPublicKey },
    Nonce { t: Zeroizing<Vec<u8>> },
}

impl Terminal {
    /// A run with this password.
    pub const fn new(params: Parameters, password: Password, options: TerminalOptions) -> Self {
        Self {
            params,
            password,
            options,
            holder_authorization: None,
            tries_left: None,
            chip_mapping_key: None,
            state: State::Start,
        }
    }

    /// The same with a certificate holder authorization template, which asks for certification
    /// authority references and announces Terminal Authentication: the value of DO7F4C
    /// (BSI TR-03110-3 clause B.1.1).
    #[must_use]
    pub fn with_holder_authorization(mut self, template: impl Into<Vec<u8>>) -> Self {
        self.holder_authorization = Some(template.into());
        self
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
            let id = self.params.parameter_id().to_be_bytes();
            let start = id.iter().position(|&b| b != 0).unwrap_or(id.len() - 1);
            w.primitive(Tag::new(0x84), &id[start..]);
        }
        if let Some(template) = &self.holder_authorization {
            w.primitive(Tag::new(0x7F4C), template);
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
        if !self.params.is_nonce_len(encrypted.len()) {
            return Err(PaceError::Unexpected {
                step: 1,
                expected: "an encrypted nonce of whole blocks",
                got: format!("{} bytes came", encrypted.len()),
            });
        }
        let cipher = self.params.suite().cipher;
        let mut s = Zeroizing::new(encrypted.to_vec());
        let key = token::block_key(cipher, &self.password.key(cipher))?;
        key.decrypt_cbc(&[0; 16][..cipher.block_len()], &mut s);
        let (sent, data) = if self.params.suite().mapping == Mapping::Integrated {
            let mut t = Zeroizing::new(vec![0; cipher.key_len()]);
            rng.fill_bytes(&mut t);
            let data = token::wrap(0x81, &t);
            (Sent::Nonce { t }, data)
        } else {
            let key = AgreementSecretKey::generate(self.params.domain(), rng);
            let public = key.public();
            let data = token::wrap(0x81, public.as_bytes());
            (Sent::Key { key, public }, data)
        };
        self.state = State::Map { s, sent };
        Ok(general_authenticate(0x10, data))
    }

    fn after_map(
        &mut self,
        data: &[u8],
        s: &[u8],
        sent: &Sent,
        rng: &mut dyn CryptoRng,
    ) -> Result<Command, PaceError> {
        let bad = |source| PaceError::BadKey { step: 2, source };
        let domain = self.params.domain();
        let generator = match sent {
            Sent::Key { key, public } => {
                let theirs = token::single(2, data, 0x82)?;
                let theirs = AgreementPublicKey::from_bytes(domain, theirs).map_err(bad)?;
                if theirs == *public {
                    return Err(PaceError::SameKey { step: 2 });
                }
                let h = key.agree_element(&theirs).map_err(bad)?;
                if let AgreementPublicKey::Ec(theirs) = theirs {
                    self.chip_mapping_key = Some(theirs);
                }
                domain.map_generic(s, &h).map_err(bad)?
            }
            Sent::Nonce { t } => {
                nothing(data)?;
                let cipher = self.params.suite().cipher;
                let number = integrated::pseudo_random(cipher, s, t, domain.bits());
                domain.map_integrated(&number.unwrap_or_default()).map_err(bad)?
            }
        };
        let key = AgreementSecretKey::generate(domain, rng);
        let public = key.agree_element(&generator).map_err(bad)?;
        let command = general_authenticate(0x10, token::wrap(0x83, public.as_bytes()));
        self.state = State::Agree { key, public };
        Ok(command)
    }

    fn after_agree(
        &mut self,
        data: &[u8],
        key: &AgreementSecretKey,
        own: AgreementPublicKey,
    ) -> Result<Command, PaceError> {
        let bad = |source| PaceError::BadKey { step: 3, source };
        let theirs = token::single(3, data, 0x84)?;
        let theirs = AgreementPublicKey::from_bytes(self.params.domain(), theirs).map_err(bad)?;
        if theirs == own {
            return Err(PaceError::SameKey { step: 3 });
        }
        let shared = key.agree(&theirs).map_err(bad)?;
        let keys = SessionKeys::derive(self.params.suite().cipher, shared.as_bytes());
        let ours = token::token(&self.params, &keys, &theirs)?;
        let command = general_authenticate(0x00, token::wrap(0x85, &ours));
        self.state = State::Token { keys, own, theirs };
        Ok(command)
    }

    fn after_token(
        &mut self,
        response: &Response,
        keys: SessionKeys,
        own: &AgreementPublicKey,
        chip_public_key: AgreementPublicKey,
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
        let last = LastObjects::read(&response.data)?;
        let expected = token::token(&self.params, &keys, own)?;
        if !bool::from(expected.ct_eq(last.token)) {
            return Err(PaceError::BadToken { side: "card" });
        }
        let chip_authentication = self.chip_authentication(&keys, last.chip_data)?;
        let authority_references = last.authorities.into_iter().flatten().map(Vec::from).collect();
        let tries_left = self.tries_left;
        Ok(Established {
            keys,
            chip_public_key,
            tries_left,
            chip_authentication,
            authority_references,
        })
    }

    fn chip_authentication(
        &mut self,
        keys: &SessionKeys,
        encrypted: Option<&[u8]>,
    ) -> Result<Option<ChipAuthenticationData>, PaceError> {
        let step = 4;
        let mapped = self.params.suite().mapping == Mapping::ChipAuthentication;
        let mapping_key = self.chip_mapping_key.take().filter(|_| mapped);
        match (mapping_key, encrypted) {
            (Some(key), Some(encrypted)) => cam::decrypt(keys, encrypted, key).map(Some),
            (None, None) => Ok(None),
            (Some(_), None) => Err(PaceError::Unexpected {
                step,
                expected: "encrypted chip authentication data in DO8A",
                got: "none came".into(),
            }),
            (None, Some(encrypted)) => Err(PaceError::Unexpected {
                step,
                expected: "no DO8A without the chip authentication mapping",
                got: format!("one of {} bytes came", encrypted.len()),
            }),
        }
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
        let (password, sw) = (self.password.kind(), response.sw);
        let ok = |step| match sw {
            // Some cards say so before they see a token.
            StatusWord::AUTH_BLOCKED => Err(PaceError::Blocked { password, sw }),
            _ if sw.is_success() => Ok(response.data.as_slice()),
            _ => Err(PaceError::Refused { step, command: "GENERAL AUTHENTICATE", sw }),
        };
        let command = match state {
            State::SetAt => self.after_set_at(response.sw)?,
            State::Nonce => self.after_nonce(ok(1)?, rng)?,
            State::Map { s, sent } => self.after_map(ok(2)?, &s, &sent, rng)?,
            State::Agree { key, public } => self.after_agree(ok(3)?, &key, public)?,
            State::Token { keys, own, theirs } => {
                return self.after_token(response, keys, &own, theirs).map(Next::Done);
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

/// What the last response holds.
struct LastObjects<'a> {
    token: &'a [u8],
    authorities: [Option<&'a [u8]>; 2],
    chip_data: Option<&'a [u8]>,
}

impl<'a> LastObjects<'a> {
    // In any order, as clause 9.3.3 of ICAO Doc 9303-11 recommends, but each once.
    fn read(data: &'a [u8]) -> Result<Self, PaceError> {
        let step = 4;
        let expected = "DO86, then DO87, DO88 and DO8A at most once each";
        let (mut token, mut most_recent, mut previous, mut chip_data) = (None, None, None, None);
        for object in token::objects(step, data)? {
            let object = object.map_err(|source| PaceError::Malformed { step, source })?;
            let place = match object.tag.value() {
                0x86 => &mut token,
                0x87 => &mut most_recent,
                0x88 => &mut previous,
                0x8A => &mut chip_data,
                _ => {
                    let got = format!("DO{} came", object.tag);
                    return Err(PaceError::Unexpected { step, expected, got });
                }
            };
            if place.replace(object.value).is_some() {
                let got = format!("DO{} came twice", object.tag);
                return Err(PaceError::Unexpected { step, expected, got });
            }
        }
        let none = || PaceError::Unexpected { step, expected, got: "no DO86 came".into() };
        let token = token.ok_or_else(none)?;
        Ok(Self { token, authorities: [most_recent, previous], chip_data })
    }
}

// The integrated mapping's second response: an empty DO82. Some cards leave it out.
fn nothing(data: &[u8]) -> Result<(), PaceError> {
    match data {
        [] | [0x7C, 0x00] | [0x7C, 0x02, 0x82, 0x00] => Ok(()),
        _ => Err(PaceError::Unexpected {
            step: 2,
            expected: "an empty DO82 for the integrated mapping",
            got: format!("{} bytes came", data.len()),
        }),
    }
}
