//! The chip's half.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{
    super::Flaws, AccessKey, BacError, CHALLENGE_LEN, Established, KEY_LEN, MESSAGE_LEN, open,
    plain, seal,
};

/// The chip's half of BAC or BAP: the key that the document was personalised with, and the
/// challenge that is out.
pub struct Chip {
    key: AccessKey,
    challenge: Option<[u8; CHALLENGE_LEN]>,
    flaws: Flaws,
    last: Option<[u8; CHALLENGE_LEN]>,
    stale: Option<[u8; CHALLENGE_LEN]>,
}

impl Chip {
    /// With the key of this document.
    pub const fn new(key: AccessKey) -> Self {
        Self { key, challenge: None, flaws: Flaws::NONE, last: None, stale: None }
    }

    /// Makes it a chip with deliberate mistakes.
    pub const fn set_flaws(&mut self, flaws: Flaws) {
        self.flaws = flaws;
    }

    /// Answers GET CHALLENGE with RND.IC; an earlier one is void.
    pub fn get_challenge(&mut self, rng: &mut dyn CryptoRng) -> [u8; CHALLENGE_LEN] {
        let mut challenge = [0; CHALLENGE_LEN];
        rng.fill_bytes(&mut challenge);
        self.challenge = Some(challenge);
        if self.flaws.stale_challenge {
            self.stale = self.last.replace(challenge);
        }
        challenge
    }

    /// Forgets the challenge, as when another command comes in between.
    pub const fn forget(&mut self) {
        self.challenge = None;
    }

    /// Answers the data of EXTERNAL AUTHENTICATE: the response data, which still goes out in plain,
    /// and the channel that holds from the next command on. The challenge is void afterwards.
    ///
    /// # Errors
    /// What is wrong; [`BacError::status`] is what to answer.
    pub fn external_authenticate(
        &mut self,
        data: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<(Vec<u8>, Established), BacError> {
        let protocol = self.key.protocol();
        let side = "terminal";
        let rnd_ic = self.challenge.take().ok_or(BacError::Unexpected {
            protocol,
            expected: "GET CHALLENGE",
            got: "EXTERNAL AUTHENTICATE",
        })?;
        let Ok(message) = <&[u8; MESSAGE_LEN]>::try_from(data) else {
            return Err(BacError::BadLength {
                protocol,
                step: "EXTERNAL AUTHENTICATE",
                expected: MESSAGE_LEN,
                got: data.len(),
            });
        };
        let bad = BacError::BadMac { protocol, side };
        let Some((enc, mac)) = self.key.expand() else { return Err(bad) };
        let opened = open(&enc, &mac, message).ok_or(bad)?;
        let (theirs, rest) = opened.split_at(CHALLENGE_LEN);
        let (ours, key_ifd) = rest.split_at(CHALLENGE_LEN);
        let rnd_ic = match self.stale {
            Some(stale) if ours == stale => stale,
            _ => rnd_ic,
        };
        if ours != rnd_ic {
            return Err(BacError::WrongChallenge { protocol, side, what: "RND.IC" });
        }
        let mut rnd_ifd = [0; CHALLENGE_LEN];
        rnd_ifd.copy_from_slice(theirs);
        let mut key_ic = Zeroizing::new([0; KEY_LEN]);
        rng.fill_bytes(&mut *key_ic);
        let answer = seal(&enc, &mac, &plain(&rnd_ic, &rnd_ifd, &key_ic));
        Ok((answer, Established::new(&rnd_ic, &rnd_ifd, key_ifd, &*key_ic)))
    }
}

impl std::fmt::Debug for Chip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chip").field("key", &self.key).finish_non_exhaustive()
    }
}
