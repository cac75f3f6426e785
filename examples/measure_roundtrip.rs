//! How long an APDU takes through pcscd and vpcd, beside what one byte takes over the loopback and
//! back in the same moments: most of an APDU's time is the machine's, which wakes four programs one
//! after the other. Fails past three times the figure that is aimed at, where the ratio of both says
//! that it is not the machine alone.
//!
//! `cargo run --release --features pcsc --example measure_roundtrip`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[allow(dead_code, unreachable_pub)]
#[path = "../tests/support/echo.rs"]
mod echo;
#[allow(dead_code, unreachable_pub)]
#[path = "../tests/support/pcscd.rs"]
mod pcscd;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use iccard::transport::pcsc::{self, ConnectOptions};
use iccard::transport::vpcd::CardLink;
use iccard::transport::{Deadline, Transport};

const AIM: Duration = Duration::from_micros(200);
const LIMIT: Duration = Duration::from_micros(600);
/// Round trips of one byte that an APDU may take: three times those of a quiet machine.
const RATIO_LIMIT: f64 = 15.0;
const ROUNDS: usize = 4_000;
/// So often the two are measured in turn.
const TURNS: usize = 20;

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
    let mut loopback = Loopback::start();
    let (mut times, mut bytes) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        for _ in 0..ROUNDS / TURNS {
            let start = Instant::now();
            let deadline = Deadline::after(Duration::from_secs(10));
            reader.transceive(&[0, 0xB0, 0, 16], &mut response, deadline).unwrap();
            times.push(start.elapsed());
        }
        bytes.extend((0..ROUNDS / TURNS).map(|_| loopback.there_and_back()));
    }
    times.sort_unstable();
    bytes.sort_unstable();
    let (median, p99) = (times[ROUNDS / 2], times[ROUNDS * 99 / 100]);
    let byte = bytes[ROUNDS / 2];
    let ratio = median.as_secs_f64() / byte.as_secs_f64().max(f64::EPSILON);

    reader.close().unwrap();
    stop.stop();
    card.join().unwrap().unwrap();
    println!(
        "pcscd + vpcd: median {median:?} an APDU, 99th percentile {p99:?}, {ROUNDS} rounds; \
         aim {AIM:?}, limit {LIMIT:?}"
    );
    println!("a byte over the loopback and back: median {byte:?}; an APDU is {ratio:.1} of them");
    let is_slow = median > LIMIT && ratio > RATIO_LIMIT;
    if is_slow { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// A thread that sends every byte back.
struct Loopback(TcpStream);

impl Loopback {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        stream.set_nodelay(true).unwrap();
        let (mut other, _) = listener.accept().unwrap();
        other.set_nodelay(true).unwrap();
        // It ends when this end is dropped.
        thread::spawn(move || {
            let mut byte = [0];
            while other.read_exact(&mut byte).is_ok() && other.write_all(&byte).is_ok() {}
        });
        Self(stream)
    }

    fn there_and_back(&mut self) -> Duration {
        let (start, mut byte) = (Instant::now(), [0]);
        self.0.write_all(&[1]).unwrap();
        self.0.read_exact(&mut byte).unwrap();
        start.elapsed()
    }
}
