//! The terminal's half.

use rand_core::CryptoRng;

use super::{CHALLENGE_LEN, KeyOnlyError};
use crate::{
    apdu::{Command, Header, Response, ins},
    protocol::{Initiator, Next},
    transport::Step,
};

/// The terminal's half: yields the answer as the card gave it.
#[derive(Debug)]
pub struct Terminal {
    challenge: [u8; CHALLENGE_LEN],
    ne: u32,
}

impl Terminal {
    /// With a challenge that the caller chose, asking for at most `ne` bytes.
    pub const fn new(challenge: [u8; CHALLENGE_LEN], ne: u32) -> Self {
        Self { challenge, ne }
    }
}

impl Initiator for Terminal {
    type Output = Vec<u8>;
    type Error = KeyOnlyError;

    fn start(&mut self, _rng: &mut dyn CryptoRng) -> Result<Next<Vec<u8>>, KeyOnlyError> {
        let header = Header::new(0x00, ins::INTERNAL_AUTHENTICATE, 0, 0);
        Ok(Next::Send(Command::new(header).with_data(self.challenge).with_ne(self.ne)))
    }

    fn receive(
        &mut self,
        response: &Response,
        _rng: &mut dyn CryptoRng,
    ) -> Result<Next<Vec<u8>>, KeyOnlyError> {
        if !response.sw.is_success() {
            return Err(KeyOnlyError::Refused { sw: response.sw });
        }
        Ok(Next::Done(response.data.clone()))
    }

    fn step(&self) -> Step {
        Step("INTERNAL AUTHENTICATE")
    }
}
