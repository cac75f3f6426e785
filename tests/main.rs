//! The integration tests, one file a subject.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;
mod transport_pcscd;
