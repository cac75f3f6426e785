//! INTERNAL AUTHENTICATE of the key-only resident card (docs/applet.md).
//!
//! The card signs a challenge of 32 bytes, whether the PIN opened the session, and a counter that
//! goes up with every signature. Whoever chose the challenge can show the answer to others: with
//! the card's certificate it says offline that this card signed for that session.
//!
//! ```
//! use iccard::crypto::{Curve, SecretKey, SeededRng};
//! use iccard::pki::{DistinguishedName, Profile, oid};
//! use iccard::protocol::key_only::{Chip, check};
//! use time::macros::utc_datetime;
//!
//! let mut rng = SeededRng::new(b"doc", "card");
//! let mut key = || SecretKey::generate(Curve::P256, &mut rng);
//! let (ca_key, card_key) = (key(), key());
//! let named = |cn, serial| Profile {
//!     subject: DistinguishedName::new("KR", "TEST", cn),
//!     serial: vec![serial],
//!     not_before: utc_datetime!(2025-01-01 0:00),
//!     not_after: utc_datetime!(2035-01-01 0:00),
//! };
//! let ca = named("TEST Card CA", 1).card_ca(&ca_key)?;
//! let card = named("TEST Card 1", 2);
//! let card = card.signer_for(oid::KEY_ONLY_CARD, &card_key.public(), &ca, &ca_key)?;
//!
//! let chip = Chip::new(card_key, card.fingerprint())?;
//! let answer = chip.sign(&[7; 32], true, 1);
//! let shown = check(&card, &[7; 32], &answer)?;
//! assert!(shown.pin && shown.counter == 1);
//! assert!(check(&card, &[8; 32], &answer).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod chip;
mod error;
mod statement;
mod terminal;

pub use answer::Answer;
pub use chip::Chip;
pub use error::KeyOnlyError;
pub use statement::{CHALLENGE_LEN, Statement, check};
pub use terminal::Terminal;

#[cfg(test)]
mod tests;
