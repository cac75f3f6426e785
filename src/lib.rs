#![cfg_attr(feature = "emulator", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "emulator"), doc = "Taps contactless IC identity cards.")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod apdu;
pub mod atr;
#[cfg(feature = "cli")]
pub mod cli;
pub mod conform;
#[cfg(feature = "emulator")]
pub mod control;
pub mod crypto;
#[cfg(feature = "emulator")]
pub mod emulator;
pub mod explain;
pub mod issuance;
#[cfg(feature = "issuer")]
pub mod issuer;
pub mod lds;
#[cfg(feature = "issuer")]
pub mod ledger;
pub mod pki;
pub mod policy;
#[cfg(feature = "emulator")]
pub mod profile;
pub mod protocol;
#[cfg(feature = "issuer")]
pub mod registry;
#[cfg(feature = "scripts")]
pub mod script;
pub mod session;
pub mod sm;
pub mod tap;
#[cfg(feature = "emulator")]
pub mod testing;
pub mod tlv;
#[cfg(feature = "traces")]
pub mod trace;
pub mod transport;
pub mod trust;
#[cfg(feature = "wallet")]
pub mod wallet;
