//! How fast is the emulated card alone, by command and by suite of secure messaging?
#![allow(missing_docs, clippy::unwrap_used)]

#[allow(dead_code, unreachable_pub)]
#[path = "../tests/support/opened.rs"]
mod opened;

use std::{cell::RefCell, time::Duration};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use iccard::{emulator::Card, sm::SecureChannel, transport::Responder};

fn benches(c: &mut Criterion) {
    let plain = opened::plain(&opened::personalised("AES-128"));
    bench(c, "plain", plain, None);
    for (cipher, arc) in opened::SUITES {
        let (card, channel) = opened::protected(&opened::personalised(cipher), arc);
        bench(c, cipher, card, Some(channel));
    }
}

fn bench(c: &mut Criterion, name: &str, mut card: Card, channel: Option<SecureChannel>) {
    let mut group = c.benchmark_group(format!("emulated card/{name}"));
    let protected = channel.is_some();
    let channel = RefCell::new(channel);
    let mut response = Vec::with_capacity(70_000);
    for (what, command) in opened::commands(protected) {
        // The terminal's half is not measured; its counter keeps step with the card's.
        group.bench_function(what, |b| {
            b.iter_batched(
                || {
                    let mut channel = channel.borrow_mut();
                    let wire = opened::wire(channel.as_mut(), &command);
                    opened::count(channel.as_mut());
                    wire
                },
                |wire| {
                    card.respond(&wire, &mut response);
                    response.len()
                },
                BatchSize::PerIteration,
            );
        });
        assert!(response.ends_with(&[0x90, 0x00]), "{what}");
    }
    group.finish();
}

// Many rows.
fn short() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
}

criterion_group!(name = group; config = short(); targets = benches);
criterion_main!(group);
