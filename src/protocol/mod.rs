//! The chip protocols, terminal and chip halves side by side. No half does any I/O: a terminal's
//! half is an [`Initiator`] that says which command comes next, a chip's half answers the data
//! that a command brought.

pub mod active_auth;
pub mod bac;
pub mod chip_auth;
mod flaws;
pub mod key_only;
pub mod pace;
pub mod terminal_auth;

pub use flaws::Flaws;

use rand_core::CryptoRng;

use crate::{
    apdu::{Command, Response},
    transport::Step,
};

/// What a terminal's half wants next.
#[derive(Debug)]
pub enum Next<O> {
    /// Send this command and hand the response to [`Initiator::receive`].
    Send(Command),
    /// The protocol is over.
    Done(O),
}

/// The terminal's half of a protocol.
pub trait Initiator {
    /// What it yields.
    type Output;
    /// How it fails.
    type Error;

    /// The first command.
    ///
    /// # Errors
    /// Where the protocol cannot even start.
    fn start(&mut self, rng: &mut dyn CryptoRng) -> Result<Next<Self::Output>, Self::Error>;

    /// Takes the response to the last command.
    ///
    /// # Errors
    /// Where the card refused, or broke the protocol.
    fn receive(
        &mut self,
        response: &Response,
        rng: &mut dyn CryptoRng,
    ) -> Result<Next<Self::Output>, Self::Error>;

    /// What the command sent last is for, in words for people.
    fn step(&self) -> Step;
}
