//! The control channel of running emulated cards: what a test does to a card from outside.
//!
//! A [`Server`] listens on a socket that only its owner reaches; a [`Client`] sends [`Request`]s,
//! one line of JSON each, and gets one line for each (docs/control.md). [`Slots`] are cards at
//! readers and do what is asked: take a card out, tear it, swap it, read its counters.

mod address;
mod client;
mod error;
mod request;
mod seat;
mod server;
mod slots;
mod wire;

pub use address::ControlAddress;
pub use client::Client;
pub use error::ControlError;
pub use request::{Request, Span};
pub use seat::{Chip, Seat, Watched};
pub use server::{Handler, Server};
pub use slots::{Loaded, Slot, Slots};
