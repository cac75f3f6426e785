//! The terminal's half.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{
    AccessKey, BacError, CHALLENGE_LEN, Established, KEY_LEN, MESSAGE_LEN, open, plain, seal,
};
use crate::{
    apdu::{Command, Header, Response, StatusWord, ins},
    protocol::{Initiator, Next},
    transport::Step,
};

const GET_CHALLENGE: &str = "GET CHALLENGE";
const EXTERNAL_AUTHENTICATE: &str = "EXTERNAL AUTHENTICATE";

/// The terminal's half of BAC or BAP.
pub struct Terminal {
    key: AccessKey,
    state: State,
}

enum State {
    Start,
    Challenge,
    Authenticate {
        rnd_ic: [u8; CHALLENGE_LEN],
        rnd_ifd: [u8; CHALLENGE_LEN],
        key_ifd: Zeroizing<[u8; KEY_LEN]>,
    },
    Over,
}

impl Terminal {
    /// A run with this key.
    pub const fn new(key: AccessKey) -> Self {
        Self { key, state: State::Start }
    }

    fn after_challenge(
        &mut self,
        response: &Response,
        rng: &mut dyn CryptoRng,
    ) -> Result<Command, BacError> {
        let protocol = self.key.protocol();
        if !response.sw.is_success() {
            return Err(BacError::Refused { protocol, command: GET_CHALLENGE, sw: response.sw });
        }
        let Ok(rnd_ic) = <[u8; CHALLENGE_LEN]>::try_from(response.data.as_slice()) else {
            return Err(BacError::BadLength {
                protocol,
                step: GET_CHALLENGE,
                expected: CHALLENGE_LEN,
                got: response.data.len(),
            });
        };
        let mut rnd_ifd = [0; CHALLENGE_LEN];
        let mut key_ifd = Zeroizing::new([0; KEY_LEN]);
        rng.fill_bytes(&mut rnd_ifd);
        rng.fill_bytes(&mut *key_ifd);
        let message = self
            .key
            .expand()
            .map(|(enc, mac)| seal(&enc, &mac, &plain(&rnd_ifd, &rnd_ic, &key_ifd)));
        self.state = State::Authenticate { rnd_ic, rnd_ifd, key_ifd };
        let header = Header::new(0x00, ins::EXTERNAL_AUTHENTICATE, 0, 0);
        let command = Command::new(header).with_data(message.unwrap_or_default());
        Ok(command.with_ne(MESSAGE_LEN as u32))
    }

    fn after_authenticate(
        &self,
        response: &Response,
        rnd_ic: &[u8; CHALLENGE_LEN],
        rnd_ifd: &[u8; CHALLENGE_LEN],
        key_ifd: &[u8; KEY_LEN],
    ) -> Result<Established, BacError> {
        let (protocol, sw) = (self.key.protocol(), response.sw);
        let side = "card";
        match sw {
            StatusWord::SUCCESS => {}
            // 6300 is the standard's; the others are what some cards say instead.
            StatusWord::WARNING_CHANGED
            | StatusWord::SECURITY_STATUS
            | StatusWord::SM_OBJECTS_INCORRECT => return Err(BacError::WrongKey { protocol, sw }),
            _ if sw.tries_left().is_some() => return Err(BacError::WrongKey { protocol, sw }),
            _ => return Err(BacError::Refused { protocol, command: EXTERNAL_AUTHENTICATE, sw }),
        }
        let Ok(message) = <&[u8; MESSAGE_LEN]>::try_from(response.data.as_slice()) else {
            return Err(BacError::BadLength {
                protocol,
                step: EXTERNAL_AUTHENTICATE,
                expected: MESSAGE_LEN,
                got: response.data.len(),
            });
        };
        let opened = self.key.expand().and_then(|(enc, mac)| open(&enc, &mac, message));
        let opened = opened.ok_or(BacError::BadMac { protocol, side })?;
        let (theirs, rest) = opened.split_at(CHALLENGE_LEN);
        let (ours, key_ic) = rest.split_at(CHALLENGE_LEN);
        for (what, got, expected) in [("RND.IC", theirs, rnd_ic), ("RND.IFD", ours, rnd_ifd)] {
            if got != expected {
                return Err(BacError::WrongChallenge { protocol, side, what });
            }
        }
        Ok(Established::new(rnd_ic, rnd_ifd, key_ifd, key_ic))
    }
}

impl Initiator for Terminal {
    type Output = Established;
    type Error = BacError;

    fn start(&mut self, _rng: &mut dyn CryptoRng) -> Result<Next<Established>, BacError> {
        self.state = State::Challenge;
        let header = Header::new(0x00, ins::GET_CHALLENGE, 0, 0);
        Ok(Next::Send(Command::new(header).with_ne(CHALLENGE_LEN as u32)))
    }

    fn receive(
        &mut self,
        response: &Response,
        rng: &mut dyn CryptoRng,
    ) -> Result<Next<Established>, BacError> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Challenge => self.after_challenge(response, rng).map(Next::Send),
            State::Authenticate { rnd_ic, rnd_ifd, key_ifd } => {
                self.after_authenticate(response, &rnd_ic, &rnd_ifd, &key_ifd).map(Next::Done)
            }
            State::Start | State::Over => Err(BacError::Unexpected {
                protocol: self.key.protocol(),
                expected: "a run that was started and is not over",
                got: "a response",
            }),
        }
    }

    fn step(&self) -> Step {
        Step(match self.state {
            State::Start | State::Challenge => GET_CHALLENGE,
            State::Authenticate { .. } | State::Over => EXTERNAL_AUTHENTICATE,
        })
    }
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminal").field("key", &self.key).finish_non_exhaustive()
    }
}
