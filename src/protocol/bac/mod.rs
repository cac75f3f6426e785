//! Basic Access Control (ICAO Doc 9303-11 clause 4.3) and Basic Access Protection, configuration 1
//! (ISO/IEC 18013-3 annex B), which is the same with a key from a driving licence.
//!
//! GET CHALLENGE and EXTERNAL AUTHENTICATE show both sides that the other knows what is printed on
//! the document, and yield a 3DES channel. The keys follow from printed data alone, so a recorded
//! session can be opened later: PACE is the protocol to use where there is a choice.

mod chip;
mod error;
mod key;
mod terminal;

pub use chip::Chip;
pub use error::BacError;
pub use key::{AccessKey, Protocol};
pub use terminal::Terminal;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{
    crypto::{BlockKey, Cipher, MacKey, pad},
    sm::{SecureChannel, SessionKeys, SmError},
};

/// Bytes of RND.IC and RND.IFD.
pub const CHALLENGE_LEN: usize = 8;
const KEY_LEN: usize = 16;
const PLAIN_LEN: usize = 2 * CHALLENGE_LEN + KEY_LEN;
const MAC_LEN: usize = 8;
/// Bytes that each side sends: a cryptogram and its MAC.
const MESSAGE_LEN: usize = PLAIN_LEN + MAC_LEN;

/// What both halves yield.
#[derive(Debug)]
pub struct Established {
    /// The keys of the channel, 3DES.
    pub keys: SessionKeys,
    /// Where its send sequence counter starts: the last halves of RND.IC and RND.IFD (ICAO Doc
    /// 9303-11 clause 9.8.6.3).
    pub ssc: [u8; CHALLENGE_LEN],
}

impl Established {
    /// The channel with these keys and this counter.
    ///
    /// # Errors
    /// [`SmError::BadKeys`] for keys of another length, which these are not.
    pub fn channel(&self) -> Result<SecureChannel, SmError> {
        Ok(SecureChannel::new(&self.keys)?.with_ssc(&self.ssc))
    }

    // K_seed = K.IFD xor K.IC (ICAO Doc 9303-11 clause 4.3.3).
    fn new(
        rnd_ic: &[u8; CHALLENGE_LEN],
        rnd_ifd: &[u8; CHALLENGE_LEN],
        key_ifd: &[u8],
        key_ic: &[u8],
    ) -> Self {
        let seed: Zeroizing<Vec<u8>> =
            Zeroizing::new(key_ifd.iter().zip(key_ic).map(|(a, b)| a ^ b).collect());
        let mut ssc = [0; CHALLENGE_LEN];
        ssc[..4].copy_from_slice(&rnd_ic[4..]);
        ssc[4..].copy_from_slice(&rnd_ifd[4..]);
        Self { keys: SessionKeys::derive(Cipher::TripleDes, &seed), ssc }
    }
}

/// What a side encrypts: its random number, the other's, its half of the key.
type Plain = Zeroizing<[u8; PLAIN_LEN]>;

fn plain(own: &[u8; CHALLENGE_LEN], theirs: &[u8; CHALLENGE_LEN], key: &[u8; KEY_LEN]) -> Plain {
    let mut plain = Zeroizing::new([0; PLAIN_LEN]);
    plain[..CHALLENGE_LEN].copy_from_slice(own);
    plain[CHALLENGE_LEN..2 * CHALLENGE_LEN].copy_from_slice(theirs);
    plain[2 * CHALLENGE_LEN..].copy_from_slice(key);
    plain
}

fn seal(enc: &BlockKey, mac: &MacKey, plain: &Plain) -> Vec<u8> {
    let mut message = plain.to_vec();
    enc.encrypt_cbc(&[0; 8], &mut message);
    let tag = mac.tag(&[&pad(&message, 8)]);
    message.extend_from_slice(&tag);
    message
}

/// The plain text of a message whose MAC is right.
fn open(enc: &BlockKey, mac: &MacKey, message: &[u8; MESSAGE_LEN]) -> Option<Plain> {
    let (cryptogram, got) = message.split_at(PLAIN_LEN);
    if !bool::from(mac.tag(&[&pad(cryptogram, 8)]).ct_eq(got)) {
        return None;
    }
    let mut plain = Zeroizing::new([0; PLAIN_LEN]);
    plain.copy_from_slice(cryptogram);
    enc.decrypt_cbc(&[0; 8], &mut *plain);
    Some(plain)
}

#[cfg(test)]
mod tests;
