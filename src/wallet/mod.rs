//! The phone's side, for developers and CI.
mod error;
mod http;
mod sealed;
mod state;
mod store;
pub use error::WalletError;
pub use http::{Http, Post, Reply, origin};
pub use sealed::Cost;
pub use state::{By, Grant, Held, Key, Notice, Pending, Seen, State};
pub use store::Wallet;
