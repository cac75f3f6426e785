//! A chip that misbehaves on purpose: what goes wrong, when, and how to say so.
//!
//! [`Faulty`] wraps any [`Responder`](super::Responder) and is one, so it works in one process and
//! behind a vpcd. A [`FaultPlan`] says what it does; the text form is one everywhere: in a profile,
//! on the command line, here, and on the control channel of a running card (docs/faults.md).
//!
//! ```
//! use iccard::{
//!     emulator,
//!     transport::{Deadline, Loopback, Transport, TransportError, fault::Faulty},
//! };
//! use std::time::Duration;
//!
//! let plan = "sw 6F00 on ins B0 nth 2; tear after 3 apdus; seed 7".parse()?;
//! let chip = Faulty::new(emulator::resident()?, plan);
//! let handle = chip.handle();
//! let mut card = Loopback::new(chip);
//! let mut ask = |command: &[u8]| {
//!     let mut response = Vec::new();
//!     card.transceive(command, &mut response, Deadline::after(Duration::from_secs(1)))?;
//!     Ok::<_, TransportError>(response.split_off(response.len() - 2))
//! };
//! let read = [0x00, 0xB0, 0x9C, 0x00, 0x00]; // EF.CardAccess
//! assert_eq!(ask(&read)?, [0x90, 0x00]);
//! assert_eq!(ask(&read)?, [0x6F, 0x00]);
//! assert_eq!(ask(&read)?, [0x90, 0x00]);
//! assert!(matches!(ask(&read), Err(TransportError::CardRemoved { .. })));
//! assert_eq!(handle.fired(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chip;
mod damage;
mod error;
mod handle;
mod parse;
mod spec;
#[cfg(test)]
mod tests;

pub use chip::Faulty;
pub use damage::{Damage, flip};
pub use error::FaultError;
pub use handle::{FaultHandle, Firing};
pub use spec::{Action, Amount, Count, Fault, FaultPlan, When};
