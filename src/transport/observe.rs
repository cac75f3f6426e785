//! Watching a dialogue.

use std::time::Duration;

/// The part of a protocol that an exchange belongs to, in words for people: `"PACE 2 of 4"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step(pub &'static str);

/// One command and its response.
#[derive(Clone, Copy)]
pub struct Exchange<'a> {
    /// The command APDU.
    pub command: &'a [u8],
    /// The response APDU with its status word.
    pub response: &'a [u8],
    /// From the first byte sent to the last byte received.
    pub time: Duration,
}

impl std::fmt::Debug for Exchange<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchange")
            .field("command_len", &self.command.len())
            .field("response_len", &self.response.len())
            .field("time", &self.time)
            .finish()
    }
}

/// Sees every exchange of a session, on the wire and, under secure messaging, in plain.
pub trait Observer: Send {
    /// Called after each exchange.
    fn exchange(&mut self, wire: Exchange<'_>, plain: Option<Exchange<'_>>, step: Step);
}

/// All of them, in order.
impl Observer for Vec<Box<dyn Observer>> {
    fn exchange(&mut self, wire: Exchange<'_>, plain: Option<Exchange<'_>>, step: Step) {
        for observer in self {
            observer.exchange(wire, plain, step);
        }
    }
}
