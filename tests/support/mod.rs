//! What several test modules share.

pub mod card;
pub mod data;
// Without PC/SC in the build no test needs a daemon.
#[cfg_attr(not(has_pcsc), allow(dead_code))]
pub mod echo;
pub mod file_model;
#[cfg(all(feature = "issuer", feature = "wallet"))]
pub mod hand;
// The bench and the example of the round trip use the rest of it.
#[allow(dead_code)]
pub mod pcscd;
#[cfg(all(feature = "issuer", feature = "wallet"))]
pub mod register;
// The examples use the rest of it.
#[cfg(all(feature = "issuer", feature = "wallet"))]
#[allow(dead_code)]
pub mod rig;
mod skipped;
pub mod vectors;

#[allow(unused_imports)]
pub use skipped::skipped;
