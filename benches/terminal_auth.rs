//! What does Terminal Authentication cost each side?
#![allow(missing_docs)]

fn main() {}
