//! How long a tap of the emulated resident card takes in this process, both halves together, its
//! costly steps, and the judgement of it; fails past three times the figures below.
//!
//! `cargo run --release --example measure_tap`
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use iccard::crypto::SeededRng;
use iccard::emulator::{Card, SeededEnv};
use iccard::profile::{self, Personalised};
use iccard::protocol::pace::Password;
use iccard::session::Session;
use iccard::tap::{Options, Passwords, Tapped, tap};
use iccard::transport::Loopback;
use iccard::trust::{Anchors, judge};
use time::macros::utc_datetime;

const ROUNDS: usize = 200;

/// What is measured, and the figure in microseconds.
const FIGURES: [(&str, u64); 5] = [
    (WHOLE, 4_300),
    ("access", 2_800),
    ("Chip Authentication", 950),
    ("Active Authentication", 150),
    (JUDGED, 1_600),
];
const WHOLE: &str = "a whole tap";
const JUDGED: &str = "judged";

fn main() -> ExitCode {
    let resident = profile::resident().unwrap();
    let mut anchors = Anchors::new("measure");
    for (name, der) in profile::anchors(&resident) {
        anchors.add(&name, &der).unwrap();
    }
    let mut times = FIGURES.map(|_| Vec::with_capacity(ROUNDS));
    for _ in 0..ROUNDS {
        let (tapped, whole) = timed(|| run(&resident));
        let (verdict, judged) = timed(|| judge(&tapped.evidence, &anchors, &tapped.judging()));
        assert!(verdict.verified);
        for ((name, _), times) in FIGURES.iter().zip(&mut times) {
            times.push(match *name {
                WHOLE => whole,
                JUDGED => judged,
                step => tapped.steps.iter().filter(|s| s.name == step).map(|s| s.time).sum(),
            });
        }
    }
    let mut status = ExitCode::SUCCESS;
    for ((name, figure), mut times) in FIGURES.into_iter().zip(times) {
        times.sort_unstable();
        let median = times[ROUNDS / 2];
        let limit = Duration::from_micros(3 * figure);
        let late = median > limit;
        let word = if late { ", TOO LONG" } else { "" };
        println!("{name}: median {median:?} over {ROUNDS} rounds, limit {limit:?}{word}");
        if late {
            status = ExitCode::FAILURE;
        }
    }
    status
}

fn timed<T>(what: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = what();
    (value, start.elapsed())
}

fn run(card: &Personalised) -> Tapped {
    let chip = Card::from_profile(card, Box::new(SeededEnv::new(b"measure"))).unwrap();
    let mut session = Session::new(Box::new(Loopback::new(chip)));
    let can = Some(Password::can(&card.profile.secrets.can));
    let passwords = Passwords { can, ..Passwords::default() };
    let options = Options { passwords, ..Options::default() };
    let mut rng = SeededRng::new(b"measure", "terminal");
    tap(&mut session, &options, &mut rng, utc_datetime!(2025-03-28 0:00), &mut |_| {}).unwrap()
}
