//! Proofs of possession and attestations: made by a wallet, checked by an issuer.
//!
//! | module | what | standard |
//! |---|---|---|
//! | [`nonce`] | challenges that need no memory until they are used | OpenID4VCI clause 7 |
//! | [`dpop`] | that a request comes from the key its token is bound to | RFC 9449 |
//! | [`key_proof`] | that the wallet has the key of a credential | OpenID4VCI appendix F.1 |
//! | [`key_attestation`] | that its maker vouches for keys | OpenID4VCI appendix D |
//! | [`wallet_attestation`] | that its maker vouches for an instance of the wallet | OpenID4VCI appendix E |
//! | [`wallet_pop`] | that the request comes from that instance | the same |
//! | [`jwe`] | messages that only their reader opens | RFC 7516 |
//!
//! All of them are compact JWS with ES256 and one `typ` each; nothing signed as one is taken as
//! another. A check reads the header, believes a key (the header's own, or one that an anchor
//! stands above), verifies the signature, and reads the claims only then. What is good once (a
//! `jti`, a nonce) comes back as a 32-byte identifier with its end: whoever asked has to use it up.

pub mod dpop;
pub mod jwe;
pub mod key_attestation;
pub mod key_proof;
pub mod nonce;
pub mod wallet_attestation;
pub mod wallet_pop;

mod error;
mod open;
mod uri;

#[cfg(test)]
mod tests;

pub use error::{ProofError, What};
pub use open::MAX_TOKEN;
