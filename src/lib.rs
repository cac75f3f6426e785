#![doc = "Contactless IC identity cards: tap them, prove them, emulate them."]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod apdu;
pub mod atr;
pub mod crypto;
pub mod lds;
pub mod pki;
pub mod protocol;
pub mod sm;
pub mod tlv;
pub mod transport;
