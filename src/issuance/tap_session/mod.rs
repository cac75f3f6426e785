//! A tap over the network: what phone and issuer say to each other, and the issuer's half of the
//! talk with the chip (docs/tap-evidence.md).
//!
//! 1. The wallet sends [`Open`]: an attestation of its holder keys. It gets [`Opened`], with the
//!    session that was drawn for them.
//! 2. It taps the card and sends [`Evidence`].
//! 3. Where the card can prove itself to the issuer alone, the issuer answers with a [`Frame`] for
//!    the card and the wallet with an [`Answer`], until it is [`Reply::Done`]. [`RemoteChip`] makes
//!    the frames.
//!
//! Nothing here opens a socket.

mod chip;
mod choose;
mod message;

#[cfg(all(test, feature = "emulator"))]
mod tests;

pub use chip::{MAX_FRAMES, MAX_RELAYED, Next, RemoteChip};
pub use choose::{ChipKey, NoChipKey};
pub use message::{
    Answer, Done, Evidence, Frame, MAX_ANSWER, MAX_EVIDENCE, MAX_OPEN, MAX_PICTURE, MessageError,
    Open, Opened, Reply,
};
