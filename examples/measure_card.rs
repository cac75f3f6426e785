//! How many APDUs a second the emulated card answers in this process, by command and by suite of
//! secure messaging, without the terminal's half. Fails where one takes more than three times the
//! figure below.
//!
//! `cargo run --release --example measure_card`
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[allow(dead_code, unreachable_pub)]
#[path = "../tests/support/opened.rs"]
mod opened;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use iccard::emulator::Card;
use iccard::sm::SecureChannel;
use iccard::transport::Responder;

const ROUNDS: usize = 301;

/// Microseconds that READ BINARY of 223 bytes and of 65,000 bytes and SELECT should take at most.
const AIMS: [(&str, [u64; 3]); 5] = [
    ("plain", [1, 15, 1]),
    ("3DES", [60, 11_000, 20]),
    ("AES-128", [5, 300, 4]),
    ("AES-192", [5, 330, 4]),
    ("AES-256", [6, 360, 4]),
];

fn main() -> ExitCode {
    let mut status = ExitCode::SUCCESS;
    for (name, aims) in AIMS {
        let suite = opened::SUITES.into_iter().find(|(cipher, _)| *cipher == name);
        let (card, channel) = match suite {
            Some((cipher, arc)) => {
                let (card, channel) = opened::protected(&opened::personalised(cipher), arc);
                (card, Some(channel))
            }
            None => (opened::plain(&opened::personalised("AES-128")), None),
        };
        for ((what, median), aim) in measured(card, channel).into_iter().zip(aims) {
            let aim = Duration::from_micros(aim);
            let late = median > 3 * aim;
            let word = if late { ", TOO LONG" } else { "" };
            let rate = 1.0 / median.as_secs_f64();
            println!("{name}, {what}: {rate:.0} APDUs/s, median {median:?}, aim {aim:?}{word}");
            if late {
                status = ExitCode::FAILURE;
            }
        }
    }
    status
}

fn measured(mut card: Card, mut channel: Option<SecureChannel>) -> Vec<(&'static str, Duration)> {
    let mut response = Vec::new();
    let mut medians = Vec::new();
    for (what, command) in opened::commands(channel.is_some()) {
        let mut times: Vec<_> = (0..ROUNDS)
            .map(|_| {
                let wire = opened::wire(channel.as_mut(), &command);
                opened::count(channel.as_mut());
                let begun = Instant::now();
                card.respond(&wire, &mut response);
                begun.elapsed()
            })
            .collect();
        assert!(response.ends_with(&[0x90, 0x00]), "{what}");
        times.sort_unstable();
        medians.push((what, times[ROUNDS / 2]));
    }
    medians
}
