//! Active Authentication with ECDSA (ICAO Doc 9303-11 clause 6.1).
//!
//! The chip signs eight bytes that the terminal gives. Whoever chose those bytes can show the
//! signature to others: that is what a request binds itself with.

use rand_core::CryptoRng;

use crate::{
    apdu::{Command, Header, Response, StatusWord, ins},
    crypto::{CurveError, Hash, PublicKey, SecretKey, Signature},
    protocol::{Initiator, Next},
    transport::Step,
};

/// Bytes of RND.IFD.
pub const CHALLENGE_LEN: usize = 8;

/// Why the card gave no signature, or not one of its key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ActiveAuthError {
    /// The card refused.
    #[error("Active Authentication refused: the card answered {sw} to INTERNAL AUTHENTICATE")]
    Refused {
        /// The answer.
        sw: StatusWord,
    },
    /// Another number of bytes than a signature has.
    #[error("Active Authentication: a signature of {expected} bytes expected, {got} came")]
    BadLength {
        /// Bytes of `r || s`.
        expected: usize,
        /// Bytes that came.
        got: usize,
    },
    /// The signature is not one of this key over this challenge.
    #[error("Active Authentication: {0}: this chip does not hold the key of EF.DG15")]
    BadSignature(#[from] CurveError),
    /// A challenge of another length.
    #[error("Active Authentication: a challenge of {CHALLENGE_LEN} bytes expected, {got} came")]
    BadChallenge {
        /// Bytes that came.
        got: usize,
    },
}

impl ActiveAuthError {
    /// What a chip answers when its half fails so.
    pub const fn status(&self) -> StatusWord {
        match self {
            Self::BadChallenge { .. } => StatusWord::WRONG_LENGTH,
            _ => StatusWord::EXECUTION_ERROR,
        }
    }
}

/// The terminal's half: yields the signature as the card gave it.
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
    type Error = ActiveAuthError;

    fn start(&mut self, _rng: &mut dyn CryptoRng) -> Result<Next<Vec<u8>>, ActiveAuthError> {
        let header = Header::new(0x00, ins::INTERNAL_AUTHENTICATE, 0, 0);
        Ok(Next::Send(Command::new(header).with_data(self.challenge).with_ne(self.ne)))
    }

    fn receive(
        &mut self,
        response: &Response,
        _rng: &mut dyn CryptoRng,
    ) -> Result<Next<Vec<u8>>, ActiveAuthError> {
        if !response.sw.is_success() {
            return Err(ActiveAuthError::Refused { sw: response.sw });
        }
        Ok(Next::Done(response.data.clone()))
    }

    fn step(&self) -> Step {
        Step("Active Authentication")
    }
}

/// Checks a plain ECDSA signature over the challenge (BSI TR-03111 clause 5.2.1).
///
/// # Errors
/// [`ActiveAuthError::BadLength`], [`ActiveAuthError::BadSignature`].
pub fn verify(
    key: &PublicKey,
    hash: Hash,
    challenge: &[u8; CHALLENGE_LEN],
    signature: &[u8],
) -> Result<(), ActiveAuthError> {
    let expected = 2 * key.curve().field_len();
    if signature.len() != expected {
        return Err(ActiveAuthError::BadLength { expected, got: signature.len() });
    }
    let digest = hash.digest(&[challenge]);
    key.verify_prehash(&digest, &Signature::from_plain(signature))?;
    Ok(())
}

/// The chip's half: its private key.
#[derive(Debug)]
pub struct Chip {
    key: SecretKey,
    hash: Hash,
}

impl Chip {
    /// With the key whose public half stands in DG15.
    pub const fn new(key: SecretKey, hash: Hash) -> Self {
        Self { key, hash }
    }

    /// Answers the data of INTERNAL AUTHENTICATE with `r || s`.
    ///
    /// # Errors
    /// [`ActiveAuthError::BadChallenge`].
    pub fn internal_authenticate(&self, data: &[u8]) -> Result<Vec<u8>, ActiveAuthError> {
        if data.len() != CHALLENGE_LEN {
            return Err(ActiveAuthError::BadChallenge { got: data.len() });
        }
        let digest = self.hash.digest(&[data]);
        Ok(self.key.sign_prehash(&digest).to_plain().to_vec())
    }
}
