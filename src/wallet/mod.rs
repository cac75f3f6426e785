//! The phone's side, for developers and CI: keys and credentials in one sealed file, and the calls
//! by which they come and go (OpenID4VCI 1.0, docs/wallet.md).
//!
//! - [`Wallet`] is the file, [`State`] what is in it.
//! - [`Client`] speaks to one issuer: [`Client::tap`] or [`claim`] begins something,
//!   [`Client::go_on`] brings it to its end, after a crash too.
//! - [`status::refresh`] asks what became of the credentials; [`present`] shows them.

pub mod claim;
pub mod present;
pub mod status;

mod client;
mod enroll;
mod error;
mod fetch;
mod http;
mod metadata;
mod notify;
mod own;
mod provider;
mod sealed;
mod state;
mod store;

pub use client::{Client, Clock, Patience};
pub use enroll::EnrollError;
pub use error::WalletError;
pub use fetch::Progress;
pub use http::{Http, Post, Reply, origin};
pub use provider::{CLIENT_ID, Provider};
pub use sealed::Cost;
pub use state::{By, Grant, Held, Key, Notice, Pending, Seen, State, Trusted};
pub use store::Wallet;
