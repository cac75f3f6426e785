//! What several tests need.

#![allow(dead_code, unreachable_pub)]

pub mod echo;
pub mod pcscd;
