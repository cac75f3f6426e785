//! What does a whole tap cost in process, both halves together, and the judgement of it?
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use iccard::{
    crypto::SeededRng,
    emulator::{Card, SeededEnv},
    profile::{self, Personalised},
    protocol::pace::Password,
    session::Session,
    tap::{Options, Passwords, Tapped, tap},
    transport::{Limits, Loopback},
    trust::{Anchors, judge},
};
use time::macros::utc_datetime;

fn benches(c: &mut Criterion) {
    let resident = profile::resident().unwrap();
    let mut group = c.benchmark_group("tap/resident card in process");
    for (name, max_apdu) in [("extended", Limits::EXTENDED), ("short", Limits::SHORT)] {
        group.bench_function(name, |b| {
            b.iter_batched(
                || session(&resident),
                |mut session| run(&mut session, &resident, max_apdu),
                BatchSize::SmallInput,
            );
        });
    }
    let tapped = run(&mut session(&resident), &resident, Limits::EXTENDED);
    let mut anchors = Anchors::new("bench");
    for (name, der) in profile::anchors(&resident) {
        anchors.add(&name, &der).unwrap();
    }
    let judging = tapped.judging();
    group.bench_function("judged", |b| b.iter(|| judge(&tapped.evidence, &anchors, &judging)));
    group.bench_function("personalised from its profile", |b| {
        b.iter(|| profile::resident().unwrap());
    });
    group.finish();
}

fn session(card: &Personalised) -> Session {
    let card = Card::from_profile(card, Box::new(SeededEnv::new(b"bench"))).unwrap();
    Session::new(Box::new(Loopback::new(card)))
}

fn run(session: &mut Session, card: &Personalised, max_apdu: Limits) -> Tapped {
    let can = Some(Password::can(&card.profile.secrets.can));
    let options = Options {
        passwords: Passwords { can, ..Passwords::default() },
        max_apdu,
        ..Options::default()
    };
    let mut rng = SeededRng::new(b"bench", "terminal");
    let now = utc_datetime!(2025-03-28 0:00);
    tap(session, &options, &mut rng, now, &mut |_| {}).unwrap()
}

criterion_group!(group, benches);
criterion_main!(group);
