//! Whatever goes wrong, a tap ends, and says "verified" of the right data alone.

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use iccard::{
    crypto::SeededRng,
    profile::Personalised,
    transport::{Loopback, fault::Faulty},
};
use rand_core::Rng;

use crate::support::card::{anchors, built_in, card, judged, of_profile, tap_over};

const CARDS: [&str; 6] = [
    "resident",
    "passport-bac",
    "passport-pace-gm",
    "passport-pace-cam",
    "passport-eac",
    "driving-licence-bap",
];
const PLANS: u64 = 60;
/// A tap is a hundred APDUs and no pause. What takes longer hangs.
const TIME: Duration = Duration::from_secs(60);

static MADE: LazyLock<Vec<Personalised>> =
    LazyLock::new(|| CARDS.iter().map(|name| built_in(name)).collect());

// One to three faults, none of which pauses.
fn plan(seed: u64) -> String {
    let mut rng = SeededRng::new(&seed.to_be_bytes(), "plan");
    let mut below = |end: u32| rng.next_u32() % end;
    let mut plan = format!("seed {}", seed + 1);
    for _ in 0..=below(3) {
        let status =
            [0x6282, 0x6300, 0x6700, 0x6982, 0x6988, 0x6A82, 0x6B00, 0x6CC0, 0x6110, 0x9000];
        let sw = status[below(10) as usize];
        let action = match below(11) {
            0 => "tear".to_owned(),
            1 => format!("sw {sw:04X}"),
            2 => format!("flip {} bits", 1 + below(64)),
            3 => format!("spoil {} bits", 1 + below(64)),
            4 => "wrong mac".to_owned(),
            5 => "slip counter".to_owned(),
            6 => format!("naked {sw:04X}"),
            7 => format!("naked {sw:04X} counting"),
            8 => format!("truncate to {} bytes", below(300)),
            9 => format!("truncate data to {} bytes", below(300)),
            _ => "garbage".to_owned(),
        };
        let ins = match below(6) {
            0 => " on ins B0",
            1 => " on ins 86",
            2 => " on ins 22",
            3 => " on ins 88",
            _ => "",
        };
        // Seldom at every command: a card that never answers is soon done with.
        let count = match below(8) {
            0 => String::new(),
            1 => format!(" after {} apdus", below(20)),
            2 => format!(" after {} bytes", below(9_000)),
            _ => format!(" nth {}", 1 + below(20)),
        };
        plan += &format!("; {action}{ins}{count}");
    }
    plan
}

#[test]
fn any_plan_ends_in_the_truth_or_an_error() {
    let (mut fired, mut verified, mut failed, mut judged_bad) = (0, 0, 0, 0);
    for seed in 0..PLANS {
        let plan = plan(seed);
        let made = &MADE[(seed % CARDS.len() as u64) as usize];
        let case = format!("{} with \"{plan}\"", made.name());
        let chip = Faulty::new(card(made), plan.parse().unwrap());
        let handle = chip.handle();
        let started = Instant::now();
        let outcome = tap_over(Box::new(Loopback::new(chip)), &of_profile(made));
        assert!(started.elapsed() < TIME, "{case}");
        fired += handle.fired();
        let Ok(tapped) = outcome else {
            failed += 1;
            continue;
        };
        let verdict = judged(&tapped, &anchors(made));
        if !verdict.verified {
            judged_bad += 1;
            continue;
        }
        verified += 1;
        for (file, bytes) in &tapped.evidence.files {
            // What is not signed may be anything: a reader is told so by the verdict.
            if file.data_group().is_some() {
                assert_eq!(Some(bytes), made.files.get(file), "{case}: {file}");
            }
        }
    }
    // The plans are of all kinds: none of the ends is missing.
    assert!(
        fired > PLANS / 2 && verified > 5 && failed > 5 && judged_bad > 0,
        "{fired} {verified} {failed} {judged_bad}"
    );
}
