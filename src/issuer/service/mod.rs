//! The calls of OpenID4VCI, each a method of [`Issuer`](super::Issuer).

mod client;
mod shown;
