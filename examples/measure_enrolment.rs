//! Whole enrolments a second over HTTPS, and the time that each part takes: one phone after the
//! other, and several at once.
//!
//! `cargo run --release --all-features --example measure_enrolment`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(missing_docs, missing_debug_implementations, unreachable_pub)]

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use iccard::{
    pki::Certificate,
    wallet::{Client, Patience, Progress},
};

#[allow(dead_code)]
#[path = "../tests/support/rig.rs"]
mod rig;

use rig::{Person, Phone, Rig};

const ALONE: usize = 100;
const TOGETHER: usize = 50;
const PHONES: usize = 8;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let rig = Rig::new(folder.path(), PHONES, None);
    let _running = rig.start();
    let (client, roots) = (rig.client(Patience::default()).unwrap(), rig.roots());

    let mut parts = BTreeMap::<&'static str, Duration>::new();
    let begun = Instant::now();
    for number in 0..ALONE {
        let mut phone = Phone::new(&format!("alone {number}"));
        enrol(&mut phone, &client, &rig.people[0], &roots, &mut parts);
    }
    let whole = begun.elapsed();
    println!("{:.1} enrolments a second, one after the other", rate(ALONE, whole));
    for (part, time) in &parts {
        println!("  {part:<14}{:>8.2} ms", time.as_secs_f64() * 1e3 / ALONE as f64);
    }
    println!("  {:<14}{:>8.2} ms", "whole", whole.as_secs_f64() * 1e3 / ALONE as f64);

    let begun = Instant::now();
    std::thread::scope(|scope| {
        for (place, person) in rig.people.iter().enumerate() {
            let (client, roots) = (&client, &roots);
            scope.spawn(move || {
                for number in 0..TOGETHER {
                    let mut phone = Phone::new(&format!("together {place} {number}"));
                    enrol(&mut phone, client, person, roots, &mut BTreeMap::new());
                }
            });
        }
    });
    let all = PHONES * TOGETHER;
    println!("{:.1} enrolments a second, {PHONES} at once", rate(all, begun.elapsed()));
    println!("phones, cards and issuer share this machine's cores");
}

fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

// One enrolment; the time of each part is added up under its name.
fn enrol(
    phone: &mut Phone,
    client: &Client,
    person: &Person,
    roots: &[Certificate],
    parts: &mut BTreeMap<&'static str, Duration>,
) {
    let (mut part, mut since) = ("tap session", Instant::now());
    let mut lap = |next: &'static str| {
        *parts.entry(part).or_default() += since.elapsed();
        (part, since) = (next, Instant::now());
    };
    let mut progress = |event: Progress| match event {
        Progress::Step(step) => lap(step),
        // Behind the evidence the card is only spoken to for the issuer.
        Progress::Tap(iccard::tap::Event::Step(step)) if step.starts_with("relayed") => {
            lap("chip frames");
        }
        Progress::Tap(iccard::tap::Event::Step("EF.CardAccess")) => lap("tap"),
        _ => {}
    };
    let Phone { wallet, rng, .. } = phone;
    person
        .with_card(|card, options| client.tap(wallet, card, options, None, rng, &mut progress))
        .unwrap();
    client.go_on(wallet, roots, rng, &mut progress).unwrap();
    lap("");
    assert_eq!(wallet.state.credentials.len(), 2);
}
