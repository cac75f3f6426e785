//! How long an APDU takes through pcscd and vpcd, as one line; fails past three times the figure
//! that is aimed at.
//!
//! `cargo run --release --features pcsc --example measure_roundtrip`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[allow(dead_code, unreachable_pub)]
#[path = "../tests/support/echo.rs"]
mod echo;
#[allow(dead_code, unreachable_pub)]
#[path = "../tests/support/pcscd.rs"]
mod pcscd;

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use iccard::transport::pcsc::{self, ConnectOptions};
use iccard::transport::vpcd::CardLink;
use iccard::transport::{Deadline, Transport};

const AIM: Duration = Duration::from_micros(200);
const LIMIT: Duration = Duration::from_micros(600);
const ROUNDS: usize = 4_000;

fn main() -> ExitCode {
    if pcscd::is_inside() {
        return measure();
    }
    match pcscd::Pcscd::start() {
        Ok(daemon) => {
            let status = pcscd::rerun_program(&daemon).status().expect("nsenter");
            if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(why) => {
            pcscd::skip("round trip through pcscd", &why);
            ExitCode::SUCCESS
        }
    }
}

fn measure() -> ExitCode {
    let link = CardLink::connecting(pcscd::VPCD.parse().unwrap());
    let stop = link.stop_handle();
    let (mut chip, _ends) = echo::Echo::new();
    let card = thread::spawn(move || link.run(&mut chip, &mut |_| {}));
    let wait = Some(Duration::from_secs(10));
    let mut reader = pcsc::connect(&ConnectOptions { wait, ..ConnectOptions::default() }).unwrap();

    let mut response = Vec::new();
    let mut times: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            let deadline = Deadline::after(Duration::from_secs(10));
            reader.transceive(&[0, 0xB0, 0, 16], &mut response, deadline).unwrap();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let (median, p99) = (times[ROUNDS / 2], times[ROUNDS * 99 / 100]);

    reader.close().unwrap();
    stop.stop();
    card.join().unwrap().unwrap();
    println!(
        "pcscd + vpcd: median {median:?} an APDU, 99th percentile {p99:?}, {ROUNDS} rounds; \
         aim {AIM:?}, limit {LIMIT:?}"
    );
    if median <= LIMIT { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
