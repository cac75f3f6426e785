//! How fast scripts are read, checked and run. Fails where something takes more than three times
//! what it should.
//!
//! `cargo run --release --example measure_script`
#![allow(clippy::print_stdout)]

mod check;

use std::process::ExitCode;

fn main() -> ExitCode {
    if check::measure() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
